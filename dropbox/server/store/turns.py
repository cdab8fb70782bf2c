"""One submission at a time in a case: its number and link are taken, sealed in and committed before the next one's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dropbox.errors import Busy
from dropbox.models import CaseId


class CaseTurns:
    """A lock per case, there as long as somebody holds it or waits."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[CaseId, tuple[threading.Lock, int]] = {}

    @contextmanager
    def hold(self, case: CaseId, wait_seconds: float) -> Iterator[None]:
        lock = self._enter(case)
        try:
            if not lock.acquire(timeout=wait_seconds):
                raise Busy
            try:
                yield
            finally:
                lock.release()
        finally:
            self._leave(case)

    def _enter(self, case: CaseId) -> threading.Lock:
        with self._guard:
            lock, users = self._locks.get(case, (threading.Lock(), 0))
            self._locks[case] = (lock, users + 1)
            return lock

    def _leave(self, case: CaseId) -> None:
        with self._guard:
            lock, users = self._locks.pop(case)
            if users > 1:
                self._locks[case] = (lock, users - 1)
