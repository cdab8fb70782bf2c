"""A server told to stop finishes what reporters are sending, within its limit; a report is whole or it is not there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from tests.arrivals import eventually
from tests.journeys.test_interruptions import texts
from tests.journeys.world import Person, World, come_back
from tests.visitor import Page, Visitor, multipart


@pytest.fixture
def world(tmp_path: Path, people: dict[str, Person]) -> Iterator[World]:
    made = World.make(tmp_path, people, server="stop_seconds = 5")
    with made.drop:
        yield made


def begin_to_send(world: World, visitor: Visitor, text: str) -> tuple[HTTPConnection, bytes]:
    """Send a report but for its last bytes; returns the connection and what is missing."""
    form = visitor.get("/report").form("message", "mandate")
    values: dict[str, str | list[str]] = {"desk": ["advisers"], "mandate": "listen", "message": text}
    body, kind = multipart(visitor.filled(form, values), [("a.bin", "application/octet-stream", bytes(900_000))])
    line = HTTPConnection("127.0.0.1", world.drop.port, timeout=30)
    line.putrequest("POST", form.action)
    for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Cookie", cookies(visitor))):
        line.putheader(name, value)
    line.endheaders(body[:-1000])
    assert eventually(lambda: kept(world) != [], 10)
    return line, body[-1000:]


def cookies(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def kept(world: World) -> list[Path]:
    return list((world.root / "data" / "items").iterdir())


def page_of(answer: HTTPResponse) -> Page:
    return Page(answer.status, "", {}, answer.read(), answer.getheaders())


def terminate(world: World) -> None:
    assert world.drop.process is not None
    world.drop.process.terminate()
    time.sleep(0.2)  # so that the signal comes before whatever is sent next


def ended(world: World, seconds: float) -> int:
    assert world.drop.process is not None
    return world.drop.process.wait(seconds)


def test_a_report_on_its_way_at_a_stop_is_stored_and_its_codename_shown(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    line, rest = begin_to_send(world, visitor, "Sent while it stopped.")
    terminate(world)
    line.send(rest)
    answer = line.getresponse()
    answer.read()
    assert answer.status == 303
    visitor._keep_cookies(answer.getheaders())
    line.request("GET", answer.headers["Location"], headers={"Cookie": cookies(visitor)})
    codename = page_of(line.getresponse()).codename
    line.close()
    assert ended(world, 10) == 0
    world.drop.start()
    assert texts(world, "anna", tmp_path) == [b"Sent while it stopped."]
    assert come_back(world.drop.visitor(), codename).path.split("?")[0] == "/case"


def test_a_report_that_hangs_at_a_stop_is_cut_off_and_nothing_of_it_kept(world: World) -> None:
    line, _ = begin_to_send(world, world.drop.visitor(), "Never whole.")
    terminate(world)
    assert ended(world, 15) == 0
    line.close()
    assert kept(world) == []
    assert world.drop.server_json("status")["cases"] == 0


def test_a_second_signal_ends_a_server_at_once(world: World) -> None:
    line, _ = begin_to_send(world, world.drop.visitor(), "Never whole.")
    for _ in range(2):
        terminate(world)
    assert ended(world, 3) == 0
    line.close()
    assert kept(world) == []
