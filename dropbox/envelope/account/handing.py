"""That a case was handed over to another desk of the drop, with its reporter's consent."""

from dataclasses import dataclass

from dropbox.errors import InvalidValue
from dropbox.models import DeskId, ItemId, parse_desk_id, parse_item_id


@dataclass(frozen=True)
class HandedOver:
    """A hand-over that was made. consent: the submission in which the reporter agreed; bundle: the file's SHA-256."""

    to: DeskId
    consent: ItemId
    items: tuple[ItemId, ...]
    bundle: str

    def __post_init__(self) -> None:
        if parse_desk_id(self.to) != self.to or parse_item_id(self.consent) != self.consent or not self.items:
            raise InvalidValue
