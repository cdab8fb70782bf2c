"""The desks' letterboxes: how much sealed room each has, and what of it is kept for reporters who come back.

Numbers and desks' ids only. What is held is asked of the store each time, so that letting go makes room by itself;
what is on its way counts as if it were there already.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from dropbox.errors import DeskFull
from dropbox.models import DeskId
from dropbox.padding import bucket
from dropbox.server.limits import KIB
from dropbox.settings import Desk

ENVELOPE_OVERHEAD_BYTES = 256 * KIB
"""More than the envelope's own entries ever add to an upload."""
SEALING_OVERHEAD_BYTES = 256 * KIB
"""More than the packets of hundreds of recipients come to."""


def reservation(length: int) -> int:
    """Return the bytes on disk that an upload of `length` bytes can come to, its padding included."""
    envelope = bucket(length + ENVELOPE_OVERHEAD_BYTES)
    # OpenPGP's partial lengths cost gpg one byte in 8 KiB.
    return envelope + envelope // 4096 + SEALING_OVERHEAD_BYTES


@dataclass(frozen=True)
class Fullness:
    """How full a letterbox is. `quota_bytes` 0: only the disk limits it. `for_new_bytes`: as far as new reports go."""

    held_bytes: int
    quota_bytes: int
    for_new_bytes: int

    @property
    def is_full(self) -> bool:
        """Whether even the share of who comes back is used."""
        return bool(self.quota_bytes) and not self._fits(self.quota_bytes)

    @property
    def is_full_for_new(self) -> bool:
        return bool(self.quota_bytes) and not self._fits(self.for_new_bytes)

    def _fits(self, most: int) -> bool:
        """Say whether the smallest submission would still be taken."""
        return self.held_bytes + reservation(0) <= most


class Letterboxes:
    def __init__(self, desks: Collection[Desk], held: Callable[[], Mapping[DeskId, int]]) -> None:
        self._desks = {desk.id: desk for desk in desks}
        self._held = held
        self._lock = Lock()
        self._coming: Counter[DeskId] = Counter()

    @contextmanager
    def place(self, desks: Collection[DeskId], length: int, *, returning: bool) -> Iterator[None]:
        """Keep room for one submission in each desk's letterbox until the block ends, or raise DeskFull."""
        size = reservation(length)
        limited = [desk for desk in dict.fromkeys(desks) if desk in self._desks and self._desks[desk].quota_bytes]
        if limited:
            self._take(limited, size, returning=returning)
        try:
            yield
        finally:
            with self._lock:
                self._coming.subtract(dict.fromkeys(limited, size))

    def look(self) -> Mapping[DeskId, Fullness]:
        """Return how full each desk's letterbox is, what is on its way included."""
        held = self._held()
        with self._lock:
            return {desk: self._fullness(desk, held) for desk in self._desks}

    def _take(self, desks: Collection[DeskId], size: int, *, returning: bool) -> None:
        with self._lock:
            held = self._held()
            full = []
            for desk in desks:
                now = self._fullness(desk, held)
                if now.held_bytes + size > (now.quota_bytes if returning else now.for_new_bytes):
                    full.append(desk)
            if full:
                raise DeskFull(tuple(full))
            self._coming.update(dict.fromkeys(desks, size))

    def _fullness(self, desk: DeskId, held: Mapping[DeskId, int]) -> Fullness:
        settings = self._desks[desk]
        return Fullness(held.get(desk, 0) + self._coming[desk], settings.quota_bytes, settings.quota_for_new_bytes)
