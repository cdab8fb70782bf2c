"""Tars by hand: members with headers that say whatever a mutant wants them to, checksums put right, from POSIX ustar.

Written from the standard and docs/formats.md, not from our own code, so that a mistake there is not made twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

BLOCK = 512
RECORD = 20 * BLOCK
# name: (from, length) of each field of a header
FIELDS = {
    "name": (0, 100),
    "mode": (100, 8),
    "uid": (108, 8),
    "gid": (116, 8),
    "size": (124, 12),
    "mtime": (136, 12),
    "checksum": (148, 8),
    "type": (156, 1),
    "linkname": (157, 100),
    "magic": (257, 6),
    "version": (263, 2),
    "uname": (265, 32),
    "gname": (297, 32),
    "major": (329, 8),
    "minor": (337, 8),
    "prefix": (345, 155),
    "rest": (500, 12),
}


class NotATarError(Exception):
    """Bytes that are no tar of the one narrow form."""


@dataclass(frozen=True)
class Entry:
    """A member. `said`: fields of its header that say something else; `padding`: what fills its last block."""

    name: bytes
    data: bytes
    said: dict[str, bytes] = field(default_factory=dict)
    padding: bytes | None = None
    checksum: bool = True


def header(entry: Entry) -> bytes:
    """Return a header block, its checksum right unless the entry wants it wrong."""
    block = bytearray(BLOCK)
    values = {
        "name": entry.name,
        "mode": b"0000600",
        "uid": b"0000000",
        "gid": b"0000000",
        "size": b"%011o" % len(entry.data),
        "mtime": b"00000000000",
        "type": b"0",
        "magic": b"ustar\0",
        "version": b"00",
    }
    for name, value in (values | entry.said).items():
        start, length = FIELDS[name]
        block[start : start + length] = value[:length].ljust(length, b"\0")
    if "checksum" not in entry.said:
        start, length = FIELDS["checksum"]
        block[start : start + length] = b" " * length
        block[start : start + length] = b"%06o\0 " % (sum(block) + (0 if entry.checksum else 1))
    return bytes(block)


def assemble(entries: list[Entry], end: bytes | None = None) -> bytes:
    """Return a tar; `end`: what follows the last member, or what the format says."""
    parts = []
    for entry in entries:
        filling = bytes(-len(entry.data) % BLOCK) if entry.padding is None else entry.padding
        parts += [header(entry), entry.data, filling]
    whole = b"".join(parts)
    if end is None:
        end = bytes(2 * BLOCK + -(len(whole) + 2 * BLOCK) % RECORD)
    return whole + end


def members(data: bytes) -> list[tuple[str, bytes]]:
    """Return the members of a tar of the narrow form. Raises NotATarError for anything else, behind the end too."""
    found, at = [], 0
    while at + BLOCK <= len(data) and any(data[at : at + BLOCK]):
        block = data[at : at + BLOCK]
        try:
            name, size = block[:100].rstrip(b"\0"), int(block[124:135], 8)
            known = Entry(name, b"", {"size": b"%011o" % size})
            name.decode("ascii")
        except ValueError:
            raise NotATarError from None
        content = data[at + BLOCK : at + BLOCK + size]
        at += BLOCK + size + -size % BLOCK
        filling = data[at - -size % BLOCK : at] if size % BLOCK else b""
        if header(known) != block or len(content) != size or len(filling) != -size % BLOCK or any(filling):
            raise NotATarError
        found.append((name.decode("ascii"), content))
    tail = data[at:]
    if any(tail) or len(tail) not in range(2 * BLOCK, 2 * BLOCK + RECORD, BLOCK):
        raise NotATarError
    return found


def entries_of(parts: list[tuple[str, bytes]]) -> list[Entry]:
    return [Entry(name.encode(), data) for name, data in parts]


def bend(entries: list[Entry], chances: Random, how: list[str]) -> bytes:
    """Return a tar that differs from the one of these members in a thing that tars know."""
    at = chances.randrange(len(entries))
    pick = chances.randrange(10)
    if pick < 5:
        said, value = _field(entries[at], chances)
        how.append(f"tar: {said} of {entries[at].name.decode('latin1')} is {value[:20]!r}")
        changed = replace(entries[at], said={said: value}, checksum=chances.random() < 0.9)
        return assemble([*entries[:at], changed, *entries[at + 1 :]])
    if pick < 7:
        return assemble(_moved(entries, at, chances, how))
    if pick < 9:
        return assemble(_put_before(entries, at, chances, how))
    return _ended(entries, at, chances, how)


def _field(entry: Entry, chances: Random) -> tuple[str, bytes]:
    size = len(entry.data)
    odd: dict[str, tuple[bytes, ...]] = {
        "name": (
            b"../" + entry.name,
            b"/" + entry.name,
            b"./" + entry.name,
            entry.name + b"/",
            entry.name + b"\0/../x",
            entry.name + b" ",
            entry.name.upper(),
            entry.name.replace(b"/", b"\\"),
            b"items/../" + entry.name,
            b"",
            b"/tmp/planted",
            b"\xff\xfe",
            entry.name[:-1],
            entry.name + b"\0hidden",
            b"x" * 100,
        ),
        "mode": (b"0000777", b"0004755", b"0100600", b"600\0", b"0000600 ", b" 000600", b"\xff" * 8),
        "uid": (b"0000001", b"\x80" + bytes(7), b"1750000"),
        "gid": (b"0000001", b"\x80" + bytes(7)),
        "size": (
            b"%011o" % (size + 1),
            b"%011o" % max(0, size - 1),
            b"%011o" % (size + 512),
            b"%o" % size,
            b"%11o " % size,
            b"%012o" % size,
            b"\x80" + size.to_bytes(11, "big"),
            b"\xff" * 12,
            b"77777777777",
            b"-0000000001",
            b"0o%09o" % size,
            b"%011o" % (1 << 32),
            b"00000000008",
            b" " * 11,
            b"+%010o" % size,
            b"1_0",
        ),
        "mtime": (b"00000000001", b"14000000000", b"\x80" + bytes(11)),
        "checksum": (b"0000000\0", b"       \0", b"\0" * 8, b"777777\0 "),
        "type": (
            b"1",
            b"2",
            b"3",
            b"4",
            b"5",
            b"6",
            b"7",
            b"\0",
            b"A",
            b"D",
            b"g",
            b"x",
            b"L",
            b"K",
            b"M",
            b"N",
            b"S",
            b"V",
            b"X",
        ),
        "linkname": (b"/etc/passwd", b"../../planted", b"manifest.json", b"\0hidden"),
        "magic": (b"ustar ", b"\0" * 6, b"USTAR\0"),
        "version": (b" \0", b"01", b"\0\0"),
        "uname": (b"root",),
        "gname": (b"root",),
        "major": (b"0000001",),
        "minor": (b"0000001",),
        "prefix": (b"..", b"/tmp", b"a" * 155, b"items"),
        "rest": (b"tar\0", b"\1"),
    }
    said = chances.choice([*odd, "name", "size", "size", "type", "type"])
    return said, chances.choice(odd[said])


def _moved(entries: list[Entry], at: int, chances: Random, how: list[str]) -> list[Entry]:
    other = chances.randrange(len(entries))
    one, two = entries[at], entries[other]
    made: dict[str, list[Entry]] = {
        "left out": entries[:at] + entries[at + 1 :],
        "twice": [*entries[:at], one, one, *entries[at + 1 :]],
        "again at the end": [*entries, one],
        "empty": [replace(one, data=b"") if place == at else each for place, each in enumerate(entries)],
        "a byte longer": [
            replace(one, data=one.data + b"\0") if place == at else each for place, each in enumerate(entries)
        ],
        "filled with something": [
            replace(one, padding=b"x" * (-len(one.data) % BLOCK)) if place == at else each
            for place, each in enumerate(entries)
        ],
        "filled with a block more": [
            replace(one, padding=bytes(-len(one.data) % BLOCK + BLOCK)) if place == at else each
            for place, each in enumerate(entries)
        ],
        "in another's place": [
            two if place == at else one if place == other else each for place, each in enumerate(entries)
        ],
        "with another's data": [
            replace(one, data=two.data) if place == at else each for place, each in enumerate(entries)
        ],
        "first": [one, *entries[:at], *entries[at + 1 :]],
    }
    said = chances.choice(sorted(made))
    how.append(f"tar: {one.name.decode('latin1')} {said}")
    return made[said]


def _put_before(entries: list[Entry], at: int, chances: Random, how: list[str]) -> list[Entry]:
    """Put something before a member that other readers take for a part of its header, or for a member."""
    one = entries[at]
    path = chances.choice((b"../../planted", b"/tmp/planted", b"items/" + b"a" * 200, one.name))
    record = b"path=" + path + b"\n"
    pax = b"%d %b" % (len(record) + 3 if len(record) < 96 else len(record) + 4, record)
    sparse = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n29 GNU.sparse.realsize=999999\n"
    made = {
        "a pax header": Entry(b"././@PaxHeader", pax, {"type": b"x"}),
        "a global pax header": Entry(b"pax_global_header", pax, {"type": b"g"}),
        "a pax size": Entry(b"././@PaxHeader", b"12 size=999\n", {"type": b"x"}),
        "a GNU long name": Entry(b"././@LongLink", path + b"\0", {"type": b"L"}),
        "a GNU long link": Entry(b"././@LongLink", path + b"\0", {"type": b"K"}),
        "a sparse header": Entry(b"././@PaxHeader", sparse, {"type": b"x"}),
        "a file that climbs": Entry(b"../../planted", b"planted"),
        "a file at the root": Entry(b"/tmp/planted", b"planted"),
        "a link": Entry(b"items/x", b"", {"type": b"2", "linkname": b"/tmp/planted"}),
        "a folder": Entry(b"items/", b"", {"type": b"5", "mode": b"0000700"}),
        "a device": Entry(b"items/x", b"", {"type": b"3"}),
        "an empty file": Entry(b"x", b""),
    }
    said = chances.choice(sorted(made))
    how.append(f"tar: {said} before {one.name.decode('latin1')}")
    return [*entries[:at], made[said], *entries[at:]]


def _ended(entries: list[Entry], at: int, chances: Random, how: list[str]) -> bytes:
    whole = assemble(entries, b"")
    ends = {
        "no end": b"",
        "one block": bytes(BLOCK),
        "two blocks": bytes(2 * BLOCK),
        "half a block more": bytes(2 * BLOCK + 100),
        "a record too many": bytes(2 * BLOCK + -(len(whole) + 2 * BLOCK) % RECORD + RECORD),
        "something in the last record": bytes(2 * BLOCK) + b"planted",
        "another tar": bytes(2 * BLOCK) + assemble(entries),
        "a member behind the end": bytes(2 * BLOCK) + assemble([entries[at]]),
    }
    said = chances.choice(sorted(ends))
    how.append(f"tar: ends with {said}")
    return whole + ends[said]
