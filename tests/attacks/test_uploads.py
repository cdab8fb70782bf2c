"""Uploads that lie, drip, flood, break off or find no room; and the plaintext that must reach no file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from dropbox.errors import TooManyFiles
from dropbox.server.http import Parser
from dropbox.server.limits import KIB, MIB
from tests import factories
from tests.arrivals import Client, EchoApp, Site, echo_of, eventually, post, running
from tests.conftest import Members
from tests.drop_process import BIN, free_port
from tests.visitor import Page, Visitor

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CANARY = "kanarie-5f1c2e"
START_SECONDS = 60.0


@pytest.fixture
def app() -> Iterator[EchoApp]:
    app = EchoApp()
    yield app
    app.released.set()


def send_on(client: Client, piece: bytes, seconds: float, pause: float = 0.0) -> int:
    """Keep sending until the other side closes; returns how much went out. Fails when it never closes."""
    sent, deadline = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            client.send(piece)
            sent += len(piece)
            time.sleep(pause)
    except ConnectionError:
        return sent
    raise AssertionError("the server went on reading")


# --- refusals reach a client that is still sending ----------------------------------------------------------------


def test_the_page_for_too_large_arrives_while_fifty_megabytes_are_being_sent(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_upload_bytes=MIB) as site, site.connect() as client:
        client.send(post(bytes(MIB), length=50 * MIB))
        answer = client.answer()
        assert (answer.status, answer.body, answer.headers["connection"]) == (413, b"too_large", "close")
        client.send(bytes(49 * MIB))
        assert client.is_closed()


def test_the_page_is_there_for_a_client_that_reads_only_when_it_has_sent_everything(
    app: EchoApp, tmp_path: Path
) -> None:
    with running(app, tmp_path, max_upload_bytes=MIB) as site:
        assert site.post(bytes(50 * MIB)).status == 413


def test_a_refusal_in_the_middle_of_an_upload_arrives_too(tmp_path: Path) -> None:
    class Refusing(EchoApp):
        def answer(self, environ: WSGIEnvironment) -> bytes:
            environ["wsgi.input"].read(100_000)
            raise TooManyFiles

    with running(Refusing(), tmp_path) as site:
        assert site.post(bytes(30 * MIB)).body == b"too_many_files"
        assert site.server.gate.uploads == 0


def test_an_app_that_breaks_in_the_middle_of_an_upload_still_gets_its_page_through(tmp_path: Path) -> None:
    def app(environ: WSGIEnvironment, _start: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"].read(1)
        raise ValueError

    with running(app, tmp_path) as site:
        assert site.post(bytes(30 * MIB)).status == 500
        assert site.server.gate.uploads == 0


def test_what_is_refused_is_not_read_without_end(app: EchoApp, tmp_path: Path) -> None:
    bounds: list[tuple[dict[str, float], bytes, float]] = [
        ({"drain_bytes": 3 * MIB}, bytes(64 * KIB), 0),
        ({"drain_seconds": 0.2}, b"x", 0.01),
    ]
    for limits, piece, pause in bounds:
        with running(app, tmp_path, max_upload_bytes=MIB, **limits) as site, site.connect() as client:
            client.send(post(b"", length=1 << 40))
            assert client.answer().status == 413
            assert send_on(client, piece, 10, pause) < 30 * MIB


def test_whoever_stops_sending_after_a_refusal_is_not_waited_for(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_upload_bytes=MIB, drain_idle_seconds=0.2) as site, site.connect() as client:
        client.send(post(b"x", length=50 * MIB))
        assert client.answer().status == 413
        assert client.is_closed()


def test_no_second_request_is_read_out_of_a_refused_body(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_upload_bytes=MIB, drain_idle_seconds=0.2) as site, site.connect() as client:
        client.send(post(b"", length=50 * MIB) + GET.replace(b"/ ", b"/smuggled ") * 1000)
        assert client.answer().status == 413
        assert client.is_closed()
    assert app.environ["PATH_INFO"] == "/report"


# --- slots, threads, disk -----------------------------------------------------------------------------------------


def held_uploads(site: Site, app: EchoApp, count: int, size: int = MIB) -> list[Client]:
    """Begin uploads that the app holds; each has taken its thread when this returns."""
    clients = [site.connect() for _ in range(count)]
    for client in clients:
        client.send(post(bytes(size // 2), length=size))
        assert app.started.acquire(timeout=10)
    return clients


def test_pages_and_small_forms_are_served_while_every_upload_slot_is_taken(app: EchoApp, tmp_path: Path) -> None:
    app.hold = True
    with running(app, tmp_path, max_uploads=3, page_threads=1) as site:
        clients = held_uploads(site, app, 3)
        assert site.request(GET).body == b"page"
        refused = site.post(bytes(30 * MIB))
        assert (refused.status, refused.body) == (503, b"busy")
        app.released.set()
        assert site.post(b"small").body == echo_of(b"small")
        for client in clients:
            client.send(bytes(MIB // 2))
            assert client.answer().body == echo_of(bytes(MIB))
        assert site.post(bytes(MIB)).status == 200


def test_a_slot_is_free_again_however_its_upload_ended(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_uploads=1) as site:
        for begun in (b"", bytes(10), bytes(100 * KIB)):
            with site.connect() as client:
                client.send(post(begun, length=MIB))
                assert eventually(lambda: site.server.gate.uploads == 1)
            assert eventually(lambda: site.server.gate.uploads == 0)
        assert site.post(bytes(MIB)).status == 200


def test_a_slot_is_free_again_when_its_upload_was_too_slow(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_uploads=1, start_seconds=0.1, min_rate_bytes=MIB) as site:
        for begun in (bytes(10), bytes(100 * KIB)):
            with site.connect() as slow:
                slow.send(post(begun, length=MIB))
                assert slow.answer().status == 408
                assert eventually(lambda: site.server.gate.uploads == 0)


def test_stalled_uploads_make_room_for_one_that_is_sent(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, max_uploads=2, crowded_upload_seconds=0.2) as site:
        stalled = [site.connect(), site.connect()]
        stalled[0].send(post(bytes(10), length=MIB))
        stalled[1].send(post(bytes(100 * KIB), length=MIB))
        assert eventually(lambda: site.server.gate.uploads == 2)
        assert site.post(bytes(MIB)).status == 503
        assert eventually(lambda: site.post(bytes(MIB)).status == 200)
        assert stalled[0].answer().status == 408
        stalled[1].send(bytes(MIB - 100 * KIB))
        assert stalled[1].answer().status == 200


@pytest.fixture
def free_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the disk seem to have so much room; others on this machine use the real one."""

    def pretend(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))

    return pretend


def test_an_upload_for_which_there_is_no_room_is_refused_at_once(
    app: EchoApp, tmp_path: Path, free_disk: Callable[[int], None]
) -> None:
    free_disk(120 * MIB)
    with running(app, tmp_path, min_free_bytes=100 * MIB) as site:
        assert site.post(bytes(MIB)).status == 200
        answer = site.post(bytes(30 * MIB))
        assert (answer.status, answer.body) == (503, b"disk_low")
        free_disk(100 * MIB)
        assert site.post(b"small").body == b"disk_low"
        assert site.post(b"small", "/return").status == 200


def test_uploads_are_summed_up_before_the_disk_is_promised(
    app: EchoApp, tmp_path: Path, free_disk: Callable[[int], None]
) -> None:
    app.hold = True
    free_disk(60 * MIB)
    with running(app, tmp_path) as site:
        with held_upload(site, app, 30 * MIB):
            assert site.post(bytes(30 * MIB)).body == b"disk_low"
        app.released.set()
        assert eventually(lambda: site.server.gate.uploads == 0)
        assert site.post(bytes(30 * MIB)).status == 200


@contextmanager
def held_upload(site: Site, app: EchoApp, size: int) -> Iterator[None]:
    with site.connect() as client:
        client.send(post(bytes(100 * KIB), length=size))
        assert app.started.acquire(timeout=10)
        yield


# --- slow, long, lying, cut off -----------------------------------------------------------------------------------


def test_an_upload_below_the_least_rate_is_ended_with_a_page(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, start_seconds=0.2, min_rate_bytes=MIB) as site, site.connect() as client:
        client.send(post(bytes(100 * KIB), length=MIB))
        answer = client.answer()
        assert (answer.status, answer.body) == (408, b"too_slow")


def test_an_upload_that_never_ends_is_ended_however_fast_it_is(app: EchoApp, tmp_path: Path) -> None:
    limits = {"max_upload_seconds": 0.3, "drain_seconds": 0.2, "max_upload_bytes": 1 << 30}
    with running(app, tmp_path, **limits) as site, site.connect() as client:
        client.send(post(b"", length=1 << 30))
        send_on(client, bytes(KIB), 10, 0.001)
    assert app.failures == ["too_slow"]


def test_an_upload_that_stalls_before_a_thread_took_it_is_ended_with_a_page(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path, stall_seconds=0.2) as site, site.connect() as client:
        client.send(post(bytes(10), length=MIB))
        assert client.answer().body == b"too_slow"
    assert app.started.acquire(timeout=0) is False


def test_an_upload_that_is_cut_off_is_never_taken_for_a_whole_one(app: EchoApp, tmp_path: Path) -> None:
    with running(app, tmp_path) as site:
        for end in (socket.SHUT_WR, socket.SHUT_RDWR):
            with site.connect() as client:
                client.send(post(bytes(700 * KIB), length=MIB))
                assert app.started.acquire(timeout=10)
                client.connection.shutdown(end)
                assert eventually(lambda: bool(app.failures))
            assert app.failures == ["cut_off"]
            app.failures.clear()


def test_a_reporter_who_leaves_after_the_last_byte_has_still_reported(tmp_path: Path) -> None:
    class Slow(EchoApp):
        def answer(self, environ: WSGIEnvironment) -> bytes:
            self.started.release()
            self.released.wait(10)
            body = super().answer(environ)
            self.failures.append(body.decode())
            return body

    app = Slow()
    with running(app, tmp_path) as site:
        with site.connect() as client:
            client.send(post(bytes(MIB)))
            assert app.started.acquire(timeout=10)
            assert eventually(
                lambda: all(request.body is not None and request.body.completed for request in requests(site))
            )
        app.released.set()
        assert eventually(lambda: app.failures == [echo_of(bytes(MIB)).decode()])


def requests(site: Site) -> list[Parser]:
    return [request for channel in site.server._channels() for request in channel.requests]


def test_many_uploads_through_small_buffers_never_wait_for_a_lost_wake_up(app: EchoApp, tmp_path: Path) -> None:
    body = os.urandom(6 * MIB)
    with running(app, tmp_path, max_uploads=6, buffer_bytes=64 * KIB, dispatch_bytes=KIB) as site:
        answers: list[bytes] = []
        threads = [threading.Thread(target=lambda: answers.append(site.post(body).body)) for _ in range(6)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [echo_of(body)] * 6
        assert time.monotonic() - began < 15


# --- the real server ----------------------------------------------------------------------------------------------


class TracedDrop:
    """dropbox-server in a process of its own, under a tracer when a log for it is given."""

    def __init__(self, config: Path, trace: Path | None = None) -> None:
        self.port = free_port()
        self._traced = trace is not None
        serve = [str(BIN / "dropbox-server"), "serve", "--config", str(config), "--local", f"127.0.0.1:{self.port}"]
        calls = "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendfile,copy_file_range,splice,vmsplice"
        tracer = ["strace", "-f", "-qq", "-y", "-s", "80000", "-e", calls, "-o", str(trace)] if trace else []
        self._process = subprocess.Popen([*tracer, *serve], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def __enter__(self) -> TracedDrop:
        def answers() -> bool:
            try:
                return Visitor("127.0.0.1", self.port).get("/").status == 200
            except OSError:
                assert self._process.poll() is None, "the server did not start"
                return False

        assert eventually(answers, START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._server_pid(), signal.SIGTERM)  # a tracer keeps signals to itself
        self._process.wait(20)

    def _server_pid(self) -> int:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if self._traced else pid

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._server_pid()}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1024

    def report(self, content: bytes, text: str = "text", name: str = "file.bin") -> Page:
        visitor = Visitor("127.0.0.1", self.port)
        form = visitor.get("/report").form("message")
        values = {"desk": "desk", "mandate": "listen", "message": text}
        return visitor.submit(form, values, [(name, "application/octet-stream", content)])


@pytest.fixture
def config(short_dir: Path, members: Members) -> Path:
    factories.publish_keys(members.home, short_dir / "keys", (members.anna, members.bram))
    return factories.write_config(
        short_dir, {"desk": [members.anna, members.bram]}, server="allow_swap = true\nmin_free_mib = 16"
    )


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_byte_of_an_upload_is_written_to_a_file(config: Path, short_dir: Path) -> None:
    content = (CANARY + " in the file\n").encode() * (5 * MIB // 27)
    trace = short_dir / "trace"
    with TracedDrop(config, trace) as drop:
        assert drop.report(content, f"{CANARY} in the text", f"{CANARY}.txt").codename
    to_gpg, into_files = 0, []
    for line in trace.read_text(errors="replace").splitlines():
        target = re.match(r"\d+ +\w+\(\d+<([^>]*)>", line)
        if target is None or CANARY not in line:
            continue
        if target[1].startswith(("pipe:", "socket:")):
            to_gpg += line.count(CANARY)
        else:
            into_files.append(target[1])
    assert to_gpg > 100_000, "the tracer saw nothing, so it proves nothing"
    assert into_files == []
    trace.unlink()
    assert subprocess.run(["grep", "-rl", CANARY, str(short_dir)], capture_output=True, check=False).stdout == b""


def test_uploads_at_once_cost_the_server_little_memory(config: Path) -> None:
    content = os.urandom(16 * MIB)
    pages: list[Page] = []

    def report() -> None:
        # Codenames are derived one at a time: on a busy machine the last in the queue is asked to come back.
        page = next(page for page in iter(lambda: drop.report(content), None) if page.status != 503)
        pages.append(page)

    with TracedDrop(config) as drop:
        assert drop.report(content).codename
        one = drop.peak_mib()
        threads = [threading.Thread(target=report) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(page.codename for page in pages)
        assert len(pages) == 8
        assert drop.peak_mib() - one < 30


def test_a_report_that_is_cut_off_leaves_nothing_behind(config: Path) -> None:
    items = config.parent / "data" / "items"
    with TracedDrop(config) as drop:
        visitor = Visitor("127.0.0.1", drop.port)
        form = visitor.get("/report").form("message")
        fields = [*Visitor.filled(form, {"desk": "desk", "mandate": "listen", "message": "x"})]
        head = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields)
        head += '--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        headers = f"Content-Type: multipart/form-data; boundary=b\r\nCookie: {cookies}\r\n"
        with socket.create_connection(("127.0.0.1", drop.port)) as connection:
            connection.sendall(post(head.encode() + bytes(3 * MIB), length=9 * MIB, headers=headers))
            assert eventually(lambda: any(items.glob("*.part")))
        assert eventually(lambda: not any(items.iterdir()))
