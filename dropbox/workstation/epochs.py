"""Which stretches of the drop's log are one history: restores that the drop signed, and what they cost.

A restored drop goes on from the numbers of its backup, under a new epoch. Up to there its lines must be those that this
vault knows; what came after them is here and no longer there. Facts on a casebook: no file, no gpg.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from dropbox.bundle import FIRST_HEAD, EpochStart, LineState, LogLine, PickupManifest, head_after, verify_epochs
from dropbox.bundle.drop_keys import keys_of
from dropbox.errors import BundleFork, BundleSignatureInvalid, SignatureInvalid
from dropbox.models import CaseId, DeskId, Kind, SealedKind
from dropbox.workstation.casebook import Casebook, ItemRecord, Restore, State, detail_of, number_of


@dataclass(frozen=True)
class Restored:
    """The drop was brought back from a backup. lost: submissions here that it no longer has, and of how many cases.

    again: replies and notes that go to it once more.
    """

    day: date
    backup: date
    lost: int
    cases: int
    again: int

    def as_json(self) -> dict[str, object]:
        days = {"day": self.day.isoformat(), "backup": self.backup.isoformat()}
        return {**days, "lost": self.lost, "cases": self.cases, "again": self.again}


def note_restores(casebook: Casebook, manifest: PickupManifest, lines: Sequence[LogLine]) -> bool:
    """Keep what a verified bundle says of restores; tell whether its epoch is new here and goes on from a known one.

    Raises BundleSignatureInvalid, or BundleFork where the drop's history up to the restore is not the known one.
    """
    _require_ended(casebook, manifest)
    chain = manifest.epochs
    try:
        verify_epochs(chain, keys_of(manifest.drop, manifest.successions))
    except SignatureInvalid:
        raise BundleSignatureInvalid from None
    if not chain or chain[-1].epoch != manifest.epoch:
        return False
    for start in chain:
        _keep(casebook, start, manifest.desk)
    last, head = chain[-1].logs.get(manifest.desk, (0, FIRST_HEAD.hex()))
    _require_same_past(casebook, manifest, lines, last, head)
    return manifest.epoch not in casebook.logs and goes_on(casebook, manifest.epoch)


def _require_ended(casebook: Casebook, manifest: PickupManifest) -> None:
    """Raise BundleFork when an epoch goes on after a restore ended it: then two drops live, each with a part of all.

    A bundle from before the restore may come late, and is no sign of that.
    """
    ends = [restore.day for restore in casebook.restores.values() if restore.previous == manifest.epoch]
    if ends and manifest.day > min(ends):
        raise BundleFork


def _keep(casebook: Casebook, start: EpochStart, desk: DeskId) -> None:
    """Keep a restore; BundleFork where its epoch is known already, and known otherwise."""
    last, _head = start.logs.get(desk, (0, ""))
    said = Restore(start.previous, start.day, start.backup, last)
    known = casebook.restores.get(start.epoch)
    if (known is None and start.epoch in casebook.logs) or (known is not None and replace(known, seen=False) != said):
        raise BundleFork
    casebook.restores.setdefault(start.epoch, said)


def _require_same_past(
    casebook: Casebook, manifest: PickupManifest, lines: Sequence[LogLine], last: int, head: str
) -> None:
    if manifest.first == 1:
        kept = lines[:last]
        if len(kept) != last or head_after(FIRST_HEAD, manifest.epochs[-1].previous, kept).hex() != head:
            raise BundleFork
    for epoch, until in ancestors(casebook, manifest.epoch).items():
        known = casebook.logs[epoch].lines if epoch in casebook.logs else {}
        if any(each.n <= until and each.n in known and known[each.n].sha256 != each.sha256 for each in lines):
            raise BundleFork


def ancestors(casebook: Casebook, epoch: str) -> dict[str, int]:
    """Return the epochs that this one goes on from, the nearest first, each with the last number that it still has."""
    found: dict[str, int] = {}
    until = -1
    while (restore := casebook.restores.get(epoch)) is not None and restore.previous not in found:
        until = restore.last if until < 0 else min(until, restore.last)
        epoch = restore.previous
        found[epoch] = until
    return found


def goes_on(casebook: Casebook, epoch: str) -> bool:
    """Tell whether the drop has signed that this epoch goes on from one that was seen here."""
    return any(each in casebook.logs for each in ancestors(casebook, epoch))


def is_over(casebook: Casebook, epoch: str) -> bool:
    """Tell whether a later epoch that was seen here goes on from this one."""
    return epoch in _over(casebook)


def until_when_over(casebook: Casebook) -> dict[str, int]:
    """Return each epoch that a later one goes on from, with the last number that stands in that one, too."""
    return _over(casebook)


def start_of(casebook: Casebook, epoch: str, otherwise: int) -> int:
    """Return up to which number a new epoch's items may have gone before this vault was there."""
    for each, until in ancestors(casebook, epoch).items():
        if each in casebook.logs:
            return min(casebook.logs[each].start, until)
    return otherwise


def carry_explanations(casebook: Casebook, epoch: str) -> None:
    """What members found out about a number of the past is as true of it in the new epoch."""
    for each, until in ancestors(casebook, epoch).items():
        told = {n: why for n, why in casebook.explained.get(each, {}).items() if n <= until}
        if told:
            casebook.explained[epoch] = told | casebook.explained.get(epoch, {})


def owe_again(casebook: Casebook, epoch: str) -> int:
    """Have the drop told again what it may have lost with the restore; return how many replies and notes that is.

    What it still has it knows by its id, so that nothing is there twice. No reply is brought back to a case that its
    reporter withdrew.
    """
    lines = {entry.sha256: entry.state for entry in casebook.logs[epoch].lines.values()}
    again = 0
    for record in list(casebook.items.values()):
        if record.own and record.kind is not SealedKind.SUBMISSION and record.sha256 not in lines:
            if record.entry_confirmed and not _is_withdrawn(casebook, record.case):
                casebook.update(record.item, entry_confirmed=False)
                again += 1
        elif lines.get(record.sha256) is LineState.HERE:
            casebook.update(record.item, receipt_confirmed=False, read_confirmed=False)
    for case, erased in casebook.erased.items():
        waiting = {item for item, digest in erased.items.items() if lines.get(digest) is LineState.HERE}
        casebook.erased[case] = replace(erased, owed=tuple(sorted({*erased.owed, *waiting})))
    return again


def mark_lost(casebook: Casebook) -> None:
    """Mark what came here from the drop and is not named by it since a restore, and unmark what it names again."""
    over = _over(casebook)
    current = [epoch for epoch in casebook.logs if epoch not in over and goes_on(casebook, epoch)]
    if not current:
        return
    named = {entry.sha256 for epoch in current for entry in casebook.logs[epoch].lines.values()}
    for record in list(casebook.items.values()):
        came = record.on_drop and record.handed_by is None and record.epoch not in current
        lost = came and record.sha256 not in named
        if lost is not record.lost:
            casebook.update(record.item, lost=lost)


def restored(casebook: Casebook, epoch: str, again: int) -> Restored:
    restore = casebook.restores[epoch]
    gone = lost_submissions(casebook)
    return Restored(restore.day, restore.backup, len(gone), len({record.case for record in gone}), again)


def lost_submissions(casebook: Casebook) -> list[ItemRecord]:
    """Return what reporters sent that is here and no longer on the drop."""
    there = (record for record in casebook.items.values() if record.lost and record.state is State.VERIFIED)
    return [record for record in there if record.kind is SealedKind.SUBMISSION]


def lost_cases(casebook: Casebook) -> dict[CaseId, bool]:
    """Return the cases of which the drop lost something; whether it lost their report, and with it their codename."""
    found: dict[CaseId, bool] = {}
    for record in lost_submissions(casebook):
        found[record.case] = found.get(record.case, False) or number_of(record) == 1
    return found


def unread(casebook: Casebook) -> list[Restore]:
    """Return the restores that went on from what was seen here, and that nobody here has said to have read of."""
    return [each for epoch, each in casebook.restores.items() if not each.seen and goes_on(casebook, epoch)]


def mark_read(casebook: Casebook) -> int:
    """Keep that a member has read of the restores until now; return how many were new. The caller saves the vault."""
    new = unread(casebook)
    casebook.restores = {epoch: replace(each, seen=True) for epoch, each in casebook.restores.items()}
    return len(new)


def _over(casebook: Casebook) -> dict[str, int]:
    found: dict[str, int] = {}
    if not casebook.restores:
        return found
    for epoch in casebook.logs:
        for each, until in ancestors(casebook, epoch).items():
            found[each] = max(found.get(each, 0), until)
    return found


def _is_withdrawn(casebook: Casebook, case: CaseId) -> bool:
    said = [record for record in casebook.verified(case) if detail_of(record).kind is Kind.WITHDRAWAL]
    last = max(said, key=lambda record: (record.lost, number_of(record)), default=None)
    return last is not None and not detail_of(last).undo
