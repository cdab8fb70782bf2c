"""Many connections that stall in every way there is, from one thread: half a line, half a header, a body byte by byte.

They hold on for as long as the server lets them; those that are closed may dial again.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress

_FORM = b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
STALLS = (
    b"",
    b"GET /rep",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: a head",
    b"POST /return HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n" + _FORM,
    b"POST /return HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 200000\r\n" + _FORM,
    b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n" + _FORM,
    b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n" + _FORM,
    b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n" + _FORM,
    b"POST /bring HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n" + _FORM,
    b"GET /about HTTP/1.1\r\nHost: x\r\n\r\n" * 4 + b"GET /about HTTP/1.1\r\n",
)
"""What a connection sends at once; a byte a second follows."""
DRIP_SECONDS = 1.0
REDIAL_SECONDS = 2.0
_TURN_SECONDS = 0.05
_WAIT_SECONDS = 5.0
_ENOUGH = 0.9


class Storm:
    """`with Storm(port, 1000, chances) as storm:` stalls on `count` connections until the block ends."""

    def __init__(self, port: int, count: int, chances: random.Random, *, dial_again: bool = False) -> None:
        self._port, self._count, self._chances, self._dial_again = port, count, chances, dial_again
        self._selector = selectors.DefaultSelector()
        self._to_send: dict[socket.socket, bytes] = {}
        self._to_dial: deque[float] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.dialled = self.closed = 0

    def __enter__(self) -> Storm:
        for _ in range(self._count):
            self._dial()
        self._thread.start()
        deadline = time.monotonic() + _WAIT_SECONDS
        while self._unsent() > self._count * (1 - _ENOUGH) and time.monotonic() < deadline:
            time.sleep(_TURN_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        for each in self._to_send:
            each.close()
        self._selector.close()

    def _unsent(self) -> int:
        with suppress(RuntimeError):  # the other thread is at it
            return sum(bool(data) for data in self._to_send.values())
        return self._count

    def _dial(self) -> None:
        each = socket.socket()
        each.setblocking(False)
        with suppress(BlockingIOError):
            each.connect(("127.0.0.1", self._port))
        self._to_send[each] = self._chances.choice(STALLS)
        self._selector.register(each, selectors.EVENT_READ | selectors.EVENT_WRITE)
        self.dialled += 1

    def _run(self) -> None:
        dripped = time.monotonic()
        while not self._ending.is_set():
            for key, events in self._selector.select(_TURN_SECONDS):
                self._serve(key.fileobj, events)  # type: ignore[arg-type]
            now = time.monotonic()
            if now - dripped > DRIP_SECONDS:
                dripped = now
                self._drip()
            while self._to_dial and self._to_dial[0] <= now:
                self._to_dial.popleft()
                self._dial()

    def _serve(self, each: socket.socket, events: int) -> None:
        try:
            if events & selectors.EVENT_READ and not each.recv(65536):
                raise ConnectionError
            if events & selectors.EVENT_WRITE:
                sent = each.send(self._to_send[each]) if self._to_send[each] else 0
                self._to_send[each] = self._to_send[each][sent:]
                if not self._to_send[each]:
                    self._selector.modify(each, selectors.EVENT_READ)
        except BlockingIOError:
            return
        except OSError:
            self._gone(each)

    def _drip(self) -> None:
        for each in [each for each, data in self._to_send.items() if not data]:
            try:
                each.send(b"a")
            except BlockingIOError:
                continue
            except OSError:
                self._gone(each)

    def _gone(self, each: socket.socket) -> None:
        self.closed += 1
        self._selector.unregister(each)
        del self._to_send[each]
        each.close()
        if self._dial_again:
            self._to_dial.append(time.monotonic() + REDIAL_SECONDS)
