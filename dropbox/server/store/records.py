"""What goes into the store and what comes out of it: frozen values, days only, nothing that was written in clear.

No clear mandate, author's name, file name or true size has a place here; of an item's kind only `SealedKind`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

from dropbox.bundle import (
    AnswerCase,
    KeepStep,
    LogLine,
    PickupItem,
    ReadMark,
    Receipt,
    RosterStatement,
    SignedStatement,
)
from dropbox.codename import KdfParameters
from dropbox.envelope import Moved
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Roster, SealedKind, VaultId

Octets = bytes
"""`bytes`, in records that have a field of that name."""


@dataclass(frozen=True)
class DropMeta:
    """What a store was born with; none of it ever changes."""

    drop: str
    epoch: str
    kdf: KdfParameters
    trial: bool


# --- from the reporter --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """The next submission's number in its case (from 1), and the SHA-256 of the index before it."""

    number: int
    previous: str | None


@dataclass(frozen=True, repr=False)
class NewSubmission:
    """One sealed submission whose part file is written.

    `bytes` and `sha256` are those of the sealed file. `sealed_mandate` is there when the mandate is new, and always
    with a case's first submission; `sealed_view` with the first one only. `moved`: its reporter lets another desk have
    the case.
    """

    item: ItemId
    case: CaseId
    lookup_id: Octets
    desks: tuple[DeskId, ...]
    day: date
    bytes: int
    sha256: str
    number: int
    index_sha256: str
    resend_id: Octets
    sealed_mandate: Octets | None = None
    sealed_view: Octets | None = None
    withdraw: Literal["withdraw", "undo"] | None = None
    moved: Moved | None = None


@dataclass(frozen=True, repr=False)
class StoredReply:
    """A reply whose lock for the reporter is still there; `day` is the day it came in."""

    item: ItemId
    day: date
    path: Path
    lock: bytes
    sha256: str


@dataclass(frozen=True)
class FormerDesk:
    """A desk that had a case until the reporter let `to` have it; `last_day`: the day of that yes."""

    desk: DeskId
    to: DeskId
    last_day: date


@dataclass(frozen=True)
class CaseTerms:
    """What a follow-up has to know of its case: whom it goes to, and whether the case is withdrawn."""

    desks: tuple[DeskId, ...]
    withdrawn_day: date | None


@dataclass(frozen=True, repr=False)
class CaseState:
    """What /case shows. `fetched`: each desk's last export; `unfetched`: submissions that nobody has received yet.

    `first_reply_day` stays when that reply is deleted. `sealed_view`: chance bytes in a case of an earlier version.
    `erasures`: on which day which desk erases its part, where two of its members agreed to and nobody stops it.
    """

    case: CaseId
    desks: tuple[DeskId, ...]
    first_day: date
    last_contact_day: date
    sealed_mandate: bytes
    replies: tuple[StoredReply, ...]
    picked_up: bool
    read: bool
    answered: bool
    fetched: Mapping[DeskId, date | None]
    withdrawn_day: date | None
    erased_on: date | None
    ends_on: date
    unfetched: int
    first_reply_day: date | None
    sealed_view: bytes | None
    former: tuple[FormerDesk, ...] = ()
    erasures: Mapping[DeskId, date] = field(default_factory=dict)


# --- to and from the desks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldItem(PickupItem):
    """An item as a desk's pickup bundle carries it, and where its sealed file is."""

    path: Path


@dataclass(frozen=True)
class Pickup:
    """One desk's whole log and the items it is still to receive, in shuffled order.

    `rosters` holds this desk's and that of every desk that shares a case with it, `statements` what their members
    signed; `keys` every key on them, past members' and proposed ones' too. `proposal`: what this desk may sign next.
    """

    desk: DeskId
    day: date
    meta: DropMeta
    log: tuple[LogLine, ...]
    items: tuple[HeldItem, ...]
    rosters: Mapping[DeskId, Roster]
    keys: Mapping[Fingerprint, bytes]
    confirmed: Mapping[VaultId, tuple[int, ...]]
    statements: Mapping[DeskId, tuple[SignedStatement, ...]] = field(default_factory=dict)
    proposal: RosterStatement | None = None


@dataclass(frozen=True, repr=False)
class NewWriting:
    """A writing, or the report of a case opened at the table, whose part file is written and fsynced.

    `lock` is the reporter's, with a reply only.
    """

    item: ItemId
    case: CaseId
    kind: SealedKind
    desk: DeskId
    bytes: int
    sha256: str
    lock: Octets | None


@dataclass(frozen=True)
class NewAnswer:
    """A verified answer bundle; `sha256` is that of its manifest, `day` the day of the import.

    `statements`: rosters that its author signed, each signature verified.
    """

    author: Fingerprint
    vault: VaultId
    desk: DeskId
    sequence: int
    sha256: str
    day: date
    writings: tuple[NewWriting, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    read: tuple[ReadMark, ...] = ()
    cases: tuple[AnswerCase, ...] = ()
    erasures: tuple[KeepStep, ...] = ()
    statements: tuple[SignedStatement, ...] = ()

    def step_of(self, item: ItemId) -> KeepStep | None:
        """Return what this note says of keeping or erasing, if it does."""
        return next((step for step in self.erasures if step.item == item), None)


class Outcome(StrEnum):
    """STORED: new. KNOWN: nothing to do. SKIPPED: its case has ended or was withdrawn, or its item is not here.

    CLASH, UNSIGNED: the case that it opens, or hangs on, is not taken in: something else is there under one of its ids
    or its lookup, or the case's own key has not signed it.
    """

    STORED = "stored"
    KNOWN = "known"
    SKIPPED = "skipped"
    CLASH = "clash"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Applied:
    """One outcome each, in the order of the answer's writings, receipts, read marks and signed rosters.

    `seated`: whether each roster was still the proposed one, and counts now.
    """

    writings: tuple[Outcome, ...]
    receipts: tuple[Outcome, ...]
    read: tuple[Outcome, ...]
    seated: tuple[bool, ...] = ()


class AnswerSeen(StrEnum):
    """Whether this vault's sequence number has come before: never, as these bytes, or as other ones."""

    NEW = "new"
    SAME = "same"
    OTHER = "other"


# --- for the operator ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """What a desk's next bundle would hold: how many items, and their sealed sizes together."""

    items: int
    bytes: int


@dataclass(frozen=True)
class Counts:
    """`waiting`: per desk with items, how many of them not every current member of that desk has received."""

    cases: int
    items: int
    waiting: Mapping[DeskId, int]


@dataclass(frozen=True)
class Behind:
    """A member who has not received `items` items of a desk, the oldest from `oldest_day`; None: no members at all."""

    desk: DeskId
    fingerprint: Fingerprint | None
    items: int
    oldest_day: date
    fetched: date | None


@dataclass(frozen=True)
class Swept:
    """`parts` and `orphans` were removed; `missing` items have a row and no file, which only a restore can mend."""

    parts: int
    orphans: int
    missing: int


@dataclass(frozen=True)
class Retired:
    """How many items were let go or erased, cases ended, resend ids forgotten, files of past days rewritten or not.

    `scrubbed` is False when a reader held the write-ahead log: deleted bytes are still in it, and the next call tries
    again.
    """

    items: int = 0
    cases: int = 0
    resends: int = 0
    settled: int = 0
    scrubbed: bool = True
    unsettled: int = 0
