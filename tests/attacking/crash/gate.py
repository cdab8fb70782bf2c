"""What lets people act, or has them wait: while the folder is looked at, nobody may be in the middle of anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 120.0


class Gate:
    """Open at first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._open = True

    @contextmanager
    def act(self) -> Iterator[None]:
        """Go through when the gate is open, and be inside until the block ends."""
        with self._changed:
            while not self._open:
                self._changed.wait()
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let nobody in any more, and wait until everybody is out; TimeoutError when somebody stays."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._changed:
            self._open = False
            while self._inside:
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError("somebody is still in the middle of something")
        try:
            yield
        finally:
            with self._changed:
                self._open = True
                self._changed.notify_all()
