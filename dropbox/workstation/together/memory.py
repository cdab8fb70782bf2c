"""What a running program keeps of names: their index, made again when marks changed, and what reporters allow."""

import threading

from dropbox.models import CaseId, ItemId
from dropbox.workstation import marks
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.together.index import NameIndex, index_of
from dropbox.workstation.together.showing import Allowed, CaseLinks, links_of


class Memory:
    """Several threads may ask; what a case was about is forgotten with its notes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: tuple[frozenset[ItemId], NameIndex] | None = None
        self._allowed: Allowed | None = None

    def follow(self, casebook: Casebook) -> None:
        """Forget the names where this casebook's marks are not those that they come from."""
        with self._lock:
            self._allowed = None
            if self._made is not None and self._made[0] != marks.notes(casebook):
                self._made = None

    def index(self, casebook: Casebook) -> NameIndex:
        """Return the index for this casebook, which `follow` was told of."""
        with self._lock:
            if self._made is None:
                self._made = (marks.notes(casebook), index_of(marks.of_all(casebook)))
            return self._made[1]

    def allowed(self, casebook: Casebook) -> Allowed:
        """Return what the reporters in this very casebook allow; another one's word is never taken for it."""
        with self._lock:
            if self._allowed is None or self._allowed.casebook is not casebook:
                self._allowed = Allowed(casebook)
            return self._allowed

    def links(self, casebook: Casebook, case: CaseId) -> CaseLinks:
        """Return what may be said of a case's links. The casebook is one for reading, which nobody changes."""
        return links_of(casebook, self.index(casebook), case, self.allowed(casebook))
