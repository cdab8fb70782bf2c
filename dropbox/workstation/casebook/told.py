"""What the drop told this vault of itself: numbers, epochs and restores, rosters, and what makes keys of a codename."""

from dataclasses import dataclass, replace
from datetime import date

from dropbox.bundle.desk_log import LineState
from dropbox.models import (
    CaseId,
    DeskId,
    Roster,
)


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
class Explanation:
    """What a member of this desk found out about a number that never came here; `because` is their own words."""

    because: str
    day: date


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
class CanaryRecord:
    """A test report that the drop sent to itself. `confirmed`: it has heard that it came here."""

    case: CaseId
    sha256: str
    token: str
    day: date
    confirmed: bool = False

    def told(self, *, confirmed: bool) -> "CanaryRecord":
        return replace(self, confirmed=confirmed)
