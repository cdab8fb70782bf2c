"""Where a plan begins: every item that can be shown, no file, and the names and numbers that are pointed at."""

from collections.abc import Collection, Iterable

from dropbox.envelope.account import MarkKind
from dropbox.errors import PhraseUnknown
from dropbox.models import Kind
from dropbox.workstation import marks
from dropbox.workstation.casebook import Casebook, detail_of
from dropbox.workstation.disclosure import kept
from dropbox.workstation.disclosure.folding import plain
from dropbox.workstation.disclosure.gathering import text_of
from dropbox.workstation.disclosure.plan import FileChoice, FileHow, ItemChoice, Plan
from dropbox.workstation.disclosure.proposals import Names, proposed_persons, proposed_phrases
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase


def can_be_shown(opened: Opened | None) -> bool:
    """Tell whether there is anything of an item that a pack can show; a kept plan is never shown."""
    if opened is None or kept.names_a_plan(opened):
        return False
    return bool(text_of(opened).strip() or opened.envelope.index.attachments)


def choice_of(opened: Opened, how: FileHow = FileHow.OUT) -> ItemChoice:
    """Return the choice of a whole item, all its files alike."""
    held = enumerate(opened.envelope.index.attachments, start=1)
    files = tuple(FileChoice(number, each.sha256, how) for number, each in held)
    return ItemChoice(opened.record.item, opened.envelope.index_sha256, (), files)


def first_plan(casebook: Casebook, shown: ReadCase, language: str, only: Collection[int] = ()) -> Plan:
    """Return a plan of everything but the desk's own notes, or of the items at these places of the thread (from 1).

    Names and numbers that are pointed at, and persons that are marked, are taken out from the start.
    """
    chosen = [
        opened
        for place, opened in enumerate(shown.opened, start=1)
        if opened is not None and can_be_shown(opened) and _is_wanted(opened, place, only)
    ]
    texts = [text_of(each) for each in chosen]
    plan = Plan.new(casebook.bound.drop, shown.case.case, language)
    plan = plan.with_names(proposed_persons(texts, marked_persons(casebook, shown)))
    return plan.with_items(choice_of(each) for each in chosen).with_phrases(proposed_phrases(texts))


def marked_persons(casebook: Casebook, shown: ReadCase) -> list[Names]:
    """Return the persons that the desk has marked in this case, each with all names."""
    return [each.names for each in marks.of_case(casebook, shown.case.case) if each.kind is MarkKind.PERSON]


def require_standing(phrases: Iterable[str], texts: Iterable[str]) -> None:
    """Raises PhraseUnknown for a phrase that stands nowhere: whoever typed it meant something else."""
    held = [plain(text) for text in texts]
    if not all(plain(phrase) and any(plain(phrase) in text for text in held) for phrase in phrases):
        raise PhraseUnknown


def _is_wanted(opened: Opened, place: int, only: Collection[int]) -> bool:
    return place in only if only else detail_of(opened.record).kind is not Kind.NOTE
