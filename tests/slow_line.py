"""A slow line to a server on loopback: what a client sends passes at a set rate, what comes back passes at once."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

CHUNK_BYTES = 16 * 1024
BUFFER_BYTES = 32 * 1024
FREE_BYTES = 64 * 1024
"""A request's head and a small form are not held up."""


class SlowLine:
    """`with SlowLine(port, bytes_per_second) as line:` forwards `line.port` to `port`; a rate may be changed."""

    def __init__(self, target: int, rate: int) -> None:
        self._target = target
        self.rate = rate
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []

    def __enter__(self) -> SlowLine:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection there is."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [client, server]
                threading.Thread(target=self._forward, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, held_up: bool) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                target.sendall(data)
                passed += len(data)
                if held_up and passed > FREE_BYTES:
                    time.sleep(len(data) / self.rate)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
