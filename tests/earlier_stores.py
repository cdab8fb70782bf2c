"""Stores as earlier versions left them: today's store, with everything taken away that came later."""

import sqlite3
from contextlib import closing
from pathlib import Path

from dropbox.server.store.migrations import STEPS

_UNDONE = {
    "0.2.0": [
        *(
            f"DROP TABLE {name}"
            for name in (
                *("roster_statements", "roster_proposals", "investigators", "canaries", "happenings"),
                *("successions", "epochs", "alembic_version"),
            )
        ),
        "UPDATE drop_meta SET format = 1",
    ],
    "0.1.0_moves": ["DROP TABLE former_desks"],
    "0.1.0_keeping": ["DROP TABLE keep_steps", "DROP TABLE erased_desks"],
    "0.1.0_views": ["UPDATE cases SET sealed_view = NULL"],
    "0.1.0_legal_days": ["ALTER TABLE cases DROP COLUMN sealed_view", "ALTER TABLE cases DROP COLUMN first_reply_day"],
}


def age(data_dir: Path, state: str) -> None:
    """Make a closed store of today one of an earlier state, which bears no stamp as those do not."""
    undone = STEPS[STEPS.index(state) + 1 :]
    with closing(sqlite3.connect(data_dir / "store.sqlite", isolation_level=None)) as database:
        for step in reversed(undone):
            for statement in _UNDONE[step]:
                database.execute(statement)


def shape_of(path: Path) -> dict[str, object]:
    """Return what a database's tables are, however they came to be: columns, keys, links, indexes, no rowids."""
    with closing(sqlite3.connect(path)) as database:
        tables = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
        return {name: _table(database, name, sql) for name, sql in tables.items()}


def _table(database: sqlite3.Connection, name: str, sql: str) -> object:
    def asked(pragma: str, about: str = name) -> list[tuple[object, ...]]:
        return database.execute(f"PRAGMA {pragma}({about})").fetchall()

    indexes = {index[1]: (*index[2:], asked("index_info", str(index[1]))) for index in asked("index_list")}
    return asked("table_info"), sorted(asked("foreign_key_list")), indexes, "WITHOUT ROWID" in sql
