"""Files of a pack, drawn anew from pixels with what is sought covered; and what a finished PDF of ours still says."""

from collections.abc import Sequence

from dropbox.envelope import Attachment
from dropbox.workstation.disclosure.folding import fold
from dropbox.workstation.disclosure.needles import Sought, find
from dropbox.workstation.opening import Opened
from dropbox.workstation.redacting import RedactedFile, redact
from dropbox.workstation.redacting_boxes import Box
from dropbox.workstation.redacting_words import Find, text_of
from dropbox.workstation.redrawing import draw_own
from dropbox.workstation.vault import Vault


def redrawn(
    vault: Vault, opened: Opened, attachment: Attachment, boxes: Sequence[Box], sought: Sequence[Sought]
) -> RedactedFile:
    """Return a file with these boxes covered, and every word of it that is sought. Raises what `redact` raises."""
    return redact(vault, opened, attachment, boxes, finder(sought))


def finder(sought: Sequence[Sought]) -> Find:
    """Return a function that tells where in a text something stands that is sought."""

    def spans(text: str) -> list[tuple[int, int]]:
        words = fold(text).words
        return [(words[each.first].start, words[each.last].end) for each in find(text, sought)]

    return spans


def pdf_text(pdf: bytes) -> str:
    """Return the words that a PDF of ours shows, as a reader would select them. Raises what viewing raises."""
    return "\n".join(text_of(page.words)[0] for page in draw_own(pdf))
