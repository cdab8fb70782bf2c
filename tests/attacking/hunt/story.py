"""What a reporter and an investigator do while everything is watched: each text of theirs is a canary."""

from __future__ import annotations

import re
import time
import urllib.parse
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from pathlib import Path

from dropbox import config
from dropbox.codename import parse
from dropbox.server.drop import Drop
from tests.attacking.hunt.needles import Needles, needles, stem
from tests.journeys.world import World, come_back
from tests.visitor import Page, Visitor, multipart

MIB = 1 << 20
TEXTS = (
    "message", "answer", "file name", "small file", "large file", "follow-up", "text with a mandate change",
    "reply", "reply file name", "reply file", "refused text", "broken upload",
)  # fmt: skip
ALLOW = "allow_swap = true\nmin_free_mib = 16"
WHERE = """id = "where"\ntext.en = "Where was that?"\ntext.nl = "Waar was dat?\""""


@dataclass
class Story:
    """One case from its report to its reply's end. `cookies`: of the sessions that were begun."""

    world: World
    own: Path
    large_mib: int
    stems: dict[str, str] = field(default_factory=lambda: {kind: stem() for kind in TEXTS})
    codename: str = ""
    cookies: list[str] = field(default_factory=list)

    def report(self) -> None:
        """Send a report with an answer and two files, and close the browser without leaving."""
        reporter = self.world.drop.visitor()
        large = (f"{self.stems['large file']} {'x' * 40}\n" * 20_000)[:MIB] * self.large_mib
        small = f'{self.stems["small file"]} & "quoted" é\n' * 20
        files = [
            (f"{self.stems['file name']} é&.txt", "text/plain", small.encode()),
            (f"{self.stems['file name']}-2.bin", "application/octet-stream", large.encode()),
        ]
        form = reporter.get("/report").form("message", "mandate")
        values = {"mandate": "listen", "message": self._text("message"), "answer-where": self._text("answer")}
        page = reporter.submit(form, {"desk": ["advisers"], **values}, files)
        self.codename = page.codename
        self._keep(reporter)
        reporter.get("/leave")

    def be_refused(self) -> None:
        """Send what is too long and comes back with the form, and an upload that breaks off in its middle."""
        reporter = self.world.drop.visitor()
        form = reporter.get("/report").form("message", "mandate")
        values = {"desk": ["advisers"], "mandate": "listen", "message": self._text("refused text") * 1000}
        page = reporter.submit(form, values)
        assert page.status == 400, "it was not refused"
        assert self.stems["refused text"] in page.text
        values["message"] = self._text("broken upload")
        content = f"{self.stems['broken upload']}\n".encode() * 20_000
        fields = reporter.filled(page.form("message", "mandate"), values)
        body, kind = multipart(fields, [(f"{self.stems['broken upload']}.txt", "text/plain", content)])
        self._send_half(reporter, form.action, body, kind)

    def _send_half(self, reporter: Visitor, path: str, body: bytes, kind: str) -> None:
        """Say how long the body is, send half of it, and go."""
        connection = reporter.connection()
        connection.putrequest("POST", path)
        cookies = "; ".join(f"{name}={value}" for name, value in reporter.cookies.items())
        for header in (("Cookie", cookies), ("Content-Type", kind), ("Content-Length", str(len(body)))):
            connection.putheader(*header)
        connection.endheaders()
        connection.send(body[: len(body) // 2])
        time.sleep(0.5)
        connection.close()

    def go_on(self) -> None:
        """Come back by codename, write on, change the mandate, and leave."""
        reporter = self._returned()
        page = reporter.get("/case")
        reporter.submit(page.form("message"), {"message": self._text("follow-up")})
        changed = {"message": self._text("text with a mandate change"), "mandate": "advise"}
        assert reporter.submit(reporter.get("/case").form("message"), changed, []).status == 200
        reporter.get("/leave")

    def answer(self) -> None:
        """Have a real workstation answer with a text and a file."""
        self.world.fetch("anna")
        text, attached = self.own / "reply.txt", self.own / f"{self.stems['reply file name']}.txt"
        text.write_text(self._text("reply"))
        attached.write_text(f"{self.stems['reply file']}\n" * 40_000)
        anna = self.world.members["anna"]
        anna.run("reply", anna.json("cases")[0]["case"], "--text-file", text, "--attach", attached)
        self.world.bring("anna")

    def read(self, *, leave: bool = True) -> None:
        """Read the reply, take its file, see a wrong codename refused; then leave, or close the browser.

        The browser of who leaves keeps one of its connections open, on which the case was shown.
        """
        reporter = self._returned()
        page = reporter.get("/case")
        shown = page.text + self._download(reporter, page).text
        for kind in ("reply", "reply file name", "reply file"):
            assert self.stems[kind] in shown, f"the {kind} was never shown, so finding none says nothing"
        wrong = self.world.drop.visitor()
        come_back(wrong, " ".join(reversed(self.codename.split())))
        come_back(wrong, f"{self.codename} zzz")
        if leave:
            self._kept_open = reporter.connection()
            self._kept_open.request("GET", "/case", headers={"Cookie": f"session={reporter.cookies['session']}"})
            assert self.stems["reply"] in self._kept_open.getresponse().read().decode()
            reporter.get("/leave")

    def needles(self) -> Needles:
        """Return what to look for, the keys that the codename yields and those of the sessions with it."""
        with Drop.open(config.load(self.world.drop.config)) as drop:
            keys = drop.derivation.derive(parse(self.codename))
        named = {"root": keys.root, "lookup id": keys.lookup_id}
        named |= {"reply key": bytes(keys.reply_key), "case key": bytes(keys.case_key)}
        sessions = {f"session key {number}": self._key(cookie) for number, cookie in enumerate(self.cookies, 1)}
        return needles(self.stems, named | sessions, self.codename)

    @staticmethod
    def _key(cookie: str) -> bytes:
        return urlsafe_b64decode(cookie.split(".", maxsplit=1)[0])

    def _text(self, kind: str) -> str:
        return f'{self.stems[kind]}: "so" & <b>that</b> é €\n' * 3

    def _returned(self) -> Visitor:
        reporter = self.world.drop.visitor()
        assert come_back(reporter, self.codename).status == 200
        self._keep(reporter)
        return reporter

    def _keep(self, reporter: Visitor) -> None:
        self.cookies += [value for name, value in reporter.cookies.items() if "sess" in name.lower()]

    @staticmethod
    def _download(reporter: Visitor, page: Page) -> Page:
        link = re.findall(r'href="(/case/reply/[^"]+)"', page.text)[0]
        return reporter.get(urllib.parse.unquote(link))
