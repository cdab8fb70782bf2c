"""A vault's index of names as a running program keeps it: made when it is asked for, and again when marks changed."""

import threading

from dropbox.models import ItemId
from dropbox.workstation import marks
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.together.index import NameIndex, index_of


class Memory:
    """Several threads may ask; what a case was about is forgotten with its notes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[frozenset[ItemId], NameIndex] | None = None

    def follow(self, casebook: Casebook) -> None:
        """Forget the names where this casebook's marks are not those that they come from."""
        with self._lock:
            if self._made is not None and self._made[0] != marks.notes(casebook):
                self._made = None

    def index(self, casebook: Casebook) -> NameIndex:
        """Return the index for this casebook, which `follow` was told of."""
        with self._lock:
            if self._made is None:
                self._made = (marks.notes(casebook), index_of(marks.of_all(casebook)))
            return self._made[1]
