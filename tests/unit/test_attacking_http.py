"""The attack with hostile HTTP calls what is broken on purpose: a small server answers wrongly in every way."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dropbox.server import headers
from tests.attacking.http import attack, fuzz_targets
from tests.attacking.http.case import Case, get
from tests.attacking.http.cases import all_cases
from tests.attacking.http.fuzz_head import Broken
from tests.attacking.http.fuzz_seeds import CORPUS, seeds
from tests.attacking.http.handmade import try_case
from tests.attacking.http.judge import CANARY, Judge
from tests.attacking.http.properties import wrong_with_exchange
from tests.attacking.http.stage import Costs, costs_of, settled
from tests.attacking.http.stalled import growth
from tests.attacking.http.storm import Storm
from tests.attacking.http.wire import Unsound, Wire

CASE = Case("a case", get(b"/"), 1, frozenset({200}))
HEAD = "".join(f"{name}: {value}\r\n" for name, value in headers.plain())


def answer(status: str = "200 OK", more: str = "", body: str = "<h1>page</h1><p>text</p>", head: str = HEAD) -> bytes:
    kind = "Content-Type: text/html; charset=utf-8\r\n"
    return f"HTTP/1.1 {status}\r\n{head}{kind}{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """Serve on a port: to whatever comes on a connection these answers one after the other, then nothing."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                for each in answers:
                    if connection.recv(65536):
                        connection.sendall(each)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def found(*answers: bytes, case: Case = CASE) -> list[str]:
    judge = Judge()
    with answering(*answers) as port:
        try_case(port, case, judge)
    return [finding.what for finding in judge.findings]


def test_an_answer_as_it_must_be_is_not_called_wrong() -> None:
    assert found(answer()) == []


@pytest.mark.parametrize(
    ("wrong", "called"),
    [
        (answer("500 Internal Server Error"), "answered 500"),
        (answer("502 Bad Gateway"), "answered 502"),
        (answer("503 Service Unavailable", body=""), "answered 503"),
        (answer("404 Not Found"), "answered 404"),
        (answer(body="Traceback (most recent call last):"), "tells of the program"),
        (answer(body="File &#34;/srv/x.py&#34;"), "tells of the program"),
        (answer(more="Server: x\r\n"), "there is a header server"),
        (answer(more="Date: x\r\n"), "there is a header date"),
        (answer(head=HEAD.replace("Referrer-Policy: no-referrer\r\n", "")), "referrer-policy"),
        (answer(head=HEAD.replace("default-src 'none'", "default-src *")), "content-security-policy"),
        (answer(head=HEAD + "X-Frame-Options: DENY\r\n"), "x-frame-options"),
        (answer("303 See Other", more=f"Location: http://{CANARY}/\r\n"), "redirection leads away"),
        (answer("303 See Other", more="Location: //elsewhere\r\n"), "redirection leads away"),
        (answer(body=f"<a href='http://{CANARY.upper()}/'>"), "carries what stood in Host"),
        (answer(more="Set-Cookie: session=x; HttpOnly; Path=/\r\n"), "lacks its flags"),
        (answer(more="Set-Cookie: a=b; HttpOnly; SameSite=Strict; Domain=x\r\n"), "names a domain"),
        (answer() + answer(), "more answers than requests"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(), "interim"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "breaks off"),
        (b"<html>", "breaks off"),
    ],
)
def test_what_is_wrong_with_an_answer_is_called(wrong: bytes, called: str) -> None:
    assert any(called in what for what in found(wrong))


def test_a_smuggled_request_that_is_answered_is_called() -> None:
    """What such a server gets second is the attack's own next request, so a third answer is one too many."""
    assert "reporters: more answers than requests" in found(answer(), answer("404 Not Found") * 2)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/2 200 OK\r\nContent-Length: 0",
        b"HTTP/1.1 99 X\r\nContent-Length: 0",
        b"HTTP/1.1 200\r\nContent-Length: 0",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0",
        b"HTTP/1.1 200 OK\r\nContent-Length: +0",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\nX: y",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX y: z",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: \x1b",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
        b"HTTP/1.1 204 X\r\nContent-Length: 0",
    ],
)
def test_what_is_no_answer_of_http_is_not_read_as_one(head: bytes) -> None:
    with answering(head + b"\r\n\r\n") as port, Wire(port) as wire:
        wire.send(b"x")
        with pytest.raises(Unsound):
            wire.answer()


def test_a_drawn_request_that_breaks_a_page_or_gets_no_answer_is_called() -> None:
    for wrong, called in ((answer("500 X"), "answered 500"), (b"", "no answer")):
        with answering(wrong) as port:
            assert called in wrong_with_exchange(port, get(b"/"), Judge())


def test_a_line_in_the_log_is_a_finding() -> None:
    served: Any = SimpleNamespace(log_lines=lambda: ["serving", "Traceback (most recent call last):"])
    assert [each.where for each in attack._said(served, 1)] == ["Traceback (most recent call last):"]


def test_files_descriptors_and_memory_that_stay_are_counted(tmp_path: Path) -> None:
    before = costs_of(os.getpid(), tmp_path)
    (tmp_path / "left").write_bytes(b"")
    kept, held = bytearray(os.urandom(1 << 20) * 60), [socket.socket() for _ in range(9)]
    after = settled(lambda: costs_of(os.getpid(), tmp_path), before, seconds=0)
    assert after.files == before.files + 1
    assert [figure.holds for figure in growth("x", before, after)] == [False, False, True]
    assert [figure.holds for figure in growth("x", before, Costs(0, 0, before.threads + 2, 0))] == [True, True, False]
    del kept
    for each in held:
        each.close()


def test_a_storm_holds_on_and_dials_again_only_when_told() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, Storm(listener.getsockname()[1], 20, random.Random(1)) as storm:
        connections = [listener.accept()[0] for _ in range(20)]
        assert storm.closed == 0
        for each in connections:
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        deadline = time.monotonic() + 5
        while storm.closed < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (storm.closed, storm.dialled) == (20, 20)


def test_the_cases_of_a_seed_are_the_same_and_each_has_a_name_of_its_own() -> None:
    first, again = (all_cases(random.Random(3)) for _ in range(2))
    assert first == again
    names = [case.name for case in first]
    assert len(names) == len(set(names)) > 450


@pytest.mark.parametrize("name", fuzz_targets.TARGETS)
def test_nothing_that_was_found_and_mended_breaks_a_reader_again(name: str) -> None:
    for data in seeds(name):
        fuzz_targets.on_time(fuzz_targets.TARGETS[name])(data)


def test_every_folder_of_the_corpus_belongs_to_a_reader() -> None:
    assert {path.name for path in CORPUS.iterdir()} <= set(fuzz_targets.TARGETS)


@pytest.mark.parametrize(
    ("name", "place", "broken"),
    [
        ("tokens", "_TOKENS", SimpleNamespace(read=lambda *_: None)),
        ("tokens", "_SESSIONS", SimpleNamespace(find=lambda _: None, binding=lambda _: b"x")),
        ("names", "disposition", lambda *_: "a\r\nb"),
        ("names", "harmless_name", lambda name: name + "x"),
        ("form", "MAX_FILE_NAME_CHARACTERS", 2),
    ],
)
def test_a_reader_that_lets_something_through_is_called(
    name: str, place: str, broken: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz_targets, place, broken)
    with pytest.raises(Broken):
        _read_all(name)


def _read_all(name: str) -> None:
    for data in seeds(name):
        fuzz_targets.TARGETS[name](data)


def test_a_reader_that_takes_too_long_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_data: bytes) -> None:
        begun = time.process_time()
        while time.process_time() - begun < 0.02:
            pass

    monkeypatch.setattr(fuzz_targets, "SLOW_SECONDS", 0.01)
    timed: Callable[[bytes], None] = fuzz_targets.on_time(slow)
    with pytest.raises(Broken):
        timed(b"")
