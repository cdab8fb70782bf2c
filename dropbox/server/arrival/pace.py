"""How slowly an answer may be fetched, and who has to go first when connections or waiting answers become too many.

Numbers only: no socket, and nothing of what is asked or answered.
"""

from collections.abc import Iterator, Sequence
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
    def creation_time(self) -> float: ...

    @property
    def is_unserved(self) -> bool: ...


Connection = TypeVar("Connection", bound=Costly)


def too_costly(connections: Sequence[Connection], limits: ArrivalLimits, open_sockets: int) -> Iterator[Connection]:
    """Yield the connections to close: the largest answers that nobody fetches, and the oldest ones that ask nothing."""
    waiting = sum(each.total_outbufs_len for each in connections)
    for each in sorted(connections, key=lambda each: -each.total_outbufs_len):
        if waiting <= limits.max_total_output_bytes:
            break
        waiting -= each.total_outbufs_len
        yield each
    if open_sockets >= limits.max_connections * 9 // 10:
        unserved = sorted((each for each in connections if each.is_unserved), key=lambda each: each.creation_time)
        yield from unserved[: len(connections) // 4 + 1]
