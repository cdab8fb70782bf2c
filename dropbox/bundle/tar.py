"""The one tar form that a bundle has: USTAR, regular files, known names in a known order, nothing left to choose.

The reader accepts a header only when it is, byte for byte, the one that the writer makes for that name and size. So
links, devices, folders, paths, owners, times, sparse files and the pax and GNU extensions have no way in, and no byte
of a bundle can be altered unseen. Reads go by position through one descriptor that is opened once.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from dropbox.errors import BundleError, BundleItemMismatch, BundleTooLarge, FileUnreadable

BLOCK_BYTES = 512
RECORD_BYTES = 20 * BLOCK_BYTES
END_BYTES = 2 * BLOCK_BYTES
_CHUNK_BYTES = 256 * 1024
_SIZE_FIELD = slice(124, 136)
_NAME_FIELD = slice(0, 100)
_OCTAL = re.compile(rb"([0-7]{11})\0")


def header(name: str, size_bytes: int) -> bytes:
    """Return the only header block that a member of this name (ASCII, under 100 bytes) and size (< 8 GiB) may have."""
    before = b"".join((name.encode("ascii").ljust(100, b"\0"), b"0000600\0", b"0000000\0" * 2))
    before += b"%011o\0" % size_bytes + b"%011o\0" % 0
    after = b"0".ljust(101, b"\0") + b"ustar\x0000" + bytes(247)
    checksum = sum(before) + 8 * ord(" ") + sum(after)
    return before + b"%06o\0 " % checksum + after


def _padding(size_bytes: int, unit_bytes: int = BLOCK_BYTES) -> int:
    return -size_bytes % unit_bytes


class TarWriter:
    """Writes members one after another to a stream; `finish` ends the tar."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._written = 0

    def add(self, name: str, data: bytes, max_bytes: int) -> None:
        if len(data) > max_bytes:
            raise BundleTooLarge(name, max_bytes)
        self.add_stream(name, len(data), (data,))

    def add_stream(self, name: str, size_bytes: int, chunks: Iterable[bytes]) -> None:
        self._write(header(name, size_bytes))
        start = self._written
        for chunk in chunks:
            self._write(chunk)
        if self._written - start != size_bytes:
            raise BundleItemMismatch
        self._write(bytes(_padding(size_bytes)))

    def finish(self) -> None:
        self._write(bytes(END_BYTES))
        self._write(bytes(_padding(self._written, RECORD_BYTES)))

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._written += len(data)


@dataclass(frozen=True)
class Member:
    """Where a member's bytes lie in the tar, and their hash when they were read."""

    offset: int
    size_bytes: int
    sha256: str


class TarReader:
    """Reads the members of a bundle in the order in which the caller knows them to stand."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _open_regular(path)
        self._offset = 0

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def read(self, name: str, max_bytes: int) -> bytes:
        """Return the next member's bytes, which must have this name and at most this size."""
        size_bytes = self._header(name, max_bytes)
        data = b"".join(self._chunks(self._offset, size_bytes))
        self._skip(size_bytes)
        return data

    def check(self, name: str, size_bytes: int, digest: str) -> Member:
        """Hash the next member, which must have this name, size and SHA-256."""
        if self._header(name, size_bytes) != size_bytes:
            raise BundleItemMismatch
        member = Member(self._offset, size_bytes, digest)
        for _ in self.chunks(member):
            pass
        self._skip(size_bytes)
        return member

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Give a member's bytes, hashed again: a bundle that changed since it was checked is refused at its end."""
        hashed = sha256()
        for chunk in self._chunks(member.offset, member.size_bytes):
            hashed.update(chunk)
            yield chunk
        if hashed.hexdigest() != member.sha256:
            raise BundleItemMismatch

    def finish(self) -> None:
        """Refuse anything behind the last member but the zero blocks that fill the last record."""
        least = self._offset + END_BYTES
        most = least + _padding(least, RECORD_BYTES)
        tail = b"".join(self._up_to(self._offset, most + 1 - self._offset))
        if any(tail[:BLOCK_BYTES]):
            raise BundleItemMismatch  # a further member, or one that stands twice
        end = self._offset + len(tail)
        if any(tail) or not least <= end <= most or end % BLOCK_BYTES:
            raise BundleError

    def _header(self, name: str, max_bytes: int) -> int:
        block = b"".join(self._chunks(self._offset, BLOCK_BYTES))
        if block[_NAME_FIELD] != name.encode("ascii").ljust(100, b"\0"):
            raise BundleItemMismatch
        size = _OCTAL.fullmatch(block[_SIZE_FIELD])
        if size is None or block != header(name, int(size[1], 8)):
            raise BundleError
        self._offset += BLOCK_BYTES
        if int(size[1], 8) > max_bytes:
            raise BundleTooLarge(name, max_bytes)
        return int(size[1], 8)

    def _skip(self, size_bytes: int) -> None:
        self._offset += size_bytes
        if any(b"".join(self._chunks(self._offset, _padding(size_bytes)))):
            raise BundleError
        self._offset += _padding(size_bytes)

    def _chunks(self, offset: int, size_bytes: int) -> Iterator[bytes]:
        got = 0
        for chunk in self._up_to(offset, size_bytes):
            got += len(chunk)
            yield chunk
        if got != size_bytes:
            raise BundleError  # cut short

    def _up_to(self, offset: int, size_bytes: int) -> Iterator[bytes]:
        end = offset + size_bytes
        while offset < end:
            try:
                chunk = os.pread(self._descriptor, min(_CHUNK_BYTES, end - offset), offset)
            except OSError:
                raise FileUnreadable from None
            if not chunk:
                return
            offset += len(chunk)
            yield chunk


def file_chunks(path: Path, size_bytes: int, digest: str) -> Iterator[bytes]:
    """Give the bytes of a file that is put into a bundle; raises BundleItemMismatch unless size and hash are these.

    Of a file that grew no more than one byte too many is read.
    """
    hashed = sha256()
    left = size_bytes
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(min(_CHUNK_BYTES, left + 1)):
                hashed.update(chunk)
                left -= len(chunk)
                yield chunk
    except OSError:
        raise BundleItemMismatch from None
    if left or hashed.hexdigest() != digest:
        raise BundleItemMismatch


def _open_regular(path: Path) -> int:
    try:
        # Without O_NONBLOCK a named pipe would hold us until somebody writes to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        raise FileUnreadable from None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise FileUnreadable
