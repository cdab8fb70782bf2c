"""A visit by SOCKS5 against a tor of our own making on a unix socket: what it sends, and what it refuses to believe."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dropbox.errors import OnionUnreachable, SocksUnreachable
from dropbox.server import socks
from dropbox.server.socks import OnionVisitor
from tests import factories

ADDRESS = "a" * 56 + ".onion"
DONE = b"\x05\x00\x00\x01" + bytes(6)

Answer = Callable[[bytes], bytes]
"""The bytes of a whole answer to the bytes of a whole request."""


class FakeTor:
    """Speaks SOCKS5 as tor does, and answers what comes next by itself."""

    def __init__(self, path: Path, answer: Answer, connected: bytes = DONE, chosen: bytes = b"\x05\x02") -> None:
        self.path, self._answer, self._connected, self._chosen = path, answer, connected, chosen
        self.asked: list[bytes] = []
        self.names: list[bytes] = []
        self.requests: list[bytes] = []
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
            with stream:
                self._one(stream)

    def _one(self, stream: socket.socket) -> None:
        try:
            self.asked.append(stream.recv(3))
            stream.sendall(self._chosen)
            self.names.append(stream.recv(64))
            stream.sendall(b"\x01\x00")
            self.asked.append(stream.recv(128))
            stream.sendall(self._connected)
            request = stream.recv(65536)
            head, _, body = request.partition(b"\r\n\r\n")
            length = next(
                (int(n.split()[1]) for n in head.split(b"\r\n") if n.lower().startswith(b"content-length")), 0
            )
            while len(body) < length:
                body += stream.recv(65536)
            self.requests.append(head + b"\r\n\r\n" + body)
            stream.sendall(self._answer(request))
        except OSError:
            return


@pytest.fixture
def folder() -> Iterator[Path]:
    with factories.short_dir() as made:
        yield made


@contextmanager
def tor(folder: Path, answer: Answer, **how: bytes) -> Iterator[FakeTor]:
    made = FakeTor(folder / "socks", answer, **how)
    try:
        yield made
    finally:
        made.close()


def page(body: bytes = b"well", head: bytes = b"") -> Answer:
    return lambda _request: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), head, body)


def test_a_visit_asks_tor_for_the_onion_by_name_and_never_for_an_ip(folder: Path) -> None:
    with tor(folder, page()) as running:
        found = OnionVisitor(running.path, ADDRESS).get("/?l=en")
    assert (found.status, found.body) == (200, b"well")
    assert running.asked == [b"\x05\x01\x02", b"\x05\x01\x00\x03\x3e" + ADDRESS.encode() + b"\x00\x50"]
    assert running.requests[0].startswith(b"GET /?l=en HTTP/1.1\r\nHost: " + ADDRESS.encode() + b"\r\n")


def test_two_visitors_do_not_share_a_circuit_and_one_keeps_its_own(folder: Path) -> None:
    with tor(folder, page()) as running:
        one, other = OnionVisitor(running.path, ADDRESS), OnionVisitor(running.path, ADDRESS)
        for visitor in (one, other, one):
            visitor.get("/")
    first, second, third = running.names
    assert first == third != second


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "abc.onion", "A" * 56 + ".onion", "a" * 56 + ".onion.org"]
)
def test_a_name_that_is_no_onions_is_not_asked_of_tor(folder: Path, host: str) -> None:
    with tor(folder, page()) as running, pytest.raises(OnionUnreachable):
        OnionVisitor(running.path, host).get("/")
    assert running.asked == []


def test_no_tor_is_told_apart_from_an_onion_that_cannot_be_reached(folder: Path) -> None:
    with pytest.raises(SocksUnreachable):
        OnionVisitor(folder / "nothing", ADDRESS).get("/")
    with tor(folder, page(), connected=b"\x05\x04\x00\x01" + bytes(6)) as running, pytest.raises(OnionUnreachable):
        OnionVisitor(running.path, ADDRESS).get("/")


@pytest.mark.parametrize("chosen", [b"\x05\x00", b"\x05\xff", b"\x04\x02", b"HT"])
def test_what_is_no_socks_port_of_tors_is_not_spoken_to(folder: Path, chosen: bytes) -> None:
    with tor(folder, page(), chosen=chosen) as running, pytest.raises(SocksUnreachable):
        OnionVisitor(running.path, ADDRESS).get("/")
    assert running.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntorn",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nto",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_an_answer_that_is_torn_or_no_page_is_not_believed(folder: Path, answer: bytes) -> None:
    with tor(folder, lambda _request: answer) as running, pytest.raises(OnionUnreachable):
        OnionVisitor(running.path, ADDRESS).get("/")


def test_an_answer_without_end_is_cut_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socks, "MAX_ANSWER_BYTES", 1000)
    with tor(folder, page(bytes(1000))) as running:
        assert len(OnionVisitor(running.path, ADDRESS).get("/").body) == 1000
    running.path.unlink()
    with tor(folder, page(bytes(1001))) as running, pytest.raises(OnionUnreachable):
        OnionVisitor(running.path, ADDRESS).get("/")


def test_an_answer_that_drips_does_not_outlast_the_visit(folder: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "socks"))
    listener.listen()

    def drip() -> None:
        stream, _ = listener.accept()
        with stream, listener:
            for answer in (b"\x05\x02", b"\x01\x00", DONE):
                stream.recv(128)
                stream.sendall(answer)
            with suppress(OSError):
                while True:
                    stream.sendall(b"H")
                    time.sleep(0.02)

    dripping = threading.Thread(target=drip)
    dripping.start()
    begun = time.monotonic()
    with pytest.raises(OnionUnreachable):
        OnionVisitor(folder / "socks", ADDRESS, timeout=0.3).get("/")
    assert time.monotonic() - begun < 2
    dripping.join(5)
    assert not dripping.is_alive()


def test_cookies_come_back_until_they_are_taken_away(folder: Path) -> None:
    heads = iter(
        [b"Set-Cookie: visit=abc; HttpOnly; Path=/\r\nSet-Cookie: two=2\r\n", b"Set-Cookie: visit=; Max-Age=0\r\n"]
    )

    def answer(request: bytes) -> bytes:
        return page(head=next(heads, b""))(request)

    with tor(folder, answer) as running:
        visitor = OnionVisitor(running.path, ADDRESS)
        for _ in range(3):
            visitor.get("/")
    sent = [request.partition(b"Cookie: ")[2].partition(b"\r\n")[0] for request in running.requests]
    assert sent == [b"", b"visit=abc; two=2", b"two=2"]


def test_a_form_ends_on_the_page_that_it_is_sent_on_to(folder: Path) -> None:
    def answer(request: bytes) -> bytes:
        if request.startswith(b"POST"):
            return (
                b"HTTP/1.1 303 See Other\r\nLocation: /sent?l=nl\r\nSet-Cookie: session=k\r\nContent-Length: 0\r\n\r\n"
            )
        return page(b"thanks")(request)

    with tor(folder, answer) as running:
        found = OnionVisitor(running.path, ADDRESS).post(
            "/report", [("desk", "a"), ("desk", "b"), ("message", "né &c")]
        )
    assert found.text == "thanks"
    posted, then = running.requests
    assert posted.endswith(b"\r\n\r\ndesk=a&desk=b&message=n%C3%A9+%26c")
    assert then.startswith(b"GET /sent?l=nl ")
    assert b"Cookie: session=k\r\n" in then


@pytest.mark.parametrize("target", ["http://example.org/", "//example.org/x", f"https://{ADDRESS}/", "/again"])
def test_a_redirect_leads_nowhere_else_and_ends(folder: Path, target: str) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target.encode()
    with tor(folder, lambda _request: answer) as running, pytest.raises(OnionUnreachable):
        OnionVisitor(running.path, ADDRESS).get("/")
    assert len(running.requests) <= 1 + socks.MAX_REDIRECTS
