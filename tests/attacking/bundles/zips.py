"""ZIPs by hand: an envelope's entries with records that lie, on the forge that the tests of envelopes use."""

from __future__ import annotations

import struct
import zlib
from random import Random

from tests.zip_forge import Archive, Forged, forge

Parts = list[tuple[bytes, bytes]]
NAMES = (
    b"../../../../tmp/planted",
    b"/tmp/planted",
    b"attachments/../../planted",
    b"attachments\\..\\planted.txt",
    b"attachments/0001.txt\0.exe",
    b"attachments/",
    b"",
    b"C:\\planted",
    b"ENVELOPE.JSON",
    b"message.txt ",
    b"./message.txt",
    b"attachments/0001.exe",
    b"attachments/0101.txt",
    b"attachments/01.txt",
    b"\xff\xfe",
    b"a" * 300,
    b"attachments/0001",
    b"attachments/\xe2\x80\xae",
    b"index.json",
    b"padding",
    b"__MACOSX/x",
)
LOCAL = ("version", "flags", "method", "time", "date", "crc", "csize", "size")
CENTRAL = ("made", *LOCAL, "disk", "internal", "external", "offset")
END = ("disk", "start_disk", "here", "total", "size", "offset")
NUMBERS = (
    0,
    1,
    8,
    9,
    20,
    45,
    99,
    0x21,
    0x800,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    0o120777 << 16,
    0o40700 << 16,
    0o104755 << 16,
)
_SHORT = {"version", "flags", "method", "time", "date", "made", "disk", "internal", "start_disk", "here", "total"}


def archive(parts: Parts) -> Archive:
    return Archive([Forged(name, b"" if name == b"padding" else data) for name, data in parts])


def bend(parts: Parts, chances: Random, how: list[str]) -> bytes:
    """Return an envelope's ZIP that differs from the one of these entries in a thing that ZIPs know."""
    made = archive(parts)
    entry = chances.choice(made.entries)
    name = entry.name.decode("latin1")
    pick = chances.randrange(12)
    if pick < 3:
        _number(made, entry, chances, how)
    elif pick == 3:
        wanted = chances.choice(NAMES)
        where = chances.choice(("both", "local", "central"))
        _rename(entry, wanted, where)
        how.append(f"zip: {name} is called {wanted[:30]!r} in {where}")
    elif pick == 4:
        _entries(made, entry, chances, how)
    elif pick == 5:
        _extra(entry, chances, how)
    elif pick == 6:
        _descriptor(entry, chances, how)
    elif pick == 7:
        _around(made, entry, chances, how)
    elif pick == 8:
        how.append(f"zip: {name} packed")
        _pack(entry)
    elif pick == 9:
        how.append("zip: a bomb in its place")
        _bomb(made)
    elif pick == 10:
        how.append("zip: a zip64 end")
        made.before_end = _zip64(len(made.entries))
        made.end = chances.choice(({"here": 0xFFFF, "total": 0xFFFF}, {"offset": 0xFFFFFFFF}, {"size": 0xFFFFFFFF}, {}))
    else:
        how.append("zip: many entries")
        made.entries[2:2] = [
            Forged(b"attachments/%04d.txt" % n, b"") for n in range(1, chances.choice((100, 101, 5000)))
        ]
    try:
        return forge(made)
    except struct.error:  # a number that has no room: the same ZIP, its end torn
        how.append("no room for it")
        return forge(archive(parts))[:-1]


def _number(made: Archive, entry: Forged, chances: Random, how: list[str]) -> None:
    where, names = chances.choice((("local", LOCAL), ("central", CENTRAL), ("end", END)))
    said = chances.choice(names)
    value = chances.choice(NUMBERS)
    if said in _SHORT:
        value &= 0xFFFF
    how.append(f"zip: {said} in the {where} record of {entry.name.decode('latin1')} is {value}")
    {"local": entry.local, "central": entry.central, "end": made.end}[where][said] = value


def _rename(entry: Forged, wanted: bytes, where: str) -> None:
    if where == "local":
        entry.local_name = wanted
        return
    entry.local_name = entry.name if where == "central" else None
    entry.name = wanted


def _entries(made: Archive, entry: Forged, chances: Random, how: list[str]) -> None:
    at = made.entries.index(entry)
    other = chances.randrange(len(made.entries))
    pick = chances.randrange(6)
    how.append(f"zip: entries bent ({pick}) at {entry.name.decode('latin1')}")
    if pick == 0:
        made.entries.pop(at)
    elif pick == 1:
        made.entries.insert(at, entry)
    elif pick == 2:
        made.entries[at], made.entries[other] = made.entries[other], made.entries[at]
    elif pick == 3:
        entry.listed = False
    elif pick == 4:
        made.entries.insert(at, Forged(b"planted", b"planted", listed=chances.random() < 0.5))
    else:
        # two entries of the directory that lie over one another
        entry.central["offset"] = 0


def _extra(entry: Forged, chances: Random, how: list[str]) -> None:
    zip64 = struct.pack("<HHQQ", 1, 16, len(entry.data), len(entry.data))
    unicode_path = b"up" + struct.pack("<H", 12) + b"\1" + bytes(4) + b"planted"
    piece = chances.choice((zip64, unicode_path, b"UT\5\0\3\0\0\0\0", b"\0" * 4, b"\xff" * 8))
    where = chances.choice(("local_extra", "central_extra", "comment", "gap"))
    how.append(f"zip: {where} of {entry.name.decode('latin1')}")
    setattr(entry, where, piece)


def _descriptor(entry: Forged, chances: Random, how: list[str]) -> None:
    crc, size = zlib.crc32(entry.data), len(entry.data)
    made = (
        b"",
        struct.pack("<3L", crc, size, size),
        struct.pack("<4sLQQ", b"PK\7\x08", crc, size, size),
        struct.pack("<4s3L", b"PK\7\x08", crc ^ 1, size, size),
        struct.pack("<4s3L", b"PK\7\x08", crc, size + 1, size),
        struct.pack("<4s3L", b"PK\7\x08", crc, size, 0),
        struct.pack("<4s3L", b"PK\7\x07", crc, size, size),
    )
    how.append(f"zip: the descriptor of {entry.name.decode('latin1')}")
    entry.descriptor = chances.choice(made)


def _around(made: Archive, entry: Forged, chances: Random, how: list[str]) -> None:
    where = chances.choice(("prefix", "before_directory", "before_end", "comment", "trailer"))
    piece = chances.choice(
        (b"\0", b"MZ planted", b"PK\5\6" + bytes(18), b"PK\1\2", forge(Archive([Forged(b"x", b"planted")])))
    )
    how.append(f"zip: something as {where}, near {entry.name.decode('latin1')}")
    setattr(made, where, piece)


def _pack(entry: Forged) -> None:
    size, crc = len(entry.data), zlib.crc32(entry.data)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    entry.data = packer.compress(entry.data) + packer.flush()
    sizes = {"method": 8, "crc": crc, "csize": len(entry.data), "size": size}
    entry.local, entry.central = {"method": 8}, sizes
    entry.descriptor = struct.pack("<4s3L", b"PK\7\x08", crc, len(entry.data), size)


def _bomb(made: Archive) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(bytes(1 << 22)) * 8 + packer.flush()
    central = {"method": 8, "csize": len(data), "size": 0x7FFFFFFF}
    made.entries[1] = Forged(b"message.txt", data, {"method": 8}, central)


def _zip64(count: int) -> bytes:
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, 100, 100)
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
