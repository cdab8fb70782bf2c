"""The desk page as an investigator meets it: `dropbox-workstation open` as a process, a browser that works in it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.chromium import Chromium
from tests.drop_process import BIN
from tests.firefox import Firefox
from tests.journeys.world import Member

Browser = Firefox | Chromium
SECONDS = 60.0


class DeskProcess:
    """`with DeskProcess(member) as desk:` runs the desk page until the block ends; `link` opens it, once."""

    def __init__(self, member: Member, **env: str) -> None:
        self._member = member
        self._env = {**os.environ, **member.env, **env}
        self.link = ""
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> DeskProcess:
        command: list[str | Path] = [BIN / "dropbox-workstation", "open", "--no-browser", "--vault", self._member.vault]
        self.process = subprocess.Popen(
            command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://\S+", line):
                self.link = found[0]
                return self
        raise AssertionError("the desk page did not start")

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise

    @property
    def address(self) -> str:
        return self.link.split("/enter/")[0]


class Hands:
    """What a person does in either browser: follow a link, fill a form in, press a button, read."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    def go(self, path: str) -> None:
        self.browser.go(self.address + path)

    def follow(self, selector: str) -> None:
        self.leave_by(lambda: self.browser.click(selector))

    def press(self, form: str, button: str = "button") -> None:
        self.leave_by(lambda: self.browser.click(f"{form} {button}"))

    def fill(self, field: str, text: str) -> None:
        place = self.browser.find(field)
        place.clear()
        place.send_keys(text)

    def attach(self, field: str, path: Path) -> None:
        self.browser.type(field, str(path))

    def choose(self, field: str, value: str) -> None:
        self.browser.click(f"{field} option[value='{value}']")

    def read(self, selector: str = "main") -> str:
        return str(self.browser.find(selector).text)

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Load the page again, as a reader would, until something holds."""
        until = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < until, self.read()
            time.sleep(0.2)
            self.browser.go(self.browser.url)

    def leave_by(self, act: Callable[[], Any]) -> None:
        """Do what leads to another page, and wait until that page stands in the place of this one."""
        before = self.browser.find("html").id
        act()
        until = time.monotonic() + SECONDS
        while self._standing() in {before, ""}:
            assert time.monotonic() < until, self.browser.url
            time.sleep(0.05)

    def _standing(self) -> str:
        try:
            standing = str(self.browser.find("html").id)
            return standing if self.browser.find_all("body > footer") else ""
        except Exception:  # between two pages there is none, and each driver says so in its own words
            return ""
