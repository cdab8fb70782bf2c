"""One hostile request as it is written down, and what its makers share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.attacking.http.judge import CANARY

HOST = f"Host: {CANARY}.onion\r\n".encode()
END = b"\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
REFUSED = frozenset({400, 411, 413, 431})
READABLE = frozenset({200, 303, 400, 401, 403, 404, 405, 408, 410, 411, 413, 431, 503})


@dataclass(frozen=True)
class Case:
    """One connection's worth of bytes: how many answers it may have, and with which statuses.

    `expects`: it asks for a 100 (Continue).
    """

    name: str
    data: bytes
    at_most: int = 1
    statuses: frozenset[int] = READABLE
    expects: bool = False


def post(headers: bytes, body: bytes, path: bytes = b"/return") -> bytes:
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + headers + END + body


def get(
    path: bytes, headers: bytes = b"", *, host: bytes = HOST, method: bytes = b"GET", version: bytes = b"HTTP/1.1"
) -> bytes:
    return method + b" " + path + b" " + version + b"\r\n" + host + (headers + b"\r\n" if headers else b"") + b"\r\n"


def each(text: str) -> Iterator[bytes]:
    r"""Yield the words of a text as bytes; \x.. is a byte, and so a space can be in one."""
    for word in text.split():
        yield word.encode("latin-1").decode("unicode_escape").encode("latin-1")
