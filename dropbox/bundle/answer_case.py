"""A case that a member opened for somebody in front of them, as an answer bundle carries it: its public half only.

What makes the codename work at the drop, and nothing that the codename or its keys could be told from.
"""

import base64
from dataclasses import dataclass
from datetime import date

from dropbox.bundle import fields
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, DeskId, ItemId, case_id, parse_case_id, parse_day, parse_desk_id, parse_item_id
from dropbox.sealed_mandate import MANDATE_BYTES
from dropbox.shown import VIEW_BYTES

_KEYS = (
    "case",
    "case_key",
    "day",
    "desks",
    "item",
    "link",
    "lookup",
    "reply_key",
    "sealed_mandate",
    "sealed_view",
)


@dataclass(frozen=True, repr=False)
class AnswerCase:
    """Keys in hex. `item` is its report, `link` the SHA-256 of that one's index, `lookup` what the store finds it by.

    `day`: when the report was taken down, by the vault's clock.
    """

    case: CaseId
    case_key: str
    reply_key: str
    day: date
    desks: tuple[DeskId, ...]
    item: ItemId
    link: str
    lookup: str
    sealed_mandate: bytes
    sealed_view: bytes

    def __post_init__(self) -> None:
        if self.case != case_id(bytes.fromhex(self.case_key), bytes.fromhex(self.reply_key)):
            raise InvalidValue
        if not self.desks or list(self.desks) != sorted(set(self.desks)):
            raise InvalidValue

    def as_json(self) -> dict[str, object]:
        return {
            "case": self.case,
            "case_key": self.case_key,
            "day": self.day.isoformat(),
            "desks": list(self.desks),
            "item": self.item,
            "link": self.link,
            "lookup": self.lookup,
            "reply_key": self.reply_key,
            "sealed_mandate": base64.b64encode(self.sealed_mandate).decode(),
            "sealed_view": base64.b64encode(self.sealed_view).decode(),
        }

    @classmethod
    def from_json(cls, value: object) -> "AnswerCase":
        entry = fields.exact(value, _KEYS)
        return cls(
            case=parse_case_id(entry["case"]),
            case_key=fields.hex_256(entry["case_key"]),
            reply_key=fields.hex_256(entry["reply_key"]),
            day=parse_day(entry["day"]),
            desks=fields.array(entry["desks"], parse_desk_id),
            item=parse_item_id(entry["item"]),
            link=fields.hex_256(entry["link"]),
            lookup=fields.hex_256(entry["lookup"]),
            sealed_mandate=fields.octets(entry["sealed_mandate"], MANDATE_BYTES),
            sealed_view=fields.octets(entry["sealed_view"], VIEW_BYTES),
        )
