"""What an answer bundle tells the drop of keeping and erasing: a step a note, as much as the drop must know to do it.

The note itself is sealed to the desk, with its reasons; its author signs both. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dropbox.bundle import fields
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, DeskId, ItemId, parse_case_id, parse_desk_id, parse_item_id

MAX_ABOUT = 20
MAX_NUMBER = 1_000_000


class StepKind(StrEnum):
    """A case is kept longer, held, released by two, or erased by two unless anybody opposes it."""

    POSTPONE = "postpone"
    LAY = "lay"
    LIFT = "lift"
    SECOND_LIFT = "second_lift"
    PROPOSE = "propose"
    SECOND = "second"
    OPPOSE = "oppose"


_ALONE = frozenset({StepKind.POSTPONE, StepKind.LAY, StepKind.PROPOSE})
_ABOUT_MANY = frozenset({StepKind.LIFT})


@dataclass(frozen=True)
class KeepStep:
    """One step of one desk about one case; `item` is the note that says it.

    about: the notes that it answers: the holds that are to be lifted, or the proposal that is seconded or opposed.
    number: of a proposal, the case's last submission that its author had read; a later one ends it.
    """

    case: CaseId
    desk: DeskId
    item: ItemId
    step: StepKind
    about: tuple[ItemId, ...] = ()
    number: int = 0

    def __post_init__(self) -> None:
        most = 0 if self.step in _ALONE else MAX_ABOUT if self.step in _ABOUT_MANY else 1
        least = 0 if self.step in _ALONE else 1
        if not least <= len(self.about) <= most or list(self.about) != sorted(set(self.about)):
            raise InvalidValue
        if (self.number > 0) is not (self.step is StepKind.PROPOSE):
            raise InvalidValue

    def as_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {"case": self.case, "desk": self.desk, "item": self.item, "step": self.step.value}
        value |= {"about": list(self.about)} if self.about else {}
        return value | ({"number": self.number} if self.number else {})

    @classmethod
    def from_json(cls, value: object) -> "KeepStep":
        given = fields.mapping(value)
        optional = [name for name in ("about", "number") if name in given]
        entry = fields.exact(given, ("case", "desk", "item", "step", *optional))
        return cls(
            case=parse_case_id(entry["case"]),
            desk=parse_desk_id(entry["desk"]),
            item=parse_item_id(entry["item"]),
            step=fields.member(StepKind, entry["step"]),
            about=fields.array(entry.get("about", []), parse_item_id),
            number=fields.integer(entry["number"], 1, MAX_NUMBER) if "number" in entry else 0,
        )
