"""A SQLite file as it lies on the disk: which cell of which table stands where, and what the gaps still hold.

By the file format's own description (sqlite.org/fileformat2.html). All tables here are WITHOUT ROWID, so each is an
index b-tree whose cells begin with the key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_INTERIOR, _LEAF = 0x02, 0x0A
_FIXED = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}


@dataclass(frozen=True)
class Cell:
    """One row of a table or index: its texts, the page and the place in it, the first overflow page (0: none)."""

    table: str
    page: int
    offset: int
    overflow: int
    texts: tuple[str, ...]


class PageFile:
    """The bytes of a database, and the roots of its trees. It is given a copy, and changes nothing in it either."""

    def __init__(self, copy: Path) -> None:
        self.data = copy.read_bytes()
        written = int.from_bytes(self.data[16:18], "big")
        self.size = 65536 if written == 1 else written
        self.usable = self.size - self.data[20]
        with closing(sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)) as connection:
            found = connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 0")
            self.roots = dict(found.fetchall())

    @property
    def free_pages(self) -> int:
        return int.from_bytes(self.data[36:40], "big")

    def cells(self) -> Iterator[Cell]:
        for table, root in self.roots.items():
            yield from self._walk(table, root)

    def longest_leftover(self) -> int:
        """Return the longest run of bytes that are not zero in a place that no row uses: the gaps of tree pages."""
        gaps = (self._gaps(number) for number in {cell.page for cell in self.cells()})
        return max((len(run) for gap in gaps for run in gap.split(b"\0")), default=0)

    def _page(self, number: int) -> bytes:
        return self.data[(number - 1) * self.size : number * self.size]

    def _walk(self, table: str, number: int) -> Iterator[Cell]:
        page = self._page(number)
        kind = page[0]
        if kind not in {_INTERIOR, _LEAF}:
            return
        count = int.from_bytes(page[3:5], "big")
        start = 12 if kind == _INTERIOR else 8
        for index in range(count):
            offset = int.from_bytes(page[start + 2 * index : start + 2 * index + 2], "big")
            if kind == _INTERIOR:
                yield from self._walk(table, int.from_bytes(page[offset : offset + 4], "big"))
            yield self._cell(table, number, page, offset, offset + (4 if kind == _INTERIOR else 0))
        if kind == _INTERIOR:
            yield from self._walk(table, int.from_bytes(page[8:12], "big"))

    def _cell(self, table: str, number: int, page: bytes, offset: int, at: int) -> Cell:
        payload, at = _varint(page, at)
        local = self._local(payload)
        overflow = int.from_bytes(page[at + local : at + local + 4], "big") if local < payload else 0
        return Cell(table, number, offset, overflow, tuple(_texts(page[at : at + local])))

    def _local(self, payload: int) -> int:
        most = (self.usable - 12) * 64 // 255 - 23
        least = (self.usable - 12) * 32 // 255 - 23
        if payload <= most:
            return payload
        wanted = least + (payload - least) % (self.usable - 4)
        return wanted if wanted <= most else least

    def _gaps(self, number: int) -> bytes:
        """Return what lies between the rows of a tree page; the gaps apart by a zero."""
        page = self._page(number)
        start = (12 if page[0] == _INTERIOR else 8) + 2 * int.from_bytes(page[3:5], "big")
        gaps = [page[start : int.from_bytes(page[5:7], "big") or 65536]]
        block = int.from_bytes(page[1:3], "big")
        while block:
            size = int.from_bytes(page[block + 2 : block + 4], "big")
            gaps.append(page[block + 4 : block + size])
            block = int.from_bytes(page[block : block + 2], "big")
        return b"\0".join(gaps)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = data[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    raise AssertionError


def _texts(record: bytes) -> Iterator[str]:
    """Yield the texts of a record, as far as they stand in its page."""
    head, at = _varint(record, 0)
    body = head
    while at < head:
        serial, at = _varint(record, at)
        length = _FIXED.get(serial, (serial - 12) // 2)
        if serial >= 13 and serial % 2 and body + length <= len(record):
            yield record[body : body + length].decode("utf-8", "replace")
        body += length
