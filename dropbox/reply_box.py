"""The container of a reply or note: one body under a random key K, a lock for the desks, a lock for the reporter.

This room locks and unlocks K for the reporter and streams the body; the desks' lock is an OpenPGP message that others
make and open. A hash of K stands beside the body: XChaCha20-Poly1305 does not commit to its key, and without the hash a
body could be made that reads differently for the reporter and for the desks.
"""

import hmac
import io
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import BinaryIO

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from dropbox.errors import ReplyBoxError

KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
LOCK_BYTES = 80
CHUNK_BYTES = 64 * 1024
MAX_DESK_LOCK_BYTES = 256 * 1024

_FIRST_LINE = b"onion-dropbox reply 1\n"
_LENGTH = Struct(">L")
_HASH_BYTES = 32
_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_SEALED_CHUNK_BYTES = CHUNK_BYTES + bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Container:
    """What stands before a container's body: the hash of its key, and the desks' lock (an OpenPGP message)."""

    key_hash: bytes
    desk_lock: bytes


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def key_hash(key: bytes) -> bytes:
    return blake2b(key, digest_size=_HASH_BYTES, person=b"drop1-replykey").digest()


def lock(key: bytes, reply_public: bytes) -> bytes:
    """Return `key` in a sealed box of 80 bytes that only the reporter's codename opens."""
    try:
        return SealedBox(PublicKey(reply_public)).encrypt(key)
    except (CryptoError, ValueError, TypeError):
        raise ReplyBoxError from None


def unlock(locked: bytes, reply_key: PrivateKey) -> bytes:
    """Return the key in a lock; raises ReplyBoxError."""
    try:
        key = SealedBox(reply_key).decrypt(locked)
    except (CryptoError, ValueError, TypeError):
        raise ReplyBoxError from None
    if len(key) != KEY_BYTES:
        raise ReplyBoxError
    return key


def write_container(target: BinaryIO, desk_lock: bytes, key: bytes, chunks: Iterable[bytes]) -> None:
    """Write head and sealed body; `chunks` may have any sizes, memory stays flat."""
    if not desk_lock or len(desk_lock) > MAX_DESK_LOCK_BYTES:
        raise ReplyBoxError
    target.write(_FIRST_LINE + key_hash(key) + _LENGTH.pack(len(desk_lock)) + desk_lock)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    target.write(bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key))
    for piece, is_last in _pieces(chunks):
        tag = _FINAL if is_last else _MESSAGE
        target.write(bindings.crypto_secretstream_xchacha20poly1305_push(state, piece, None, tag))


def read_container(stream: BinaryIO) -> Container:
    """Read the head and leave the stream where the body begins; raises ReplyBoxError."""
    if _exactly(stream, len(_FIRST_LINE)) != _FIRST_LINE:
        raise ReplyBoxError
    committed = _exactly(stream, _HASH_BYTES)
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if not 0 < length <= MAX_DESK_LOCK_BYTES:
        raise ReplyBoxError
    return Container(committed, _exactly(stream, length))


def copy_container(source: BinaryIO, target: BinaryIO, relock: Callable[[bytes], bytes]) -> None:
    """Copy a container under another desks' lock: `relock` gets the one that it has. The body stays as it is.

    Raises ReplyBoxError, and whatever `relock` raises.
    """
    container = read_container(source)
    desk_lock = relock(container.desk_lock)
    if not 0 < len(desk_lock) <= MAX_DESK_LOCK_BYTES:
        raise ReplyBoxError
    target.write(_FIRST_LINE + container.key_hash + _LENGTH.pack(len(desk_lock)) + desk_lock)
    shutil.copyfileobj(source, target, CHUNK_BYTES)


@contextmanager
def open_body(source: Path | Opener, key: bytes) -> Iterator[BinaryIO]:
    """Give the body's plaintext as a stream; raises ReplyBoxError for another key, and while reading what is not whole.

    Each piece is authentic when it comes, but only the stream's end proves that nothing was cut off.
    """
    with source.open("rb") if isinstance(source, Path) else source() as stream:
        container = read_container(stream)
        if len(key) != KEY_BYTES or not hmac.compare_digest(container.key_hash, key_hash(key)):
            raise ReplyBoxError
        yield io.BufferedReader(_Body(stream, key), CHUNK_BYTES)


class _Body(io.RawIOBase):
    """Opens one sealed piece after the other."""

    def __init__(self, stream: BinaryIO, key: bytes) -> None:
        self._stream, self._ready, self._ended = stream, memoryview(b""), False
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        header = _exactly(stream, _HEADER_BYTES)
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]  # any writable buffer
        while not self._ready and not self._ended:
            self._ready = memoryview(self._next())
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _next(self) -> bytes:
        sealed = _up_to(self._stream, _SEALED_CHUNK_BYTES)
        try:
            piece, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(self._state, sealed)
        except (CryptoError, ValueError, TypeError):
            raise ReplyBoxError from None
        self._ended = tag == _FINAL
        # a shorter piece before the last cannot come: it would have been read together with what follows it
        if tag not in (_MESSAGE, _FINAL):
            raise ReplyBoxError
        if self._ended and self._stream.read(1):
            raise ReplyBoxError
        return piece


def _pieces(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut into pieces of CHUNK_BYTES; the last one (it may be short, or empty for an empty body) comes with True."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        # one more byte must be known before a full piece is known not to be the last
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = _up_to(stream, size)
    if len(data) != size:
        raise ReplyBoxError
    return data


def _up_to(stream: BinaryIO, size: int) -> bytes:
    parts = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
