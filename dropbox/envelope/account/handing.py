"""That a case was handed over to another desk of the drop, with its reporter's consent."""

from dataclasses import dataclass

from dropbox.models import DeskId, ItemId, parse_desk_id, parse_item_id
from dropbox.records import is_hex, require

_ASK_DIGITS, _HASH_DIGITS = 32, 64


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
        require(parse_desk_id(self.to) == self.to and parse_item_id(self.consent) == self.consent)
        require(is_hex(self.ask, _ASK_DIGITS) and is_hex(self.bundle, _HASH_DIGITS) and self.items >= 1)
