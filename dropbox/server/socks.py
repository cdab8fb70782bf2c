"""A visit to an onion service by way of tor's SOCKS port on a unix socket, and a small HTTP client upon it.

For this drop's own looks at itself (`check`, the canary): only onion addresses, every answer bounded in size and time,
nothing kept on disk. Each visitor goes by circuits of its own. Nothing of a reporter's request enters here.
"""

import http.client
import io
import re
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from dropbox.errors import OnionUnreachable, SocksUnreachable

VISIT_SECONDS = 120.0
"""For one request and its answer: tor may need a minute for its first circuit to an onion service."""
MAX_ANSWER_BYTES = 4 << 20
MAX_COOKIES = 16
MAX_REDIRECTS = 4
_PORT = 80
_CREDENTIAL_HEX = 16
_ONION = re.compile(r"[a-z2-7]{56}\.onion")
_VERSION, _BY_PASSWORD, _CONNECT, _BY_NAME = 5, 2, 1, 3
_BOUND_BYTES = {1: 4, 4: 16}

Fields = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Visited:
    """What a page answered: its status, its headers with names in lower case, and its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class _Deadlined:
    """A socket for http.client on which everything together ends at one time, however slowly bytes drip in."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends

    def _hurry(self) -> socket.socket:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock

    def sendall(self, data: bytes) -> None:
        self._hurry().sendall(data)

    def take(self, count: int) -> bytes:
        """Return exactly so many bytes."""
        found = b""
        while len(found) < count:
            part = self._hurry().recv(count - len(found))
            if not part:
                raise ConnectionResetError
            found += part
        return found

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def recv_into(self, buffer: Any) -> int:
        return self._hurry().recv_into(buffer)

    def close(self) -> None:
        """Leave it open: http.client closes when it has read an answer's head, and its body is still to be read."""


class _Reader(io.RawIOBase):
    def __init__(self, line: _Deadlined) -> None:
        super().__init__()
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._line.recv_into(buffer)


def visit(socks: Path, host: str, port: int, timeout: float, credential: str = "") -> socket.socket:
    """Return a stream to an onion service's port. `credential`: visits under another one share no circuit with it.

    Raises SocksUnreachable when no tor answers at `socks`, OnionUnreachable when tor cannot get there in time.
    """
    if not _ONION.fullmatch(host):
        raise OnionUnreachable  # a name that is no onion's would be asked of an exit
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        sock.settimeout(timeout)
        _greet(sock, socks, timeout, credential or secrets.token_hex(_CREDENTIAL_HEX))
        _connect(_Deadlined(sock, time.monotonic() + timeout), host, port)
    except BaseException:
        sock.close()
        raise
    sock.settimeout(timeout)
    return sock


def _greet(sock: socket.socket, socks: Path, timeout: float, credential: str) -> None:
    """Say who visits (RFC 1928, RFC 1929); tor takes any name and keeps the circuits of each name apart."""
    name = credential.encode("ascii")
    try:
        sock.connect(str(socks))
        line = _Deadlined(sock, time.monotonic() + timeout)
        line.sendall(bytes((_VERSION, 1, _BY_PASSWORD)))
        if line.take(2) != bytes((_VERSION, _BY_PASSWORD)):
            raise SocksUnreachable
        line.sendall(bytes((1, len(name))) + name + bytes((1,)) + b"0")
        if line.take(2) != bytes((1, 0)):
            raise SocksUnreachable
    except OSError as error:
        raise SocksUnreachable from error


def _connect(line: _Deadlined, host: str, port: int) -> None:
    name = host.encode("ascii")
    try:
        line.sendall(bytes((_VERSION, _CONNECT, 0, _BY_NAME, len(name))) + name + port.to_bytes(2, "big"))
        version, status, _, kind = line.take(4)
        if version != _VERSION or status != 0 or kind not in _BOUND_BYTES:
            raise OnionUnreachable
        line.take(_BOUND_BYTES[kind] + 2)
    except OSError as error:
        raise OnionUnreachable from error


class OnionVisitor:
    """One visitor of one onion service: cookies in memory, circuits of its own, redirects only within the service.

    address: such as `abc….onion`; a URL of it is taken too. `timeout` counts for a request with its redirects.
    """

    def __init__(self, socks: Path, address: str, *, timeout: float = VISIT_SECONDS) -> None:
        self._socks = socks
        self._host = (urlsplit(address).hostname or "") if "://" in address else address
        self._timeout = timeout
        self._credential = secrets.token_hex(_CREDENTIAL_HEX)
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Visited:
        """Return a page of the service. Raises OnionUnreachable."""
        return self._arrive("GET", path, None)

    def post(self, path: str, fields: Fields) -> Visited:
        """Send a form and return the page that it ends on. Raises OnionUnreachable."""
        return self._arrive("POST", path, urlencode(fields).encode("ascii"))

    def _arrive(self, method: str, path: str, body: bytes | None) -> Visited:
        ends = time.monotonic() + self._timeout
        found = self._ask(method, path, body, ends)
        for _ in range(MAX_REDIRECTS):
            if found.status not in {302, 303} or "location" not in found.headers:
                return found
            path = self._within(path, found.headers["location"])
            found = self._ask("GET", path, None, ends)
        raise OnionUnreachable

    def _within(self, path: str, location: str) -> str:
        """Return a redirect's path; it may not lead out of the service."""
        base = f"http://{self._host}"
        target = urlsplit(urljoin(f"{base}{path}", location))
        if f"{target.scheme}://{target.netloc}" != base:
            raise OnionUnreachable
        return target.path + (f"?{target.query}" if target.query else "")

    def _ask(self, method: str, path: str, body: bytes | None, ends: float) -> Visited:
        left = ends - time.monotonic()
        if left <= 0:
            raise OnionUnreachable
        stream = self._reach(left)
        connection = http.client.HTTPConnection(self._host, _PORT)
        connection.sock = _Deadlined(stream, ends)  # all that http.client needs of a socket
        try:
            connection.request(method, path, body, self._headers(body))
            return self._read(connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OnionUnreachable from error
        finally:
            connection.close()
            stream.close()

    def _reach(self, seconds: float) -> socket.socket:
        return visit(self._socks, self._host, _PORT, seconds, self._credential)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "text/html", "Accept-Encoding": "identity", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers

    def _read(self, response: http.client.HTTPResponse) -> Visited:
        body = response.read(MAX_ANSWER_BYTES + 1)
        if len(body) > MAX_ANSWER_BYTES or (response.length or 0) > 0:
            raise OnionUnreachable
        for line in response.headers.get_all("Set-Cookie", []):
            self._keep(line)
        headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
        return Visited(response.status, headers, body)

    def _keep(self, line: str) -> None:
        try:
            found = SimpleCookie(line)
        except CookieError:
            return
        for name, morsel in found.items():
            self.cookies.pop(name, None)
            if morsel.value and morsel["max-age"] != "0" and len(self.cookies) < MAX_COOKIES:
                self.cookies[name] = morsel.coded_value


class LoopbackVisitor(OnionVisitor):
    """The same for a drop that listens on this machine without tor: a trial, or one that is being set up."""

    def __init__(self, host: str, port: int, *, timeout: float = VISIT_SECONDS) -> None:
        super().__init__(Path(), f"[{host}]" if ":" in host else host, timeout=timeout)
        self._place = (host, port)

    def _reach(self, seconds: float) -> socket.socket:
        try:
            return socket.create_connection(self._place, timeout=seconds)
        except OSError as error:
            raise OnionUnreachable from error
