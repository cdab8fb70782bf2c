"""The other reporter: reads, reports and comes back while the flood goes on, by the clock and with a list of promises.

What counts is what a person would see: the time until a page is there whole, and whether seven words that were shown
open a case afterwards.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.visitor import Page, Visitor

BUSY = {429, 503}
PAGES = ("/", "/report", "/safety", "/return", "/look.css")


@dataclass
class Diary:
    """`words`: codenames that were shown. `refused`: pages that said to try again; `broken`: pages that never came."""

    seconds: list[float] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    refused: int = 0
    broken: int = 0
    earlier: int = 0

    def followed_by(self, later: Diary) -> Diary:
        """Return the later one's times with what was promised and suffered in both; `earlier` counts such joinings."""
        return Diary(
            later.seconds,
            [*self.words, *later.words],
            self.refused + later.refused,
            self.broken + later.broken,
            self.earlier + 1,
        )

    @property
    def slowest(self) -> float:
        return max(self.seconds, default=0.0)

    @property
    def typical(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[len(ordered) // 2] if ordered else 0.0


class Bystander:
    """`with Bystander(…) as other:` goes about in the background until the block ends, and finishes what was begun."""

    def __init__(self, visitor: Callable[[], Visitor], desk: str, pause: float = 0.2) -> None:
        self._new, self._desk, self._pause = visitor, desk, pause
        self.diary = Diary()
        self._visitor = visitor()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)

    def __enter__(self) -> Bystander:
        self._visitor.get("/")  # tor makes the way there once, before anybody floods
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join(60)

    def _live(self) -> None:
        round_ = 0
        while not self._ends.is_set():
            for path in PAGES:
                self.timed(lambda path=path: self._visitor.get(path))  # type: ignore[misc]
                self._ends.wait(self._pause)
            if round_ % 2 == 0:
                self.report(f"Seen from the shore, {round_}.")
            round_ += 1

    def report(self, text: str) -> None:
        page = self.timed(lambda: self._visitor.get("/report"))
        if page is None or page.status != 200:
            return
        form = page.form("message", "mandate")
        values = {"desk": [self._desk], "mandate": "listen", "message": text}
        sent = self.timed(lambda: self._visitor.submit(form, values))
        if sent is not None and sent.status == 200:
            self.diary.words.append(sent.codename)

    def timed(self, act: Callable[[], Page]) -> Page | None:
        """Do one thing and note how long it took; None when no page came."""
        begun = time.monotonic()
        try:
            page = act()
        except OSError:
            self.diary.broken += 1
            return None
        finally:
            self.diary.seconds.append(time.monotonic() - begun)
        if page.status in BUSY:
            self.diary.refused += 1
        return page


def lost(diary: Diary, visitor: Callable[[], Visitor]) -> int:
    """Return how many of the codenames that were shown open no case; asked on the machine itself, past every budget."""
    missing = 0
    for words in diary.words:
        person = visitor()
        page = person.submit(person.get("/return").form("codename"), {"codename": words})
        missing += not (page.status == 200 and page.path.startswith("/case"))
    return missing
