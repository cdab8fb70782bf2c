"""Sessions in two halves: the cookie carries a random key, and RAM holds what is sealed under it, found by its hash.

A restart ends all of them; nothing is written anywhere, and no address or circuit is looked at: behind an onion service
all visitors share one. What is in a session is its site's affair: bytes go in and come out.
"""

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from nacl.secret import SecretBox

from dropbox.errors import SessionEnded
from dropbox.server.tokens import TimedSigner

KEY_BYTES = 32


@dataclass(frozen=True)
class SplitLimits:
    """How long a session lasts, and how many there are: in all, and of one owner."""

    idle_seconds: float
    absolute_seconds: int
    most: int
    most_of_one: int
    max_aside_bytes: int = 0
    """How much may be laid aside in all sessions together, before the oldest goes."""


@dataclass(frozen=True, repr=False)
class Opened:
    """A session's key, and what was put into it: `core` for as long as it lasts, `aside` until room is wanted."""

    key: bytes
    core: bytes
    aside: bytes


@dataclass
class _Entry:
    sealed: bytes = field(repr=False)
    owner_tag: bytes
    began: float
    used: float
    aside: bytes = field(default=b"", repr=False)


class SplitSessions:
    """All sessions of one site, least recently used first. `purpose` keeps one site's cookies from being another's."""

    def __init__(
        self, secret: bytes, purpose: str, limits: SplitLimits, clock: Callable[[], float] = time.time
    ) -> None:
        self._signer = TimedSigner(secret, purpose, clock)
        self._clock = clock
        self._limits = limits
        self._tag_key = secrets.token_bytes(KEY_BYTES)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, owner: str, core: bytes, aside: bytes = b"") -> str:
        """Start a session and return its cookie's value; the longest idle ones make room, those of its owner first."""
        key = secrets.token_bytes(KEY_BYTES)
        now = self._clock()
        tag = self._tag(owner)
        with self._lock:
            self._sweep(now)
            self._make_room(tag)
            self._entries[_index(key)] = _Entry(_seal(key, core), tag, now, now, _seal(key, aside) if aside else b"")
            self._trim()
        return self._signer.sign(key)

    def rehearse(self, owner: str, core: bytes, aside: bytes = b"") -> str:
        """Seal and sign as `begin` does, and let nobody in: the cookie opens nothing, and nothing makes room for it."""
        key = secrets.token_bytes(KEY_BYTES)
        _Entry(_seal(key, core), self._tag(owner), 0.0, 0.0, _seal(key, aside) if aside else b"")
        return self._signer.sign(key)

    def find(self, cookie: str | None) -> Opened:
        """Return the session of this cookie, counted as used now, or raise SessionEnded."""
        key = self.key(cookie)
        with self._lock:
            self._sweep_idle(self._clock())
            entry = self._entries.get(_index(key))
            if entry is None:
                raise SessionEnded
            entry.used = self._clock()
            self._entries.move_to_end(_index(key))
            return Opened(key, _unseal(key, entry.sealed), _unseal(key, entry.aside) if entry.aside else b"")

    def binding(self, cookie: str | None) -> bytes | None:
        """Return what the form tokens of this cookie are tied to, also when its session is over."""
        try:
            return binding_of(self.key(cookie))
        except SessionEnded:
            return None

    def amend(self, key: bytes, change: Callable[[bytes], bytes]) -> None:
        """Change the core as it is now: what another request changed meanwhile stays."""
        with self._lock:
            entry = self._entries.get(_index(key))
            if entry is not None:
                entry.sealed = _seal(key, change(_unseal(key, entry.sealed)))

    def drop_aside(self, key: bytes) -> None:
        with self._lock:
            entry = self._entries.get(_index(key))
            if entry is not None:
                entry.aside = b""

    def end(self, cookie: str | None) -> None:
        """End this cookie's session, if it has one."""
        try:
            key = self.key(cookie)
        except SessionEnded:
            return
        with self._lock:
            self._entries.pop(_index(key), None)

    def key(self, cookie: str | None) -> bytes:
        """Return the key that a cookie carries; SessionEnded when it is none of ours, or too old."""
        key = self._signer.read(cookie or "", self._limits.absolute_seconds)
        if key is None:
            raise SessionEnded
        return key

    def __len__(self) -> int:
        return len(self._entries)

    def _tag(self, owner: str) -> bytes:
        return hashlib.blake2b(owner.encode(), digest_size=16, key=self._tag_key).digest()

    def _sweep_idle(self, now: float) -> None:
        while self._entries:
            index, entry = next(iter(self._entries.items()))
            if now - entry.used < self._limits.idle_seconds:
                return
            del self._entries[index]

    def _sweep(self, now: float) -> None:
        self._sweep_idle(now)
        longest = self._limits.absolute_seconds
        old = [index for index, entry in self._entries.items() if now - entry.began >= longest]
        for index in old:
            del self._entries[index]

    def _make_room(self, tag: bytes) -> None:
        same = [index for index, entry in self._entries.items() if entry.owner_tag == tag]
        for index in same[: max(0, len(same) - self._limits.most_of_one + 1)]:
            del self._entries[index]
        while len(self._entries) >= self._limits.most:
            self._entries.popitem(last=False)

    def _trim(self) -> None:
        """Let the oldest of what was laid aside go when it fills its room: the browser that shows it has it already."""
        holding = [entry for entry in self._entries.values() if entry.aside]
        held = sum(len(entry.aside) for entry in holding)
        for entry in holding:
            if held <= self._limits.max_aside_bytes:
                return
            held -= len(entry.aside)
            entry.aside = b""


def binding_of(key: bytes) -> bytes:
    """Return what form tokens of a session with this key are tied to."""
    return _hash(key, b"drop1-sess-bind")


def _hash(key: bytes, person: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=KEY_BYTES, person=person).digest()


def _index(key: bytes) -> bytes:
    return _hash(key, b"drop1-sess-index")


def _box(key: bytes) -> SecretBox:
    return SecretBox(_hash(key, b"drop1-sess-seal"))


def _seal(key: bytes, content: bytes) -> bytes:
    return bytes(_box(key).encrypt(content))


def _unseal(key: bytes, sealed: bytes) -> bytes:
    return bytes(_box(key).decrypt(sealed))
