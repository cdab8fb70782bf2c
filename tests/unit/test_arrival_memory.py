"""What arrived and was answered does not stay in memory: neither with a waiting thread nor with an open connection."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.arrivals import EchoApp, eventually, post, running

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_thread_that_waits_for_work_does_not_hold_on_to_the_last_connection(tmp_path: Path) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        while environ["wsgi.input"].read(1000):
            pass
        start_response("200 OK", [])
        return []

    with running(app, tmp_path, page_threads=1) as site:
        with site.connect() as client:
            client.send(post(bytes(200_000), length=400_000))
            assert eventually(lambda: bool(site.server._channels()))
            channel = weakref.ref(site.server._channels()[0])
        assert eventually(lambda: gc.collect() >= 0 and channel() is None)


def test_an_answer_does_not_stay_with_a_connection_that_stays_open(tmp_path: Path) -> None:
    class Long(EchoApp):
        def answer(self, environ: object) -> bytes:
            return b"kanarie" * 10_000

    with running(Long(), tmp_path) as site, site.connect() as client:
        for _ in range(3):
            client.send(GET)
            assert client.answer().body == b"kanarie" * 10_000
        channel = site.server._channels()[0]
        assert eventually(lambda: not channel.outbufs[-1].getfile().getvalue())
        client.send(GET)
        assert client.answer().body == b"kanarie" * 10_000, "it goes on"
