"""Does the log of a case hold? Each vault's chain is followed from its first line, and its first bad line is named.

A line is bad when one before it is missing, when it does not follow that one, when its details were altered, when it is
not by the author of its note, or when it says another mandate than the reporter's thread had by then. What a colleague
never sent cannot be found here: their log ends where their notes end.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from dropbox.codename import case_name
from dropbox.envelope.account import LogAct, LogLine, LogPart, details_digest, line_hash
from dropbox.errors import ExplanationUnusable, NothingToExplain
from dropbox.models import CaseId, ItemId, Mandate, SealedKind
from dropbox.workstation.case_log import lines
from dropbox.workstation.case_log.lines import Chain, Entry
from dropbox.workstation.casebook import Casebook, ItemRecord, State, detail_of, number_of
from dropbox.workstation.log_faults import LogFault, LogWrong
from dropbox.workstation.thread import items_of

MAX_EXPLANATION_CHARACTERS = 500
Mandates = Mapping[int, Mandate | None]


def check(casebook: Casebook, cases: Iterable[CaseId]) -> dict[CaseId, tuple[LogFault, ...]]:
    """Return the first bad line of every chain that has one, by cases; what was explained before stays so."""
    excuses = _excuses(casebook)
    found = {case: tuple(_faults(casebook, case, excuses)) for case in cases}
    return {case: _with_explanations(casebook, case, faults) for case, faults in found.items() if faults}


def take(casebook: Casebook, cases: Collection[CaseId]) -> bool:
    """Check these cases' logs and keep what is wrong with them; tell whether that changed. The caller saves the vault.

    Lines of this vault that only its own notes still have are taken back first.
    """
    before = dict(casebook.log_faults), dict(casebook.log)
    for case in cases:
        lines.adopt(casebook, case)
    found = check(casebook, cases)
    for case in cases:
        casebook.log_faults.pop(case, None)
    casebook.log_faults |= found
    return (casebook.log_faults, casebook.log) != before


def cases_with_a_log(casebook: Casebook) -> list[CaseId]:
    """Return the cases of which a line is known, this vault's or a colleague's."""
    brought = {record.case for record in casebook.items.values() if _brings_lines(record)}
    return sorted({*casebook.log, *brought})


def open_faults(casebook: Casebook) -> list[tuple[CaseId, LogFault]]:
    """Return what is wrong and was not explained yet."""
    return [
        (case, fault) for case, faults in casebook.log_faults.items() for fault in faults if fault.explained is None
    ]


def as_json(case: CaseId, fault: LogFault) -> dict[str, object]:
    return {
        "case": case,
        "name": case_name(case),
        "vault": fault.vault,
        "by": fault.by,
        "n": fault.n,
        "why": fault.why.value,
        "because": fault.because,
        "explained": None if fault.explained is None else fault.explained.isoformat(),
    }


def explain(casebook: Casebook, case: CaseId, because: str, day: date) -> None:
    """Keep why a case's log is as it is. The caller saves the vault. Raises NothingToExplain, ExplanationUnusable."""
    text = explanation(because)
    faults = casebook.log_faults.get(case, ())
    if not any(fault.explained is None for fault in faults):
        raise NothingToExplain
    explained = (f if f.explained is not None else replace(f, because=text, explained=day) for f in faults)
    casebook.log_faults[case] = tuple(explained)
    lines.add(casebook, case, LogAct.EXPLAINED, because=text)


def explain_lost(casebook: Casebook, because: str) -> None:
    """Keep why this vault is an older copy of itself. Raises NothingToExplain, ExplanationUnusable."""
    text = explanation(because)
    lost = [number for number, known in casebook.lost_exports.items() if not known]
    if not lost:
        raise NothingToExplain
    casebook.lost_exports |= dict.fromkeys(lost, text)


def explanation(typed: str) -> str:
    """Return an explanation in one line. Raises ExplanationUnusable for what is empty, long or cannot be seen."""
    text = " ".join(typed.split())
    if not text or len(text) > MAX_EXPLANATION_CHARACTERS or not text.isprintable():
        raise ExplanationUnusable
    return text


# --- one chain ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Excuses:
    """Why lines may be missing here without anybody's fault: notes from before this member came.

    closed: cases with a note that did not open. early: the SHA-256s of what had gone before this vault's first bundle.
    """

    closed: frozenset[CaseId]
    early: frozenset[str]

    def cover(self, before: ItemRecord | None, case: CaseId) -> bool:
        """Whether lines after those of a note may be missing, None being before all: a vault's notes come in order."""
        if case in self.closed:
            return True
        return bool(self.early) and (before is None or before.sha256 in self.early)


@dataclass
class _Walk:
    """Follows one chain. `previous` is None after a gap that cannot be held against anybody."""

    chain: Chain
    mandates: Mandates
    may_miss: Callable[[ItemId | None], bool]
    previous: str | None
    number: int = 0
    known: int = 0
    item: ItemId | None = None

    def wrong_with(self, entry: Entry) -> LogWrong | None:
        """Return what is wrong with the next line; MISSING is about the one that should have come."""
        line = entry.line
        if line.n <= self.number:
            return LogWrong.FORKED
        if line.n > self.number + 1:
            if not self.may_miss(self.item):
                return LogWrong.MISSING
            self.previous = None
        if self.previous is not None and line.previous != self.previous:
            return LogWrong.UNLINKED
        self.number, self.previous, self.item = line.n, entry.hash, entry.item
        return self._wrong_in(line)

    def _wrong_in(self, line: LogLine) -> LogWrong | None:
        if line.by != self.chain.by:
            return LogWrong.STRANGER
        if line.details is not None and details_digest(line.details) != line.digest:
            return LogWrong.ALTERED
        if line.known < self.known:
            return LogWrong.FORGOTTEN
        self.known = line.known
        if self.mandates.get(line.known, line.mandate) != line.mandate:
            return LogWrong.MANDATE
        return None


def _faults(casebook: Casebook, case: CaseId, excuses: _Excuses) -> Iterator[LogFault]:
    items = items_of(casebook, case)
    mandates = _mandates(items)
    numbers = {record.item: number_of(record) for record in items}
    brought = _parts_by_item(casebook, case)

    def may_miss(after: ItemId | None) -> bool:
        return excuses.cover(None if after is None else casebook.items[after], case)

    for chain in lines.chains(casebook, case):
        own = chain.vault == casebook.vault and chain.by == casebook.key
        walk = _Walk(chain, mandates, _never if own else may_miss, line_hash(case, chain.vault, None))
        for entry in chain.entries:
            why = walk.wrong_with(entry)
            if why is None and own and not entry.is_here:
                why = LogWrong.LOST
            if why is None and _left_something_out(entry, brought, numbers):
                why = LogWrong.FORGOTTEN
            if why is not None:
                yield LogFault(chain.vault, chain.by, walk.number + 1 if why is LogWrong.MISSING else entry.line.n, why)
                break


def _never(_after: ItemId | None) -> bool:
    return False


def _left_something_out(
    entry: Entry, brought: Mapping[ItemId, tuple[ItemRecord, LogPart]], numbers: Mapping[ItemId, int]
) -> bool:
    """Whether a line was made together with a note whose author had a newer submission than the line says.

    So nobody can go on under a mandate that they have seen changed. Lines that go alone may be from earlier days.
    """
    if entry.item is None or entry.item not in brought:
        return False
    record, part = brought[entry.item]
    knows = detail_of(record).knows
    if part.alone or knows is None or entry.line.n != part.lines[-1].n:
        return False
    return max((numbers.get(item, 0) for item in knows), default=0) > entry.line.known


def _mandates(items: list[ItemRecord]) -> Mandates:
    """Return what the reporter allowed after each submission, as far as none before it is missing here."""
    submissions = sorted((record for record in items if number_of(record)), key=number_of)
    there = [record for place, record in enumerate(submissions, start=1) if number_of(record) == place]
    states = {number_of(last): lines.mandate_of(there[:place]) for place, last in enumerate(there, start=1)}
    return {0: Mandate.LISTEN, **states}


def _parts_by_item(casebook: Casebook, case: CaseId) -> dict[ItemId, tuple[ItemRecord, LogPart]]:
    return {record.item: (record, part) for record in casebook.verified(case) for part in lines.parts_of(record)}


def _excuses(casebook: Casebook) -> _Excuses:
    closed = (r.case for r in casebook.items.values() if r.kind is SealedKind.NOTE and r.state is not State.VERIFIED)
    held = {record.sha256 for record in casebook.items.values()}
    early = {entry.sha256 for log in casebook.logs.values() for n, entry in log.lines.items() if n <= log.start}
    return _Excuses(frozenset(closed), frozenset() if early <= held else frozenset(early))


def _with_explanations(casebook: Casebook, case: CaseId, faults: tuple[LogFault, ...]) -> tuple[LogFault, ...]:
    told = [fault for fault in casebook.log_faults.get(case, ()) if fault.explained is not None]
    return tuple(next((each for each in told if each.is_same(fault)), fault) for fault in faults)


def _brings_lines(record: ItemRecord) -> bool:
    account = record.detail.account if record.detail is not None else None
    return account is not None and account.log is not None
