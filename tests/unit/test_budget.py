"""The budget and the line: one circuit cannot take the site from the others, and an ordinary reader never notices."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.errors import OverBudget
from dropbox.server.arrival import ArrivalServer
from dropbox.server.arrival.line import Line
from dropbox.server.budget import Budgets
from tests.arrivals import Answer, Client, EchoApp, eventually, limits, post
from tests.conftest import Members
from tests.site_room import Browser, Site, new_site

A, B = "fc00::a", "fc00::b"


@pytest.fixture(scope="module")
def site(members: Members) -> Iterator[Site]:
    with new_site(members) as made:
        yield made


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Asked:
    def __init__(self, *, costly: bool = False, slot: bool = False) -> None:
        self.is_costly, self.holds_slot = costly, slot
        self.retry_seconds: int | None = None

    def over_budget(self, retry_seconds: int) -> None:
        self.retry_seconds = retry_seconds


class Joined:
    """A connection with one request."""

    def __init__(self, circuit: str | None, *, costly: bool = False, slot: bool = False) -> None:
        self.circuit = circuit
        self.next_request = Asked(costly=costly, slot=slot)

    def let_go(self) -> None:
        raise AssertionError("the line closes nothing")


class Room:
    def __init__(self, **changes: int) -> None:
        self.clock = Clock()
        self.started: list[object] = []
        self.line = Line(limits(**changes), self.clock, self.started.append)

    def ask(self, circuit: str | None, number: int = 1, *, costly: bool = False, slot: bool = False) -> list[Joined]:
        joined = [Joined(circuit, costly=costly, slot=slot) for _ in range(number)]
        for each in joined:
            self.line.add(each)
        return joined

    def finish(self, connections: Iterable[Joined]) -> None:
        for each in connections:
            self.line.finished(each, each.next_request)

    def later(self, seconds: float) -> None:
        self.clock.now += seconds
        self.line.turn()


def budgets(clock: Clock, most: int = 4096) -> Budgets:
    return Budgets(limits(), clock, most)


def test_a_flood_over_one_circuit_does_not_make_another_wait() -> None:
    clock = Clock()
    both = budgets(clock)
    waits = [both.take(A, costly=False).wait_seconds for _ in range(1000)]
    assert waits[:100] == [0.0] * 100
    assert waits[-1] == 20
    assert both.take(B, costly=True).wait_seconds == 0


def test_more_than_the_budget_is_never_let_through() -> None:
    """Ten minutes of fifty a second: what is not refused comes to the burst and eight a second."""
    clock = Clock()
    both = budgets(clock)
    taken = 0
    for _ in range(600 * 50):
        clock.now += 0.02
        taken += both.take(A, costly=False).retry_seconds is None
    assert taken <= 120 + 8 * 620 + 1


def test_sign_ins_and_reports_are_refused_long_before_pages() -> None:
    clock = Clock()
    both = budgets(clock)
    found = [both.take(A, costly=True) for _ in range(40)]
    assert [leave.retry_seconds for leave in found[:12]] == [None] * 12
    assert found[12].retry_seconds == 30
    assert both.take(A, costly=False).retry_seconds is None
    clock.now += 61
    assert both.take(A, costly=True).retry_seconds is None


def test_forms_that_are_given_back_soon_wait_for_their_turn_too() -> None:
    """Ten seconds of fifty sign-ins a second: their refusals come to thirty and two a second."""
    clock = Clock()
    both = budgets(clock)
    at_once = 0
    for _ in range(500):
        clock.now += 0.02
        at_once += both.take(A, costly=True).wait_seconds == 0
    assert at_once <= 30 + 12 + 2 * 10


def test_an_ordinary_visit_is_never_slowed() -> None:
    """An hour of reading: a page of seven requests every ten seconds, a progress frame that comes back every four."""
    clock = Clock()
    both = budgets(clock)
    for second in range(3600):
        clock.now += 1
        asked = 7 * (second % 10 == 0) + (second % 4 == 0)
        assert all(both.take(A, costly=False).wait_seconds == 0 for _ in range(asked))
        if second % 60 == 0:
            assert both.take(A, costly=True).wait_seconds == 0


def test_a_flood_of_circuits_does_not_grow_the_memory() -> None:
    clock = Clock()
    few = budgets(clock, most=50)
    for number in range(10_000):
        few.take(f"fc00::{number:x}", costly=False)
    assert len(few) <= 50
    clock.now += 1
    few.tidy()
    assert len(few) == 0


def test_a_circuit_that_spent_its_budget_is_not_forgotten_before_it_has_it_again() -> None:
    clock = Clock()
    both = budgets(clock)
    for _ in range(15):
        both.take(A, costly=True)
    clock.now += 60
    both.tidy()
    assert len(both) == 1
    clock.now += 60
    both.tidy()
    assert len(both) == 0


def test_one_circuit_does_not_get_more_than_half_of_the_page_threads() -> None:
    room = Room(page_threads=8)
    first = room.ask(A, 20)
    assert room.started == first[:4]
    others = room.ask(B, 2)
    assert room.started[4:] == others
    room.finish(first[:2])
    assert room.started[6:] == first[4:6]


def test_one_circuit_does_not_get_more_than_one_place_where_codenames_are_tried() -> None:
    room = Room(page_threads=8)
    tried = room.ask(A, 3, costly=True)
    page = room.ask(A)
    other = room.ask(B, costly=True)
    assert room.started == [tried[0], *page, *other]
    room.finish(tried[:1])
    assert room.started[3:] == [tried[1]]
    room.finish(page)
    assert len(room.started) == 4
    room.finish([tried[1]])
    assert room.started[4:] == [tried[2]]


def test_uploads_that_hold_a_slot_do_not_keep_their_reporter_from_pages() -> None:
    room = Room(page_threads=8)
    room.ask(A, 4, slot=True)
    page = room.ask(A)
    assert page[0] in room.started


def test_what_waits_is_not_forgotten_and_does_not_come_before_its_time() -> None:
    room = Room(page_threads=64, circuit_burst=1)
    first, second = room.ask(A, 2)
    assert room.started == [first]
    assert room.line.seconds_to_turn(1) == 0.125
    room.later(0.1)
    assert room.started == [first]
    room.later(0.03)
    assert room.started == [first, second]
    assert len(room.line) == 0


def test_a_closed_connection_does_not_keep_its_place_until_its_turn() -> None:
    room = Room(page_threads=2, circuit_burst=5)
    joined = room.ask(A, 8)
    assert len(room.line) == 7
    for each in joined:
        room.line.closed(each)
    assert len(room.line) == 0
    assert room.started == joined
    room.finish(joined)
    room.later(60)
    assert room.started == joined


def test_without_circuit_ids_nobody_is_slowed_or_refused() -> None:
    room = Room(circuit_burst=1, circuit_costly_burst=1, page_threads=1)
    joined = room.ask(None, 500, costly=True)
    assert room.started == joined
    assert len(room.line.budgets) == 0


@pytest.fixture
def onion(short_dir: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Path, ArrivalServer]]:
    """A server as tor meets it, with a budget of three requests and one form."""
    path = short_dir / "data" / "drop.sock"
    changes = {"circuit_wait_seconds": 0.3, **getattr(request, "param", {})}
    small = limits(circuit_burst=3, circuit_requests_per_minute=60, circuit_costly_burst=1, **changes)
    server = ArrivalServer(EchoApp(), small, short_dir, unix=path, proxy_lines=True)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield path, server
    server.close()
    thread.join(20)


def ask(path: Path, circuit: int, request: bytes = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") -> tuple[Client, Answer]:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(str(path))
    client = Client(connection)
    client.send(b"PROXY TCP6 fc00:dead:beef:4dad::0:%x ::1 104 80\r\n" % circuit + request)
    return client, client.answer()


def test_a_circuit_over_its_budget_is_refused_and_another_one_is_not(onion: tuple[Path, ArrivalServer]) -> None:
    path, server = onion
    found = []
    for _ in range(5):
        client, answer = ask(path, 7)
        client.connection.close()
        found.append((answer.status, answer.body))
    assert found[:3] == [(200, b"page")] * 3
    assert (429, b"over_budget") in found[3:]
    client, answer = ask(path, 8)
    assert answer.status == 200
    client.connection.close()
    assert len(server.line) == 0


def test_a_circuit_cannot_hold_every_connection(onion: tuple[Path, ArrivalServer]) -> None:
    path, server = onion
    held = []
    for _ in range(40):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        connection.sendall(b"PROXY TCP6 fc00:dead:beef:4dad::0:9 ::1 104 80\r\nGET / HT")
        held.append(connection)
    assert eventually(lambda: len(server._channels()) <= 16)
    client, answer = ask(path, 8)
    assert answer.status == 200
    for one in (*held, client.connection):
        one.close()


@pytest.mark.parametrize("onion", [{"circuit_wait_seconds": 20, "max_connections": 50}], indirect=True)
def test_circuits_that_wait_for_their_budgets_do_not_keep_another_reporter_out(
    onion: tuple[Path, ArrivalServer],
) -> None:
    path, server = onion
    held = []
    for number in range(60):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        connection.sendall(
            b"PROXY TCP6 fc00:dead:beef:4dad::0:%x ::1 104 80\r\n" % (number % 4 + 1)
            + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 8
        )
        held.append(connection)
    assert eventually(lambda: len(server.line) > 30)
    began = time.monotonic()
    client, answer = ask(path, 9)
    assert answer.status == 200
    assert time.monotonic() - began < 2
    assert {each.circuit for each in server._channels()} >= {f"fc00:dead:beef:4dad::0:{each}" for each in (1, 2, 3, 4)}
    for one in (*held, client.connection):
        one.close()


def test_whose_circuit_waits_with_one_request_makes_no_room() -> None:
    room = Room(page_threads=8, circuit_burst=1, circuit_requests_per_minute=60)
    first, many = room.ask(A, 2), room.ask(B, 6)
    assert room.line.crowding(99) == many[:1:-1]
    assert room.line.crowding(2) == many[:3:-1]
    assert first[1] not in room.line.crowding(99)


def put(browser: Browser, **values: object) -> None:
    """Have the arrival room say this of each request to come."""
    environ: Any = browser.client.environ_base
    for name, value in values.items():
        environ[f"dropbox.{name}"] = value


@pytest.mark.parametrize("onion", [{"circuit_wait_seconds": 20, "circuit_costly_per_minute": 60}], indirect=True)
def test_who_leaves_while_waiting_keeps_no_room_beyond_their_turn(onion: tuple[Path, ArrivalServer]) -> None:
    """That a client is gone is seen only when its request is done: it waits, and counts as a connection, till then."""
    path, server = onion
    first, answer = ask(path, 7, post(b"text"))
    assert answer.status == 200
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(path))
        waiting.sendall(b"PROXY TCP6 fc00:dead:beef:4dad::0:7 ::1 104 80\r\n" + post(b"text"))
        assert eventually(lambda: len(server.line) == 1)
        assert len(server.gate._tickets) == 1
    gone = eventually(lambda: len(server.line) == 0 and not server.gate._tickets, 10)
    first.connection.close()
    assert gone


def over_budget(site: Site) -> Browser:
    browser = site.browser()
    put(browser, retry_seconds=30)
    return browser


def test_a_report_over_the_budget_comes_back_as_it_was_typed_and_costs_no_sealing(site: Site) -> None:
    browser = over_budget(site)
    values = {"desk": ["committee"], "message": "Typed with care.", "mandate": "advise", "answer-when": "In May."}
    with mock.patch.object(site.drop.derivation, "derive") as derived:
        page = browser.submit(browser.get("/report").form("message", "mandate"), values)
    assert (page.status, page.headers["retry-after"], derived.called) == (429, "30", False)
    form = page.form("message", "mandate")
    assert {("desk", "committee"), ("mandate", "advise"), ("message", "Typed with care.")} <= set(form.fields)
    assert ("answer-when", "In May.") in form.fields
    put(browser, retry_seconds=None)
    assert browser.submit(form).codename


def test_a_sign_in_over_the_budget_keeps_the_words_and_tries_nothing(site: Site) -> None:
    words = site.report(site.browser())
    browser = over_budget(site)
    with mock.patch.object(site.drop.derivation, "derive") as derived:
        page = site.sign_in(browser, words)
    assert (page.status, derived.called) == (429, False)
    assert ("codename", words) in page.form("codename").fields
    put(browser, retry_seconds=None)
    assert browser.submit(page.form("codename")).path.startswith("/case")


def test_a_message_over_the_budget_is_given_back_to_copy(site: Site) -> None:
    browser = site.browser()
    site.report(browser)
    before, form = len(site.items()), browser.get("/case").form("message", "mandate")
    put(browser, retry_seconds=30)
    page = browser.submit(form, {"message": "One more <thing>."})
    assert page.status == 429
    assert "One more &lt;thing&gt;." in page.text
    assert len(site.items()) == before


def test_the_page_over_the_budget_speaks_the_readers_language_and_names_no_circuit(site: Site) -> None:
    browser = site.browser("nl")
    put(browser, refusal=OverBudget(), retry_seconds=12, circuit="fc00:dead::77")
    page = browser.get("/safety")
    assert (page.status, page.headers["retry-after"]) == (429, "12")
    assert 'lang="nl"' in page.text
    assert "fc00" not in page.text


@pytest.mark.parametrize("key", ["circuit_requests_per_minute", "circuit_burst", "circuit_costly_per_minute"])
def test_a_budget_that_would_keep_a_reader_out_is_no_setting(key: str, tmp_path: Path) -> None:
    """Nought would be no budget at all, and a few requests not even one page."""
    from dropbox.config_running import budget_of
    from dropbox.config_table import Table
    from dropbox.errors import ConfigError

    table = Table({"server": {key: 0}}, tmp_path, {"": ("server",), "server": (key,)}).table("server")
    with pytest.raises(ConfigError):
        budget_of(table)
