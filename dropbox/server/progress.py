"""How far each upload is: counted where it arrives, shown to the browser that sends it, forgotten soon after its end.

Numbers enter, and fixed texts of ours that say why one is refused; nothing of what is sent, and nothing is written. An
upload is known by a keyed hash of its visit, so whoever has not that visit's cookie cannot ask for it.
"""

import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

KEEP_SECONDS = 60
MAX_UPLOADS = 4000
"""More than all connections together can have under way, so that making room takes from ended ones."""
RATE_SECONDS = 20
"""The rate is that of the last seconds: over Tor it changes as circuits do, and comes in bursts."""
SETTLE_SECONDS = 3
"""Younger than this, an upload has no rate worth telling."""
SAMPLE_SECONDS = 1
STALL_SECONDS = 10

Clock = Callable[[], float]


class Stage(StrEnum):
    ARRIVING = "arriving"
    SEALING = "sealing"
    """Arrived whole, and not yet answered."""
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Standing:
    """One upload at one moment; `seconds_left` is None when it cannot be told."""

    stage: Stage
    arrived_bytes: int
    total_bytes: int
    seconds_left: float | None = None
    stalled: bool = False
    reasons: Sequence[str] = ()


class Upload:
    """One upload, told about by the thread that reads the sockets and by the one that answers."""

    def __init__(self, total_bytes: int, clock: Clock = time.monotonic) -> None:
        self._total_bytes = total_bytes
        self._clock = clock
        self._lock = Lock()
        self._arrived_bytes = 0
        self._moved = clock()
        self._samples: deque[tuple[float, int]] = deque([(self._moved, 0)])
        self._end: Stage | None = None
        self._reasons: Sequence[str] = ()

    @property
    def ended(self) -> bool:
        return self._end is not None

    def count(self, arrived_bytes: int) -> None:
        """Take note of how much has arrived in all; harmless when the upload has been refused."""
        with self._lock:
            self._moved = self._clock()
            self._arrived_bytes = arrived_bytes
            if self._moved - self._samples[-1][0] >= SAMPLE_SECONDS:
                self._samples.append((self._moved, arrived_bytes))
                self._forget_samples(self._moved)

    def finish(self) -> None:
        """It is stored; harmless when it has ended."""
        self._finish(Stage.DONE)

    def answered(self, status: int) -> None:
        """Take note of the answer's HTTP status; harmless when the upload has ended."""
        if status < 400:
            self.finish()
        else:
            self.stop()

    def stop(self, reasons: Sequence[str] = ()) -> None:
        """It is not taken, for these reasons (a later call may still give them); harmless when it has ended."""
        self._finish(Stage.STOPPED)
        if self._end is Stage.STOPPED:
            self._reasons = self._reasons or reasons

    def is_forgotten(self) -> bool:
        """Say whether its end is long enough ago; one that is refused may still be on its way here."""
        return self.ended and self._clock() - self._moved > KEEP_SECONDS

    def look(self) -> Standing:
        with self._lock:
            stage = self._end or (Stage.SEALING if self._arrived_bytes >= self._total_bytes else Stage.ARRIVING)
            now = self._clock()
            stalled = stage is Stage.ARRIVING and now - self._moved > STALL_SECONDS
            left = self._seconds_left(now) if stage is Stage.ARRIVING and not stalled else None
            return Standing(stage, self._arrived_bytes, self._total_bytes, left, stalled, self._reasons)

    def _finish(self, end: Stage) -> None:
        with self._lock:
            if self._end is None:
                self._end = end
                self._moved = self._clock()

    def _seconds_left(self, now: float) -> float | None:
        self._forget_samples(now)
        since, arrived_before = self._samples[0]
        arrived = self._arrived_bytes - arrived_before
        if now - since < SETTLE_SECONDS or not arrived:
            return None
        return (self._total_bytes - self._arrived_bytes) * (now - since) / arrived

    def _forget_samples(self, now: float) -> None:
        while len(self._samples) > 1 and now - self._samples[0][0] > RATE_SECONDS:
            self._samples.popleft()


class Progress:
    """All uploads of which a visit is known, the latest of each visit."""

    def __init__(self, clock: Clock = time.monotonic, most: int = MAX_UPLOADS) -> None:
        self._clock = clock
        self._most = most
        self._key = secrets.token_bytes(32)
        self._uploads: OrderedDict[bytes, Upload] = OrderedDict()
        self._lock = Lock()

    def begin(self, visit: bytes, total_bytes: int) -> Upload:
        """Return a new upload of this visit; an earlier one of it is shown no more."""
        index = self._index(visit)
        upload = Upload(total_bytes, self._clock)
        with self._lock:
            self._uploads.pop(index, None)
            self._make_room()
            self._uploads[index] = upload
        return upload

    def of(self, visit: bytes) -> Standing | None:
        """Return how far the visit's latest upload is; None when there is nothing to tell, or not any more."""
        with self._lock:
            upload = self._uploads.get(self._index(visit))
        return None if upload is None or upload.is_forgotten() else upload.look()

    def forget_done(self, visit: bytes) -> None:
        """Tell no more of the visit's latest upload, if it is done; one that is refused may still be on its way."""
        index = self._index(visit)
        with self._lock:
            upload = self._uploads.get(index)
            if upload is not None and upload.look().stage is Stage.DONE:
                del self._uploads[index]

    def tidy(self) -> None:
        with self._lock:
            for index in [index for index, upload in self._uploads.items() if upload.is_forgotten()]:
                del self._uploads[index]

    def __len__(self) -> int:
        return len(self._uploads)

    def _index(self, visit: bytes) -> bytes:
        return hashlib.blake2b(visit, digest_size=16, key=self._key, person=b"drop1-progress").digest()

    def _make_room(self) -> None:
        while len(self._uploads) >= self._most:
            oldest = next((index for index, upload in self._uploads.items() if upload.ended), None)
            if oldest is None:
                self._uploads.popitem(last=False)
            else:
                del self._uploads[oldest]
