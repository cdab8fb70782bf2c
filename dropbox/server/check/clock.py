"""The clock: does a time service keep it, is its year a sane one, and does tor's view of the network agree?

Onion services, days on items and expiring keys all need it right to the day, and tor to the hour.
"""

import ctypes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from dropbox.errors import OnionError
from dropbox.server import onion
from dropbox.server.check.rows import Looked, Row, fail, ok, warn

FIRST_YEAR, LAST_YEAR = 2025, 2100
MAX_CONSENSUS_AGE = timedelta(hours=24)
_AHEAD = timedelta(minutes=10)
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_KEEP = "Let a time service keep it, such as: apt install systemd-timesyncd && timedatectl set-ntp true"


class _Times(ctypes.Structure):
    """struct ntptimeval with room to spare; only what the call itself returns is read."""

    _fields_ = (("words", ctypes.c_long * 16),)


def look(looked: Looked) -> Iterator[Row]:
    now = _now()
    if not FIRST_YEAR <= now.year <= LAST_YEAR:
        yield fail("clock", f"it is {now.date()} here, which cannot be", f"Set the clock. {_KEEP}")
        return
    state = kernel_state()
    if looked.settings.trial:
        yield ok("clock", f"{now.date()} in UTC")
    elif state is None:
        yield warn("clock", "the kernel does not say whether a time service keeps it", _KEEP)
    elif state == _UNSYNCHRONISED:
        yield warn("clock", "the kernel says that no time service keeps it", _KEEP)
    else:
        yield ok("clock", f"kept by a time service; {now.date()} in UTC")
    yield from _as_tor_sees_it(looked, now)


def kernel_state() -> int | None:
    """Return what adjtimex(2) says of the clock, 0 to 5; None where it says nothing."""
    gettime = getattr(ctypes.CDLL(None), "ntp_gettime", None)
    if gettime is None:
        return None
    state = int(gettime(ctypes.byref(_Times())))
    return state if state >= 0 else None


def _as_tor_sees_it(looked: Looked, now: datetime) -> Iterator[Row]:
    """Compare with the last list of relays that tor holds, which a majority of its directory authorities signed."""
    if looked.settings.onion.mode not in {"launch", "control"}:
        return
    try:
        since = onion.consensus_since(looked.settings)
    except OnionError:
        return  # that tor does not answer is said in a row of its own
    if since is None:
        return
    if now < since - _AHEAD:
        advice = f"The clock is slow, or tor's data are from the future. {_KEEP}"
        yield fail("clock and tor", f"tor's view of the network is from {_shown(since)}, after now", advice)
    elif now > since + MAX_CONSENSUS_AGE:
        advice = f"The clock is fast, or this machine has had no network for a day. {_KEEP}"
        yield warn("clock and tor", f"tor's view of the network is as old as {_shown(since)}", advice)
    else:
        yield ok("clock and tor", "tor's view of the network agrees")


def _now() -> datetime:
    return datetime.now(UTC)


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
