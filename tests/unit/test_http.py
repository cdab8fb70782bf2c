"""Heads and answers: nothing is said of server or clock, and nothing unreadable reaches the app or comes back."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dropbox.server.progress import Stage, Standing
from dropbox.server.tokens import Visit
from tests.arrivals import EchoApp, Site, echo_of, eventually, post, running

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CANARY = "kanarie-7b1f"


@pytest.fixture
def app() -> EchoApp:
    return EchoApp()


@pytest.fixture
def site(app: EchoApp, tmp_path: Path) -> Iterator[Site]:
    with running(app, tmp_path, drain_idle_seconds=0.1) as site:
        yield site


@pytest.mark.parametrize(
    "request_bytes",
    [GET, b"GARBAGE\r\n\r\n", post(b"x", "/other", length=1 << 30), b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000],
)
def test_no_answer_names_server_or_clock(site: Site, request_bytes: bytes) -> None:
    answer = site.request(request_bytes)
    assert not {"server", "date", "via", "etag"} & set(answer.headers)


def test_not_even_an_app_can_name_server_or_clock(tmp_path: Path) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Server", "x"), ("Date", "x"), ("Via", "x"), ("Content-Length", "0")])
        return [b""]

    with running(app, tmp_path) as site:
        assert set(site.request(GET).headers) == {"content-length"}


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\nY: z\r\n\r\n", 400),
        (b"GET http://[::1 HTTP/1.1\r\n\r\n", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST /report HTTP/1.1\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n", 413),
        (b"GET /?\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /report HTTP/1.1\r\nHost: x\r\n Content-Length: 5\r\n\r\nhello", 400),
        (b"POST /report HTTP/1.1\r\nContent-Length: 5\r\n\t6\r\n\r\nhello", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_what_cannot_be_read_gets_our_own_page(site: Site, app: EchoApp, request_bytes: bytes, status: int) -> None:
    answer = site.request(request_bytes)
    assert answer.status == status
    assert answer.headers["connection"] == "close"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert b"did not work" in answer.body
    assert app.environ == {}


def test_a_page_for_the_unreadable_says_nothing_of_what_was_sent(site: Site) -> None:
    for request in (
        f"{CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n",
        f"GET /{CANARY} HTTP/1.1\r\nA: b\nc\r\n\r\n",
    ):
        assert CANARY.encode() not in site.request(request.encode()).body


@pytest.mark.parametrize("head", [b"POST /report HTTP/1.1\r\n", b"POST /report HTTP/1.0\r\n", b"GET / HTTP/1.1\r\n"])
def test_a_chunked_body_is_refused_by_a_page_of_the_app(site: Site, app: EchoApp, head: bytes) -> None:
    request = head + b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    with site.connect() as client:
        client.send(request + b"GET /smuggled HTTP/1.1\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.body) == (411, b"length_required")
        assert client.is_closed()
    assert app.environ["PATH_INFO"] != "/smuggled"


@pytest.mark.parametrize(
    "value", [b"", b",", b" , ", b"gzip", b"identity", b"chunked, identity", b"chunked;q=1", b"\x85"]
)
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
@pytest.mark.parametrize("length", [b"", b"Content-Length: 4\r\n"])
def test_no_encoding_of_a_body_lets_a_second_request_through(
    site: Site, app: EchoApp, value: bytes, version: bytes, length: bytes
) -> None:
    head = b"POST /report HTTP/" + version + b"\r\nHost: x\r\n" + length + b"Transfer-Encoding: " + value
    with site.connect() as client:
        client.send(head + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")
        assert client.answer().status == 411
        assert client.is_closed()
    assert app.environ["PATH_INFO"] != "/smuggled"


def test_a_length_over_the_limit_is_looked_at_before_anything_else(site: Site) -> None:
    head = b"POST /report HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 999999999\r\n\r\n"
    assert site.request(head).status == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/report", 200),
        ("/case", 200),
        ("//report", 200),
        ("/report?l=nl", 200),
        ("/report/", 413),
        ("/return", 413),
        ("/", 413),
    ],
)
def test_only_the_pages_that_take_files_take_large_bodies(site: Site, path: str, status: int) -> None:
    assert site.post(bytes(300_000), path).status == status


def test_another_method_cannot_bring_a_large_body(site: Site) -> None:
    assert site.request(post(bytes(300_000)).replace(b"POST", b"PUT", 1)).status == 413


def test_a_length_that_lies_short_does_not_lengthen_the_body(site: Site) -> None:
    with site.connect() as client:
        client.send(post(b"hello", length=3) + b" HTTP/1.1\r\n\r\n")
        assert client.answer().body == echo_of(b"hel")
        assert client.answer().status == 400


def test_a_continue_is_sent_once_and_only_for_a_body_that_is_welcome(site: Site) -> None:
    expecting = "Expect: 100-continue\r\n"
    for size in (5, 1_000_000):
        with site.connect() as client:
            client.send(post(b"", length=size, headers=expecting))
            assert client.answer().status == 100
            client.send(b"x" * size)
            assert client.answer().body == echo_of(b"x" * size)
            client.send(GET)
            assert client.answer().body == b"page"
    with site.connect() as client:
        client.send(post(b"", length=1 << 40, headers=expecting))
        assert client.answer().status == 413
    with site.connect() as client:
        client.send(GET.replace(b"\r\n\r\n", b"\r\n" + expecting.encode() + b"\r\n"))
        assert client.answer().body == b"page"


def test_requests_that_come_at_once_are_answered_in_order(site: Site) -> None:
    large = bytes(400_000)
    with site.connect() as client:
        client.send(GET + post(b"one") + post(large) + post(b"two") + GET + post(b"three", "/return"))
        bodies = [client.answer().body for _ in range(6)]
    assert bodies == [b"page", echo_of(b"one"), echo_of(large), echo_of(b"two"), b"page", echo_of(b"three")]


def test_an_app_that_breaks_gives_a_page_and_logs_nothing_of_the_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def app(environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        raise ValueError(environ["PATH_INFO"] + CANARY)

    with caplog.at_level(logging.DEBUG), running(app, tmp_path) as site:
        answer = site.request(f"GET /{CANARY} HTTP/1.1\r\n\r\n".encode())
        assert answer.status == 500
        assert CANARY.encode() not in answer.body
        assert site.request(b"HEAD / HTTP/1.1\r\n\r\n").status == 500
    seen = caplog.text + "".join(capfd.readouterr())
    assert CANARY not in seen
    assert "ValueError at test_http.py line" in seen


def test_nothing_is_logged_of_ordinary_and_of_broken_requests(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for request in (GET, post(CANARY.encode(), f"/{CANARY}"), f"{CANARY}\r\n\r\n".encode()):
            site.request(request)
        with site.connect() as client:
            client.send(post(CANARY.encode(), f"/{CANARY}", length=9999))
    site.close()
    assert caplog.text + "".join(capfd.readouterr()) == ""


def test_the_app_does_not_take_a_proxys_word_for_the_address(site: Site, app: EchoApp) -> None:
    site.request(GET.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 1.2.3.4\r\nX_Under: x\r\n\r\n"))
    assert app.environ["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_UNDER" not in app.environ
    assert app.environ["dropbox.circuit"] is None
    assert app.environ["SERVER_SOFTWARE"] == ""


# --- how far an upload is -----------------------------------------------------------------------------------------

VISIT = Visit.new()
COOKIE = f"Cookie: theme=dark; visit={VISIT.cookie}\r\n"


def standing(site: Site, visit: Visit = VISIT) -> Standing | None:
    return site.server.progress.of(visit.bound)


def stage(site: Site) -> Stage | None:
    found = standing(site)
    return found.stage if found else None


@pytest.mark.parametrize("size", [10, 300_000])
def test_an_upload_is_counted_byte_by_byte_while_it_arrives(site: Site, size: int) -> None:
    with site.connect() as client:
        client.send(post(b"x" * 3, length=size, headers=COOKIE))
        assert eventually(lambda: standing(site) == Standing(Stage.ARRIVING, 3, size))
        client.send(b"x" * (size - 5))
        assert eventually(lambda: standing(site) == Standing(Stage.ARRIVING, size - 2, size))
        client.send(b"xx")
        assert client.answer().status == 200
        assert standing(site) == Standing(Stage.DONE, size, size)


def test_what_has_arrived_whole_and_is_not_answered_yet_is_not_called_done(site: Site, app: EchoApp) -> None:
    app.hold = True
    with site.connect() as client:
        client.send(post(b"x" * 10, headers=COOKIE))
        assert eventually(lambda: stage(site) is Stage.SEALING)
        app.released.set()
        client.answer()
    assert stage(site) is Stage.DONE


@pytest.mark.parametrize("refusal", [{"length": 1 << 40}, {"path": "/case", "length": 1 << 40}])
def test_a_refused_upload_is_shown_as_stopped_before_it_has_come_in(site: Site, refusal: dict[str, Any]) -> None:
    with site.connect() as client:
        client.send(post(b"x", headers=COOKIE, **refusal))
        assert client.answer().status == 413
        assert stage(site) is Stage.STOPPED


@pytest.mark.parametrize("size", [100, 300_000])
def test_an_upload_that_broke_off_is_not_shown_as_on_its_way_for_ever(site: Site, size: int) -> None:
    with site.connect() as client:
        client.send(post(b"x" * (size - 1), length=size, headers=COOKIE))
        assert eventually(lambda: stage(site) is Stage.ARRIVING)
    assert eventually(lambda: stage(site) is Stage.STOPPED)


def test_an_app_that_breaks_or_refuses_has_not_done_anything(tmp_path: Path) -> None:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["CONTENT_LENGTH"] == "1":
            raise ValueError
        start_response("400 Bad Request", [("Content-Length", "0")])
        return [b""]

    with running(app, tmp_path) as site:
        for body in (b"1", b"22"):
            site.request(post(body, headers=COOKIE))
            assert eventually(lambda: stage(site) is Stage.STOPPED)


@pytest.mark.parametrize(
    "request_bytes",
    [
        post(b"hello"),
        post(b"hello", headers="Cookie: visit=short\r\n"),
        post(b"hello", "/return", headers=COOKIE),
        post(b"", headers=COOKIE),
        GET.replace(b"\r\n\r\n", f"\r\n{COOKIE}\r\n".encode()),
    ],
    ids=("no cookie", "no visit", "a sign-in", "no body", "a page"),
)
def test_what_is_no_upload_of_a_visit_takes_no_place(site: Site, request_bytes: bytes) -> None:
    site.request(request_bytes)
    assert len(site.server.progress) == 0


def test_the_app_is_given_the_registry_and_its_own_upload(site: Site, app: EchoApp) -> None:
    site.request(GET)
    assert app.environ["dropbox.progress"] is site.server.progress
    assert app.environ["dropbox.upload"] is None
    site.request(post(b"hello", headers=COOKIE))
    upload: Any = app.environ["dropbox.upload"]
    assert upload.look() == Standing(Stage.DONE, 5, 5)
