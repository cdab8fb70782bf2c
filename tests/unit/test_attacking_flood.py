"""The measurer of floods says so when another reporter waits, a report is lost, or something stays behind."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacking.flood import descriptor
from tests.attacking.flood.bystander import Bystander, Diary, lost
from tests.attacking.flood.measure import Standing, kept_to_budget, left_behind, told
from tests.attacking.flood.tide import Sea, Tally, Tide
from tests.attacking.outcome import Figure
from tests.visitor import Form, Page, Visitor

HELD = Diary(seconds=[0.1, 0.9, 2.9], words=["a b c d e f g"])


def broken(figures: list[Figure]) -> set[str]:
    return {figure.name.split(": ")[-1] for figure in figures if not figure.holds}


def test_a_flood_that_nobody_notices_holds() -> None:
    tally = Tally(offered=350, sent=200, answers=Counter({200: 140, 429: 40}), seconds=7)
    assert broken(told("flood", tally, HELD, lost=0)) == set()
    assert kept_to_budget("flood", tally, costly=False).holds


@pytest.mark.parametrize(
    ("diary", "gone", "called"),
    [
        (Diary([0.1, 3.2], ["a"]), 0, "the other reporter's slowest page"),
        (Diary([0.1], ["a"], refused=1), 0, "the other reporter was refused"),
        (Diary([0.1], ["a"], broken=1), 0, "pages of the other reporter that never came"),
        (Diary([0.1], ["a"]), 1, "codenames of the other reporter that open nothing"),
        (Diary([0.1], []), 0, "the other reporter's reports that arrived"),
    ],
)
def test_what_another_reporter_suffers_is_called(diary: Diary, gone: int, called: str) -> None:
    assert broken(told("flood", Tally(seconds=7), diary, lost=gone)) == {called}


def test_a_repeated_flood_forgets_nothing_but_the_times_of_the_one_before() -> None:
    both = Diary([5.0], ["a"], refused=1, broken=2).followed_by(Diary([0.2], ["b"]))
    assert (both.slowest, both.words, both.refused, both.broken, both.earlier) == (0.2, ["a", "b"], 1, 2, 1)


def test_more_than_a_circuits_budget_is_called() -> None:
    assert not kept_to_budget("flood", Tally(answers=Counter({200: 400}), seconds=7), costly=False).holds
    assert not kept_to_budget("flood", Tally(answers=Counter({400: 20}), seconds=7), costly=True).holds
    assert kept_to_budget("flood", Tally(answers=Counter({400: 10, 429: 200}), seconds=7), costly=True).holds


@pytest.mark.parametrize(
    ("after", "acknowledged", "called"),
    [
        (Standing(400, 50, 10, 0), 0, "memory that the floods left taken"),
        (Standing(100, 500, 10, 0), 0, "open files that the floods left"),
        (Standing(100, 50, 10, 1), 0, "half items"),
        (Standing(100, 50, 12, 0), 3, "acknowledged reports that are not there"),
    ],
)
def test_what_a_flood_leaves_behind_is_called(after: Standing, acknowledged: int, called: str) -> None:
    assert broken(left_behind(Standing(90, 40, 10, 0), after, acknowledged)) == {called}


class Drop(Visitor):
    """A site that keeps its visitors waiting, or keeps nothing, as it is told."""

    def __init__(self, *, seconds: float = 0.0, status: int = 200, opens: bool = True, breaks: bool = False) -> None:
        super().__init__("nowhere", 0)
        self.seconds, self.status, self.opens, self.breaks = seconds, status, opens, breaks

    def get(self, path: str) -> Page:
        time.sleep(self.seconds)
        if self.breaks:
            raise ConnectionResetError
        body = b'<form action="/x"><input name="message"><input name="mandate"><input name="codename"></form>'
        return Page(self.status, path, {}, body)

    def submit(self, form: Form, values: object = None, files: object = None) -> Page:
        return Page(200, "/case" if self.opens else "/return", {}, b'<ol id="codename"><li>zoom</li></ol>')


def lived(drop: Callable[[], Drop], seconds: float = 0.1) -> Diary:
    with Bystander(drop, "wide", pause=0.01) as other:
        time.sleep(seconds)
    return other.diary


def test_a_slow_page_is_on_the_clock_of_who_waits_for_it() -> None:
    assert lived(Drop).slowest < 0.05
    assert lived(lambda: Drop(seconds=0.1)).slowest >= 0.1


def test_a_refusal_and_a_broken_page_are_noted() -> None:
    assert lived(lambda: Drop(status=429)).refused > 0
    asked: list[Drop] = []

    def once() -> Drop:
        asked.append(Drop())
        return asked[-1]

    other = Bystander(once, "wide", pause=0.01)
    with other:
        asked[0].breaks = True
        time.sleep(0.05)
    assert other.diary.broken > 0


def test_a_lost_report_is_found() -> None:
    diary = Diary(words=["one", "two"])
    assert lost(diary, Drop) == 0
    assert lost(diary, lambda: Drop(opens=False)) == 2


def test_ticks_that_nobody_could_take_are_counted_and_not_forgotten(tmp_path: Path) -> None:
    with Tide(Sea(tmp_path / "no-tor", "x.onion"), ["a"], lambda _number: b"", per_second=200) as tide:
        time.sleep(0.2)
    assert tide.tally.offered == tide.tally.held_back > 10
    assert tide.tally.sent == 0


def test_a_descriptor_without_proof_of_work_is_told_from_one_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, offers in (
        ("create2-formats 2\npow-params v1 c2VlZA 0 2026-01-01T00:00:00\n", True),
        ("create2-formats 2\n", False),
    ):
        monkeypatch.setattr(descriptor, "inner_layer", lambda _here, text=text: text)
        assert descriptor.offers_proof_of_work(None) is offers  # type: ignore[arg-type]
