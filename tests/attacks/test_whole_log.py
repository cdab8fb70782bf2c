"""The drop's own log after everything that reporters can do, well or badly: not a line more than before they came."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.models import today
from tests import factories
from tests.drop_process import command
from tests.journeys.world import Person, World, come_back, send_report

MARK = "the board's treasurer"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        person = Person(home, factories.make_key(home))
        root = tmp_path_factory.mktemp("log")
        log = f'folder = "{root}/log"'
        made = World.make(root, {"anna": person}, {"anna": "advisers"}, log=log, server="max_upload_mib = 1")
        made.drop.server("init")
        with made.drop:
            yield made


def kept(world: World) -> list[str]:
    return [line for path in sorted((world.root / "log").glob("drop.log*")) for line in path.read_text().splitlines()]


def visit(world: World) -> None:
    """Report, come back, go on, withdraw, leave."""
    visitor = world.drop.visitor()
    page = send_report(visitor, MARK, ["advisers"], "listen", [("a.txt", "text/plain", b"x")])
    back = world.drop.visitor()
    case = come_back(back, page.codename)
    back.submit(case.form("message", "mandate"), {"message": f"{MARK} again"})
    for path in ("/keys", "/safety", "/about", "/leave", "/nowhere", "/case"):
        back.get(path)


def misbehave(world: World) -> None:
    """Wrong codenames, torn bodies, forged forms, too much of everything, many at once."""
    visitor = world.drop.visitor()
    come_back(visitor, "wrong words that are no codename here")
    form = visitor.get("/report").form("message", "mandate")
    visitor.submit(form, {"desk": ["nowhere"], "message": MARK, "token": "forged"})
    visitor.request("POST", "/report", b"x" * 10, "multipart/form-data; boundary=never")
    visitor.request("PUT", "/report", b"x", "text/plain")
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", world.drop.port), timeout=10) as torn:
            torn.sendall(b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nmes")
    with socket.create_connection(("127.0.0.1", world.drop.port), timeout=10) as odd:
        odd.sendall(b"\x16\x03\x01 no http at all\r\n\r\n")
        odd.recv(1000)
    large = http.client.HTTPConnection("127.0.0.1", world.drop.port, timeout=10)
    large.putrequest("POST", "/report")
    large.putheader("Content-Length", str(1 << 40))
    large.endheaders()
    assert large.getresponse().status == 413
    large.close()


def test_no_line_is_written_for_anything_that_reporters_do(world: World) -> None:
    before = kept(world)
    assert before[-1].endswith("server: started") or "serving" in before[-1]
    visit(world)
    misbehave(world)
    visit(world)
    assert kept(world) == before
    assert "Traceback" not in world.drop.log.read_text()


def test_what_is_the_drops_own_is_in_it_with_its_day_only(world: World, tmp_path: Path) -> None:
    (tmp_path / "answer.tar").write_bytes(b"no bundle")
    command("dropbox-server", "import", "--config", world.drop.config, tmp_path / "answer.tar", code=1)
    refused = kept(world)[-1]
    assert "answer bundle refused" in refused
    world.drop.stop()
    lines = kept(world)
    world.drop.start()
    assert lines[-1].endswith("server: stopped")
    assert all(line.startswith(f"{today()} ") for line in lines)
    assert not any(re.search(r"\d\d:\d\d", line.replace(f"127.0.0.1:{world.drop.port}", "")) for line in lines)
    assert MARK not in "\n".join(lines)
