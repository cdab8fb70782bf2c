"""An erasure on its way: proposed by one member, seconded by another, opposed by anybody."""

from dataclasses import dataclass
from enum import StrEnum

from dropbox.envelope.account.keeping import MAX_REASON_CHARACTERS
from dropbox.models import ItemId, parse_item_id
from dropbox.records import is_hex, require

_HASH_DIGITS = 64


class ErasureStep(StrEnum):
    PROPOSE = "propose"
    SECOND = "second"
    OPPOSE = "oppose"


@dataclass(frozen=True)
class Erasure:
    """What a note says of erasing its case.

    proposal and proposal_sha256: the note that proposed it and the SHA-256 of that note's index, so that a second
    signature is for just what was read. because: needed to propose and to oppose. number: for PROPOSE, the case's last
    submission that its author had; a later one ends the proposal.
    """

    step: ErasureStep
    because: str = ""
    proposal: ItemId | None = None
    proposal_sha256: str | None = None
    number: int = 0

    def __post_init__(self) -> None:
        is_first = self.step is ErasureStep.PROPOSE
        require((self.proposal is None) is is_first and (self.proposal_sha256 is None) is is_first)
        require(bool(self.because.strip()) or self.step is ErasureStep.SECOND)
        require(len(self.because) <= MAX_REASON_CHARACTERS)
        require((self.number >= 1) is is_first and self.number >= 0)
        if self.proposal is not None:
            require(parse_item_id(self.proposal) == self.proposal)
            require(is_hex(self.proposal_sha256 or "", _HASH_DIGITS))
