"""The courier's door: names and passphrases, and how long a name waits after a wrong one.

No session and no page enters. A wrong passphrase slows its own name and no other: a name that waits is refused without
work, each name is tried once at a time, and names that nobody has stand in a line of their own, which may be crowded
out while nobody else's is. What is kept of a name is a keyed hash, in memory.
"""

import hashlib
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dropbox.errors import SignInTooSoon
from dropbox.models import Passphrase
from dropbox.server.store.investigators import Investigator, Investigators

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
FORGET_SECONDS = 3600.0
"""So long after its wait a name begins anew."""
MAX_STRANGERS = 1000
MAX_STRANGERS_WAITING = 3
"""Each waits in a thread; far fewer than there are threads, so that a flood of made-up names leaves the others."""


@dataclass
class _Strikes:
    number: int = 0
    until: float = 0.0


class _Line:
    """One passphrase at a time, in the order of asking: each takes 64 MiB."""

    def __init__(self, most_waiting: int | None) -> None:
        self._most_waiting = most_waiting
        self._waiting = 0
        self._mutex = threading.Lock()
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._mutex:
            if self._most_waiting is not None and self._waiting > self._most_waiting:
                raise SignInTooSoon(math.ceil(FIRST_WAIT_SECONDS))
            self._waiting += 1
        try:
            with self._turn:
                yield
        finally:
            with self._mutex:
                self._waiting -= 1


class Door:
    def __init__(self, registry: Investigators, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._mutex = threading.Lock()
        self._tried: set[bytes] = set()
        self._known: dict[bytes, _Strikes] = {}
        self._strangers: OrderedDict[bytes, _Strikes] = OrderedDict()
        # Two lines: whoever has a name never stands behind made-up ones. In their own line there are never more than
        # there are investigators, because each name is tried once at a time.
        self._line, self._strangers_line = _Line(None), _Line(MAX_STRANGERS_WAITING)

    def open(self, name: str, passphrase: Passphrase) -> Investigator | None:
        """Return who this is, or None. Raises SignInTooSoon while the name waits, and Busy for want of memory."""
        tag = hashlib.blake2b(name.encode(errors="replace"), digest_size=16, key=self._key).digest()
        is_known = self._registry.find(name) is not None
        with self._alone(tag, is_known=is_known):
            with (self._line if is_known else self._strangers_line).turn():
                found = self._registry.verify(name, passphrase)
            self._note(tag, is_known=is_known, failed=found is None)
        return found

    @contextmanager
    def _alone(self, tag: bytes, *, is_known: bool) -> Iterator[None]:
        with self._mutex:
            left = self._seconds_left(tag, is_known=is_known)
            if left > 0 or tag in self._tried:
                raise SignInTooSoon(max(1, math.ceil(left)))
            self._tried.add(tag)
        try:
            yield
        finally:
            with self._mutex:
                self._tried.discard(tag)

    def _seconds_left(self, tag: bytes, *, is_known: bool) -> float:
        strikes = (self._known if is_known else self._strangers).get(tag)
        return 0.0 if strikes is None else strikes.until - self._clock()

    def _note(self, tag: bytes, *, is_known: bool, failed: bool) -> None:
        table = self._known if is_known else self._strangers
        with self._mutex:
            strikes = table.pop(tag, _Strikes())
            if not failed:
                return
            now = self._clock()
            number = 1 if now - strikes.until > FORGET_SECONDS else strikes.number + 1
            table[tag] = _Strikes(
                number, now + min(FIRST_WAIT_SECONDS * 2 ** min(number - 1, 30), LONGEST_WAIT_SECONDS)
            )
            while len(self._strangers) > MAX_STRANGERS:
                self._strangers.popitem(last=False)
