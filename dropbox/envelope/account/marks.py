"""Whom and what a case is about: persons, places and dates that a member marked, sealed to the desk like any note."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.envelope.work import can_be_seen
from dropbox.records import require

MAX_MARKS = 50
"""Marks that a case holds, and that one note may add."""
MAX_ALIASES = 10
MAX_NAME_CHARACTERS = 120
MAX_CHANGE_CHARACTERS = 4000
"""Of all the names that one note brings: a header of 64 KiB must have room for the log beside them."""
_ID = re.compile(r"[0-9a-f]{16}")
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")
_JOINERS = "\u200c\u200d"


class MarkKind(StrEnum):
    PERSON = "person"
    PLACE = "place"
    DATE = "date"


@dataclass(frozen=True)
class Mark:
    """One mark; `id` is random (16 hex digits). aliases: other names of the same person.

    A date is ISO 8601: a day, a month or a year.
    """

    id: str
    kind: MarkKind
    name: str
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(_ID.fullmatch(self.id) is not None)
        require(all(clean_name(name) == name for name in self.names) and len(set(self.names)) == len(self.names))
        require(len(self.aliases) <= MAX_ALIASES and (not self.aliases or self.kind is MarkKind.PERSON))
        require(self.kind is not MarkKind.DATE or is_date(self.name))

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True)
class MarkChange:
    """Marks that a note adds, and the ids of those that it takes away. One of an id that is there replaces it."""

    add: tuple[Mark, ...] = ()
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(bool(self.add or self.remove) and max(len(self.add), len(self.remove)) <= MAX_MARKS)
        ids = [*(mark.id for mark in self.add), *self.remove]
        require(len(set(ids)) == len(ids) and all(_ID.fullmatch(each) for each in ids))
        require(sum(len(name) for mark in self.add for name in mark.names) <= MAX_CHANGE_CHARACTERS)


def clean_name(typed: str) -> str:
    """Return a name in its one spelling: NFC, single spaces, 1 to 120 characters that can be seen.

    Raises InvalidValue.
    """
    plain = typed.translate(dict.fromkeys(map(ord, _JOINERS)))
    name = " ".join(part for part in unicodedata.normalize("NFC", plain).split(" ") if part)
    require(1 <= len(name) <= MAX_NAME_CHARACTERS and all(map(can_be_seen, name)))
    # a combining mark with nothing to stand on would stand on whatever is shown before it
    require(not unicodedata.category(name[0]).startswith("M"))
    return name


def is_date(text: str) -> bool:
    """Tell whether this is a day, a month or a year as ISO 8601 writes them."""
    if not text.isascii() or _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return False
    return True


def marks_after(changes: Iterable[MarkChange]) -> tuple[Mark, ...]:
    """Return what these changes come to, in their order. What goes beyond the limit is not added, in whatever vault."""
    marks: dict[str, Mark] = {}
    for change in changes:
        for gone in change.remove:
            marks.pop(gone, None)
        for mark in change.add:
            if mark.id in marks or len(marks) < MAX_MARKS:
                marks[mark.id] = mark
    return tuple(marks.values())
