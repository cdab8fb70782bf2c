"""A reporter in a real browser with scripts off: what a person does on the pages, the same in Firefox and Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from marionette_driver.errors import MarionetteException
from selenium.common.exceptions import WebDriverException

ANSWER = "iframe[name=answer]"
PROGRESS = "iframe[src^='/progress']"
FORM_BUTTON = "form:has(textarea[name=message]) button"
ENTER = "\ue007"
"""WebDriver's Enter: in a frame that is not wholly in view, Firefox's driver clicks beside what it should click."""
SEND_SECONDS = 120
ANSWER_SECONDS = 20
"""How long a person looks at a frame in which nothing comes before pressing the button once more."""
LOOK_SECONDS = 0.5


class Browser(Protocol):
    """What tests/firefox.py and tests/chromium.py both do."""

    def go(self, url: str, tries: int = 4) -> None: ...
    def find(self, selector: str) -> Any: ...
    def find_all(self, selector: str) -> list[Any]: ...
    def click(self, selector: str) -> None: ...
    def type(self, selector: str, text: str) -> None: ...
    def enter_frame(self, selector: str) -> None: ...
    def leave_frame(self) -> None: ...
    @property
    def source(self) -> str: ...
    @property
    def url(self) -> str: ...


class Reporter:
    """One reporter with a browser, at one drop's address (with its last slash)."""

    def __init__(self, browser: Browser, address: str, language: str = "en") -> None:
        self.browser = browser
        self._address = address
        self._language = language

    def open(self, path: str) -> None:
        self.browser.go(f"{self._address}{path}?l={self._language}")

    def page(self) -> str:
        """Return the path of the page that is shown."""
        return "/" + self.browser.url.removeprefix(self._address).split("?")[0]

    def arrive(self, path: str, text: str = "") -> None:
        """Wait until this page is there, whole, with this text in its source."""
        deadline = time.monotonic() + SEND_SECONDS
        while time.monotonic() < deadline:
            if self.page() == path and self.browser.find_all("footer") and text in self.browser.source:
                return
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"{self.page()} is shown, not {path}")

    def fill_report(self, desks: Sequence[str], mandate: str, message: str, files: Sequence[Path] = ()) -> None:
        self.open("report")
        for desk in desks:
            box = self.browser.find(f"input[name=desk][value={desk}]")
            if not box.is_selected():  # the only open desk is chosen already
                box.click()
        self.browser.click(f"input[name=mandate][value={mandate}]")
        self.browser.type("textarea[name=message]", message)
        for file in files:
            self.browser.type("input[name=files]", str(file))

    def send(self) -> list[str]:
        """Press the form's button and watch until the answer stands in its frame; return what the progress said.

        When nothing comes, press again, as a person does: the browser may have sent over a circuit that had ended.
        """
        seen: list[str] = []
        for _ in range(6):
            self.browser.click(FORM_BUTTON)
            if self._answered(seen):
                return seen
        with self.frame(ANSWER):
            raise AssertionError(f"no answer came; the progress said {seen}; in the frame: {self.browser.source[:600]}")

    def _answered(self, seen: list[str]) -> bool:
        pressed = moved = time.monotonic()
        while time.monotonic() < min(moved + ANSWER_SECONDS, pressed + SEND_SECONDS):
            said = self.progress()
            if said and (not seen or seen[-1] != said):
                seen.append(said)
                moved = time.monotonic()
            with self.frame(ANSWER):
                if self.browser.find_all("#codename, #errors, #ended, .done"):
                    return True
            time.sleep(LOOK_SECONDS)
        return False

    def progress(self) -> str:
        """Return what the progress frame says; nothing in the moment in which it is asked for again.

        Taken from its source in one go: an element found in it may be gone before it is read.
        """
        with self.frame(PROGRESS):
            found = re.search(r'(?s)role="status"[^>]*>(.*?)</div>', self.browser.source)
        return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""

    def answer(self, selector: str) -> str:
        with self.frame(ANSWER):
            return " ".join(str(self.browser.find(selector).text).split())

    def codename(self) -> str:
        """Return the seven words from the receipt in the frame."""
        words = re.sub(r"\d+\.", " ", self.answer("#codename")).split()
        assert len(words) == 7, words
        return " ".join(words)

    def press(self, selector: str) -> None:
        """Press Enter on a button, a link or a folded part, which works wherever on the page it is."""
        self.browser.type(selector, ENTER)

    def delete_reply(self) -> None:
        self.press("article.reply details summary")
        self.press("article.reply details button")
        self.see_gone("article.reply")

    def see_gone(self, selector: str) -> None:
        """Wait until nothing of this stands on the page that comes."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while self.browser.find_all(selector) or not self.browser.find_all("footer"):
            if time.monotonic() > deadline:
                raise AssertionError(f"{selector} is still there")
            time.sleep(LOOK_SECONDS)

    def go_on(self, path: str) -> None:
        """Follow the link of the answer in the frame to this whole page."""
        with self.frame(ANSWER):
            self.press("main a.go")
        deadline = time.monotonic() + SEND_SECONDS
        while time.monotonic() < deadline and self._is_answered():  # also when the new page has the same address
            time.sleep(LOOK_SECONDS)
        self.arrive(path)

    def _is_answered(self) -> bool:
        """Say whether the page with the answer still stands; in the moment in which it goes, a driver may trip."""
        try:
            if not self.browser.find_all(ANSWER):
                return False
            with self.frame(ANSWER):
                return bool(self.browser.find_all("main a.go"))
        except (MarionetteException, WebDriverException):
            return True

    def come_back(self, codename: str, path: str = "/case") -> None:
        self.open("return")
        self.browser.type("[name=codename]", codename)
        self.browser.click("form:has([name=codename]) button")
        self.arrive(path)

    @contextmanager
    def frame(self, selector: str) -> Iterator[None]:
        self.browser.leave_frame()
        self.browser.enter_frame(selector)
        try:
            yield
        finally:
            self.browser.leave_frame()
