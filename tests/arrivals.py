"""A server of the arrival room alone, in a thread, with a tiny app behind it, and clients that misbehave on purpose."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from dropbox.errors import RequestError
from dropbox.server.arrival import ArrivalServer
from dropbox.server.limits import MIB, ArrivalLimits

TIMEOUT_SECONDS = 20.0


def limits(**changes: Any) -> ArrivalLimits:
    base: dict[str, Any] = {"max_upload_bytes": 100 * MIB, "max_uploads": 3, "min_free_bytes": 0, "page_threads": 2}
    base["max_uploads_per_circuit"] = 4
    base["stop_seconds"] = 0  # many a test ends with clients that would never finish
    return ArrivalLimits(**{**base, **changes})


class EchoApp:
    """Reads a body as it comes and says its size and hash; `hold` stops it before it reads, until it is released."""

    def __init__(self) -> None:
        self.hold = False
        self.released = threading.Event()
        self.failures: list[str] = []
        self.started = threading.Semaphore(0)
        self.environ: WSGIEnvironment = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.environ = environ
        refusal = environ["dropbox.refusal"]
        try:
            if refusal is not None:
                raise refusal
            body = self.answer(environ)
            status = "200 OK"
        except RequestError as error:
            self.failures.append(error.page)
            status, body = f"{error.status} Refused", error.page.encode()
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, environ: WSGIEnvironment) -> bytes:
        if environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            return b"page"
        self.started.release()
        if self.hold:
            self.released.wait(TIMEOUT_SECONDS)
        digest, size = hashlib.sha256(), 0
        while data := environ["wsgi.input"].read(65536):
            digest.update(data)
            size += len(data)
        return f"{size} {digest.hexdigest()}".encode()


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until the condition holds; return whether it does in the end."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def echo_of(body: bytes) -> bytes:
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()


class Site:
    """A running server on a loopback port."""

    def __init__(self, server: ArrivalServer) -> None:
        self.server = server
        self.address = server.local_addresses[0]
        self._thread = threading.Thread(target=server.run)
        self._clients: list[Client] = []
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def connect(self) -> Client:
        client = Client(socket.create_connection(self.address, TIMEOUT_SECONDS))
        self._clients.append(client)
        return client

    def request(self, data: bytes) -> Answer:
        with self.connect() as client:
            client.send(data)
            return client.answer()

    def post(self, body: bytes, path: str = "/report") -> Answer:
        return self.request(post(body, path))

    def close(self) -> None:
        self.server.close()
        self._thread.join(TIMEOUT_SECONDS)
        for client in self._clients:
            client.connection.close()
        assert not self._thread.is_alive()


@contextmanager
def running(app: WSGIApplication, data_dir: Path, **changes: Any) -> Iterator[Site]:
    site = Site(ArrivalServer(app, limits(**changes), data_dir, local=("127.0.0.1", 0)))
    try:
        yield site
    finally:
        site.close()


def post(body: bytes, path: str = "/report", *, length: int | None = None, headers: str = "") -> bytes:
    claimed = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {claimed}\r\n{headers}\r\n".encode() + body


class Answer:
    """One answer's status, headers (lower case) and body."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Client:
    """A raw connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._buffer = bytearray()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self, *, to_head: bool = False) -> Answer:
        """Read one answer; ConnectionError when the connection ends before it is whole."""
        self._fill(lambda: b"\r\n\r\n" in self._buffer)
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        size = 0 if to_head else int(headers.get("content-length", "0"))
        self._fill(lambda: len(self._buffer) >= size)
        body, self._buffer = bytes(self._buffer[:size]), self._buffer[size:]
        return Answer(int(lines[0].split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Wait for the server to close; False when it sends something instead."""
        try:
            return not self._buffer and self.connection.recv(1) == b""
        except ConnectionError:
            return True

    def _fill(self, enough: Callable[[], bool]) -> None:
        while not enough():
            data = self.connection.recv(65536)
            if not data:
                raise ConnectionError
            self._buffer += data
