"""Releases: at fixed times of the day, what came in since the last one gets its numbers, and bundles may hold it.

In between nobody can tell from a pickup when something came in. A time that passed while the drop was down is made up
for at the next start; a clock that once ran ahead holds nothing back. Times are those of the machine's own day.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta

from dropbox.models import DeskId
from dropbox.server.store import Store

LAST_RELEASE = "courier-release"
_MINUTES_IN_AN_HOUR = 60


def release_due(store: Store, desks: Iterable[DeskId], at: datetime, times: Sequence[int]) -> bool:
    """Release what waits when a time has come since the last release; tell whether one was made.

    `at`: the machine's own time, without a zone; `times`: minutes of the day. The very first call releases nothing:
    what came in before it waits for the next time.
    """
    if not times:
        return False
    overdue = is_due(store, at, times)
    if overdue:
        store.release(desks)
    due = _noted(_latest(at, times))
    if store.happenings.get(LAST_RELEASE) != due:
        store.happenings.set(LAST_RELEASE, due)
    return overdue


def is_due(store: Store, at: datetime, times: Sequence[int]) -> bool:
    """Tell whether a time has come since the last release."""
    last = store.happenings.get(LAST_RELEASE)
    if not times or last is None:
        return False
    # a note from the future was made by a clock that ran ahead, and must not hold everything back until then
    return last < _noted(_latest(at, times)) or last > _noted(at)


def seconds_to_next(at: datetime, times: Sequence[int]) -> float:
    """Return how long it is to the next release; infinite when nothing is released at fixed times."""
    moments = [_moment(at, minutes, days) for minutes in times for days in (0, 1)]
    return min(((moment - at).total_seconds() for moment in moments if moment > at), default=math.inf)


def now() -> datetime:
    """Return the machine's own time, without a zone."""
    return datetime.now(UTC).astimezone().replace(tzinfo=None)


def _noted(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _latest(at: datetime, times: Sequence[int]) -> datetime:
    return max(moment for minutes in times for days in (0, -1) if (moment := _moment(at, minutes, days)) <= at)


def _moment(at: datetime, minutes: int, days: int) -> datetime:
    return datetime.combine(at.date() + timedelta(days=days), time(*divmod(minutes, _MINUTES_IN_AN_HOUR)))
