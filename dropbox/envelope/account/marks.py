"""Whom and what a case is about: persons, places and dates that a member marked, sealed to the desk like any note."""

from dataclasses import dataclass
from enum import StrEnum

from dropbox.errors import InvalidValue

MAX_MARKS = 50
"""Marks that a case holds, and that one note may add."""
MAX_ALIASES = 10
MAX_NAME_CHARACTERS = 120
_ID_DIGITS = 16


class MarkKind(StrEnum):
    PERSON = "person"
    PLACE = "place"
    DATE = "date"


@dataclass(frozen=True)
class Mark:
    """One mark; `id` is random (16 hex digits). aliases: other names of the same, for a person. A date is ISO 8601."""

    id: str
    kind: MarkKind
    name: str
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(len(self.id) == _ID_DIGITS and set(self.id) <= set("0123456789abcdef"))
        _require(all(1 <= len(name) <= MAX_NAME_CHARACTERS for name in (self.name, *self.aliases)))
        _require(len(self.aliases) <= MAX_ALIASES and (not self.aliases or self.kind is MarkKind.PERSON))


@dataclass(frozen=True)
class MarkChange:
    """Marks that a note adds, and the ids of those that it takes away. One of an id that is there replaces it."""

    add: tuple[Mark, ...] = ()
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(bool(self.add or self.remove) and len(self.add) <= MAX_MARKS and len(self.remove) <= MAX_MARKS)
        _require(all(len(each) == _ID_DIGITS for each in self.remove))


def _require(condition: bool) -> None:
    if not condition:
        raise InvalidValue
