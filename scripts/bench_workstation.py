"""Measures the desk page over HTTP with a vault of many cases: how fast its table pages, filters and searches, in how
much memory. The casebook is real and sealed; some of its items are real too, and unsealed for the search.
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from unittest import mock

from dropbox.workstation.vault import open_vault
from scripts.bench_figures import Figure, timed
from tests.casebooks import many
from tests.envelopes import Case
from tests.factories_bundles import Investigator, World, people, world

MAX_MS = 100
MAX_MIB = 500
_ASKED = {"words": "", "mandate": "", "state": "", "tag": "", "assignee": ""}
_MEASURES: Mapping[str, tuple[dict[str, str], str]] = {
    "the first page": ({}, "/"),
    "a page far behind": ({}, "/?page=150"),
    "another order": ({}, "/?sort=assignee"),
    "a filter on mandate, unread and overdue": ({"mandate": "listen", "unread": "1", "overdue": "1"}, "/"),
    "a filter on a tag": ({"tag": "tag 7"}, "/"),
    "a search for two words": ({"words": "happened alderman"}, "/"),
    "a search for a word that every text has": ({"words": "happened"}, "/"),
    "the calendar": ({}, "/calendar"),
}


def figures(cases: int, unsealed: int, rounds: int) -> list[Figure]:
    """Make a vault of so many cases, `unsealed` of them with a real sealed report, and ask its page for its table."""
    with people() as homes, world(homes) as here:
        _fill(here, cases, unsealed)
        with _open(here.anna) as page:
            first = timed(page.get) * 1000
            page.unseal_all(unsealed)
            found = [_measure(page, what, cases, rounds) for what in _MEASURES]
            peak = page.peak_mib()
    opening = Figure(
        f"Desk page, {cases} cases: opening the sealed casebook at the start", f"{first:.0f} ms", "-", True, ""
    )
    what = f"Desk page, {cases} cases, {unsealed} of them unsealed: peak memory"
    return [*found, opening, Figure(what, f"{peak:.0f} MiB", f"< {MAX_MIB}", peak < MAX_MIB, "")]


def _fill(here: World, cases: int, unsealed: int) -> None:
    for number in range(unsealed):
        here.drop.send(Case(), f"What happened to the {('alderman', 'clerk', 'mayor')[number % 3]}, {number}. " * 20)
    here.start()
    here.anna.ok("import", here.drop.pickup())
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(here.anna.home)}), open_vault(here.anna.vault) as vault:
        many(vault.casebook, cases - unsealed)
        vault.save()


def _measure(page: _Page, what: str, cases: int, rounds: int) -> Figure:
    asked, path = _MEASURES[what]
    page.ask(asked)
    page.get(path)
    times = [timed(lambda: page.get(path)) * 1000 for _ in range(rounds)]
    middle = statistics.median(times)
    value, spread = f"{middle:.0f} ms", f"{min(times):.0f} to {max(times):.0f}"
    return Figure(f"Desk page, {cases} cases: {what}", value, f"< {MAX_MS} ms", middle < MAX_MS, spread)


class _Page:
    """A running desk page and the one browser that was let in."""

    def __init__(self, url: str, process: int) -> None:
        address = urllib.parse.urlsplit(url)
        self._line = HTTPConnection(address.netloc, timeout=120)
        self._process = process
        entered = self._request("GET", address.path)
        self._cookie = (entered[1] or "").split(";")[0]
        self._token: str | None = None

    def get(self, path: str = "/") -> str:
        return self._request("GET", path)[0]

    def ask(self, asked: Mapping[str, str]) -> None:
        self._post("/", _ASKED | dict(asked) if asked else {"clear": "1"})

    def unseal_all(self, expected: int) -> None:
        self._post("/unseal-all", {})
        while "Unsealing for the search" in (shown := self.get("/")):
            time.sleep(0.2)
        known = re.search(r"in the ([\d,]+) of", shown)
        if known is None or int(known[1].replace(",", "")) < expected:
            raise RuntimeError("not every real item could be unsealed")

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def _post(self, path: str, fields: Mapping[str, str]) -> None:
        if self._token is None:
            self._token = self.get("/import").split('name="token" value="')[1].split('"')[0]
        self._request("POST", path, urllib.parse.urlencode({"token": self._token, **fields}))

    def _request(self, method: str, path: str, body: str | None = None) -> tuple[str, str | None]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        cookie = getattr(self, "_cookie", "")
        self._line.request(method, path, body, headers | ({"Cookie": cookie} if cookie else {}))
        answer = self._line.getresponse()
        text = answer.read().decode()
        if answer.status not in (200, 303):
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return text, answer.headers.get("Set-Cookie")


@contextmanager
def _open(of: Investigator) -> Iterator[_Page]:
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeding}; import sys; from dropbox.workstation.main import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "open", "--json", "--no-browser", "--vault", str(of.vault)]
    environment = {**os.environ, "GNUPGHOME": str(of.home), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment) as running:
        try:
            if running.stdout is None:
                raise RuntimeError("the page's address cannot be read")
            yield _Page(json.loads(running.stdout.readline())["url"], running.pid)
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(30)
