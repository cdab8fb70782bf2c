"""A connection's bytes through the reader of heads and everything that pages ask of a request. Nothing listens here."""

from __future__ import annotations

from typing import Any

from flask import Request
from waitress.adjustments import Adjustments

from dropbox.server.courier_site import ranges
from dropbox.server.gate import circuit_of
from dropbox.server.http import Parser, SiteTask
from dropbox.server.limits import ArrivalLimits
from dropbox.server.plain_page import PlainPages
from dropbox.server.progress import Progress
from dropbox.server.tokens import Visit

_ETAG = "0" * 64
_LANGUAGES = ("en", "nl", "de", "ar")
_MOST_PIECES = 400


class Broken(Exception):
    """A reader let something through, or took too long."""


class _Gate:
    def admit(self, _length: int, _circuit: str | None, *, slot: bool) -> _Ticket:
        return _Ticket(slot)


class _Ticket:
    gave_way = False
    in_reserve = False

    def __init__(self, slot: bool) -> None:
        self.slot, self.arrived_bytes = slot, 0

    def release(self) -> None:
        self.slot = False


class _Arrival:
    """As much of the arrival room as a request's reader looks at."""

    limits = ArrivalLimits(max_upload_bytes=1 << 20, max_uploads=4, max_uploads_per_circuit=4, min_free_bytes=0)
    gate = _Gate()
    progress = Progress()
    plain_pages = PlainPages(_LANGUAGES)

    @staticmethod
    def clock() -> float:
        return 0.0

    @staticmethod
    def wake() -> None:
        """Nobody sleeps here."""


class _Server:
    arrival = _Arrival()
    adj = Adjustments(**_Arrival.limits.waitress_adjustments())
    server_name, effective_port, effective_host = "x", 80, "127.0.0.1"


class _Channel:
    server = _Server()
    adj = _Server.adj
    circuit = None
    addr = ("127.0.0.1", 1)
    creation_time = 0.0

    @staticmethod
    def check_client_disconnected() -> bool:
        return False


def head(data: bytes) -> None:
    """First byte: in what pieces a connection's bytes come. What they are read as goes through all that pages ask."""
    step, rest = (data[:1] or b"\0")[0] + 1, data[1:]
    pieces = [rest[start : start + step] for start in range(0, len(rest), step)][:_MOST_PIECES]
    channel: Any = _Channel()
    request = Parser(channel, _Server.adj)
    while pieces:
        piece = pieces.pop(0)
        taken = request.received(piece)
        if not 0 <= taken <= len(piece) or (taken == 0 and not request.completed):
            raise Broken("it takes more than there is, or nothing for ever")
        if piece[taken:]:
            pieces.insert(0, piece[taken:])
        if request.completed:
            _ask(channel, request)
            request.close()
            if request.error is not None or request.is_arriving:
                return
            request = Parser(channel, _Server.adj)


def _ask(channel: Any, request: Parser) -> None:
    if request.empty:
        return
    if request.error is not None:
        if request.error.code not in {400, 413, 431}:
            raise Broken(f"an error {request.error.code}")
        return
    environ = SiteTask(channel, request).get_environment()
    read = Request(environ)
    for value in (read.args.get("l", ""), read.path, read.headers.get("Content-Type", ""), *read.cookies.values()):
        value.encode("utf-8", "surrogatepass")
    read.accept_languages.best_match(_LANGUAGES)
    Visit.of(read.cookies.get("visit"))
    span = ranges.wanted(read, 1000, _ETAG)
    _look_at_span(span, 1000)


def ranged(data: bytes) -> None:
    """First byte: the file's size; then lines of Range, If-Range, If-Match."""
    size = (data[:1] or b"\0")[0]
    lines = data[1:].decode("latin-1").split("\n")
    names = ("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_IF_MATCH")
    environ = {name: line for name, line in zip(names, lines, strict=False) if line}
    span = ranges.wanted(Request({"REQUEST_METHOD": "GET", **environ}), size, _ETAG)
    _look_at_span(span, size)


def _look_at_span(span: ranges.Span, size: int) -> None:
    if not 0 <= span.start <= span.stop <= size or span.status not in {200, 206, 412, 416}:
        raise Broken("a span outside of its file")
    if (span.status == 206) != (span.status == 206 and span.bytes > 0):
        raise Broken("a part of nothing")
    if any(set(value) & set("\r\n\0") for value in span.headers().values()):
        raise Broken("a header of more lines")


def proxy(data: bytes) -> None:
    """Any line where tor's own stands."""
    circuit = circuit_of(data)
    if circuit is not None and not set(circuit) <= set("0123456789abcdefABCDEF:."):
        raise Broken("a circuit's id of other letters")
