"""All listening sockets of one site, one loop over them that never waits, and the threads behind it."""

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import BaseWSGIServer, TcpWSGIServer, UnixWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.trigger import trigger

from dropbox.server import wiping
from dropbox.server.arrival.channel import Channel
from dropbox.server.arrival.farewell import Farewell
from dropbox.server.arrival.line import Line
from dropbox.server.arrival.pace import furthest_behind, too_costly
from dropbox.server.arrival.quiet import fix_log_texts
from dropbox.server.body import Clock
from dropbox.server.gate import Gate
from dropbox.server.limits import ArrivalLimits
from dropbox.server.plain_page import PlainPages
from dropbox.server.progress import Progress
from dropbox.settings import Settings

LOOP_SECONDS = 1
THREADS_SECONDS = 5
STOP_TURN_SECONDS = 0.02
CROWDED_TURN_SECONDS = 0.1
ACCEPTED_AT_ONCE = 64
"""Who is refused connections dials again at once: one a turn would leave everybody else waiting behind them."""


class _Listener:
    """What both kinds of listening socket share; set before the loop runs."""

    channel_class = Channel
    arrival: "ArrivalServer"
    proxy_lines = False
    active_channels: dict[int, Channel]

    def handle_accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            known = len(self.active_channels)
            BaseWSGIServer.handle_accept(self)
            if len(self.active_channels) == known:
                return

    def add_task(self, channel: Channel) -> None:
        self.arrival.line.add(channel)

    def pull_trigger(self) -> None:
        self.arrival.wake()

    def maintenance(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            channel.watch(now)
        self.arrival.relieve()
        self.arrival.progress.tidy()
        self.arrival.forget()
        self.arrival.line.budgets.tidy()


class _Once:
    """A task as the threads see it: a thread that waits for the next one holds on to the last, and so to nothing."""

    def __init__(self, connection: Any) -> None:
        self._held = [connection]

    def service(self) -> None:
        self._held.pop().service()

    def cancel(self) -> None:
        self._held.pop().cancel()


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
        self.turns_to_forget = 0
        self._stopping, self._hurrying = threading.Event(), threading.Event()
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(limits.threads)
        self.line = Line(limits, clock, lambda channel: self._dispatcher.add_task(_Once(channel)))
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

    def forget(self) -> None:
        """Free what requests left behind that only refers to itself, within two seconds of the last answer."""
        if self.turns_to_forget:
            self.turns_to_forget -= 1
            wiping.forget()

    def relieve(self) -> None:
        for channel in too_costly(self._channels(), self.limits):
            channel.let_go()

    def _make_room(self) -> bool:
        """Close whoever is furthest behind when connections become few, then what waits for its circuit's budget.

        Says whether they still are few. Before sockets are waited for: later the number of one that was closed may be
        a new one's.
        """
        over = len(self._map) - self.limits.max_connections * 9 // 10
        if over > 0:
            for channel in furthest_behind(self._channels(), self.limits, over):
                channel.let_go()
                over -= 1
        if over > 0:
            for waiting in self.line.crowding(over):
                waiting.let_go()
                over -= 1
        return over > 0

    def has_room_for(self, newest: Channel) -> bool:
        """Say whether a connection's circuit may have one more; its oldest one that asks nothing makes room."""
        others = [each for each in self._channels() if each.circuit == newest.circuit and each is not newest]
        if len(others) < self.limits.max_connections_per_circuit:
            return True
        making_room = furthest_behind(others, self.limits, 1)
        for each in making_room:
            each.let_go()
        return bool(making_room)

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
        if self._make_room():
            seconds = min(seconds, CROWDED_TURN_SECONDS)
        wasyncore.loop(timeout=self.line.seconds_to_turn(seconds), use_poll=True, map=self._map, count=1)
        self.line.turn()

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
