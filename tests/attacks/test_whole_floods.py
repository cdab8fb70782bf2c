"""Senders who mean to make the server keep what it should pass on: in memory, and in places on the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dropbox.codename import Derivation, KdfParameters
from dropbox.errors import BadForm, Busy
from dropbox.models import Codename
from dropbox.server.form import READ_BYTES, FormLimits, open_form
from tests.arrivals import EchoApp, echo_of, eventually, post, running

BOUNDARY = b"x" * 14
MARKER = b"--" + BOUNDARY
HEAD = MARKER + b'\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\ncontent'
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Markers:
    """A body that every read finds ending with the boundary, as its sender can arrange."""

    def __init__(self, start: bytes) -> None:
        self.start, self.given = start, 0

    def read(self, size: int = -1, /) -> bytes:
        data, self.start = (self.start or MARKER * (size // len(MARKER))), b""
        self.given += len(data)
        assert self.given < 64 * READ_BYTES, "it goes on reading"
        return data


@pytest.mark.parametrize("start", [MARKER, HEAD], ids=["before the first part", "inside a file"])
def test_a_body_of_boundaries_is_not_gathered_in_memory(start: bytes) -> None:
    body = Markers(start)

    def read_all() -> None:
        form = open_form(body, f"multipart/form-data; boundary={BOUNDARY.decode()}", FormLimits(max_files=3))
        for file in form.files():
            for _ in file.chunks():
                pass

    with pytest.raises(BadForm):
        read_all()
    assert body.given < 8 * READ_BYTES


class Leaving:
    """An app whose first answer is still being ended when its client has gone."""

    def __init__(self) -> None:
        self.answered, self.gone, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield b"page"

    def close(self) -> None:
        self.answered.set()
        self.gone.wait(20)
        self.ended.set()


def test_whoever_leaves_with_requests_waiting_leaves_no_place_taken(tmp_path: Path) -> None:
    app = Leaving()
    with running(app, tmp_path) as site:
        client = site.connect()
        client.send(GET + post(b"one") + post(b"two"))
        assert app.answered.wait(20)
        (channel,) = site.server._channels()
        assert eventually(lambda: len(channel.requests) == 3)
        assert len(site.server.gate._tickets) == 2
        channel.handle_close()
        app.gone.set()
        assert app.ended.wait(20)
    assert not site.server.gate._tickets


def test_a_connection_cannot_take_a_place_for_each_of_a_thousand_requests(tmp_path: Path) -> None:
    app = EchoApp()
    app.hold = True
    with running(app, tmp_path) as site:
        client = site.connect()
        client.send(post(b"1") * 500)
        assert client.is_closed()
        app.released.set()
        assert site.post(b"another's").body == echo_of(b"another's")
    assert not site.server.gate._tickets


def test_forms_that_drip_do_not_lock_the_next_one_out(tmp_path: Path) -> None:
    with running(EchoApp(), tmp_path, max_connections=20, crowded_seconds=0.2) as site:
        for _ in range(40):
            site.connect().send(post(b"x" * 100, length=200_000, path="/return"))
        began = time.monotonic()
        assert site.request(GET).body == b"page"
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "start", [b"", b"GET / HTT", post(b"x", length=200_000, path="/return"), post(b"x", length=9_000)]
)
def test_who_dials_again_whenever_closed_does_not_hold_up_the_next_one(tmp_path: Path, start: bytes) -> None:
    with running(EchoApp(), tmp_path, max_connections=30) as site:
        dialled = [site.connect() for _ in range(60)]
        for client in dialled:
            client.send(start)
        for _ in range(5):
            began = time.monotonic()
            assert site.request(GET).body == b"page"
            assert time.monotonic() - began < 2
            for client in [site.connect() for _ in range(30)]:
                client.send(start)


def test_an_answer_to_somebody_who_has_just_left_is_no_fault_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(EchoApp(), tmp_path) as site:
        client = site.connect()
        client.send(GET)
        assert client.answer().body == b"page"
        (channel,) = site.server._channels()
        channel.outbufs[-1].append(b"still to be sent")
        channel.handle_close()
        channel.handle_write()
    assert not caplog.records


def test_a_flood_of_codenames_holds_half_of_the_threads_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    going_on = threading.Event()
    derivation = Derivation(KdfParameters(bytes(16), 8192, 1), most_waiting=2)
    monkeypatch.setattr(derivation, "_root", lambda _codename: bytes(32) if going_on.wait(20) else b"")
    codename = Codename("seven words that nobody will ever guess")
    threads = [threading.Thread(target=derivation.derive, args=(codename,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: len(derivation._waiting) == 2)
    began = time.monotonic()
    with pytest.raises(Busy):
        derivation.derive(codename)
    assert time.monotonic() - began < 1
    going_on.set()
    for thread in threads:
        thread.join(20)
    assert derivation.derive(codename).lookup_id
