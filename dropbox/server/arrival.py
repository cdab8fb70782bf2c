"""The arrival room: sockets to the app, each body handed on while it comes in and none of it ever in a file.

One thread reads all sockets and never waits; it also watches every clock. Waitress's own spooling, error texts and log
lines stay outside: nothing of a request is logged, and no byte of a body or a response is kept but in bounded memory.
"""

import math
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.trigger import trigger

from dropbox.errors import UploadCutOff, UploadTooSlow
from dropbox.server.body import Body, Clock
from dropbox.server.farewell import Farewell
from dropbox.server.gate import MAX_PROXY_LINE_BYTES, Gate, circuit_of
from dropbox.server.http import Parser, PlainTask, SiteTask
from dropbox.server.limits import ArrivalLimits
from dropbox.server.pace import OutputPace, too_costly
from dropbox.server.plain_page import PlainPages
from dropbox.server.progress import Progress
from dropbox.server.quiet import fix_log_texts
from dropbox.settings import Settings

LOOP_SECONDS = 1
THREADS_SECONDS = 5
STOP_TURN_SECONDS = 0.02


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
        self._sent_bytes = 0
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
    def is_being_answered(self) -> bool:
        return bool(self._arriving is None and (self.requests or self.total_outbufs_len))

    @property
    def is_sending(self) -> bool:
        """A form is on its way or in hand, and not refused: cut off now, its reporter would have to send it again."""
        return any(request is not None and request.is_wanted_form for request in (*self.requests, self.request))

    @property
    def is_unserved(self) -> bool:
        """Little is lost by closing it: it is at rest, has not sent a whole head, or was answered and still sends.

        Or it sends a form so slowly that no thread has it yet, as somebody does who wants all connections.
        """
        if self.requests or self.total_outbufs_len:
            return False
        if self._closes_when_flushed:
            return True
        arrival, request = self.server.arrival, self.request
        if request is not None and request.headers_finished:
            return bool(arrival.clock() - request.started > arrival.limits.crowded_seconds)
        return self._arriving is None

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
            if not self.connected:  # Waitress forgets requests that wait behind this one, and they hold places too.
                with self.requests_lock:
                    for waiting in self.requests:
                        waiting.close()

    def send(self, data: bytes, do_close: bool = True) -> int:
        count: int = super().send(data, do_close)
        self._sent_bytes += count
        return count

    def handle_close(self) -> None:
        # No lock here: waitress also comes this way from a thread that holds it.
        for request in (*self.requests, self.request):
            if request is not None and request.body is not None:
                request.body.fail(UploadCutOff())
        if self.request is not None:
            self.request.close()
        super().handle_close()

    def let_go(self) -> None:
        """Close at once; waitress's `will_close` waits for the socket to take bytes, and a stalled one never does."""
        self.will_close = True
        self.handle_close()

    def watch(self, now: float) -> None:
        """Enforce every deadline of this connection; called each second by the thread that reads the sockets."""
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
        self.will_close = self.circuit is None
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


class _Listener:
    """What both kinds of listening socket share; set before the loop runs."""

    channel_class = Channel
    arrival: "ArrivalServer"
    proxy_lines = False
    active_channels: dict[int, Channel]

    def pull_trigger(self) -> None:
        self.arrival.wake()

    def maintenance(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            channel.watch(now)
        self.arrival.relieve()
        self.arrival.progress.tidy()


class _TcpListener(_Listener, TcpWSGIServer):  # type: ignore[misc]
    pass


class _UnixListener(_Listener, UnixWSGIServer):  # type: ignore[misc]
    pass


class ArrivalServer:
    """All listening sockets of one drop, one loop over them, and the threads behind it."""

    def __init__(
        self,
        app: WSGIApplication,
        limits: ArrivalLimits,
        data_dir: Path,
        *,
        unix: Path | None = None,
        local: tuple[str, int] | None = None,
        proxy_lines: bool = False,
        clock: Clock = time.monotonic,
        plain_pages: PlainPages | None = None,
    ) -> None:
        fix_log_texts()
        self.plain_pages = plain_pages or PlainPages()
        self.limits, self.clock = limits, clock
        self.gate = Gate(limits, lambda: shutil.disk_usage(data_dir).free)
        self.progress = Progress(clock)
        self._map: dict[int, Any] = {}
        self._trigger = trigger(self._map)
        self._wake_lock = threading.RLock()  # `close` may interrupt `wake` in a signal handler.
        self._ended = False
        self._stopping, self._hurrying = threading.Event(), threading.Event()
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(limits.threads)
        self._listeners = list(self._listen(app, unix, local))
        for listener in self._listeners:
            listener.arrival = self
            listener.proxy_lines = proxy_lines and isinstance(listener, _UnixListener)

    @property
    def local_addresses(self) -> tuple[tuple[str, int], ...]:
        return tuple(
            (listener.effective_host, int(listener.effective_port))
            for listener in self._listeners
            if isinstance(listener, _TcpListener)
        )

    def run(self) -> None:
        """Serve until `close`, or until a signal handler raises out of the loop."""
        try:
            while not self._stopping.is_set():
                self._turn(LOOP_SECONDS)
        finally:
            self._stop()

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def close(self) -> None:
        """Ask the loop to end: what is being sent may finish; asked again, it ends at once and cuts that off.

        May be called from any thread and from a signal handler.
        """
        if self._stopping.is_set():
            self._hurrying.set()
        self._stopping.set()
        self.wake()

    def wake(self) -> None:
        """Make the loop look again at what it may read; harmless when it has ended."""
        with self._wake_lock:
            if not self._ended:
                self._trigger.pull_trigger()

    def relieve(self) -> None:
        for channel in too_costly(self._channels(), self.limits, open_sockets=len(self._map)):
            channel.let_go()

    def _listen(self, app: WSGIApplication, unix: Path | None, local: tuple[str, int] | None) -> Iterator[Any]:
        common = {"map": self._map, "dispatcher": self._dispatcher}
        adjustments = self.limits.waitress_adjustments()
        if unix is not None:
            unix.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            adj = Adjustments(**adjustments, unix_socket=str(unix), unix_socket_perms="600")
            yield _UnixListener(app, adj=adj, sockinfo=(AF_UNIX, SOCK_STREAM, None, None), **common)
        if local is not None:
            adj = Adjustments(**adjustments, host=local[0], port=local[1])
            for sockinfo in adj.listen:
                yield _TcpListener(app, adj=adj, sockinfo=sockinfo, **common)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _channels(self) -> list[Channel]:
        return [channel for listener in self._listeners for channel in list(listener.active_channels.values())]

    def _stop(self) -> None:
        """Take nothing new, let what is being sent arrive and be answered, cut off the rest, and end the threads."""
        for listener in self._listeners:
            listener.close()
        farewell = Farewell(self._channels(), self.limits, time.monotonic)
        watched = time.monotonic()
        while channels := self._channels():
            # an exception out of the loop is no wish to stop well
            patient = self._stopping.is_set() and not self._hurrying.is_set()
            for channel in channels:
                if not (patient and farewell.may_stay(channel)):
                    channel.handle_close()
            self._turn(STOP_TURN_SECONDS)
            if (now := time.monotonic()) - watched > LOOP_SECONDS:
                watched = now
                for channel in self._channels():
                    channel.watch(time.time())
        self._dispatcher.shutdown(timeout=THREADS_SECONDS)
        with self._wake_lock:
            self._ended = True
            wasyncore.close_all(self._map)


def create_server(
    app: WSGIApplication,
    settings: Settings,
    unix: Path | None,
    local: tuple[str, int] | None,
    *,
    proxy_lines: bool = False,
) -> ArrivalServer:
    """Return the drop's server, listening. `proxy_lines`: tor sends its circuit's id first on the unix socket."""
    return ArrivalServer(
        app,
        ArrivalLimits.from_settings(settings.server),
        settings.server.data_dir,
        unix=unix,
        local=local,
        proxy_lines=proxy_lines,
        plain_pages=PlainPages(settings.organisation.languages),
    )
