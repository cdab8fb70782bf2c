"""Hand-made requests that a careless server misreads, in an order of chance: no connection depends on another."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.attacking.http import framing, targets
from tests.attacking.http.case import REFUSED, Case, each, get, post

_FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
_TOO_LARGE, _LONG_HEAD, _NOT_SIGNED_IN = frozenset({413}), frozenset({431}), frozenset({401})
_LANGUAGES = (
    r"* nl;q=9 nl;q=-1 nl;q=nan nl;q=inf ;;; \xff i-klingon nl;q=0.5;q=1 q=1 nl,,,en \x00 nl-NL-u-nu-x nl;q=1e9"
)
_TYPES = r"""multipart/form-data multipart/form-data;boundary=
    multipart/form-data;boundary=" multipart/form-data;boundary=\xff
    multipart/form-data;boundary*=utf-8''a%ff multipart/form-data;boundary*0=a;boundary*1=b multipart/mixed;boundary=a
    text/plain application/json ; application/x-www-form-urlencoded;charset=utf-7,x text/html;charset=utf-16"""


def all_cases(chances: random.Random) -> list[Case]:
    cases = [*framing.cases(), *targets.cases(), *_long_heads(), *_large_bodies(), *_expecting(), *_wishes()]
    chances.shuffle(cases)
    return cases


def _long_heads() -> Iterator[Case]:
    """What is over a limit is refused at once, with a page, and read no further than that takes."""
    yield Case("a long line", get(b"/" + b"a" * 20_000), 1, _LONG_HEAD)
    yield Case("a long query", get(b"/?" + b"a" * 20_000), 1, _LONG_HEAD)
    yield Case("a long header", get(b"/", b"X: " + b"a" * 20_000), 1, _LONG_HEAD)
    many = b"\r\n".join(b"X%d: a" % number for number in range(3000))
    yield Case("many headers", get(b"/", many), 1, _LONG_HEAD)
    yield Case("one header many times", get(b"/", b"\r\n".join([b"X:"] * 3500)))
    yield Case("a giant cookie", get(b"/case", b"Cookie: session=" + b"a" * 20_000), 1, _LONG_HEAD)
    yield Case("a large cookie", get(b"/case", b"Cookie: session=" + b"a" * 12_000), 1, _NOT_SIGNED_IN)
    cookies = b"; ".join(b"session=%d" % number for number in range(900))
    yield Case("nine hundred cookies", get(b"/case", b"Cookie: " + cookies), 1, _NOT_SIGNED_IN)
    yield Case("a megabyte without an end", b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000, 1, _LONG_HEAD)


def _large_bodies() -> Iterator[Case]:
    for path in each("/return /leave /nothing /sign-in"):
        yield Case(f"a large body for {path!r}", post(b"Content-Length: 300000", b"", path), 1, _TOO_LARGE)
    for path in each("/report /case /bring"):
        sent = post(b"Content-Length: 999999999999", b"", path)
        yield Case(f"a body over the limit for {path!r}", sent, 1, _TOO_LARGE)


def _expecting() -> Iterator[Case]:
    expecting = b"\r\nExpect: 100-continue"
    sent = post(_FORM + b"Content-Length: 3" + expecting, b"a=b")
    yield Case("an expected continue", sent, expects=True)
    yield Case("a continue without a body", get(b"/", expecting.strip()), expects=True)
    yield Case("a continue for too much", post(b"Content-Length: 9999999999" + expecting, b""), 1, _TOO_LARGE)
    yield Case("another expectation", post(_FORM + b"Content-Length: 3\r\nExpect: 200-ok", b"a=b"))


def _wishes() -> Iterator[Case]:
    many = b",".join(b"x%d;q=0.%d" % (number, number % 9) for number in range(1500))
    for language in (*each(_LANGUAGES), b"en-US-x-" + b"a" * 2000, many):
        yield Case(f"the language {language[:20]!r}", get(b"/", b"Accept-Language: " + language))
    for kind in (*each(_TYPES), b"", b"multipart/form-data; boundary=" + b"a" * 71, b"a/b; " + b"x=y; " * 2000):
        sent = post(b"Content-Type: " + kind + b"\r\nContent-Length: 3", b"a=b")
        yield Case(f"the type {kind[:50]!r}", sent, 1, REFUSED)
