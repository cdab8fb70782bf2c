"""Onion services looked at from outside: who listens behind them, who knocks, and with which client key."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dropbox.client_key import ClientKey, auth_line
from dropbox.errors import OnionUnreachable
from dropbox.server import socks
from scripts.private_tor import Node

GREETING = b"here"
WAIT_SECONDS = 60


class Answering:
    """Listens on a unix socket for tor, answers whoever asks, until they go."""

    def __init__(self, path: Path) -> None:
        self.circuits: list[bytes] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._keep, args=(stream,), daemon=True).start()

    def _keep(self, stream: socket.socket) -> None:
        with stream:
            while data := stream.recv(1000):
                if data.startswith(b"PROXY "):
                    self.circuits.append(data.split()[2])
                if data.endswith(b"?"):
                    stream.sendall(GREETING)


def knock(client: Node, address: str, timeout: float = 30) -> socket.socket | None:
    """Return a stream to an onion service on a new circuit, or None when this client cannot get there."""
    try:
        stream = socks.visit(client.socks, address, 80, timeout)
    except OnionUnreachable:
        return None
    assert is_open(stream)
    return stream


def is_open(stream: socket.socket) -> bool:
    """Tell whether somebody still answers on this stream."""
    stream.settimeout(10)
    try:
        stream.sendall(b"still?")
        return stream.recv(100) == GREETING
    except OSError:
        return False


def hold_key(client: Node, address: str, key: ClientKey) -> None:
    """Give a client's tor the private half of a key for this service, as Tor Browser does when it asks for it."""
    assert client.controller is not None
    private = base64.b64encode(base64.b32decode(key.private + "====")).decode()
    answer = client.controller.msg(f"ONION_CLIENT_AUTH_ADD {address.removesuffix('.onion')} x25519:{private}")
    assert all(code.startswith("25") for code, _, _ in answer.content()), str(answer)


def register(data_dir: Path, **keys: ClientKey) -> None:
    """Make the registry's folder hold these keys, as the program's own commands do."""
    folder = data_dir / "courier" / "authorized_clients"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    for path in folder.iterdir():
        if path.stem not in keys:
            path.unlink()
    for name, key in keys.items():
        (folder / f"{name}.auth").write_text(auth_line(key.public), encoding="ascii")


def wait_for(what: str, done: Callable[[], bool], context: Callable[[], object] = str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"{what}: not within {WAIT_SECONDS} seconds; {context()}"
        time.sleep(0.05)
