"""Investigators with real vaults: what waits is fetched, read and answered, and the answers are brought back.

One goes by the courier's site, another by the operator's hands: export and import by command. Both bring what they
brought before again, now and then.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import ready_commands
from tests.attacking.crash.ledger import Answer, Case, Ledger, mark_of
from tests.attacking.crash.reporters import CUT_OFF, is_our_page
from tests.drop_process import BIN
from tests.journeys.world import Member
from tests.visitor import Page, Visitor, multipart

BUNDLE_LINK = re.compile(r'href="(/bundle/[^"]+)"')
KEPT_BUNDLES = 3


def run(program: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> ready_commands.Done:
    """Run one of our commands; it may be killed on the way."""
    given = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    return ready_commands.run(BIN / program, [*map(str, arguments)], given)


def says_why(err: str) -> bool:
    """Tell whether a command that failed said why, in words of ours; a line of its log may stand before."""
    lines = err.splitlines()
    return any(line.startswith("error: ") and "unexpected" not in line for line in lines) and "Traceback" not in err


class Refused(Exception):
    """The server did not do it, and said so, or was cut off: it is tried again later."""


class ByCommand:
    """The operator exports and imports with commands beside the server."""

    def __init__(self, config: Path, desk: str, ledger: Ledger) -> None:
        self._config, self._desk, self._ledger = config, desk, ledger

    def fetch(self, target: Path) -> None:
        self._do("export", "--desk", self._desk, target, target=target)

    def bring(self, bundle: Path) -> None:
        self._do("import", bundle)

    def _do(self, name: str, *arguments: str | Path, target: Path | None = None) -> None:
        done = run("dropbox-server", name, *arguments, "--config", self._config)
        if done.code:
            if target is not None and target.exists():
                self._complain(name, done, "left a file under the name of a bundle")
            if done.code > 0:  # it was not killed: then it must have a reason, and say it
                self._complain(name, done, f"exit {done.code}: {done.err.strip()[-300:]}")
            raise Refused

    def _complain(self, name: str, done: ready_commands.Done, what: str) -> None:
        self._ledger.complain(f"{name} by command: {what}")


@dataclass
class BySite:
    """An investigator's own visits to the courier's site. It is signed in again whenever it has to be."""

    visitor: Visitor
    name: str
    words: str
    desk: str
    ledger: Ledger

    def fetch(self, target: Path) -> None:
        page = self.home()
        form = next(form for form in page.forms if ("desk", self.desk) in form.fields)
        link = BUNDLE_LINK.search(self._checked(self.visitor.submit(form)).text)
        if link is None:
            raise Refused
        bundle = self.visitor.request("GET", link[1].replace("&amp;", "&"))
        if bundle.status != 200:
            raise Refused
        target.write_bytes(bundle.body)

    def bring(self, bundle: Path) -> None:
        form = self.home().form_to("/bring")
        body, kind = multipart(form.fields, [(bundle.name, "application/x-tar", bundle.read_bytes())])
        body = body.replace(b'name="files"', b'name="bundle"')
        page = self._checked(self.visitor.request("POST", form.action, body, kind))
        if 'class="done"' not in page.text:
            self.ledger.complain(f"the courier's site refused a bundle: {page.text[page.text.find('<main') :][:300]}")
            raise Refused

    def home(self) -> Page:
        page = self._checked(self.visitor.get("/"))
        if any("passphrase" in form.names for form in page.forms):
            page = self.visitor.submit(page.form("passphrase"), {"name": self.name, "passphrase": self.words})
            page = self._checked(page)
        return page

    def _checked(self, page: Page) -> Page:
        if not is_our_page(page):
            self.ledger.complain(f"courier {page.path}: {page.status} without a page of ours")
        if page.status != 200:
            raise Refused
        return page


@dataclass
class Investigator:
    """One thread's member and vault. `name`: letters only, for the marks of replies."""

    name: str
    member: Member
    way: ByCommand | BySite
    chances: random.Random
    ledger: Ledger
    folder: Path
    written: list[Answer] = field(default_factory=list)
    brought: list[Path] = field(default_factory=list)
    held: dict[Path, list[Answer]] = field(default_factory=dict)
    files: int = 0
    fetched: int = 0
    answers: int = 0

    def act(self) -> None:
        """Fetch, write or bring."""
        acts: list[Callable[[], None]] = [self.fetch]
        if self.fetched:
            acts += [self._write, self._write, self.bring]
        if self.brought:
            acts.append(self._bring_again)
        try:
            self.chances.choice(acts)()
        except (*CUT_OFF, Refused):
            return

    def fetch(self) -> None:
        bundle = self._path("pickup")
        try:
            self.way.fetch(bundle)
            told = self._vault("import", bundle)
        finally:
            bundle.unlink(missing_ok=True)
        self.fetched += 1
        for what in ("quarantined", "alarms", "missing"):
            if told.get(what):
                self.ledger.complain(f"vault {self.name}: {what}: {told[what]}")

    def bring(self) -> None:
        """Export everything that is not confirmed, and bring it; what it holds then counts as taken in."""
        self.bring_this(self.exported())

    def exported(self) -> Path:
        bundle = self._path("answer")
        self.held[bundle] = list(self.written)
        self._vault("export", bundle)
        return bundle

    def bring_this(self, bundle: Path) -> None:
        self.way.bring(bundle)
        for answer in self.held[bundle]:
            answer.imported = True
        self.brought = [*self.brought, bundle][-KEPT_BUNDLES:]

    def cases(self) -> list[dict[str, Any]]:
        return list(self._vault("cases"))

    def read(self, case: str) -> dict[str, Any]:
        return dict(self._vault("read", case))

    def _bring_again(self) -> None:
        self.way.bring(self.chances.choice(self.brought))

    def _write(self) -> None:
        rows = self.cases()
        if rows:
            self.write(self.chances.choice(rows)["case"])

    def write(self, case: str) -> Case:
        """Write a reply to a case of this vault."""
        marks = [mark_of(item["text"]) for item in self.read(case)["items"]]
        known = next((found for mark in marks if (found := self.ledger.case_of(mark))), None)
        if known is None:
            self.ledger.complain(f"vault {self.name}: nobody sent case {case}")
            raise Refused
        self.answers += 1
        answer = self.ledger.write(known, f"{self.name}{self.answers}x{self.chances.randrange(10**6)}")
        text = self._path("text")
        text.write_text(f"{answer.mark} is what we say.", encoding="utf-8")
        self._vault("reply", case, "--text-file", text, excused=lambda: known.withdrawing)
        self.written.append(answer)
        text.unlink()
        return known

    def _vault(self, name: str, *arguments: str | Path, excused: Callable[[], bool] = lambda: False) -> Any:
        """Run a command on the vault; it must not fail, unless it is `excused`: nobody answers what was withdrawn."""
        done = run("dropbox-workstation", name, *arguments, "--vault", self.member.vault, "--json", env=self.member.env)
        if done.code and excused():
            raise Refused
        if done.code:
            self.ledger.complain(f"vault {self.name}: {name}: exit {done.code}: {done.err.strip()[-300:]}")
            raise Refused
        return json.loads(done.out) if done.out.strip() else {}

    def _path(self, what: str) -> Path:
        self.files += 1
        return self.folder / f"{self.name}-{what}-{self.files}"
