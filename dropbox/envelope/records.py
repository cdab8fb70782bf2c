"""The bytes of a ZIP around its entries, in the only spelling that format 1 has.

Writer and reader both build these records here and the reader compares: a header that differs in any bit from what the
writer would have made is refused, so no two unzipping programs can see two different envelopes in one. Times, users
and modes are constants: 1 January 1980, mode 0600.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

from dropbox.errors import EnvelopeError

# APPNOTE.TXT 6.3.10, sections 4.3.7 (local), 4.3.9 (descriptor), 4.3.12 (central), 4.3.16 (end)
_LOCAL = Struct("<4s5H3L2H")
_DESCRIPTOR = Struct("<4s3L")
_CENTRAL = Struct("<4s6H3L5H2L")
_END = Struct("<4s4H2LH")

_VERSION = 20
_MADE_BY = (3 << 8) | _VERSION  # unix, so that the mode below is obeyed
_STREAMED = 1 << 3  # sizes follow the data
_DATE = (1 << 5) | 1
_MODE = 0o100600 << 16

MAX_DIRECTORY_BYTES = 32 * 1024
MAX_TOTAL_BYTES = (1 << 31) - 1
"""What every unzip reads without zip64."""


@dataclass(frozen=True)
class Entry:
    path: str
    size: int
    crc: int


def local_header(path: str) -> bytes:
    name = path.encode("ascii")
    return _LOCAL.pack(b"PK\3\4", _VERSION, _STREAMED, 0, 0, _DATE, 0, 0, 0, len(name), 0) + name


def descriptor(crc: int, size: int) -> bytes:
    return _DESCRIPTOR.pack(b"PK\7\x08", crc, size, size)


def span(path: str, size: int) -> int:
    """Return how many bytes an entry takes before the central directory."""
    return _LOCAL.size + len(path) + size + _DESCRIPTOR.size


def directory(entries: Sequence[Entry]) -> bytes:
    """Return the central directory and its end record for `entries`, lying without a gap from byte 0."""
    offset, parts = 0, []
    for entry in entries:
        parts.append(_central(entry, offset))
        offset += span(entry.path, entry.size)
    central = b"".join(parts)
    return central + _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(central), offset, 0)


def directory_bytes(paths: Iterable[str]) -> int:
    return sum(_CENTRAL.size + len(path) for path in paths) + _END.size


def parse_directory(tail: bytes, total_bytes: int) -> tuple[Entry, ...]:
    """Return what the end (`tail`) of a file of `total_bytes` claims its entries are; raises EnvelopeError.

    A claim only: the fields that are not returned are compared when the directory is met in its place.
    """
    if len(tail) < _END.size:
        raise EnvelopeError
    _, _, _, _, count, central_bytes, offset, _ = _END.unpack_from(tail, len(tail) - _END.size)
    length = central_bytes + _END.size
    if length > len(tail) or offset + length != total_bytes:
        raise EnvelopeError
    central = tail[-length:]
    entries = tuple(_parse_central(central, count))
    # also keeps every size within the 32 bits that it will be compared in
    if sum(span(entry.path, entry.size) for entry in entries) != offset:
        raise EnvelopeError
    return entries


def _parse_central(central: bytes, count: int) -> Iterator[Entry]:
    at = 0
    for _ in range(count):
        # count is only a claim: the end record must still follow
        if at + _CENTRAL.size > len(central) - _END.size:
            raise EnvelopeError
        fields = _CENTRAL.unpack_from(central, at)
        crc, size, name_bytes = fields[7], fields[9], fields[10]
        name = central[at + _CENTRAL.size : at + _CENTRAL.size + name_bytes]
        if not name.isascii():
            raise EnvelopeError
        yield Entry(name.decode("ascii"), size, crc)
        at += _CENTRAL.size + name_bytes


def _central(entry: Entry, offset: int) -> bytes:
    name, size = entry.path.encode("ascii"), entry.size
    return (
        _CENTRAL.pack(
            b"PK\1\2", _MADE_BY, _VERSION, _STREAMED, 0, 0, _DATE, entry.crc, size, size,
            len(name), 0, 0, 0, 0, _MODE, offset,
        )
        + name
    )  # fmt: skip
