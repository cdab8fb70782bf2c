"""What a vault knows: the records that the sealed casebook holds, and what can be asked of them alone.

Facts, and the few words that members and the drop say of them: tags, explanations, names of keys and desks. What a
reporter wrote, and what their files are called, stays inside sealed items and is unsealed each time it is read. No file
and no gpg in this room.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from dropbox.bundle.desk_log import LineState
from dropbox.bundle.keep_rule import KeepRule
from dropbox.bundle.roster_statement import RosterStatement, StatementVote
from dropbox.codename import case_name
from dropbox.envelope import Account, Ask, Consent, Moved, Work, WorkState
from dropbox.envelope.account import LogLine, Outcome, Subject
from dropbox.errors import CaseAmbiguous, CaseUnknown, InvalidValue, VaultEmpty
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    Roster,
    SealedKind,
    VaultId,
)
from dropbox.workstation.log_faults import LogFault
from dropbox.workstation.stated import DeskChain, DropKeys

MIN_CASE_PREFIX = 4
_HEX = frozenset("0123456789abcdef")


class State(StrEnum):
    VERIFIED = "verified"
    NOT_FOR_YOU = "not_for_you"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Detail:
    """What a verified item said about itself, kept so that a list needs no unsealing.

    ask: what a reply asked its reporter to agree to. consents: what a submission said to asks, by their ids. moved: it
    lets another desk have the case. signed_on: the day that the author of a note with
    an account put on it.
    """

    kind: Kind
    index_sha256: str
    desks: tuple[DeskId, ...]
    number: int | None = None
    previous: str | None = None
    mandate: Mandate | None = None
    undo: bool = False
    desk: DeskId | None = None
    author: Fingerprint | None = None
    knows: tuple[ItemId, ...] | None = None
    work: Work | None = None
    account: Account | None = None
    ask: Ask | None = None
    consents: tuple[Consent, ...] = ()
    moved: Moved | None = None
    signed_on: date | None = None

    @property
    def is_log_only(self) -> bool:
        """Whether a note only brings colleagues what was done: it stands in the log and in no thread."""
        return self.account is not None and self.account.is_log_only


@dataclass(frozen=True)
class ItemRecord:
    """One sealed file. `arrived` counts what came into this vault; `on_drop`: a pickup bundle has held or named it.

    day: the drop's, once it has named the item. written: this machine's, on which it was sealed here. resealed_by: who
    passed it on; `sha256` is that of the drop's own file then, and not of ours. handed_by: the desk that handed its
    case over; the drop never gave this desk the item, and nothing of it is owed to the drop. lost: it came from
    the drop, which no longer has it since a restore.
    """

    item: ItemId
    case: CaseId
    kind: SealedKind
    day: date
    sha256: str
    epoch: str
    state: State
    arrived: int = 0
    detail: Detail | None = None
    reason: str = ""
    own: bool = False
    lock: str | None = None
    on_drop: bool = True
    read: bool = False
    entry_confirmed: bool = False
    receipt_confirmed: bool = False
    read_confirmed: bool = False
    written: date | None = None
    resealed_by: Fingerprint | None = None
    handed_by: DeskId | None = None
    lost: bool = False


@dataclass(frozen=True)
class CaseRecord:
    """The two public keys of a case, pinned when its first item was verified (hex, Ed25519 and X25519).

    desks: who has it now.
    """

    case: CaseId
    case_key: str
    reply_key: str
    desks: tuple[DeskId, ...]


@dataclass(frozen=True)
class Binding:
    drop: str
    desk: DeskId
    trial: bool


@dataclass(frozen=True)
class LogEntry:
    sha256: str
    state: LineState


@dataclass(frozen=True)
class EpochLog:
    """What bundles said of one epoch's numbers. Up to `start` a number may have gone before this vault was there."""

    start: int
    first_seen: date
    lines: dict[int, LogEntry]


@dataclass(frozen=True)
class Restore:
    """The drop was brought back on `day` from its backup of `backup`: up to `last` an epoch is the one before it.

    seen: a member has said that they have read of it.
    """

    previous: str
    day: date
    backup: date
    last: int
    seen: bool = False


@dataclass(frozen=True)
class DeskRoster:
    """The newest roster a desk was shown with, and the one that was accepted or confirmed."""

    newest: Roster
    confirmed: Roster
    day: date
    last: int

    @property
    def changed(self) -> bool:
        return self.newest != self.confirmed


@dataclass(frozen=True)
class Conflict:
    """The drop offered other bytes under the id of an item that is held already."""

    item: ItemId
    sha256: str
    day: date


@dataclass(frozen=True)
class ExportRecord:
    sequence: int
    manifest_sha256: str | None
    entries: tuple[ItemId, ...]
    receipts: tuple[ItemId, ...]
    read: tuple[ItemId, ...]
    confirmed: bool = False


@dataclass(frozen=True)
class Explanation:
    """What a member of this desk found out about a number that never came here; `because` is their own words."""

    because: str
    day: date


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
class KdfRecord:
    """What makes keys out of a codename, as the newest bundle said it: one history of the drop, one set of values.

    `salt` is in hex; `day` that bundle's, and no machine's clock can rightly be behind it.
    """

    epoch: str
    salt: str
    memory_kib: int
    passes: int
    day: date


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


@dataclass(frozen=True)
class CanaryRecord:
    """A test report that the drop sent to itself. `confirmed`: it has heard that it came here."""

    case: CaseId
    sha256: str
    token: str
    day: date
    confirmed: bool = False

    def told(self, *, confirmed: bool) -> "CanaryRecord":
        return replace(self, confirmed=confirmed)


@dataclass
class Casebook:
    """Everything a vault knows. Changed in memory by one command at a time and replaced on disk as a whole."""

    format: int
    vault: VaultId
    key: Fingerprint
    expected_words: str | None = None
    confirmed: bool = False
    binding: Binding | None = None
    arrivals: int = 0
    logs: dict[str, EpochLog] = field(default_factory=dict)
    rosters: dict[DeskId, DeskRoster] = field(default_factory=dict)
    keys: dict[Fingerprint, str] = field(default_factory=dict)
    cases: dict[CaseId, CaseRecord] = field(default_factory=dict)
    items: dict[ItemId, ItemRecord] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    exports: dict[int, ExportRecord] = field(default_factory=dict)
    acts: dict[CaseId, tuple[ActRecord, ...]] = field(default_factory=dict)
    narrowed: dict[CaseId, tuple[Narrowed, ...]] = field(default_factory=dict)
    member_names: dict[Fingerprint, str] = field(default_factory=dict)
    kdf: KdfRecord | None = None
    address: str = ""
    intakes: dict[CaseId, IntakeRecord] = field(default_factory=dict)
    organisation: str = ""
    desk_names: dict[DeskId, dict[str, str]] = field(default_factory=dict)
    explained: dict[str, dict[int, Explanation]] = field(default_factory=dict)
    log: dict[CaseId, tuple[LogLine, ...]] = field(default_factory=dict)
    log_faults: dict[CaseId, tuple[LogFault, ...]] = field(default_factory=dict)
    lost_exports: dict[int, str] = field(default_factory=dict)
    keeping: KeepRule = field(default_factory=KeepRule)
    erased: dict[CaseId, Erased] = field(default_factory=dict)
    restores: dict[str, Restore] = field(default_factory=dict)
    drop_keys: DropKeys = field(default_factory=DropKeys)
    statements: dict[DeskId, DeskChain] = field(default_factory=dict)
    proposal: RosterStatement | None = None
    vote: StatementVote | None = None
    canaries: dict[ItemId, CanaryRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._threads: dict[CaseId, list[ItemId]] = {}
        for record in self.items.values():
            self._threads.setdefault(record.case, []).append(record.item)

    @classmethod
    def new(cls, vault: VaultId, key: Fingerprint) -> "Casebook":
        return cls(FORMAT, vault, key)

    @property
    def bound(self) -> Binding:
        if self.binding is None:
            raise VaultEmpty
        return self.binding

    def add(self, record: ItemRecord) -> None:
        """Add a record, or put it in the place of an earlier one of the same item, under the next arrival number."""
        self.arrivals += 1
        if record.item in self.items:
            self._threads[self.items[record.item].case].remove(record.item)
        self._threads.setdefault(record.case, []).append(record.item)
        self.items[record.item] = replace(record, arrived=self.arrivals)

    def update(self, item: ItemId, **changes: object) -> None:
        self.items[item] = replace(self.items[item], **changes)  # type: ignore[arg-type]  # dataclasses checks names

    def thread(self, case: CaseId) -> Iterator[ItemRecord]:
        """Give the case's verified items, in no order, without the notes that only bring its log."""
        return (record for record in self.verified(case) if is_shown(record))

    def verified(self, case: CaseId) -> Iterator[ItemRecord]:
        """Give every verified item of the case, in no order."""
        records = (self.items[item] for item in self._threads.get(case, ()))
        return (record for record in records if record.state is State.VERIFIED)

    def held(self, case: CaseId) -> list[ItemRecord]:
        """Return every item of the case, whatever became of it."""
        return [self.items[item] for item in self._threads.get(case, ())]

    def forget_case(self, case: CaseId) -> None:
        """Take everything about a case out, but what is left in `erased`."""
        for item in self._threads.pop(case, []):
            del self.items[item]
        for about in (self.cases, self.acts, self.narrowed, self.intakes, self.log, self.log_faults):
            about.pop(case, None)

    def is_erased(self, item: ItemId, case: CaseId, kind: SealedKind, day: date) -> bool:
        """Tell whether this item is of a case that was erased, and came before that: no bundle may bring it back.

        A reporter whose other desk still has the case may go on, and that reaches this desk as well.
        """
        erased = self.erased.get(case)
        if erased is None:
            return False
        return (
            item in erased.items or day < erased.due or (kind is not SealedKind.SUBMISSION and case not in self.cases)
        )

    def find_case(self, wanted: str) -> CaseRecord:
        """Return the case named by its full id, a unique prefix of 4 or more hex digits, or its two words."""
        words = " ".join(wanted.lower().replace("-", " ").split())
        by_id = len(words) >= MIN_CASE_PREFIX and set(words) <= _HEX
        found = [c for c in self.cases.values() if (by_id and c.case.startswith(words)) or case_name(c.case) == words]
        if len(found) > 1:
            raise CaseAmbiguous
        if not found:
            raise CaseUnknown
        return found[0]


def detail_of(record: ItemRecord) -> Detail:
    if record.detail is None:
        raise InvalidValue
    return record.detail


def is_shown(record: ItemRecord) -> bool:
    """Whether an item stands in its case's thread."""
    return record.state is State.VERIFIED and not detail_of(record).is_log_only


def number_of(record: ItemRecord) -> int:
    """Return a submission's signed number in its case (from 1); 0 for a writing."""
    return detail_of(record).number or 0
