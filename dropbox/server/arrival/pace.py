"""How slowly an answer may be fetched, and who has to go first when connections or waiting answers become too many.

Numbers only: no socket, and nothing of what is asked or answered.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from dropbox.server.limits import ArrivalLimits


class OutputPace:
    """Looked at from time to time with what waits and what has been sent so far."""

    def __init__(self, limits: ArrivalLimits) -> None:
        self._limits = limits
        self._since: float | None = None
        self._sent_before = 0
        self._last_sent = 0
        self._last_moved = 0.0

    def is_late(self, now: float, waiting_bytes: int, sent_bytes: int) -> bool:
        if not waiting_bytes:
            self._since = None
            return False
        if self._since is None:
            self._since, self._sent_before = now, sent_bytes
        if self._since == now or sent_bytes != self._last_sent:
            self._last_sent, self._last_moved = sent_bytes, now
        seconds = now - self._since
        # The kernel takes the first megabytes whether anybody reads them or not, so a rate alone says little.
        stalled = now - self._last_moved > self._limits.stall_seconds
        slow = sent_bytes - self._sent_before < seconds * self._limits.min_rate_bytes
        return stalled or (slow and seconds > self._limits.start_seconds)


class Costly(Protocol):
    """What a connection costs."""

    @property
    def total_outbufs_len(self) -> int: ...

    @property
    def is_unserved(self) -> bool: ...

    def seconds_behind(self) -> float: ...


Connection = TypeVar("Connection", bound=Costly)


def too_costly(connections: Sequence[Connection], limits: ArrivalLimits) -> Iterator[Connection]:
    """Yield the connections to close because too much waits for them: the largest answers that nobody fetches."""
    waiting = sum(each.total_outbufs_len for each in connections)
    for each in sorted(connections, key=lambda each: -each.total_outbufs_len):
        if waiting <= limits.max_total_output_bytes:
            break
        waiting -= each.total_outbufs_len
        yield each


def furthest_behind(connections: Iterable[Connection], limits: ArrivalLimits, count: int) -> list[Connection]:
    """Return up to `count` connections that make room: those that ask nothing, or so slowly, the worst first."""
    behind = [(each.seconds_behind(), each) for each in connections if each.is_unserved]
    crowding = [pair for pair in behind if pair[0] >= limits.crowded_seconds]
    return [each for _, each in sorted(crowding, key=lambda pair: -pair[0])[:count]]
