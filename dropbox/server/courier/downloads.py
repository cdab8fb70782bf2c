"""How many bundles each name is fetching: each holds a thread for as long as it takes, and threads are few."""

import threading

from dropbox.errors import TooManyDownloads

MOST_OF_ONE = 3
MOST = 16


class Download:
    """One that is going on, until `end`; ending it again is harmless."""

    def __init__(self, downloads: "Downloads", name: str) -> None:
        self._downloads = downloads
        self.name = name

    def end(self) -> None:
        self._downloads.end(self)


class Downloads:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going_on: set[Download] = set()

    def begin(self, name: str) -> Download:
        """Count one more; TooManyDownloads when this name, or all of them, have as many as they may."""
        with self._lock:
            if len(self._going_on) >= MOST or sum(each.name == name for each in self._going_on) >= MOST_OF_ONE:
                raise TooManyDownloads
            download = Download(self, name)
            self._going_on.add(download)
            return download

    def end(self, download: Download) -> None:
        with self._lock:
            self._going_on.discard(download)

    def __len__(self) -> int:
        return len(self._going_on)
