"""The arrival room: listeners, circuits, deadlines and crowds, on real sockets."""

import io
import socket
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dropbox.server.arrival import ArrivalServer, Channel, create_server
from dropbox.server.limits import KIB, MIB, ArrivalLimits
from dropbox.settings import Server
from tests.arrivals import Client, EchoApp, Site, echo_of, eventually, limits, post, running

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PROXY = b"PROXY TCP6 fc00:dead:beef:4dad::0:%d ::1 104 80\r\n"


@pytest.fixture
def app() -> Iterator[EchoApp]:
    app = EchoApp()
    yield app
    app.released.set()


def connect_unix(path: Path) -> Client:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(path))
    return Client(connection)


@pytest.fixture
def onion(app: EchoApp, short_dir: Path) -> Iterator[Path]:
    """A server on a unix socket alone, as tor meets it; gives the socket's path."""
    path = short_dir / "data" / "drop.sock"
    arrival = ArrivalServer(app, limits(max_uploads_per_circuit=1), short_dir, unix=path, proxy_lines=True)
    thread = threading.Thread(target=arrival.run)
    thread.start()
    yield path
    app.released.set()
    arrival.close()
    thread.join(20)
    assert not thread.is_alive()


def test_nobody_else_on_the_machine_can_use_the_socket(onion: Path) -> None:
    assert stat.S_IMODE(onion.stat().st_mode) == 0o600
    assert stat.S_IMODE(onion.parent.stat().st_mode) == 0o700


def test_the_circuits_id_reaches_the_app(onion: Path, app: EchoApp) -> None:
    with connect_unix(onion) as client:
        for byte in PROXY % 68 + GET:
            client.send(bytes([byte]))
        assert client.answer().body == b"page"
        assert app.environ["dropbox.circuit"] == "fc00:dead:beef:4dad::0:68"
        client.send(GET)
        assert client.answer().body == b"page"


@pytest.mark.parametrize("start", [GET, b"PROXY UNKNOWN\r\n" + GET, b"x" * 200])
def test_whoever_is_not_our_tor_gets_no_answer_on_the_onions_socket(onion: Path, app: EchoApp, start: bytes) -> None:
    with connect_unix(onion) as client:
        client.send(start)
        assert client.is_closed()
    assert app.environ == {}


def test_a_visitor_cannot_choose_a_circuit(onion: Path, app: EchoApp) -> None:
    with connect_unix(onion) as client:
        client.send(PROXY % 1 + PROXY % 2 + GET)
        assert client.answer().status == 400
    assert app.environ == {}


def test_one_circuit_cannot_take_the_uploads_of_another(onion: Path, app: EchoApp) -> None:
    body = bytes(300 * KIB)
    app.hold = True
    with connect_unix(onion) as first, connect_unix(onion) as second, connect_unix(onion) as other:
        first.send(PROXY % 1 + post(body))
        app.started.acquire(timeout=5)
        second.send(PROXY % 1 + post(body))
        assert second.answer().body == b"busy"
        other.send(PROXY % 2 + post(body))
        assert app.started.acquire(timeout=5)
        app.released.set()
        assert [first.answer().body, other.answer().body] == [echo_of(body)] * 2


def test_settings_become_limits() -> None:
    made = ArrivalLimits.from_settings(
        Server(
            Path("d"),
            Path("d/s"),
            max_upload_mib=7,
            max_uploads_at_once=5,
            max_uploads_per_circuit=2,
            min_upload_rate=3,
            max_upload_minutes=2,
        )
    )
    assert made.max_uploads_per_circuit == 2
    assert (made.max_upload_bytes, made.max_uploads, made.min_free_bytes) == (7 * MIB, 5, 512 * MIB)
    assert (made.min_rate_bytes, made.max_upload_seconds, made.threads) == (3 * KIB, 120, 13)
    assert callable(create_server)


def test_an_idle_connection_is_closed_and_one_at_work_is_not(app: EchoApp, tmp_path: Path) -> None:
    app.hold = True
    with running(app, tmp_path, idle_seconds=0.2) as site, site.connect() as idle, site.connect() as busy:
        busy.send(post(b"x"))
        assert idle.is_closed()
        app.released.set()
        assert busy.answer().body == echo_of(b"x")


def test_a_head_that_drips_in_is_not_waited_for(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, header_seconds=0.3) as site, site.connect() as client:
        client.send(b"GET / HTTP/1.1\r\n")
        assert client.is_closed()
    assert app.environ == {}


def test_a_small_form_that_drips_in_holds_no_thread_and_gets_a_page(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, start_seconds=0.2, page_threads=1, max_uploads=1) as site:
        dripping = [site.connect() for _ in range(5)]
        for client in dripping:
            client.send(post(b"x", length=1000))
        assert site.request(GET).body == b"page"
        assert [client.answer().body for client in dripping] == [b"too_slow"] * 5


def test_whoever_does_not_fetch_an_answer_is_let_go(tmp_path: Path) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(12 * MIB))])
        return (bytes(MIB) for _ in range(12))

    with running(app, tmp_path, stall_seconds=1, page_threads=1, max_uploads=1) as site:
        slow, quick = site.connect(), site.connect()
        slow.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(GET)
        quick.send(GET)
        assert len(quick.answer().body) == 12 * MIB
        assert eventually(lambda: len(channels(site)) == 1)


def channels(site: Site) -> list[Channel]:
    return site.server._channels()


def test_answers_that_wait_do_not_fill_the_memory(tmp_path: Path) -> None:
    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", str(16 * MIB))])
        return [bytes(16 * MIB)]

    with running(app, tmp_path, max_total_output_bytes=20 * MIB) as site:
        clients = [site.connect() for _ in range(6)]
        for client in clients:
            client.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.send(GET)
        assert eventually(lambda: len(channels(site)) <= 3)


def test_neither_a_body_nor_an_answer_is_spooled_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spools: list[object] = []

    def spool(*_: object, **__: object) -> io.BytesIO:
        spools.append(_)
        return io.BytesIO()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    monkeypatch.setattr(tempfile, "TemporaryFile", spool)
    with running(app, tmp_path) as site, site.connect() as client:
        client.send(post(bytes(12 * MIB)))
        assert eventually(lambda: any(channel.total_outbufs_len > 2 * MIB for channel in channels(site)))
        assert client.answer().body == bytes(12 * MIB)
    assert spools == []


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\n"])
def test_many_idle_or_dripping_connections_do_not_lock_the_next_one_out(
    app: EchoApp, tmp_path: Path, start: bytes
) -> None:
    with running(app, tmp_path, max_connections=20) as site:
        for _ in range(40):
            site.connect().send(start)
        assert site.request(GET).body == b"page"


def test_refused_uploads_that_are_still_sent_do_not_lock_the_next_one_out(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_connections=20, max_upload_bytes=MIB) as site:
        for _ in range(40):
            site.connect().send(post(b"x", length=1 << 30))
        assert site.request(GET).body == b"page"


def test_closing_cuts_off_an_upload_and_answers_what_has_arrived(app: EchoApp, tmp_path: Path) -> None:
    app.hold = True
    with running(app, tmp_path) as site:
        whole, half, idle = site.connect(), site.connect(), site.connect()
        whole.send(post(b"whole"))
        half.send(post(bytes(400 * KIB), length=MIB))
        for _ in range(2):
            app.started.acquire(timeout=5)
        site.server.close()
        assert idle.is_closed()
        assert half.is_closed()
        app.released.set()
        assert whole.answer().body == echo_of(b"whole")
    assert app.failures == ["cut_off"]


def test_what_is_being_sent_at_a_stop_arrives_and_is_answered(app: EchoApp, tmp_path: Path) -> None:
    body = bytes(range(256)) * 4 * KIB
    with running(app, tmp_path, stop_seconds=20, next_page_seconds=0.1) as site:
        sending, idle = site.connect(), site.connect()
        sending.send(post(body)[: -512 * KIB])
        app.started.acquire(timeout=5)
        site.server.close()
        assert idle.is_closed()
        with pytest.raises(ConnectionRefusedError):
            site.connect()
        sending.send(body[-512 * KIB :])
        assert sending.answer().body == echo_of(body)
        assert eventually(lambda: not site.is_running)
    assert app.failures == []


def test_a_form_that_no_thread_has_seen_yet_arrives_too(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=20, next_page_seconds=0.1) as site:
        sending, headless = site.connect(), site.connect()
        sending.send(post(b"first", length=10))
        headless.send(b"POST /report HTTP/1.1\r\nHost")
        assert eventually(lambda: any(each.is_sending for each in site.server._channels()))
        site.server.close()
        assert headless.is_closed()
        sending.send(b"other")
        assert sending.answer().body == echo_of(b"firstother")


def test_the_page_that_an_answer_leads_to_is_served_at_a_stop(app: EchoApp, tmp_path: Path) -> None:
    """On it stands the codename."""
    with running(app, tmp_path, stop_seconds=20) as site:
        sending = site.connect()
        sending.send(post(b"first", length=10))
        assert eventually(lambda: any(each.is_sending for each in site.server._channels()))
        site.server.close()
        sending.send(b"other")
        sending.answer()
        sending.send(GET)
        assert sending.answer().body == b"page"


def test_whose_form_was_answered_right_before_a_stop_gets_that_page_too(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=20) as site:
        sending, idle = site.connect(), site.connect()
        sending.send(post(b"whole"))
        sending.answer()
        site.server.close()
        assert idle.is_closed()
        sending.send(GET)
        assert sending.answer().body == b"page"


def test_nobody_who_wants_no_page_holds_up_a_stop(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=20, next_page_seconds=0.3) as site:
        sending = site.connect()
        sending.send(post(b"whole"))
        sending.answer()
        site.server.close()
        assert eventually(lambda: not site.is_running)


def test_an_upload_that_hangs_at_a_stop_is_cut_off_at_the_limit(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=0.5) as site:
        hanging = site.connect()
        hanging.send(post(bytes(400 * KIB), length=MIB))
        app.started.acquire(timeout=5)
        site.server.close()
        assert not eventually(lambda: not site.is_running, 0.3)
        assert eventually(lambda: not site.is_running)
    assert app.failures == ["cut_off"]


def test_a_second_wish_to_stop_is_granted_at_once(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=600) as site:
        hanging = site.connect()
        hanging.send(post(bytes(400 * KIB), length=MIB))
        app.started.acquire(timeout=5)
        for _ in range(2):
            assert site.is_running
            site.server.close()
        assert eventually(lambda: not site.is_running)
    assert app.failures == ["cut_off"]


def test_a_refused_upload_that_is_still_sent_holds_up_no_stop(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stop_seconds=600, max_upload_bytes=MIB) as site:
        site.connect().send(post(b"x", length=1 << 30))
        assert eventually(lambda: app.failures != [])
        site.server.close()
        assert eventually(lambda: not site.is_running, 8)


def test_closing_twice_or_after_the_end_is_harmless(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path) as site:
        site.server.close()
        site.close()
        site.server.wake()


def test_an_exception_out_of_the_loop_still_ends_the_server_in_order(app: EchoApp, tmp_path: Path) -> None:
    server = ArrivalServer(app, limits(), tmp_path, local=("127.0.0.1", 0))
    server.relieve = lambda: (_ for _ in ()).throw(SystemExit)  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        server.run()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.local_addresses[0], 1)
