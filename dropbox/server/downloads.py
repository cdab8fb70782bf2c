"""How many bundles each name is fetching: each holds a thread for as long as it takes, and threads are few."""

import threading
from collections import Counter

from dropbox.errors import TooManyDownloads

MOST_OF_ONE = 3
MOST = 16


class Downloads:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: Counter[str] = Counter()

    def begin(self, name: str) -> None:
        """Count one more; TooManyDownloads when this name, or all of them, have as many as they may."""
        with self._lock:
            if self._names[name] >= MOST_OF_ONE or self._names.total() >= MOST:
                raise TooManyDownloads
            self._names[name] += 1

    def end(self, name: str) -> None:
        with self._lock:
            self._names[name] -= 1

    def __len__(self) -> int:
        return self._names.total()
