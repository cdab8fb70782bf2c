"""The attack `disk` calls a report that is acknowledged without room, a rude refusal, and a service that stays away."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.attacking import disk
from tests.attacking.crash import unshared
from tests.attacking.crash.ledger import Ledger, Sent
from tests.attacking.crash.reporters import OUR_PAGE, Pending, Reporter
from tests.attacking.plan import Plan
from tests.visitor import Form, Page

CODENAME = '<ol id="codename"><li>one</li></ol>'


def page(status: int, text: str) -> Page:
    return Page(status, "/report", {}, ("".join(f"{part}>" for part in OUR_PAGE) + text).encode())


class Answering:
    """A visitor who is always given the same answer."""

    def __init__(self, answer: Page) -> None:
        self.answer = answer
        self.cookies: dict[str, str] = {}

    def get(self, _path: str) -> Page:
        return self.answer

    def submit(self, *_given: object) -> Page:
        return self.answer


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(disk, "BACK_SECONDS", 0.1)
    ledger = Ledger()
    checker = SimpleNamespace(faults=list)
    log = SimpleNamespace(drop=SimpleNamespace(process=SimpleNamespace(poll=lambda: None)))
    reporter = Reporter("dr", Plan(False, 1, Path()).random("x"), lambda: Answering(page(200, "")), ledger)  # type: ignore[arg-type, return-value]
    empty = SimpleNamespace(empty=nullcontext)
    case = ledger.begin(Sent("dr1x1", ("one",)))
    return disk.Room(log, empty, ledger, checker, reporter, None, case)  # type: ignore[arg-type]


def pending(room: Any, answer: Page) -> Pending:
    return Pending(room.first, room.first.sent[0], Answering(answer), Form("/report", "post"), {}, [])  # type: ignore[arg-type]


def test_an_acknowledgement_is_told_from_a_refusal(room: Any) -> None:
    assert disk._sent(room, pending(room, page(200, CODENAME)), "full")
    assert room.refused == 0


def test_a_polite_refusal_is_told_from_a_rude_one(room: Any) -> None:
    assert not disk._sent(room, pending(room, page(503, "")), "full")
    assert (room.refused, room.politely) == (1, 1)
    for rude in (page(500, ""), Page(503, "/report", {}, b"Service Unavailable")):
        assert not disk._sent(room, pending(room, rude), "full")
    assert (room.refused, room.politely) == (3, 1)


def test_a_refusal_that_loses_the_typed_text_is_rude(room: Any) -> None:
    form = '<form action="/report"><textarea name="message"></textarea></form>'
    assert not disk._sent(room, pending(room, page(503, form)), "full")
    assert (room.refused, room.politely) == (1, 0)


def test_a_service_that_does_not_come_back_is_called(room: Any) -> None:
    room.reporter.pending = pending(room, page(503, ""))
    disk._give_back(room, "full")
    assert any("still refused" in each for each in room.wrong)


def test_a_machine_without_small_disks_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unshared, "_way", lambda **_: None)
    outcome = disk.run(Plan(False, 1, tmp_path))
    assert not outcome.holds  # nothing was tried, so nothing was shown
    assert "Nothing was tried" in outcome.notes[0]
