"""What one session can search: SQLite in memory, and nowhere else. The table of cases, and every text unsealed so far.

It holds plaintext, so nothing of it may reach a disk: the database has no file, and what
SQLite sorts stays in memory.
"""

import sqlite3
import threading

from dropbox.workstation.casebook import Casebook
from dropbox.workstation.opening import Opened


class Finder:
    """One session's index. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA temp_store = MEMORY")

    def follow(self, casebook: Casebook) -> None:
        """Take over what changed in the casebook since it was last shown."""

    def learn(self, *opened: Opened | None) -> None:
        """Make the texts of unsealed items findable; None (an item that would not open) is passed over."""
