"""What one session can search: SQLite in memory, and nowhere else. The table of cases, and every text unsealed so far.

It holds plaintext, so nothing of it may reach a disk: the database has no file, and what SQLite sorts stays in memory.
"""

import json
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from dropbox.errors import ThreadBroken
from dropbox.models import CaseId, Fingerprint, ItemId
from dropbox.workstation import moves
from dropbox.workstation.case_rows import CaseRow, Excerpt, columns_of, joined, row_of, split
from dropbox.workstation.casebook import Casebook, ItemRecord, State, is_shown
from dropbox.workstation.opening import Opened, open_item, unsealed_ahead
from dropbox.workstation.vault import Vault

PAGE_ROWS = 50
MAX_WORDS = 20
MARKS = ("\ue000", "\ue001")
"""Stand around what was found in an excerpt. Private characters, which are taken out of the texts themselves."""
NOBODY = "nobody"
_UNMARKED = str.maketrans(dict.fromkeys(MARKS, ""))
_MARK = re.compile(f"[{''.join(MARKS)}]")
_BLANKS = re.compile(r"\s+")
_EXCERPT_WORDS = 14

_TABLES = """
PRAGMA temp_store = MEMORY;
PRAGMA secure_delete = ON;
CREATE TABLE cases (
    id TEXT PRIMARY KEY, name TEXT, desk TEXT, mandate TEXT, state TEXT, assignee TEXT, tags TEXT,
    received INTEGER, submissions INTEGER, replies INTEGER, unread INTEGER, withdrawn INTEGER,
    acknowledge_by INTEGER, acknowledged INTEGER, acknowledge_met INTEGER, on_its_way INTEGER,
    answer_by INTEGER, answer_met INTEGER, due INTEGER
) WITHOUT ROWID;
CREATE VIRTUAL TABLE texts USING fts5(
    content, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3'
);
CREATE TABLE learned (place INTEGER PRIMARY KEY, item TEXT UNIQUE, owner TEXT);
CREATE INDEX learned_owner ON learned (owner);
CREATE INDEX cases_due ON cases (due IS NULL, due, received DESC, id);
"""
_INSERT = "INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
# the plus keeps SQLite from asking FTS5 once for each row: every time it would put the whole list of hits together
_HITS = "SELECT rowid FROM texts WHERE texts MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"
_SNIPPETS = (
    "SELECT rowid, snippet(texts, 0, ?, ?, '…', ?) FROM texts "
    "WHERE texts MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"
)
SORTS = {
    "due": "due IS NULL, due, received DESC",
    "name": "name",
    "desk": "desk, name",
    "mandate": "mandate, due IS NULL, due",
    "state": "state, due IS NULL, due",
    "unread": "unread DESC, received DESC",
    "acknowledge": "acknowledge_met OR on_its_way OR acknowledge_by IS NULL, acknowledge_by",
    "answer": "answer_met OR answer_by IS NULL, answer_by",
    "received": "received DESC",
    "assignee": "assignee = '', assignee, due IS NULL, due",
    "tags": "tags = '', tags, due IS NULL, due",
}
"""What the table can be sorted by, the first one unless asked otherwise."""


@dataclass(frozen=True)
class Search:
    """What to show of the table; "" and False leave everything in. `assignee` is a fingerprint or NOBODY."""

    words: str = ""
    mandate: str = ""
    state: str = ""
    tag: str = ""
    assignee: str = ""
    unread: bool = False
    overdue: bool = False
    sort: str = "due"
    page: int = 1


@dataclass(frozen=True)
class Found:
    """One page of the table; `total` counts all pages' rows."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    pages: int


class Finder:
    """One session's index. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._base.executescript(_TABLES)
        self._followed: Casebook | None = None

    def follow(self, casebook: Casebook) -> None:
        """Take over what changed in the casebook since the last time."""
        with self._lock:
            changed = _changed(self._followed, casebook)
            rows = [row for case in changed if (row := columns_of(casebook, case)) is not None]
            self._base.execute("BEGIN")
            self._base.executemany("DELETE FROM cases WHERE id = ?", ((case,) for case in changed))
            self._base.executemany(_INSERT, rows)
            self._forget(item for item in self._learned() if not _is_held(casebook, item))
            self._base.execute("COMMIT")
            self._followed = casebook

    def learn(self, *opened: Opened | None) -> None:
        """Make the texts of unsealed items findable; None (an item that would not open) is passed over."""
        with self._lock:
            for each in opened:
                if each is not None and not self.knows(each.record.item):
                    self._learn(each)

    def learn_all(self, vault: Vault, progress: Callable[[int, int], object] = lambda _done, _total: None) -> None:
        """Unseal every item once that cannot be found by its text yet; one that is damaged or gone is passed over."""
        verified = (r for r in _findable(vault.casebook) if not self.knows(r.item))
        sealed = [record for record in verified if vault.path_of(record).is_file()]
        progress(0, len(sealed))
        for done, (record, unsealed) in enumerate(unsealed_ahead(vault, sealed), start=1):
            # its case tells of one that is damaged
            with suppress(ThreadBroken):
                self.learn(Opened(record, open_item(vault, record, unsealed)))
            progress(done, len(sealed))

    def knows(self, item: str) -> bool:
        """Tell whether an item's text can be found."""
        with self._lock:
            return self._base.execute("SELECT 1 FROM learned WHERE item = ?", (item,)).fetchone() is not None

    @property
    def known(self) -> int:
        """How many items can be found by their text."""
        with self._lock:
            return self._number("FROM learned", [])

    def find(self, search: Search, today: date) -> Found:
        """Return one page of the table of cases; a page beyond the last is the last."""
        where, values = _conditions(search, today)
        order = SORTS.get(search.sort, SORTS["due"])
        with self._lock:
            total = self._number(f"FROM cases WHERE {where}", values)
            pages = max(1, -(-total // PAGE_ROWS))
            page = min(max(1, search.page), pages)
            limit = f"LIMIT {PAGE_ROWS} OFFSET {(page - 1) * PAGE_ROWS}"
            rows = self._rows(f"WHERE {where} ORDER BY {order}, id {limit}", values)
            excerpts = self._excerpts([str(row[0]) for row in rows], search.words)
            found = tuple(row_of(row, excerpts.get(str(row[0]))) for row in rows)
        return Found(found, total, page, pages)

    def due(self, most: int) -> tuple[tuple[CaseRow, ...], int]:
        """Return the cases that wait for somebody, the earliest day first, and how many there are of them in all."""
        with self._lock:
            rows = self._rows("WHERE due NOT NULL ORDER BY due, id LIMIT ?", [most])
            return tuple(row_of(row) for row in rows), self._number("FROM cases WHERE due NOT NULL", [])

    def due_on(self, first: date, last: date, most: int) -> dict[date, tuple[tuple[CaseRow, ...], int]]:
        """Return the same for each day of a span that has any: at most so many cases, and how many there are."""
        span = [first.toordinal(), last.toordinal()]
        with self._lock:
            days = self._base.execute(
                "SELECT due, count(*) FROM cases WHERE due BETWEEN ? AND ? GROUP BY due", span
            ).fetchall()
            return {date.fromordinal(day): (self._due_rows(day, most), count) for day, count in days}

    def _due_rows(self, day: int, most: int) -> tuple[CaseRow, ...]:
        return tuple(row_of(row) for row in self._rows("WHERE due = ? ORDER BY id LIMIT ?", [day, most]))

    def tags(self) -> tuple[str, ...]:
        """Return every tag in use, in the order of the alphabet."""
        with self._lock:
            rows = self._base.execute("SELECT DISTINCT tags FROM cases WHERE tags != ''").fetchall()
        return tuple(sorted({tag for (tags,) in rows for tag in split(tags)}))

    def assignees(self) -> tuple[Fingerprint, ...]:
        with self._lock:
            rows = self._base.execute("SELECT DISTINCT assignee FROM cases WHERE assignee != '' ORDER BY 1").fetchall()
        return tuple(Fingerprint(assignee) for (assignee,) in rows)

    def count_overdue(self, today: date) -> int:
        with self._lock:
            return self._number("FROM cases WHERE due < ?", [today.toordinal()])

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._base.close()

    def _learned(self) -> list[str]:
        return [item for (item,) in self._base.execute("SELECT item FROM learned").fetchall()]

    def _forget(self, items: Iterable[str]) -> None:
        """Let go of the texts of items that are in no case, such as one that was quarantined after it was seen."""
        gone = [(item,) for item in items]
        self._base.executemany("DELETE FROM texts WHERE rowid = (SELECT place FROM learned WHERE item = ?)", gone)
        self._base.executemany("DELETE FROM learned WHERE item = ?", gone)
        if gone:
            # a word that is deleted stays in the index until its pieces are merged
            self._base.execute("INSERT INTO texts (texts) VALUES ('optimize')")

    def _number(self, what: str, values: Sequence[object]) -> int:
        return int(self._base.execute(f"SELECT count(*) {what}", values).fetchone()[0])

    def _rows(self, which: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        """Return rows of the table of cases; `which` is made of this module's own words alone."""
        return self._base.execute(f"SELECT * FROM cases {which}", values).fetchall()  # noqa: S608  # nosec B608

    def _learn(self, opened: Opened) -> None:
        record = opened.record
        text = "\n".join(_texts(opened)).translate(_UNMARKED)
        place = self._base.execute("INSERT INTO texts VALUES (?)", (text,)).lastrowid
        self._base.execute("INSERT INTO learned VALUES (?, ?, ?)", (place, record.item, record.case))

    def _excerpts(self, cases: Sequence[str], words: str) -> dict[str, Excerpt]:
        """Return for each of these cases where the words were found first, for those in whose texts they were."""
        match = _match(words)
        if not match:
            return {}
        theirs = self._base.execute(
            "SELECT place, item, owner FROM learned "
            "WHERE owner IN (SELECT value FROM json_each(?)) ORDER BY place DESC",
            (json.dumps(cases),),
        ).fetchall()
        hits = {place for (place,) in self._base.execute(_HITS, (match, json.dumps([each[0] for each in theirs])))}
        chosen = {owner: (place, item) for place, item, owner in theirs if place in hits}
        places = json.dumps([place for place, _ in chosen.values()])
        shown = dict(self._base.execute(_SNIPPETS, (*MARKS, _EXCERPT_WORDS, match, places)).fetchall())
        return {owner: Excerpt(item, _pieces(shown[place])) for owner, (place, item) in chosen.items()}


def _pieces(marked: str) -> tuple[str, ...]:
    return tuple(_MARK.split(_BLANKS.sub(" ", marked)))


def _texts(opened: Opened) -> Iterator[str]:
    """Give everything in an item that a person wrote."""
    envelope = opened.envelope
    yield envelope.message.reveal()
    yield from envelope.header.answers.values()
    yield from (attachment.name for attachment in envelope.index.attachments)


def _changed(before: Casebook | None, after: Casebook) -> set[CaseId]:
    if before is None:
        return set(after.cases)
    changed = {record.case for item, record in after.items.items() if _differs(before.items.get(item), record)}
    gone = {record.case for item, record in before.items.items() if item not in after.items}
    return changed | gone | (set(after.cases) ^ set(before.cases))


def _is_held(casebook: Casebook, item: str) -> bool:
    record = casebook.items.get(ItemId(item))
    return record is not None and record.state is State.VERIFIED and not moves.is_away(casebook, record.case)


def _findable(casebook: Casebook) -> Iterator[ItemRecord]:
    """Give what stands in a case that this desk has; what it handed over is searched no more."""
    records = (record for record in casebook.items.values() if is_shown(record))
    return (record for record in records if not moves.is_away(casebook, record.case))


def _differs(before: ItemRecord | None, after: ItemRecord) -> bool:
    return before is not after and before != after


def _conditions(search: Search, today: date) -> tuple[str, list[object]]:
    """Return the WHERE clause, of our own words only, and the values for its question marks."""
    parts: list[tuple[str, tuple[object, ...]]] = [("1", ())]
    if search.mandate:
        parts.append(("mandate = ? AND withdrawn IS NULL", (search.mandate,)))
    if search.state:
        parts.append(("state = ?", (search.state,)))
    if search.tag:
        parts.append(("instr(tags, ?)", (joined([search.tag]),)))
    if search.assignee:
        parts.append(("assignee = ?", ("" if search.assignee == NOBODY else search.assignee,)))
    if search.unread:
        parts.append(("unread > 0", ()))
    if search.overdue:
        parts.append(("due < ?", (today.toordinal(),)))
    if search.words:
        parts.append(_wording(search.words))
    return " AND ".join(f"({text})" for text, _ in parts), [value for _, values in parts for value in values]


def _wording(words: str) -> tuple[str, tuple[object, ...]]:
    """Find by a text, by the two words of a case's name, or by the first digits of its id."""
    plain = " ".join(words.lower().replace("-", " ").split())
    by_name = "instr(name, ?) OR substr(id, 1, length(?)) = ?"
    match = _match(words)
    if not match:
        return by_name, (plain, plain, plain)
    in_texts = "id IN (SELECT owner FROM learned WHERE place IN (SELECT rowid FROM texts WHERE texts MATCH ?))"
    return f"{by_name} OR {in_texts}", (plain, plain, plain, match)


def _match(words: str) -> str:
    """Return an FTS5 query for all of these words, as beginnings of words; what stands in quotation marks, together.

    Every word is quoted, so that none of them can be an operator.
    """
    found = re.findall(r'"([^"]+)"|([^\s"]+)', words)[:MAX_WORDS]
    terms = [f'"{phrase}"' if phrase else f'"{word}"*' for phrase, word in found if re.search(r"\w", phrase or word)]
    return " AND ".join(terms)


def has_words(words: str) -> bool:
    """Tell whether there is anything in a text to look for."""
    return bool(_match(words))
