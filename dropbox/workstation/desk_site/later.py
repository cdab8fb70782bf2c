"""What was only looked at, kept until something saves the vault anyway: a page that is read waits for no seal.

The lines go into the log with the next page that writes, at the latest some seconds later, and when the program ends.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dropbox.envelope.account import LogAct
from dropbox.models import CaseId
from dropbox.workstation import case_log
from dropbox.workstation.casebook import Casebook

FLUSH_SECONDS = 10.0
Kept = tuple[CaseId, LogAct, tuple[tuple[str, str], ...]]


@dataclass
class Later:
    """Lines that wait to be written; `flush` is called some seconds after the first of them."""

    flush: Callable[[], object]
    _waiting: dict[Kept, None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    def keep(self, case: CaseId, act: LogAct, **details: str) -> None:
        with self._lock:
            self._waiting[case, act, tuple(sorted(details.items()))] = None
            self._start()

    def put_into(self, casebook: Casebook) -> list[Kept]:
        """Add the waiting lines to a casebook that may be saved, each once a day, and return what they were."""
        with self._lock:
            taken = list(self._waiting)
        for case, act, details in taken:
            if case in casebook.cases:
                case_log.add_once(casebook, case, act, **dict(details))
        return taken

    def forget(self, saved: list[Kept]) -> None:
        """Drop what is in the casebook on disk now."""
        with self._lock:
            for each in saved:
                self._waiting.pop(each, None)

    def again(self) -> None:
        """Try later where lines still wait."""
        with self._lock:
            self._timer = None
            if self._waiting:
                self._start()

    def _start(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(FLUSH_SECONDS, self.flush)
            self._timer.daemon = True
            self._timer.start()
