"""What a flood consists of: requests that are as whole as a browser's, each costing the drop as much as it can."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from dropbox.words import WORDS
from tests.attacking.flood.stage import WIDE, Stage, TorVisitor
from tests.attacking.flood.tide import Make
from tests.visitor import multipart

FORMS = 3
FILE_BYTES = 20_000
_PATHS = ("/", "/report", "/safety", "/about", "/keys", "/return", "/look.css")


@dataclass(frozen=True)
class Filled:
    """One form that the flood fetched for itself: where it goes, its token, and the visit that it is tied to."""

    action: str
    token: str
    cookie: str


Flood = Callable[[Stage, str, random.Random], Make]


def pages(stage: Stage, _circuit: str, _chances: random.Random) -> Make:
    return lambda number: _request("GET", _PATHS[number % len(_PATHS)], stage.host)


def reports(stage: Stage, circuit: str, chances: random.Random) -> Make:
    """Whole first reports with valid tokens, each with another text."""
    forms = _forms(stage, circuit, "/report", "message")

    def make(number: int) -> bytes:
        filled = forms[number % len(forms)]
        text = f"{number} " + " ".join(chances.choices(WORDS, k=100))
        fields = [("token", filled.token), ("desk", WIDE), ("mandate", "listen"), ("message", text)]
        return _post(stage, filled, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    return make


def logins(stage: Stage, circuit: str, chances: random.Random) -> Make:
    """Codenames that are none, each of which costs Argon2id."""
    forms = _forms(stage, circuit, "/return", "codename")

    def make(number: int) -> bytes:
        filled = forms[number % len(forms)]
        fields = [("token", filled.token), ("codename", " ".join(chances.choices(WORDS, k=7)))]
        return _post(stage, filled, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    return make


def files(stage: Stage, circuit: str, chances: random.Random) -> Make:
    """Reports with a file."""
    forms = _forms(stage, circuit, "/report", "message")

    def make(number: int) -> bytes:
        filled = forms[number % len(forms)]
        fields = [("token", filled.token), ("desk", WIDE), ("mandate", "listen"), ("message", f"Look, {number}.")]
        body, kind = multipart(fields, [("a.bin", "application/octet-stream", chances.randbytes(FILE_BYTES))])
        return _post(stage, filled, body, kind)

    return make


def mixed(stage: Stage, circuit: str, chances: random.Random) -> Make:
    makes: Sequence[Make] = [kind(stage, circuit, chances) for kind in (pages, reports, logins)]

    def make(number: int) -> bytes:
        return chances.choice(makes)(number)

    return make


KINDS: dict[str, Flood] = {"reports": reports, "logins": logins, "pages": pages, "files": files, "mixed": mixed}


def _forms(stage: Stage, circuit: str, path: str, field: str) -> list[Filled]:
    found = []
    for _ in range(FORMS):
        visitor = TorVisitor(stage.flood_socks, stage.host, circuit)
        form = visitor.get(path).form(field, "token")
        found.append(Filled(form.action, form.hidden["token"], f"visit={visitor.cookies['visit']}"))
    return found


def _request(method: str, path: str, host: str, *more: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept-Language: en", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _post(stage: Stage, filled: Filled, body: bytes, kind: str) -> bytes:
    more = (f"Content-Type: {kind}", f"Content-Length: {len(body)}", f"Cookie: {filled.cookie}")
    return _request("POST", filled.action, stage.host, *more, "Sec-Fetch-Site: same-origin") + body
