"""What somebody who writes to a case needs beside them: the reporter's language, a letter, the look over, the preview.

Unseals the case once for that, and writes nothing: sealing is `replying`'s.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from dropbox.errors import DropboxError
from dropbox.models import DeskId, today
from dropbox.workstation.casebook import Casebook, CaseRecord, ItemRecord
from dropbox.workstation.drafts import signed
from dropbox.workstation.letters import Letter, Shelf, fill, values_of
from dropbox.workstation.pointing import Point, points_in
from dropbox.workstation.previewing import Preview, Theirs, preview, theirs
from dropbox.workstation.reading import read_case
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault

MAX_COMPARED_CHARACTERS = 2 * 1024 * 1024
"""So much of a case's own text is searched for names, the newest first."""


@dataclass(frozen=True)
class Beside:
    """A case as its writer needs it. `whole`: all of it could be unsealed, so names were compared with all of it."""

    case: CaseRecord
    items: list[ItemRecord]
    language: str
    names: tuple[str, ...]
    """What the organisation and its desks are called: they tell nothing about a person."""
    texts: tuple[str, ...] = field(repr=False)
    whole: bool
    casebook: Casebook = field(repr=False)

    @property
    def theirs(self) -> Theirs:
        return theirs(self.language)

    def points(self, text: str, sign: str = "") -> tuple[Point, ...]:
        """Return what in a text could tell who somebody is; the name it is signed with stands there on purpose."""
        whole = signed(text, sign)
        end = len(text.rstrip()) if sign.strip() else len(whole)
        found = points_in(whole, case_texts=self.texts, quiet=self.names)
        return tuple(point for point in found if point.start < end)

    def preview(self, text: str, files: Sequence[tuple[str, int]] = ()) -> Preview:
        """Return this text as a reply of today, as its reporter will see it."""
        desk = desk_name(self.casebook, self.casebook.bound.desk, self.language)
        return preview(self.language, desk, today(), text, files)

    def begin(self, letter: Letter) -> str:
        """Return a letter with this case's days in it, in the letter's own language."""
        desk = desk_name(self.casebook, self.casebook.bound.desk, letter.language)
        return fill(letter.text, values_of(self.items, desk, theirs(letter.language)))

    def letter(self, shelf: Shelf, name: str, language: str = "") -> Letter:
        """Return a letter in just the language that was asked for, else in the reporter's as far as it is there."""
        return shelf.in_language(name, language) if language else shelf.find(name, self.theirs.language)


def beside(vault: Vault, case: CaseRecord) -> Beside:
    """Unseal a case for whoever writes to it. What cannot be unsealed is left out, and `whole` says so."""
    try:
        read = read_case(vault, case)
        envelopes, whole = [each.envelope for each in read.opened if each is not None], read.whole
    except DropboxError:
        envelopes, whole = [], False
    spoken = [each.header.language for each in envelopes if each.header.language]
    texts = [text for each in envelopes for text in (each.message.reveal(), *each.header.answers.values())]
    return Beside(
        case=case,
        items=items_of(vault.casebook, case.case),
        language=spoken[-1] if spoken else "",
        names=known_names(vault.casebook),
        texts=tuple(_newest(texts)),
        whole=whole,
        casebook=vault.casebook,
    )


def desk_name(casebook: Casebook, desk: DeskId, language: str) -> str:
    """Return what the reporter's pages call a desk; its id where the drop has not told its name."""
    names = casebook.desk_names.get(desk, {})
    return names.get(theirs(language).language) or next(iter(names.values()), desk)


def known_names(casebook: Casebook) -> tuple[str, ...]:
    desks = [name for names in casebook.desk_names.values() for name in names.values()]
    return tuple(name for name in (casebook.organisation, *casebook.desk_names, *desks) if name)


def _newest(texts: Sequence[str]) -> Collection[str]:
    left, kept = MAX_COMPARED_CHARACTERS, []
    for text in reversed(texts):
        kept.append(text[:left])
        left -= len(kept[-1])
    return kept
