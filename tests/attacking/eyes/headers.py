"""Every page and every error answer of both sites held to OWASP's list of headers (owasp.json)."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.attacking.eyes.accepted import Pointed

LIST = Path(__file__).with_name("owasp.json")
RAW = {
    "no request at all": b"\x00\x01\x02\r\n\r\n",
    "a huge header": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    "two lengths": b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "chunks": b"POST /report HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a form too large": b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n",
}
"""What no page is made for: the server itself answers, before the site."""
METHODS = ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "POST", "NOSUCH")


@dataclass(frozen=True)
class Answer:
    """An answer as it came: its status, headers with their names as sent, and whether it is a page."""

    what: str
    status: int
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str:
        return ", ".join(value for each, value in self.headers if each.lower() == name.lower())


def load() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(LIST.read_text(encoding="utf-8"))
    return loaded


def faults(answer: Answer, owasp: Mapping[str, Any]) -> Iterator[Pointed]:
    """Yield each header of the list that is missing, says something else, or should not be there."""
    for name, wanted in owasp["add"].items():
        said = answer.get(name).lower()
        if name == "Cache-Control" and said == "no-cache":
            yield _pointed("Cache-Control no-cache", answer, "a browser may keep this page until it has asked again")
        elif name == "X-Frame-Options" and said == "sameorigin" and "frame-ancestors 'self'" in _policy(answer):
            continue  # a frame of our own page
        elif wanted not in said:
            yield _pointed(name, answer, f"is {said or 'missing'}")
    policy = _policy(answer)
    for part in owasp["policy"]:
        if f"{part} " not in policy:
            yield _pointed("Content-Security-Policy", answer, f"says nothing of {part}")
    if re.search(r"unsafe-eval|script-src|\*|https?:|data:|default-src (?!'none')", policy):
        yield _pointed("Content-Security-Policy", answer, f"is loose: {policy}")
    for feature in owasp["features"]:
        if f"{feature}=()" not in answer.get("Permissions-Policy"):
            yield _pointed(f"Permissions-Policy {feature}", answer, "is not shut")
    for name in (*owasp["remove"], "Date", "ETag", "Last-Modified", "Via", "X-Runtime"):
        if answer.get(name):
            yield _pointed(name, answer, "tells what serves, or when")
    for name in {each.lower() for each, _ in answer.headers}:
        if sum(each.lower() == name for each, _ in answer.headers) > 1 and name != "set-cookie":
            yield _pointed(name, answer, "is sent twice")
    for cookie in (value for each, value in answer.headers if each.lower() == "set-cookie"):
        if not {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}:
            yield _pointed("Set-Cookie", answer, "without HttpOnly, SameSite=Strict or Path=/")


def _policy(answer: Answer) -> str:
    return answer.get("Content-Security-Policy")


def _pointed(rule: str, answer: Answer, what: str) -> Pointed:
    return Pointed("headers", rule, answer.what, what)


def walk(site: str, port: int, paths: Iterable[str], host: str = "127.0.0.1") -> Iterator[Answer]:
    """Ask for each path, for those that pages link to, by every method, and for what no page is made for."""
    waiting, seen = list(paths), set[str]()
    while waiting and len(seen) < 80:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer, body = ask(site, host, port, "GET", path)
        yield answer
        if answer.get("Content-Type").startswith("text/html"):
            links = re.findall(r'(?:href|src|action)="(/[^"#]*)"', body.decode("utf-8", "replace"))
            waiting += [link.replace("&amp;", "&") for link in links]
    for path in list(paths)[:2]:
        for method in METHODS:
            yield ask(site, host, port, method, path)[0]
    for what, request in RAW.items():
        yield from _raw(f"{site}: {what}", host, port, request)


def ask(site: str, host: str, port: int, method: str, path: str) -> tuple[Answer, bytes]:
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path, body=b"a=b" if method in {"POST", "PUT"} else None)
        response = connection.getresponse()
        return Answer(f"{site}: {method} {path}", response.status, tuple(response.getheaders())), response.read()
    finally:
        connection.close()


def _raw(what: str, host: str, port: int, request: bytes) -> Iterator[Answer]:
    """Send bytes; a connection that is closed without a word has no headers to hold to anything."""
    with socket.create_connection((host, port), timeout=20) as line:
        try:
            line.sendall(request)
            answer = http.client.HTTPResponse(line)
            answer.begin()
        except (OSError, http.client.HTTPException):
            return
        yield Answer(what, answer.status, tuple(answer.getheaders()))
