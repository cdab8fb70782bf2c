"""What was done with a case, what its reporter took back, and what is left of one that was erased. Facts only."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dropbox.envelope import WorkState
from dropbox.envelope.account import LogLine, Outcome, Subject
from dropbox.models import (
    DeskId,
    Fingerprint,
    ItemId,
    Mandate,
    VaultId,
)


class Act(StrEnum):
    """What may be done with a case, as far as it counts against a mandate."""

    REPLY = "reply"
    NOTE = "note"
    VIEW = "view"
    ORGANISE = "organise"
    SAVE = "save"
    DISCUSS = "discuss"
    TAKE_FURTHER = "take_further"
    DISCLOSE = "disclose"
    HAND_OVER = "hand_over"
    KEEP = "keep"


@dataclass(frozen=True)
class ActRecord:
    """One thing that was done with a case on `day`.

    item: the reply or note. state: what a case was set to. files and where: how many were saved, and in which folder.
    to: whom the case was resealed to; a DISCUSS without it printed the case. left: it is no longer only here.
    """

    act: Act
    day: date
    by: Fingerprint
    item: ItemId | None = None
    state: WorkState | None = None
    files: int = 0
    where: str = ""
    to: Fingerprint | None = None
    left: bool = True


@dataclass(frozen=True)
class Narrowed:
    """The reporter took something back on `day`: `after` is the narrower mandate, None the whole case.

    happened: what had been done with it until this vault learned of it.
    """

    day: date
    before: Mandate
    after: Mandate | None
    happened: tuple[ActRecord, ...]


@dataclass(frozen=True)
class OwnAttached:
    """An attachment that is an item, key or bundle of a drop: somebody wanted to have it opened here.

    item, number: which one. because: what a member found out; empty while the alarm stands.
    """

    item: ItemId
    number: int
    day: date
    because: str = ""


@dataclass(frozen=True)
class IntakeRecord:
    """What the drop is still to be told of a case that was opened here; gone once it has confirmed it. All in hex.

    `signature`: the case key's, of which only the moment at the table knew the secret; empty in an older record.
    """

    item: ItemId
    day: date
    lookup: str
    sealed_mandate: str
    sealed_view: str
    signature: str = ""


@dataclass(frozen=True)
class CaseFacts:
    """What is counted and kept of a case once nothing else of it is left: nothing that anybody wrote, and no names.

    with_desks: the other desks that the report was addressed to. mandate: the last one that the reporter set.
    acknowledged_after_days, answered_after_days: from the report on; None until then. closed: the day of the last
    closing, while it stands. handed_over: to which desk. outcome: what the desk said, unless the case was withdrawn or
    handed over.
    """

    received: date
    desk: DeskId
    with_desks: tuple[DeskId, ...] = ()
    mandate: Mandate | None = None
    subject: Subject | None = None
    outcome: Outcome | None = None
    acknowledged_after_days: int | None = None
    answered_after_days: int | None = None
    closed: date | None = None
    withdrawn: date | None = None
    handed_over: DeskId | None = None
    erased: date | None = None


@dataclass(frozen=True)
class Erased:
    """What is left of a case that two members agreed to erase: nothing that anybody wrote of it but the reason.

    day: the drop's, with whose bundle it was done; `due`: the first on which it might be. number: of the last
    submission that the proposal was for. items: the SHA-256 of each sealed file; `owed`: those of which the drop is
    still to hear that they came here. lines: each vault's log, without details.
    """

    day: date
    due: date
    because: str
    proposal: ItemId
    by: Fingerprint
    seconded_by: Fingerprint
    number: int
    items: dict[ItemId, str]
    owed: tuple[ItemId, ...] = ()
    lines: dict[VaultId, tuple[LogLine, ...]] = field(default_factory=dict)
    facts: CaseFacts | None = None
