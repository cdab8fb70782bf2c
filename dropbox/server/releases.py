"""Releases: at fixed times of the day, what came in since the last one gets its numbers, and bundles may hold it.

In between nobody can tell from a pickup when something came in. A time that passed while the drop was down is made up
for at the next start; a clock that once ran ahead holds nothing back. Times are those of the machine's own day.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from dropbox.models import DeskId
from dropbox.server.store import Store

LAST_RELEASE = "courier-release"
_MINUTES_IN_AN_HOUR = 60


def release_due(store: Store, desks: Iterable[DeskId], now: datetime, times: Sequence[int]) -> bool:
    """Release what waits when a time has come since the last release; tell whether one was made.

    `now`: the machine's own time without a zone; `times`: minutes of the day. The very first call releases nothing:
    what came in before it waits for the next time.
    """
    if not times:
        return False
    due, last = _latest(now, times).isoformat(timespec="minutes"), store.happenings.get(LAST_RELEASE)
    if last == due:
        return False
    # a note from the future was made by a clock that ran ahead, and must not hold everything back until then
    overdue = last is not None and (last < due or last > now.isoformat(timespec="minutes"))
    if overdue:
        store.release(desks)
    store.happenings.set(LAST_RELEASE, due)
    return overdue


def seconds_to_next(now: datetime, times: Sequence[int]) -> float | None:
    """Return how long it is to the next release, or None when nothing is released at fixed times."""
    moments = [_moment(now, minutes, days) for minutes in times for days in (0, 1)]
    return min(((moment - now).total_seconds() for moment in moments if moment > now), default=None)


def _latest(now: datetime, times: Sequence[int]) -> datetime:
    return max(moment for minutes in times for days in (0, -1) if (moment := _moment(now, minutes, days)) <= now)


def _moment(now: datetime, minutes: int, days: int) -> datetime:
    return datetime.combine(now.date() + timedelta(days=days), time(*divmod(minutes, _MINUTES_IN_AN_HOUR)))
