"""Letters: ready-made texts to begin a reply with. Ours, the operator's beside the program, the desk's in the vault.

A later one of the same name and language takes the place of an earlier one. Their files are bounded, plain text, and
read each time; the days of the case are filled in by name, and what a person must write stands in [brackets].
"""

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib import resources
from pathlib import Path

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.errors import LetterLanguageUnknown, LetterUnknown
from dropbox.models import Kind, today
from dropbox.workstation import mandate
from dropbox.workstation.casebook import ItemRecord, detail_of
from dropbox.workstation.previewing import Theirs
from dropbox.workstation.speech import ENGLISH, N_, Words
from dropbox.workstation.thread import received_on

FOLDER = "letters"
MAX_LETTER_BYTES = 16 * 1024
MAX_LETTERS = 200
"""Of one folder; what comes after them in the alphabet is not read."""
_FILE = re.compile(r"([a-z0-9][a-z0-9-]{0,39})\.([a-z]{2,3})\.txt")
_PLACE = re.compile(r"\{([a-z_]{1,40})\}")

_TITLES = {
    "acknowledge": N_("Say that the report arrived"),
    "late": N_("Say that it arrived, and that you are late"),
    "ask": N_("Ask whether you may do more"),
    "ask-more": N_("Ask a few questions"),
    "inform": N_("Tell how things stand"),
    "close": N_("Tell how it ended"),
}


class Origin(StrEnum):
    """Who wrote a letter."""

    OURS = "ours"
    OPERATOR = "operator"
    DESK = "desk"


ORIGINS = {
    Origin.OURS: N_("comes with the program"),
    Origin.OPERATOR: N_("from your operator"),
    Origin.DESK: N_("from your desk"),
}


@dataclass(frozen=True)
class Letter:
    name: str
    language: str
    text: str = field(repr=False)
    origin: Origin

    @property
    def title(self) -> str | Words:
        own = self.name.replace("-", " ").capitalize()
        return _TITLES.get(self.name, own)


@dataclass(frozen=True)
class Shelf:
    """Every letter there is, by name and language, and the names of files that are no letters."""

    letters: Mapping[tuple[str, str], Letter]
    unusable: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names, ours first and in the order in which they are needed."""
        there = {letter.name for letter in self.letters.values()}
        return (*(name for name in _TITLES if name in there), *sorted(there - set(_TITLES)))

    def find(self, name: str, language: str) -> Letter:
        """Return the letter in this language, else in English, else in any. Raises LetterUnknown."""
        for wanted in (language, ENGLISH):
            if (name, wanted) in self.letters:
                return self.letters[name, wanted]
        others = sorted(code for each, code in self.letters if each == name)
        if not others:
            raise LetterUnknown
        return self.letters[name, others[0]]

    def in_language(self, name: str, language: str) -> Letter:
        """Return the letter in just this language. Raises LetterUnknown, LetterLanguageUnknown."""
        found = self.find(name, language)
        if found.language != language:
            raise LetterLanguageUnknown
        return found

    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({code for _, code in self.letters}))


def read_shelf(vault_folder: Path | None = None, program_folder: Path | None = None) -> Shelf:
    """Read all letters that there are now."""
    letters: dict[tuple[str, str], Letter] = {}
    unusable: list[str] = []
    beside = (program_folder or beside_program()) / FOLDER
    for origin, folder in ((Origin.OPERATOR, beside), (Origin.DESK, vault_folder and vault_folder / FOLDER)):
        for name, letter in _folder(folder, origin) if folder else ():
            if letter is None:
                unusable.append(name)
            else:
                letters[letter.name, letter.language] = letter
    ours = {(letter.name, letter.language): letter for letter in _ours()}
    return Shelf({**ours, **letters}, tuple(unusable))


def beside_program() -> Path:
    """Return the folder that the program's own environment stands in; of a kit, the one that it was unpacked to."""
    return Path(sys.prefix).parent if sys.prefix != sys.base_prefix else Path(__file__).resolve().parents[2]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the {places} that have one; the others stay, to be seen."""
    return _PLACE.sub(lambda match: values.get(match.group(1), match.group()), text)


def values_of(items: list[ItemRecord], desk: str, spoken: Theirs) -> dict[str, str]:
    """Return what the letters' {places} stand for, in the reporter's words. The days are those that both sides see."""
    received = received_on(items)
    values = {"desk": desk, "today": spoken.day_text(today())}
    values["mandate"] = spoken.mandate_name(mandate.in_force(items))
    if received is not None:
        # with this reply the report is acknowledged, if no reply did it before: the reporter's page counts from there
        first = min((record.day for record in items if detail_of(record).kind is Kind.REPLY), default=today())
        days = {"received": received, "acknowledge_by": acknowledge_by(received), "answer_by": _answer(received, first)}
        values |= {name: spoken.day_text(day) for name, day in days.items()}
    return values


def _answer(received: date, first: date) -> date:
    # a clock that is behind must not promise a day earlier than the law's shortest
    return answer_by(received, max(received, first))


def _ours() -> Iterator[Letter]:
    for file in resources.files("dropbox.workstation").joinpath(FOLDER).iterdir():
        if match := _FILE.fullmatch(file.name):
            yield Letter(match.group(1), match.group(2), file.read_text("utf-8").strip(), Origin.OURS)


def _folder(folder: Path, origin: Origin) -> Iterable[tuple[str, Letter | None]]:
    """Yield each file's name with its letter, or None for one that is too long or is no plain text."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return
    for name in names[:MAX_LETTERS]:
        match = _FILE.fullmatch(name)
        text = _read(folder / name) if match else None
        if not name.startswith("."):
            yield name, Letter(match.group(1), match.group(2), text, origin) if match and text else None


def _read(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            data = stream.read(MAX_LETTER_BYTES + 1)
        text = data.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return text if len(data) <= MAX_LETTER_BYTES else None
