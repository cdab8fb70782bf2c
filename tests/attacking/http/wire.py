"""A raw connection, and answers read as strictly as HTTP/1.1 is written: nothing is forgiven to the server.

Knows nothing of the server's code, and never mends what it sends.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

TIMEOUT_SECONDS = 20.0
QUIET_SECONDS = 0.25
"""How long a second answer may take to show itself."""
SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2}) [\x20-\x7e]*")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_CHUNK_BYTES = 65536


class Unsound(Exception):
    """What came is no answer as HTTP/1.1 has it."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    head: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str) -> str:
        return next(iter(self.all(name)), "")


class _Source(Protocol):
    def more(self) -> bytes: ...


class Wire:
    """`with Wire(port) as wire:` sends bytes as they are; an answer is read whole or not at all."""

    def __init__(self, port: int, timeout: float = TIMEOUT_SECONDS) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> bool:
        """Send all; False when the server would have no more of it."""
        try:
            self.socket.sendall(data)
        except (ConnectionError, TimeoutError):
            return False
        return True

    def answer(self, *, to_head: bool = False, timeout: float = TIMEOUT_SECONDS) -> Answer | None:
        """Return the next answer; None when there is none: the connection has ended, or nothing more comes in time."""
        self.socket.settimeout(timeout)
        if not self._held and not self._more():
            return None
        self.socket.settimeout(TIMEOUT_SECONDS)
        while b"\r\n\r\n" not in self._held:
            self._must_have_more("the head of an answer breaks off")
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        status, headers = _read_head(head)
        size = _size_of(status, headers, to_head=to_head)
        while len(self._held) < size:
            self._must_have_more("the body of an answer breaks off")
        body, self._held = self._held[:size], self._held[size:]
        return Answer(status, headers, body, head)

    def is_over(self, timeout: float = QUIET_SECONDS) -> bool:
        """Say whether the server has closed; False when it goes on waiting, or sends something."""
        self.socket.settimeout(timeout)
        if self._held:
            return False
        try:
            self._held = self.socket.recv(_CHUNK_BYTES)
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return not self._held

    def _more(self) -> bytes:
        try:
            data = self.socket.recv(_CHUNK_BYTES)
        except (ConnectionError, TimeoutError):
            return b""
        self._held += data
        return data

    def _must_have_more(self, otherwise: str) -> None:
        if not self._more():
            raise Unsound(otherwise)


def _read_head(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *lines = head.split(b"\r\n")
    matched = _STATUS.fullmatch(first)
    if matched is None:
        raise Unsound("the status line is none")
    headers = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Unsound("a header is none")
        headers.append((field[1].decode().lower(), (field[2] or b"").decode()))
    return int(matched[1]), tuple(headers)


def _size_of(status: int, headers: Sequence[tuple[str, str]], *, to_head: bool) -> int:
    """Return how long the body is; an answer must say it by its one Content-Length."""
    if any(name == "transfer-encoding" for name, _ in headers):
        raise Unsound("an answer is chunked")
    lengths = [value for name, value in headers if name == "content-length"]
    if 100 <= status < 200 or status in {204, 304}:
        if lengths:
            raise Unsound("an answer without a body gives a length")
        return 0
    if len(lengths) != 1 or not re.fullmatch("[0-9]{1,12}", lengths[0]):
        raise Unsound("an answer does not say its length once")
    return 0 if to_head else int(lengths[0])


def exchange(port: int, data: bytes, *, answers: int = 1) -> list[Answer]:
    """Send `data`, up to `answers` requests, then one of our own; return every answer that came but our own's.

    More than `answers` come back when some of the data was taken for a request that nobody sent.
    """
    method = data.lstrip().split(b" ", 1)[0]
    with Wire(port) as wire:
        wire.send(data)
        got: list[Answer] = []
        while len(got) < max(1, answers):
            answer = wire.answer(to_head=method == b"HEAD", timeout=TIMEOUT_SECONDS if not got else QUIET_SECONDS)
            if answer is None:
                return got
            got += [answer]
            answers += answer.status < 200
        wire.send(SENTINEL)
        while (answer := wire.answer(timeout=QUIET_SECONDS)) is not None:
            got.append(answer)
    return got[:-1] if len(got) > answers and _is_sentinels(got[-1]) else got


def _is_sentinels(answer: Answer) -> bool:
    return answer.status == 404 and answer.first("connection").lower() == "close"
