"""How long a case is kept beyond its desk's rule: a postponement with its reason, and a legal hold."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.models import ItemId, parse_item_id
from dropbox.records import require

MAX_REASON_CHARACTERS = 500
MAX_HOLDS = 20


class HoldStep(StrEnum):
    """One member lays a hold on a case; it is lifted when one proposes that and a second one agrees."""

    LAY = "lay"
    LIFT = "lift"
    SECOND_LIFT = "second_lift"


@dataclass(frozen=True)
class Keeping:
    """What a note decides: `until`, before which the case is not due, or a step about a hold; always with its reason.

    holds: for LIFT, the notes that laid what is to be lifted; a hold that its author had not heard of stays.
    proposal: for SECOND_LIFT, the note that proposed it.
    """

    because: str
    until: date | None = None
    hold: HoldStep | None = None
    proposal: ItemId | None = None
    holds: tuple[ItemId, ...] = ()

    def __post_init__(self) -> None:
        require((self.until is None) is not (self.hold is None))
        require(bool(self.because.strip()) and len(self.because) <= MAX_REASON_CHARACTERS)
        require((self.proposal is not None) is (self.hold is HoldStep.SECOND_LIFT))
        require(bool(self.holds) is (self.hold is HoldStep.LIFT) and len(self.holds) <= MAX_HOLDS)
        require(list(self.holds) == sorted(set(self.holds)) and all(parse_item_id(e) == e for e in self.holds))
        if self.proposal is not None:
            require(parse_item_id(self.proposal) == self.proposal)
