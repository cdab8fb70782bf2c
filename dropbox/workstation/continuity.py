"""Whether a bundle tells the same history as earlier ones: forks, and numbers that are nowhere.

The log's own rules live with the bundles; here is only what this vault has been told, and what is still owed to it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from dropbox.bundle import PickupManifest
from dropbox.bundle.desk_log import LineState, LogLine, LogRange, compare
from dropbox.errors import BundleFork, ExplanationUnusable, NoSuchGap
from dropbox.models import ItemId
from dropbox.workstation import epochs
from dropbox.workstation.casebook import Casebook, EpochLog, Explanation, KdfRecord, LogEntry

MAX_EXPLANATION_CHARACTERS = 500
_RANK = {LineState.HERE: 0, LineState.RECEIVED: 1, LineState.WITHDRAWN: 2, LineState.ERASED: 3}


@dataclass(frozen=True)
class Gap:
    """A number of the desk's log whose item this vault should have and has not."""

    epoch: str
    number: int


def take_log(casebook: Casebook, span: LogRange, lines: tuple[LogLine, ...], day: date) -> None:
    """Add a verified bundle's log to what is known. Raises BundleFork when it tells another history."""
    known = {epoch: {n: entry.sha256 for n, entry in log.lines.items()} for epoch, log in casebook.logs.items()}
    compare(known, span, lines)
    # A vault may start anywhere: what its first bundle counts as received went to others before it was there. A later
    # epoch gives no such excuse, unless it is the same history after a restore.
    start = epochs.start_of(casebook, span.epoch, 0 if casebook.logs else span.last)
    log = casebook.logs.setdefault(span.epoch, EpochLog(start, day, {}))
    for line in lines:
        earlier = log.lines.get(line.n)
        # an older bundle arriving late does not take back that an item was received, withdrawn or erased
        if earlier is None or _RANK[line.state] > _RANK[earlier.state]:
            log.lines[line.n] = LogEntry(line.sha256, line.state)


def take_kdf(casebook: Casebook, manifest: PickupManifest) -> None:
    """Keep what makes keys out of a codename, the drop's address, names and months, unless a newer bundle said them.

    Raises BundleFork when the same history comes with another salt: codenames made with it would open nothing.
    """
    kdf = manifest.kdf
    fresh = KdfRecord(manifest.epoch, kdf.salt.hex(), kdf.memory_bytes // 1024, kdf.passes, manifest.day)
    known = casebook.kdf
    same = known is not None and _is_one_history(casebook, known.epoch, fresh.epoch)
    if known is not None and same and replace(known, epoch=fresh.epoch, day=fresh.day) != fresh:
        raise BundleFork
    if known is None or (fresh.day >= known.day and not epochs.is_over(casebook, fresh.epoch)):
        casebook.kdf = fresh
        casebook.address = manifest.address or casebook.address
        if manifest.called is not None:
            casebook.organisation = manifest.called.organisation
            casebook.desk_names |= {desk: dict(names) for desk, names in manifest.called.desks.items()}
        if manifest.keeping is not None:
            casebook.keeping = manifest.keeping


def gaps(casebook: Casebook) -> list[Gap]:
    """Return every number that no bundle has named, or that counts as received and never came here."""
    held = {record.sha256 for record in casebook.items.values()}
    held.update(*(erased.items.values() for erased in casebook.erased.values()))
    held.update(canary.sha256 for canary in casebook.canaries.values())
    again = epochs.until_when_over(casebook)  # numbers that stand in a later epoch of the same history are told there
    return [Gap(epoch, n) for epoch, log in casebook.logs.items() for n in _owed(log, held) if n > again.get(epoch, 0)]


def open_gaps(casebook: Casebook) -> list[Gap]:
    """Return the gaps that nobody has explained yet."""
    return [gap for gap in gaps(casebook) if gap.number not in casebook.explained.get(gap.epoch, {})]


def explained_gaps(casebook: Casebook) -> list[tuple[Gap, Explanation]]:
    """Return the gaps that still are there and were explained, by number."""
    told = [(gap, casebook.explained.get(gap.epoch, {}).get(gap.number)) for gap in gaps(casebook)]
    return [(gap, explanation) for gap, explanation in told if explanation is not None]


def explain(casebook: Casebook, numbers: Collection[int], because: str, day: date) -> None:
    """Keep what became of these numbers; an earlier explanation gives way to this one. The caller saves the vault.

    Raises NoSuchGap when one of them is no gap, ExplanationUnusable for a text that is empty, long or cannot be seen.
    """
    text = " ".join(because.split())
    if not text or len(text) > MAX_EXPLANATION_CHARACTERS or not text.isprintable():
        raise ExplanationUnusable
    wanted = [gap for gap in gaps(casebook) if gap.number in numbers]
    if not numbers or {gap.number for gap in wanted} != set(numbers):
        raise NoSuchGap
    for gap in wanted:
        casebook.explained.setdefault(gap.epoch, {})[gap.number] = Explanation(text, day)


def later_epochs(casebook: Casebook) -> list[date]:
    """Return the days on which the drop first showed a further history beside the one this vault began with.

    After a restore that the drop has signed, it is the same one.
    """
    begun = (log.first_seen for epoch, log in casebook.logs.items() if not epochs.goes_on(casebook, epoch))
    return sorted(begun)[1:]


def _is_one_history(casebook: Casebook, one: str, other: str) -> bool:
    return one == other or one in epochs.ancestors(casebook, other) or other in epochs.ancestors(casebook, one)


def _owed(log: EpochLog, held: set[str]) -> list[int]:
    named = log.lines
    return [
        n
        for n in range(log.start + 1, max(named, default=0) + 1)
        if n not in named or (named[n].state is not LineState.WITHDRAWN and named[n].sha256 not in held)
    ]


def clashes(casebook: Casebook, item: ItemId, sha256: str) -> bool:
    """Tell whether this id is held already with other bytes."""
    record = casebook.items.get(item) or casebook.canaries.get(item)
    return record is not None and record.sha256 != sha256
