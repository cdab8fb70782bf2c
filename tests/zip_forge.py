"""A ZIP writer that obeys no rule: makes envelopes that are right in everything but one thing.

Written from APPNOTE.TXT and not from the package's own records, so that a mistake there is not repeated here.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from zlib import crc32

from dropbox.padding import bucket
from tests.envelopes import FLOOR

Numbers = dict[str, int]


@dataclass
class Forged:
    """One entry; `local` and `central` override fields of its headers by name."""

    name: bytes
    data: bytes
    local: Numbers = field(default_factory=dict)
    central: Numbers = field(default_factory=dict)
    local_name: bytes | None = None
    descriptor: bytes | None = None
    gap: bytes = b""
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    listed: bool = True


@dataclass
class Archive:
    entries: list[Forged]
    prefix: bytes = b""
    before_directory: bytes = b""
    before_end: bytes = b""
    comment: bytes = b""
    end: Numbers = field(default_factory=dict)
    trailer: bytes = b""

    def entry(self, name: bytes) -> Forged:
        return next(entry for entry in self.entries if entry.name == name)


def forge(archive: Archive, floor_bytes: int = FLOOR) -> bytes:
    """Return the archive with its padding made to fit the bucket, so that the size betrays nothing."""
    paddings = [entry for entry in archive.entries if entry.name == b"padding" and not entry.data]
    if not paddings:
        return _bytes(archive)
    unpadded = len(_bytes(archive))
    entries = list(archive.entries)
    position = entries.index(paddings[-1])
    entries[position] = replace(paddings[-1], data=bytes(bucket(unpadded, floor_bytes) - unpadded))
    return _bytes(replace(archive, entries=entries))


def _bytes(archive: Archive) -> bytes:
    out, central = bytearray(archive.prefix), bytearray()
    for entry in archive.entries:
        out += entry.gap
        if entry.listed:
            central += _central(entry, len(out))
        out += _local(entry) + entry.data + _descriptor(entry)
    out += archive.before_directory
    start = len(out)
    listed = sum(entry.listed for entry in archive.entries)
    out += central + archive.before_end
    end = {"disk": 0, "start_disk": 0, "here": listed, "total": listed, "size": len(central), "offset": start}
    end |= archive.end
    fields = [end[key] for key in ("disk", "start_disk", "here", "total", "size", "offset")]
    out += struct.pack("<4s4H2LH", b"PK\5\6", *fields, len(archive.comment)) + archive.comment
    return bytes(out + archive.trailer)


def _local(entry: Forged) -> bytes:
    name = entry.name if entry.local_name is None else entry.local_name
    values: Numbers = {"version": 20, "flags": 8, "method": 0, "time": 0, "date": 0x21, "crc": 0, "csize": 0, "size": 0}
    values |= entry.local
    fields = [values[key] for key in ("version", "flags", "method", "time", "date", "crc", "csize", "size")]
    return struct.pack("<4s5H3L2H", b"PK\3\4", *fields, len(name), len(entry.local_extra)) + name + entry.local_extra


def _descriptor(entry: Forged) -> bytes:
    if entry.descriptor is not None:
        return entry.descriptor
    return struct.pack("<4s3L", b"PK\7\x08", crc32(entry.data), len(entry.data), len(entry.data))


def _central(entry: Forged, offset: int) -> bytes:
    values: Numbers = {
        "made": 0x0314,
        "version": 20,
        "flags": 8,
        "method": 0,
        "time": 0,
        "date": 0x21,
        "crc": crc32(entry.data),
        "csize": len(entry.data),
        "size": len(entry.data),
        "disk": 0,
        "internal": 0,
        "external": 0o100600 << 16,
        "offset": offset,
    }
    values |= entry.central
    head = [values[key] for key in ("made", "version", "flags", "method", "time", "date", "crc", "csize", "size")]
    tail = [values[key] for key in ("disk", "internal", "external", "offset")]
    lengths = [len(entry.name), len(entry.central_extra), len(entry.comment)]
    packed = struct.pack("<4s6H3L5H2L", b"PK\1\2", *head, *lengths, *tail)
    return packed + entry.name + entry.central_extra + entry.comment


Attack = Callable[[Archive], object]
