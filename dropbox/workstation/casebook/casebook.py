"""What a vault knows: the records that the sealed casebook holds, and what can be asked of them alone.

Facts, and the few words that members and the drop say of them: tags, explanations, names of keys and desks. What a
reporter wrote, and what their files are called, stays inside sealed items and is unsealed each time it is read. No file
and no gpg in this room.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from dropbox.bundle.keep_rule import KeepRule
from dropbox.bundle.roster_statement import RosterStatement, StatementVote
from dropbox.codename import case_name
from dropbox.envelope.account import LogLine
from dropbox.errors import CaseAmbiguous, CaseUnknown, VaultEmpty
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    SealedKind,
    VaultId,
)
from dropbox.workstation.casebook.cases import ActRecord, Erased, IntakeRecord, Narrowed, OwnAttached
from dropbox.workstation.casebook.items import (
    CaseRecord,
    Conflict,
    ExportRecord,
    ItemRecord,
    State,
    is_shown,
)
from dropbox.workstation.casebook.told import (
    Binding,
    CanaryRecord,
    DeskRoster,
    EpochLog,
    Explanation,
    KdfRecord,
    Restore,
)
from dropbox.workstation.log_faults import LogFault
from dropbox.workstation.stated import DeskChain, DropKeys

MIN_CASE_PREFIX = 4
_HEX = frozenset("0123456789abcdef")


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
    attached: dict[CaseId, tuple[OwnAttached, ...]] = field(default_factory=dict)

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
        kept = (self.cases, self.acts, self.narrowed, self.intakes, self.log, self.log_faults, self.attached)
        for about in kept:
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
