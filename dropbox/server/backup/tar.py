"""A bundle's tar form as a stream in one direction: piece by piece out, member by member in. For what gpg is between.

As with bundles a header is accepted only when it is, byte for byte, the one that is written for that name and size, so
that no link, device, path or extension has a way in.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import BinaryIO

from dropbox.bundle.tar import BLOCK_BYTES, END_BYTES, RECORD_BYTES, header
from dropbox.errors import BackupTorn

_CHUNK_BYTES = 256 * 1024

Member = tuple[str, int, Iterable[bytes]]


def tar_pieces(members: Iterable[Member]) -> Iterator[bytes]:
    """Give a tar of these members (name, size, bytes), whose sizes must be true."""
    written = 0
    for name, size_bytes, chunks in members:
        yield header(name, size_bytes)
        yield from chunks
        yield bytes(-size_bytes % BLOCK_BYTES)
        written += BLOCK_BYTES + size_bytes + -size_bytes % BLOCK_BYTES
    yield bytes(END_BYTES + -(written + END_BYTES) % RECORD_BYTES)


class TarStream:
    """Reads members in the order in which the caller knows them to stand. BackupTorn for whatever is unlike it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._read = 0

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the next member, which must have this name and at most this size."""
        block = self._exactly(BLOCK_BYTES)
        size_bytes = _size_in(block, max_bytes)
        if block != header(name, size_bytes):
            raise BackupTorn
        data = b"".join(self._chunks(size_bytes))
        self._zeros(-size_bytes % BLOCK_BYTES)
        return data

    def copy(self, name: str, size_bytes: int, digest: str, write: Callable[[bytes], object]) -> None:
        """Hand on the next member's bytes, which are all right only when this returns."""
        if self._exactly(BLOCK_BYTES) != header(name, size_bytes):
            raise BackupTorn
        hashed = sha256()
        for chunk in self._chunks(size_bytes):
            hashed.update(chunk)
            write(chunk)
        self._zeros(-size_bytes % BLOCK_BYTES)
        if hashed.hexdigest() != digest:
            raise BackupTorn

    def finish(self) -> None:
        """Refuse anything but the tar's end; here the stream under it says whether the whole was sound."""
        self._zeros(END_BYTES + -(self._read + END_BYTES) % RECORD_BYTES)
        if self._stream.read(1):
            raise BackupTorn

    def _zeros(self, size_bytes: int) -> None:
        if any(self._exactly(size_bytes)):
            raise BackupTorn

    def _exactly(self, size_bytes: int) -> bytes:
        return b"".join(self._chunks(size_bytes))

    def _chunks(self, size_bytes: int) -> Iterator[bytes]:
        left = size_bytes
        while left:
            chunk = self._stream.read(min(left, _CHUNK_BYTES))
            if not chunk:
                raise BackupTorn
            left -= len(chunk)
            self._read += len(chunk)
            yield chunk


def _size_in(block: bytes, max_bytes: int) -> int:
    digits = block[124:135]
    if not digits.isdigit() or b"8" in digits or b"9" in digits or int(digits, 8) > max_bytes:
        raise BackupTorn
    return int(digits, 8)
