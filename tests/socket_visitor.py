"""A visitor as tor brings one: over the drop's unix socket, with the circuit's line first. Python's library only."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path

from tests.visitor import Visitor

PROXY_LINE = b"PROXY TCP6 fc00:dead:beef:4dad::0:68 ::1 104 80\r\n"


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; `opening` goes before the first request."""

    def __init__(self, path: Path, opening: bytes) -> None:
        super().__init__("drop", timeout=300)
        self._path, self._opening = path, opening

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(300)
        self.sock.connect(str(self._path))
        self.sock.sendall(self._opening)


class SocketVisitor(Visitor):
    def __init__(self, path: Path, opening: bytes = PROXY_LINE) -> None:
        super().__init__("drop", 80)
        self._path, self._opening = path, opening

    def connection(self) -> http.client.HTTPConnection:
        return SocketConnection(self._path, self._opening)
