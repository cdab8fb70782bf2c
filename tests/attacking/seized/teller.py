"""The program that is given a seized data folder and nothing else: `python -m tests.attacking.seized.teller DIR OUT`.

It writes down whatever numbers the folder yields about each item and each case, and what it reads there in plain. It
knows our formats and has the drop's own secrets, which lie in the folder. What is true it does not know: the judge
compares.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.attacking.seized import traces
from tests.attacking.seized.pages import PageFile
from tests.attacking.seized.traces import Trace

Features = dict[str, float]
_ID = re.compile(r"[0-9a-f]{32}")
_HEX = re.compile(rb"[0-9a-f]{32,}")
_PKESK = 1
_ITEM_SUFFIXES = (".pgp", ".reply")


def look(folder: Path) -> dict[str, Any]:
    """Return all that the folder tells: features of items and cases, plain claims, and what is left of what was."""
    found = traces.of_folder(folder / "items")  # first: whatever reads a file changes when it was last read
    with _copied(folder) as copy:
        pages = PageFile(copy)
        items, cases = _placed(pages)
        with closing(sqlite3.connect(copy)) as connection:
            connection.row_factory = sqlite3.Row
            _add_files(items, found)
            _add_rows(items, cases, connection, _secret(folder))
            claims = _claims(connection, folder)
        leftovers = pages.longest_leftover()
        free = pages.free_pages
    return {
        "items": {item: features for item, features in items.items() if _is_held(item, found)},
        "cases": {case: cases[case] for case in claims["cases"]},
        "claims": claims,
        "seen_ids": sorted(_ids_anywhere(folder)),
        "free_pages": free,
        "longest_leftover": leftovers,
        "log_bytes": (folder / "store.sqlite-wal").stat().st_size if (folder / "store.sqlite-wal").exists() else 0,
        "strays": sorted(name for name in found if Path(name).suffix not in _ITEM_SUFFIXES),
    }


def _ids_anywhere(folder: Path) -> set[str]:
    """Return whatever could be an id in any byte of any file but the sealed ones, and in their names."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in _ITEM_SUFFIXES)
    found: set[str] = {path.stem for path in (folder / "items").iterdir()}
    for path in files:
        for run in _HEX.findall(path.read_bytes()):
            found |= {run[start : start + 32].decode() for start in range(len(run) - 31)}
    return found


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """Give a copy of the database and its log: to open the very one would write into it."""
    with tempfile.TemporaryDirectory(prefix="sz") as other:
        for path in folder.glob("store.sqlite*"):
            shutil.copyfile(path, Path(other) / path.name)
        shm = Path(other) / "store.sqlite-shm"
        shm.unlink(missing_ok=True)
        copy = Path(other) / "store.sqlite"
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        yield copy


def _secret(folder: Path) -> bytes:
    return (folder / "secret.key").read_bytes()


def _is_held(item: str, found: Mapping[str, Trace]) -> bool:
    return any(f"{item}{suffix}" in found for suffix in _ITEM_SUFFIXES)


def _placed(pages: PageFile) -> tuple[dict[str, Features], dict[str, Features]]:
    """Return where the rows of each id lie: as features `place:TABLE` within `page:TABLE`, `over:TABLE`."""
    items: dict[str, Features] = defaultdict(dict)
    cases: dict[str, Features] = defaultdict(dict)
    seen: Counter[tuple[str, str]] = Counter()
    for cell in pages.cells():
        ids = [text for text in cell.texts if _ID.fullmatch(text)]
        for one in ids[:2]:
            for known in (items, cases):
                where = known[one]
                seen[(cell.table, one)] += 1
                if f"place:{cell.table}" in where:
                    continue  # of several rows the first one
                where[f"place:{cell.table}"] = cell.offset
                where[f"page:{cell.table}"] = cell.page
                if cell.overflow:
                    where[f"over:{cell.table}"] = cell.overflow
    return items, cases


def _add_files(items: dict[str, Features], found: Mapping[str, Trace]) -> None:
    ours = {Path(name).stem: trace for name, trace in found.items() if Path(name).suffix in _ITEM_SUFFIXES}
    for item, trace in ours.items():
        items[item] |= {
            "file bytes": trace.bytes,
            "file blocks": trace.blocks,
            "inode": trace.inode,
            "modified": trace.modified,
            "last read": trace.read,
            "changed": trace.changed,
            "born": trace.born,
            "place in folder": trace.place,
            "place on disk": trace.physical,
            "pieces on disk": trace.extents,
        }
    _add_chains(items, ours)


def _add_chains(items: dict[str, Features], ours: Mapping[str, Trace]) -> None:
    """Whoever copies files one by one gives each copy the number and the place that the one before it has just left:
    so the next copy's are what this file had when it came.
    """
    for by, key in (("birth", lambda item: ours[item].born), ("name", lambda item: item)):
        in_turn = sorted(ours, key=key)
        for item, following in itertools.pairwise(in_turn):
            items[item][f"inode of the next by {by}"] = ours[following].inode
            items[item][f"disk of the next by {by}"] = ours[following].physical


def _add_rows(
    items: dict[str, Features], cases: dict[str, Features], connection: sqlite3.Connection, secret: bytes
) -> None:
    buried = {row["mark"] for row in connection.execute("SELECT mark FROM tombstones")}
    mark_key = blake2b(key=secret, person=b"drop1-tombstone", digest_size=32).digest()
    locks = {row["item_id"]: row["lock"] for row in connection.execute("SELECT * FROM reply_locks")}
    received = Counter(row["item_id"] for row in connection.execute("SELECT item_id FROM receipts"))
    steps = Counter(row["item_id"] for row in connection.execute("SELECT item_id FROM keep_steps"))
    numbers = {row["item_id"]: row["n"] for row in connection.execute("SELECT * FROM desk_log") if row["item_id"]}
    for row in connection.execute("SELECT * FROM items"):
        item = row["item_id"]
        items[item] |= {
            "row bytes": row["bytes"],
            "hidden": row["hidden"],
            "settled": row["settled"],
            "receipts": received[item],
            "steps": steps[item],
            "has a lock": item in locks,
            "lock bytes": len(locks.get(item, b"")),
            "is marked as gone": blake2b(item.encode(), key=mark_key, digest_size=32).hexdigest() in buried,
            "number in the log": numbers.get(item, 0),
            "hash": int(row["sha256"][:12], 16),
            "id": int(item[:12], 16),
        }
    for row in connection.execute("SELECT * FROM cases"):
        cases[row["case_id"]] |= {
            "mandate box bytes": len(row["sealed_mandate"]),
            "mandate box first": row["sealed_mandate"][0],
            "view box bytes": len(row["sealed_view"] or b""),
            "previous index": int(row["previous_index"][:12] or "0", 16),
            "id": int(row["case_id"][:12], 16),
        }


def _claims(connection: sqlite3.Connection, folder: Path) -> dict[str, Any]:
    """Read what stands there in plain."""

    def rows(statement: str) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(statement)]

    items = {row["item_id"]: row for row in rows("SELECT item_id, case_id, kind, day, bytes, hidden FROM items")}
    for item, row in items.items():
        path = folder / "items" / f"{item}{'.pgp' if row['kind'] == 'submission' else '.reply'}"
        row["recipients"] = _recipients(path) if path.exists() and row["kind"] == "submission" else []
        row["has_lock"] = False
    for row in rows("SELECT item_id FROM reply_locks"):
        items[row["item_id"]]["has_lock"] = True
    cases = {
        row["case_id"]: row | {"desks": []}
        for row in rows(
            "SELECT case_id, first_day, last_contact_day, next_number, picked_up, read, answered, withdrawn_day, "
            "first_reply_day FROM cases"
        )
    }
    for row in rows("SELECT case_id, desk_id FROM case_desks ORDER BY desk_id"):
        cases[row["case_id"]]["desks"].append(row["desk_id"])
    return {
        "items": items,
        "cases": cases,
        "receipts": rows("SELECT * FROM receipts"),
        "log": rows("SELECT * FROM desk_log"),
        "vaults": rows(
            "SELECT author, vaults.desk_id AS desk, count(sequence) AS bundles FROM vaults JOIN answers USING (vault) "
            "GROUP BY vaults.vault"
        ),
        "steps": rows("SELECT * FROM keep_steps"),
        "erased": rows("SELECT * FROM erased_desks"),
    }


def _recipients(path: Path) -> list[int]:
    """Return the key type of each recipient of a sealed item, as its packets give it (RFC 4880, section 5.1)."""
    data = path.read_bytes()[:65536]
    found, at = [], 0
    while at < len(data) and data[at] & 0x80:
        tag, at, length = _packet(data, at)
        if tag != _PKESK:
            break
        found.append(data[at + 9])
        at += length
    return found


def _packet(data: bytes, at: int) -> tuple[int, int, int]:
    head = data[at]
    if head & 0x40:
        first = data[at + 1]
        if first < 192:
            return head & 0x3F, at + 2, first
        return head & 0x3F, at + 3, ((first - 192) << 8) + data[at + 2] + 192
    size = 1 << (head & 3)
    return (head >> 2) & 0xF, at + 1 + size, int.from_bytes(data[at + 1 : at + 1 + size], "big")


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(look(Path(sys.argv[1]))), encoding="utf-8")
