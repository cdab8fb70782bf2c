"""Whether a bundle tells the same history as earlier ones: forks, and numbers that are nowhere.

The log's own rules live with the bundles; here is only what this vault has been told, and what is still owed to it.
"""

from dataclasses import dataclass, replace
from datetime import date

from dropbox.bundle import PickupManifest
from dropbox.bundle.desk_log import LineState, LogLine, LogRange, compare
from dropbox.errors import BundleFork
from dropbox.models import ItemId
from dropbox.workstation.casebook import Casebook, EpochLog, KdfRecord, LogEntry

_RANK = {LineState.HERE: 0, LineState.RECEIVED: 1, LineState.WITHDRAWN: 2}


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
    # epoch gives no such excuse.
    start = 0 if casebook.logs else span.last
    log = casebook.logs.setdefault(span.epoch, EpochLog(start, day, {}))
    for line in lines:
        earlier = log.lines.get(line.n)
        # an older bundle arriving late does not take back that an item was received or withdrawn
        if earlier is None or _RANK[line.state] > _RANK[earlier.state]:
            log.lines[line.n] = LogEntry(line.sha256, line.state)


def take_kdf(casebook: Casebook, manifest: PickupManifest) -> None:
    """Keep what makes keys out of a codename, and the drop's address, unless a newer bundle said them before.

    Raises BundleFork when the same history comes with another salt: codenames made with it would open nothing.
    """
    kdf = manifest.kdf
    fresh = KdfRecord(manifest.epoch, kdf.salt.hex(), kdf.memory_bytes // 1024, kdf.passes, manifest.day)
    known = casebook.kdf
    if known is not None and known.epoch == fresh.epoch and replace(known, day=fresh.day) != fresh:
        raise BundleFork
    if known is None or fresh.day >= known.day:
        casebook.kdf = fresh
        casebook.address = manifest.address or casebook.address


def gaps(casebook: Casebook) -> list[Gap]:
    """Return every number that no bundle has named, or that counts as received and never came here."""
    held = {record.sha256 for record in casebook.items.values()}
    return [Gap(epoch, n) for epoch, log in casebook.logs.items() for n in _owed(log, held)]


def later_epochs(casebook: Casebook) -> list[date]:
    """Return the days on which the drop first showed a further history beside the one this vault began with."""
    return sorted(log.first_seen for log in casebook.logs.values())[1:]


def _owed(log: EpochLog, held: set[str]) -> list[int]:
    named = log.lines
    return [
        n
        for n in range(log.start + 1, max(named, default=0) + 1)
        if n not in named or (named[n].state is not LineState.WITHDRAWN and named[n].sha256 not in held)
    ]


def clashes(casebook: Casebook, item: ItemId, sha256: str) -> bool:
    """Tell whether this id is held already with other bytes."""
    record = casebook.items.get(item)
    return record is not None and record.sha256 != sha256
