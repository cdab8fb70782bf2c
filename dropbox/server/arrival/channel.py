"""One connection, and the clocks that watch it: what it may still send, what it waits for, and when it is let go.

Beside waitress's own states it may have a body arriving for a request that already runs.
"""

import math
import time
from functools import partial
from socket import socket
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from dropbox.errors import UploadCutOff, UploadTooSlow
from dropbox.server.arrival.pace import OutputPace
from dropbox.server.body import Body
from dropbox.server.gate import MAX_PROXY_LINE_BYTES, circuit_of
from dropbox.server.http import Parser, PlainTask, SiteTask


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection. Beside waitress's own states it may have a body arriving for a request that already runs."""

    task_class = SiteTask
    error_task_class = PlainTask
    request: Parser | None
    requests: list[Parser]
    sent_continue: bool
    will_close: bool
    total_outbufs_len: int
    last_activity: float
    creation_time: float

    def __init__(self, server: Any, sock: socket, addr: Any, adj: Adjustments, map: Any = None) -> None:  # noqa: A002
        self.circuit: str | None = None
        self._proxy_head: bytes | None = b"" if server.proxy_lines else None
        self._arriving: Body | None = None
        self._closes_when_flushed = False
        self._sent_bytes = self._forgotten_bytes = 0
        self.form_answered_at: float | None = None
        self._output = OutputPace(server.arrival.limits)
        super().__init__(server, sock, addr, adj, map=map)
        self.parser_class = partial(Parser, self)

    @property
    def close_when_flushed(self) -> bool:
        """Waitress's flag; it waits while a body that nobody wants any more is still being read and dropped."""
        return self._closes_when_flushed and (self._arriving is None or self._arriving.is_drained())

    @close_when_flushed.setter
    def close_when_flushed(self, value: bool) -> None:
        self._closes_when_flushed = value

    @property
    def next_request(self) -> Parser:
        return self.requests[0]

    @property
    def is_being_answered(self) -> bool:
        return bool(self._arriving is None and (self.requests or self.total_outbufs_len))

    @property
    def is_sending(self) -> bool:
        """A form is on its way or in hand, and not refused: cut off now, its reporter would have to send it again."""
        return any(request is not None and request.is_wanted_form for request in (*self.requests, self.request))

    @property
    def is_unserved(self) -> bool:
        """Little is lost by closing it: at rest, sending what no thread has yet, or answered and still sending."""
        if self.requests or self.total_outbufs_len:
            return False
        return self._closes_when_flushed or self._arriving is None

    def seconds_behind(self) -> float:
        """Return how long it has been at rest, or how far it is behind the least rate with what it sends."""
        request = self.request
        if request is None:
            return time.time() - self.last_activity
        if request.body is None or not request.headers_finished:
            return float(self.server.arrival.clock() - request.started)
        return request.body.seconds_behind()

    def readable(self) -> bool:
        body = self._arriving
        if body is not None and not self.will_close:
            return not body.paused
        return bool(super().readable())

    def received(self, data: bytes) -> bool:
        if self._proxy_head is not None:
            data = self._take_proxy_line(data)
        with self.requests_lock:
            while data:
                if self._arriving is not None:
                    count = self._arriving.received(data)
                    self._arriving = None if self._arriving.completed else self._arriving
                elif self.will_close or self.close_when_flushed:
                    return False
                elif len(self.requests) >= self.server.arrival.limits.max_waiting_requests:
                    self.let_go()
                    return False
                else:
                    count = self._parse(data)
                data = data[count:] if count < len(data) else b""
        return True

    def service(self) -> None:
        request = self.requests[0]
        is_form = request.is_wanted_form
        if is_form:
            self.form_answered_at = math.inf  # not yet, and no moment in between may look as if it were long ago
        try:
            super().service()
        finally:
            if is_form:
                self.form_answered_at = time.monotonic()
            request.close()  # Whatever went wrong on the way, its upload slot is free again.
            self.server.arrival.turns_to_forget = 2  # in the first one this thread may still hold on to something
            self.server.arrival.line.finished(self, request)
            if not self.connected:  # Waitress forgets requests that wait behind this one, and they hold places too.
                with self.requests_lock:
                    for waiting in self.requests:
                        waiting.close()

    def send(self, data: bytes, do_close: bool = True) -> int:
        count: int = super().send(data, do_close)
        self._sent_bytes += count
        return count

    def handle_write(self) -> None:
        if self.socket is not None:  # one turn of the loop may find it readable, so that it ended, and writable
            super().handle_write()

    def handle_close(self) -> None:
        # No lock here: waitress also comes this way from a thread that holds it.
        for request in (*self.requests, self.request):
            if request is not None and request.body is not None:
                request.body.fail(UploadCutOff())
        if self.request is not None:
            self.request.close()
        super().handle_close()
        self.server.arrival.line.closed(self)

    def let_go(self) -> None:
        """Close at once; waitress's `will_close` waits for the socket to take bytes, and a stalled one never does."""
        self.will_close = True
        self.handle_close()

    def watch(self, now: float) -> None:
        """Enforce every deadline of this connection; called each second by the thread that reads the sockets."""
        self._forget_answers()
        limits, clock = self.server.arrival.limits, self.server.arrival.clock
        request = self.request
        body = self._arriving or (request.body if request is not None else None)
        late = False
        if body is not None and body.is_late():
            self._refuse_slow(body)
        elif request is not None and not request.headers_finished and not self.requests:
            late = clock() - request.started > limits.header_seconds
        elif self.is_unserved:
            late = now - self.last_activity > limits.idle_seconds
        if late or self._output.is_late(clock(), self.total_outbufs_len, self._sent_bytes):
            self.let_go()

    def _forget_answers(self) -> None:
        """Let go of what was sent; waitress keeps all of a connection's answers until it closes."""
        if self._forgotten_bytes == self._sent_bytes or not self.outbuf_lock.acquire(blocking=False):
            return
        try:
            if not self.total_outbufs_len and self.connected:
                self.outbufs[-1].prune()
                self._forgotten_bytes = self._sent_bytes
        finally:
            self.outbuf_lock.release()

    def _refuse_slow(self, body: Body) -> None:
        with self.requests_lock:
            if self.request is not None and self.request.body is body:
                self.request.refuse(UploadTooSlow())
                self._hand_over()
            else:
                body.fail(UploadTooSlow())

    def _take_proxy_line(self, data: bytes) -> bytes:
        """Read tor's line before the request, with the circuit's id; whoever sends none is not our tor."""
        head = (self._proxy_head or b"") + data
        line, end, rest = head.partition(b"\r\n")
        if not end and len(head) <= MAX_PROXY_LINE_BYTES:
            self._proxy_head = head
            return b""
        self._proxy_head = None
        self.circuit = circuit_of(line)
        self.will_close = self.circuit is None or not self.server.arrival.has_room_for(self)
        return b"" if self.will_close else rest

    def _parse(self, data: bytes) -> int:
        if self.request is None:
            self.request = self.parser_class(self.adj)
        request = self.request
        count: int = request.received(data)
        if request.expect_continue and request.headers_finished and not self.requests and not self.sent_continue:
            self.send_continue()
        if request.completed:
            self._hand_over()
        return count

    def _hand_over(self) -> None:
        request, self.request = self.request, None
        self.sent_continue = False
        if request is None or request.empty:
            return
        if request.is_arriving:
            self._arriving = request.body
        self.requests.append(request)
        if len(self.requests) == 1:
            self.server.add_task(self)
