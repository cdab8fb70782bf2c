"""How slowly an answer may be fetched: whoever does not read holds memory that others need."""

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
