"""What may not come back, whatever is sent: each rule in one place, written down apart from the server's own code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from threading import Lock

from tests.attacking.http.wire import Answer
from tests.attacking.outcome import Finding

CANARY = "zzcanaryzz"
"""Stands in every Host, Referer, Origin and X-Forwarded-* that is sent: no answer may carry it."""
_ALWAYS = {
    "referrer-policy": r"no-referrer",
    "x-content-type-options": r"nosniff",
    "x-frame-options": r"DENY|SAMEORIGIN",
    "cross-origin-opener-policy": r"same-origin",
    "cross-origin-embedder-policy": r"require-corp",
    "cross-origin-resource-policy": r"same-origin",
    "cache-control": r"no-store|no-cache",
    "content-security-policy": r"(?=.*default-src 'none')(?=.*frame-ancestors '(?:none|self)')(?=.*base-uri 'none').*",
    "permissions-policy": r"(?=.*camera=\(\))(?=.*geolocation=\(\)).*",
    "x-robots-tag": r"noindex.*",
}
_NEVER = ("server", "date", "via", "last-modified", "x-powered-by", "www-authenticate", "upgrade", "alt-svc", "allow")
_TELLTALE = re.compile(rb"Traceback|werkzeug|waitress|File &#34;|\.py\b|Flask|python", re.I)
_COOKIE = re.compile(r"[a-z-]+=[A-Za-z0-9_.=-]*(; [A-Za-z-]+(=[^;]*)?)*")
_ANSWERED_EARLY = 100


class Judge:
    """Looks at every answer of one site; what is wrong is kept once a kind, with where it was seen first."""

    def __init__(self, site: str = "reporters") -> None:
        self._site = site
        self._lock = Lock()
        self.requests = 0
        self.statuses: Counter[int] = Counter()
        self._found: dict[str, str] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(Finding(f"{self._site}: {what}", where) for what, where in self._found.items())

    def blame(self, what: str, where: str) -> None:
        with self._lock:
            self._found.setdefault(what, where[:200])

    def look(self, answers: Iterable[Answer], where: str, *, at_most: int = 1, expects: bool = False) -> None:
        """Look at all that came back for what was sent; `expects`: it asked for a 100 (Continue)."""
        final = []
        for answer in answers:
            with self._lock:
                self.statuses[answer.status] += 1
            if answer.status == _ANSWERED_EARLY and expects:
                continue
            final.append(answer)
            for what in wrong_with(answer):
                self.blame(what, where)
        with self._lock:
            self.requests += 1
        if len(final) > at_most:
            self.blame("more answers than requests", where)

    def add(self, other: Judge) -> None:
        """Count what another one saw."""
        with self._lock:
            self.requests += other.requests
            self.statuses += other.statuses

    def allow(self, answers: Iterable[Answer], where: str, statuses: Iterable[int]) -> None:
        """Blame an answer whose status is none of these."""
        for answer in answers:
            if answer.status not in {*statuses, _ANSWERED_EARLY}:
                self.blame(f"answered {answer.status}", where)


def wrong_with(answer: Answer) -> list[str]:
    """Return everything that no answer of ours may be."""
    if answer.status < 200:
        return [f"an interim answer {answer.status} that nobody asked for"]
    wrong = [*_wrong_status(answer), *_wrong_headers(answer)]
    if CANARY.encode() in answer.head.lower() + answer.body.lower():
        wrong.append("an answer carries what stood in Host or its like")
    if _TELLTALE.search(answer.body) and answer.first("content-type").startswith("text/html"):
        wrong.append("a page tells of the program behind it")
    return wrong


def _wrong_status(answer: Answer) -> list[str]:
    if answer.status == 503 and b"<h1" in answer.body and b"<p" in answer.body:
        return []
    return [f"answered {answer.status}"] if answer.status >= 500 else []


def _wrong_headers(answer: Answer) -> list[str]:
    wrong = []
    for name, pattern in _ALWAYS.items():
        values = answer.all(name)
        if len(values) != 1 or not re.fullmatch(pattern, values[0]):
            wrong.append(f"the header {name} is not as it must be")
    wrong += [f"there is a header {name}" for name in _NEVER if answer.all(name)]
    for value in answer.all("location"):
        if not re.fullmatch(r"/(?!/)[A-Za-z0-9/?=&_.-]*", value):
            wrong.append("a redirection leads away, or to what was sent")
    for value in answer.all("set-cookie"):
        if not (_COOKIE.fullmatch(value) and "HttpOnly" in value and "SameSite=Strict" in value):
            wrong.append("a cookie lacks its flags")
        if "domain" in value.lower():
            wrong.append("a cookie names a domain")
    return wrong
