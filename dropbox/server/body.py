"""A request's body on its way from the socket to the thread that reads it: in memory, bounded, never in a file.

The socket's side may not wait and the reader's side may; a full body asks for its socket to be left alone until the
reader has caught up. Once nobody wants the rest it is counted and dropped, within bounds.
"""

import time
from collections import deque
from collections.abc import Callable
from threading import Condition

from dropbox.errors import RequestError, UploadCutOff
from dropbox.server.gate import Ticket
from dropbox.server.limits import ArrivalLimits
from dropbox.server.progress import Upload

Clock = Callable[[], float]


class Body:
    """`length` None: a body of unknown length that is only ever dropped."""

    error = None  # Waitress asks its body receivers for one.

    def __init__(
        self,
        length: int | None,
        limits: ArrivalLimits,
        *,
        wake: Callable[[], None],
        clock: Clock = time.monotonic,
        ticket: Ticket | None = None,
        upload: Upload | None = None,
    ) -> None:
        self._limits = limits
        self._wake = wake
        self._clock = clock
        self._ticket = ticket
        self._upload = upload
        self._remaining = length
        self._condition = Condition()
        self._chunks: deque[bytes | memoryview] = deque()
        self._waiting_bytes = 0
        self._failure: RequestError | None = None
        self._dropping_since: float | None = None
        self._dropped_bytes = 0
        self._started = self._last_arrival = clock()
        self._arrived_bytes = 0
        self._paused_at: float | None = None
        self._paused_seconds = 0.0
        self._behind_seconds = 0.0
        if ticket is not None:
            ticket.seconds_behind = self.seconds_behind

    # --- the socket's side: never waits -------------------------------------------------------------------------

    @property
    def completed(self) -> bool:
        return self._remaining == 0

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    @property
    def ready(self) -> bool:
        """Whether enough has arrived for a thread to begin."""
        return self.completed or self._waiting_bytes >= self._limits.dispatch_bytes

    def received(self, data: bytes) -> int:
        """Take what belongs to this body off the front of `data`; return how many bytes that was."""
        count = len(data) if self._remaining is None else min(len(data), self._remaining)
        with self._condition:
            if self._remaining is not None:
                self._remaining -= count
            now = self._clock()
            behind = self._behind_seconds + now - self._last_arrival - count / self._limits.min_rate_bytes
            self._behind_seconds = max(behind, -self._limits.credit_seconds)
            self._last_arrival = now
            self._arrived_bytes += count
            if self._ticket is not None:
                self._ticket.arrived_bytes = self._arrived_bytes
            if self._upload is not None:
                self._upload.count(self._arrived_bytes)
            if self._dropping_since is not None:
                self._dropped_bytes += count
            else:
                self._keep(data if count == len(data) else data[:count])
        return count

    def _keep(self, data: bytes) -> None:
        self._chunks.append(data)
        self._waiting_bytes += len(data)
        # Set under the reader's lock: a reader that drains it right now sees the flag and pulls the trigger.
        if self._waiting_bytes >= self._limits.buffer_bytes and self._paused_at is None and not self.completed:
            self._paused_at = self._last_arrival
        self._condition.notify()

    def fail(self, failure: RequestError) -> None:
        """Make the reader's next read raise `failure`, unless everything has arrived."""
        with self._condition:
            if not self.completed and self._failure is None:
                self._failure = failure
                if self._upload is not None:
                    self._upload.stop()
                self._condition.notify_all()

    def discard(self) -> None:
        """Drop what is there and what still comes; the socket is read on within the drain limits."""
        with self._condition:
            self._chunks.clear()
            self._waiting_bytes = 0
            if self._dropping_since is None:
                self._dropping_since = self._last_arrival = self._clock()
            resumed = self._resume()
        if resumed:
            self._wake()

    def seconds_behind(self) -> float:
        """Return how far its sender is behind the least rate now; nobody is whose bytes wait for a reader."""
        with self._condition:
            waited = 0.0 if self.paused or self.completed else self._clock() - self._last_arrival
            return self._behind_seconds + waited

    def is_late(self) -> bool:
        """Say whether the sender is too slow for a reader, has had its time, or has to give way."""
        with self._condition:
            if self.completed or self._dropping_since is not None:
                return False
            if self._ticket is not None and self._ticket.gave_way:
                return True
            now = self._clock()
            paused = self._paused_seconds + (0.0 if self._paused_at is None else now - self._paused_at)
            sending = now - self._started - paused
            behind = sending > self._limits.start_seconds and (
                self._arrived_bytes < sending * self._limits.min_rate_bytes
            )
            stalled = not self.paused and now - self._last_arrival > self._limits.stall_seconds
            return behind or stalled or now - self._started > self._limits.max_upload_seconds

    def is_drained(self) -> bool:
        """Say whether a dropped body has come to its end, or to the end of our patience."""
        with self._condition:
            if self._dropping_since is None:
                return False
            now = self._clock()
            return (
                self.completed
                or self._dropped_bytes > self._limits.drain_bytes
                or now - self._dropping_since > self._limits.drain_seconds
                or now - self._last_arrival > self._limits.drain_idle_seconds
            )

    # --- the reader's side: waits -------------------------------------------------------------------------------

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes as soon as there are any (all, to the end, when negative); b"" at the end.

        Raises the RequestError that ended the body early: what was read before is then not the whole.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(self._limits.buffer_bytes), b""))
        with self._condition:
            while not self._chunks and not self.completed and self._failure is None and self._dropping_since is None:
                self._condition.wait()
            if self._failure is not None:
                raise self._failure
            if self._dropping_since is not None:
                raise UploadCutOff
            data = self._take(size)
            resumed = self._waiting_bytes <= self._limits.buffer_bytes // 2 and self._resume()
        if resumed:
            self._wake()
        return data

    def _take(self, size: int) -> bytes:
        if not self._chunks:
            return b""
        data = self._chunks.popleft()
        if len(data) > size:
            rest = memoryview(data)
            self._chunks.appendleft(rest[size:])
            data = rest[:size]
        self._waiting_bytes -= len(data)
        return bytes(data)

    def _resume(self) -> bool:
        if self._paused_at is None:
            return False
        self._paused_seconds += self._clock() - self._paused_at
        self._last_arrival = self._clock()
        self._paused_at = None
        return True
