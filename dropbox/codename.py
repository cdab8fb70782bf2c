"""The codename: seven words, how they are drawn and read back, and what keys they yield.

Nothing in this room knows a store, a session or a page, so a hit and a miss cannot differ here. A codename, a root or
a private key shows in no repr and no error.

Bytes, format 1. H is BLAKE2b (RFC 7693) with `person` padded to 16 bytes with zeros. Words are drawn from 64-byte
blocks H(key, person, data || u64be counter), counter 0, 1, ...: two bytes at a time, big-endian, low 13 bits, a number
of 7,772 or more rejected. Root = Argon2id(canonical codename, salt, passes, memory, one lane) -> 32 bytes. From the
root, each 32 bytes of H(key=root) over no data: person `drop1-lookup` is the lookup id, `drop1-reply` the X25519
secret, `drop1-case` the Ed25519 seed.
"""

import secrets
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b

from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumRuntimeError
from nacl.public import PrivateKey
from nacl.pwhash import argon2id
from nacl.signing import SigningKey

from dropbox.errors import Busy, CodenameError, InvalidValue
from dropbox.models import CaseId, Codename, DeskId, case_id
from dropbox.words import WORDS, WordHint, find_words, hints, normalise_words

__all__ = [
    "WORDS",
    "WORD_COUNT",
    "CodenameKeys",
    "Derivation",
    "KdfParameters",
    "WordHint",
    "case_name",
    "count_words",
    "draw_new",
    "draw_words",
    "fingerprint_words",
    "generate",
    "hints",
    "normalise_words",
    "parse",
    "stored_lookup",
]

WORD_COUNT = 7
SALT_BYTES = 16
_MAX_MEMORY_BYTES = 1 << 30  # a bundle's parameters must not be able to exhaust the workstation
_MAX_PASSES = 64


@dataclass(frozen=True)
class KdfParameters:
    """Argon2id's salt (16 bytes), memory and passes: fixed when a store is made, never edited."""

    salt: bytes
    memory_bytes: int = 64 << 20
    passes: int = 3

    def __post_init__(self) -> None:
        memory_fits = argon2id.MEMLIMIT_MIN <= self.memory_bytes <= _MAX_MEMORY_BYTES
        if len(self.salt) != SALT_BYTES or not memory_fits or self.memory_bytes % 1024:
            raise InvalidValue
        if not argon2id.OPSLIMIT_MIN <= self.passes <= _MAX_PASSES:
            raise InvalidValue

    @classmethod
    def new(cls) -> "KdfParameters":
        return cls(secrets.token_bytes(SALT_BYTES))

    def as_json(self) -> dict[str, str | int]:
        return {
            "name": "argon2id",
            "salt": self.salt.hex(),
            "memory_kib": self.memory_bytes // 1024,
            "passes": self.passes,
        }

    @classmethod
    def from_json(cls, value: object) -> "KdfParameters":
        """Return the parameters; anything but the exact form of `as_json` raises InvalidValue."""
        if not isinstance(value, dict) or set(value) != {"name", "salt", "memory_kib", "passes"}:
            raise InvalidValue
        salt, memory_kib, passes = value["salt"], value["memory_kib"], value["passes"]
        if value["name"] != "argon2id" or type(memory_kib) is not int or type(passes) is not int:
            raise InvalidValue
        return cls(_salt(salt), memory_kib * 1024, passes)


def _salt(value: object) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * SALT_BYTES or set(value) - set("0123456789abcdef"):
        raise InvalidValue
    return bytes.fromhex(value)


@dataclass(frozen=True, repr=False, eq=False)
class CodenameKeys:
    """What a codename yields. Only `lookup_id`, hashed, and the public halves may leave RAM."""

    root: bytes
    lookup_id: bytes
    reply_key: PrivateKey
    case_key: SigningKey

    @classmethod
    def from_root(cls, root: bytes) -> "CodenameKeys":
        if len(root) != 32:
            raise InvalidValue
        return cls(
            root,
            _subkey(root, b"drop1-lookup"),
            PrivateKey(_subkey(root, b"drop1-reply")),
            SigningKey(_subkey(root, b"drop1-case")),
        )

    @property
    def reply_public(self) -> bytes:
        return bytes(self.reply_key.public_key)

    @property
    def case_public(self) -> bytes:
        return bytes(self.case_key.verify_key)

    @property
    def case(self) -> CaseId:
        return case_id(self.case_public, self.reply_public)

    def __repr__(self) -> str:
        return "<codename keys>"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")


def _subkey(root: bytes, person: bytes) -> bytes:
    return blake2b(key=root, person=person, digest_size=32).digest()


def generate(secret: bytes, nonce: bytes, visit: bytes, desks: Iterable[DeskId]) -> Codename:
    """Return the codename of a first report: the same for the same drop, form, visit and set of desks.

    H's key is the drop's secret, person `drop1-words`; data: nonce, visit, then each desk once in sorted order, each
    of them with its length before it as u32be.
    """
    parts = [nonce, visit, *(desk.encode() for desk in sorted(set(desks)))]
    data = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return Codename(" ".join(_draw(WORD_COUNT, secret, b"drop1-words", data)))


def draw_new() -> Codename:
    """Return a codename of this machine's own randomness, for a case that is opened at the table."""
    return Codename(" ".join(draw_words(WORD_COUNT)))


def draw_words(count: int) -> list[str]:
    """Return words of this machine's own randomness, each as likely as every other."""
    return _draw(count, secrets.token_bytes(64), b"drop1-words", b"")


def stored_lookup(lookup_id: bytes) -> str:
    """Return H(lookup id), person `drop1-lookup-id`, as a store keeps it: with the bare id anybody could sign in."""
    return blake2b(lookup_id, digest_size=32, person=b"drop1-lookup-id").hexdigest()


def parse(text: str) -> Codename:
    """Return the codename in canonical form; capitals, accents and any separators (or none) are forgiven."""
    words = find_words(text)
    if len(words) != WORD_COUNT or not all(word.known for word in words):
        raise CodenameError
    return Codename(" ".join(word.text for word in words))


def count_words(text: str) -> int:
    """Return how many words were typed, known or not (0 when the text is too long to be a codename)."""
    return len(find_words(text))


def fingerprint_words(digest: bytes, count: int = 10) -> str:
    """Return words that stand for a digest (16 to 64 bytes), to be compared by voice: H's key is the digest,
    person `drop1-fpwords`, no data.
    """
    return " ".join(_draw(count, digest, b"drop1-fpwords", b""))


def case_name(case: CaseId) -> str:
    """Return the case's two words: H's key is the id's 16 bytes, person `drop1-casename`, no data."""
    return " ".join(_draw(2, bytes.fromhex(case), b"drop1-casename", b""))


def _draw(count: int, key: bytes, person: bytes, data: bytes) -> list[str]:
    if not 16 <= len(key) <= 64:  # BLAKE2b takes an empty key for none at all
        raise InvalidValue
    numbers = _numbers(key, person, data)
    return [WORDS[next(numbers)] for _ in range(count)]


def _numbers(key: bytes, person: bytes, data: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = blake2b(data + counter.to_bytes(8, "big"), key=key, person=person).digest()
        for start in range(0, len(block), 2):
            number = int.from_bytes(block[start : start + 2], "big") & 0x1FFF
            if number < len(WORDS):
                yield number
        counter += 1


class Derivation:
    """The only place where Argon2id runs: one at a time, in the order of asking.

    Two at once gain nothing and cost 64 MiB more, so the rest waits; without an end to the waiting, a flood of
    guesses would hold every thread, and without an end to the queue it would hold them for as long as each waits.
    """

    def __init__(self, parameters: KdfParameters, wait_seconds: float = 5.0, most_waiting: int = 12) -> None:
        self._parameters = parameters
        self._wait_seconds = wait_seconds
        self._most_waiting = most_waiting
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def derive(self, codename: Codename, wait_seconds: float | None = None) -> CodenameKeys:
        """Return the codename's keys; raise Busy when its turn does not come within the wait (this one's, or ours)."""
        with self._turn(self._wait_seconds if wait_seconds is None else wait_seconds):
            return CodenameKeys.from_root(self._root(codename))

    def _root(self, codename: Codename) -> bytes:
        kdf = self._parameters
        try:
            return argon2id.kdf(32, codename.reveal().encode(), kdf.salt, kdf.passes, kdf.memory_bytes)
        except (CryptoError, SodiumRuntimeError, MemoryError):
            raise Busy from None  # no memory left: the one way in which Argon2id fails

    @contextmanager
    def _turn(self, wait_seconds: float) -> Iterator[None]:
        turn = self._queue_up()
        if not turn.wait(wait_seconds) and self._gave_up(turn):
            raise Busy
        try:
            yield
        finally:
            self._hand_on()

    def _queue_up(self) -> threading.Event:
        turn = threading.Event()
        with self._mutex:
            if self._taken:
                if len(self._waiting) >= self._most_waiting:
                    raise Busy
                self._waiting.append(turn)
            else:
                self._taken = True
                turn.set()
        return turn

    def _gave_up(self, turn: threading.Event) -> bool:
        with self._mutex:
            if turn.is_set():  # it came in the instant after the wait ended
                return False
            self._waiting.remove(turn)
            return True

    def _hand_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
