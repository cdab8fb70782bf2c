"""That a case was handed over to another desk of the drop, with its reporter's consent."""

from dataclasses import dataclass

from dropbox.errors import InvalidValue
from dropbox.models import DeskId, ItemId, parse_desk_id, parse_item_id

_ASK_DIGITS, _HASH_DIGITS = 32, 64
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class HandedOver:
    """A hand-over that was made. `ask`: the question's id; `consent`: the submission in which the reporter agreed.

    items: how many were passed on. bundle: SHA-256 of the manifest of what was written for the new desk.
    """

    to: DeskId
    ask: str
    consent: ItemId
    items: int
    bundle: str

    def __post_init__(self) -> None:
        _require(parse_desk_id(self.to) == self.to and parse_item_id(self.consent) == self.consent)
        _require(_is_hex(self.ask, _ASK_DIGITS) and _is_hex(self.bundle, _HASH_DIGITS) and self.items >= 1)


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and set(text) <= _HEX


def _require(condition: bool) -> None:
    if not condition:
        raise InvalidValue
