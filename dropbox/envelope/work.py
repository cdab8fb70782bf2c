"""What a note may say about its case's work: who has it, how it stands, and its tags.

Checked by the same rules when it is written and when it is read. What several notes of one case come to together is
for the workstation to say.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dropbox.errors import InvalidValue, TagUnusable
from dropbox.models import parse_fingerprint
from dropbox.records import require

MAX_TAGS = 20
MAX_TAG_CHARACTERS = 40
NOBODY = ""
"""The assignee that a note names to take the case from whoever has it."""

# characters that show nothing and belong to none of the categories that are refused anyway
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
_SELECTORS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})
_KEYS = frozenset({"assignee", "state", "add", "remove"})


class WorkState(StrEnum):
    """How a case stands, as its members see it. The reporter never learns of it."""

    NEW = "new"
    TALKING = "talking"
    WAITING = "waiting"
    INVESTIGATING = "investigating"
    CLOSED = "closed"


@dataclass(frozen=True)
class Work:
    """One change: what is None stays as it was. `assignee` is a fingerprint or NOBODY."""

    assignee: str | None = None
    state: WorkState | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.assignee:
            require(parse_fingerprint(self.assignee) == self.assignee)
        for tags in (self.add, self.remove):
            require(len(tags) <= MAX_TAGS and list(tags) == sorted(set(tags)))
            require(all(clean_tag(tag) == tag for tag in tags))
        require(not set(self.add) & set(self.remove))
        require(bool(self.as_json()))

    def as_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {} if self.assignee is None else {"assignee": self.assignee}
        if self.state is not None:
            value["state"] = self.state.value
        lists = {"add": self.add, "remove": self.remove}
        return value | {key: list(tags) for key, tags in lists.items() if tags}


def parse_work(value: object) -> Work:
    """Return the work in a note's header. Another spelling of the same is refused where the whole header is compared.

    Raises InvalidValue.
    """
    if not isinstance(value, Mapping) or not set(value) <= _KEYS:
        raise InvalidValue
    if "assignee" in value and not isinstance(value["assignee"], str):
        raise InvalidValue
    try:
        state = WorkState(value["state"]) if "state" in value else None
    except ValueError:
        raise InvalidValue from None
    return Work(value.get("assignee"), state, _tags(value.get("add", [])), _tags(value.get("remove", [])))


def clean_tag(typed: str) -> str:
    """Return a tag in its one spelling: NFC, single spaces, 1 to 40 characters that can be seen. Raises TagUnusable."""
    tag = " ".join(part for part in unicodedata.normalize("NFC", typed).split(" ") if part)
    if not 1 <= len(tag) <= MAX_TAG_CHARACTERS or not all(map(can_be_seen, tag)):
        raise TagUnusable
    # a mark with nothing to stand on would stand on whatever is shown before it
    if unicodedata.category(tag[0]).startswith("M"):
        raise TagUnusable
    return tag


def can_be_seen(character: str) -> bool:
    """Tell whether a character shows itself, or is the plain space."""
    if character == " ":
        return True
    hidden = character in _BLANK or any(ord(character) in selectors for selectors in _SELECTORS)
    # what this Python does not know yet (Cn) another member's may, and the same note must not be refused by one of two
    return not hidden and unicodedata.category(character) not in _UNSEEN


def _tags(value: object) -> tuple[str, ...]:
    require(isinstance(value, list) and all(isinstance(tag, str) for tag in value))
    return tuple(value) if isinstance(value, list) else ()
