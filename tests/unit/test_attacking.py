"""The machine itself: an attack that breaks off, hangs or finds something never passes for one that found nothing."""

from __future__ import annotations

import json
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.attacking import __main__ as machine
from tests.attacking import report
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan
from tests.attacking.report import Run

HELD = Outcome(
    "a promise", (none_of("lost", 0), at_most("seconds", 2.5, 3, "s"), at_least("kills", 15, 15), count("mutants", 9))
)


def ended(name: str, outcome: Outcome | None, failure: str = "") -> Run:
    return Run(name, "2026-11-22", False, 7, 3.0, outcome, failure)


@pytest.mark.parametrize(
    "figure",
    [none_of("lost", 1), at_most("seconds", 3.1, 3), at_least("kills", 14, 15), at_least("kills", float("nan"), 15)],
)
def test_a_figure_over_its_bound_never_holds(figure: Figure) -> None:
    assert not figure.holds
    assert not Outcome("a promise", (*HELD.figures, figure)).holds


def test_an_attack_that_tried_nothing_does_not_hold() -> None:
    assert not Outcome("a promise", ()).holds
    assert not Outcome("a promise", (count("small disks that could be had", 0),), notes=("none",)).holds


def test_a_finding_holds_only_with_the_decision_that_accepts_it() -> None:
    assert HELD.holds
    assert not Outcome("a promise", HELD.figures, (Finding("a header is missing", "/leave"),)).holds
    assert Outcome("a promise", HELD.figures, (Finding("a header is missing", "/leave", "0038"),)).holds


def test_nothing_of_an_outcome_is_lost_on_its_way_to_the_report() -> None:
    outcome = Outcome("a promise", HELD.figures, (Finding("what", "where", "0038"),), ("a note",))
    assert Outcome.from_json(json.loads(json.dumps(outcome.as_json()))) == outcome


def test_the_report_names_what_broke_and_what_was_asked(tmp_path: Path) -> None:
    broken = Outcome("nothing is lost", (none_of("lost reports", 2),), (Finding("it fell", "a.py:3"),), ("two cores",))
    hung = ended("http", None, "it did not end within 9 s")
    runs = [ended("disk", HELD), hung, ended("crash", broken)]
    page = report.write(tmp_path / "r", runs, ["crash", "disk", "http"]).read_text(encoding="utf-8")
    for said in ("crash: BROKEN", "| lost reports | 2 | exactly 0 |", "it fell `a.py:3` (NOT ACCEPTED)", "disk: holds"):
        assert said in page
    for said in ("two cores", "http: BROKEN", "did not end", "seed 7", "2026-11-22, short form"):
        assert said in page
    document = json.loads((tmp_path / "r" / "report.json").read_text())
    assert [attack["holds"] for attack in document["attacks"]] == [False, True, False]


def test_an_attack_that_is_not_run_again_keeps_its_last_chapter_and_no_other_is_kept(tmp_path: Path) -> None:
    order = ["crash", "disk"]
    report.write(tmp_path, [ended("disk", HELD), ended("crash", None, "it broke off")], order)
    report.write(tmp_path, [ended("crash", HELD)], order)
    document = json.loads((tmp_path / "report.json").read_text())
    assert [Run.from_json(attack) for attack in document["attacks"]] == [ended("crash", HELD), ended("disk", HELD)]


def test_a_seed_draws_the_same_again_and_each_part_its_own(tmp_path: Path) -> None:
    plan, again = Plan(False, 5, tmp_path), Plan(False, 5, tmp_path)
    assert plan.random("a").random() == again.random("a").random() != plan.random("b").random()
    assert Plan(False, 6, tmp_path).random("a").random() != plan.random("a").random()


@pytest.mark.parametrize("ending", ["breaks", "hangs", "lies"])
def test_an_attack_that_breaks_off_or_hangs_is_no_success(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "python"
    acts = {"breaks": "echo it broke; exit 3", "hangs": "sleep 60", "lies": "exit 0"}
    stand_in.write_text(f"#!/bin/sh\n{acts[ending]}\n")
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setattr(machine, "STUCK_SECONDS", 1)
    begun = time.monotonic()
    run = machine._run("disk", 1, long=False)
    assert not run.holds
    assert ("did not end within 1 s" if ending == "hangs" else "it broke off") in run.failure
    assert time.monotonic() - begun < 30


def test_who_stops_the_attacks_leaves_nothing_running_and_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "python"
    stand_in.write_text(f"#!/bin/sh\ntrap '' INT\nsleep 60 &\necho $! >{tmp_path}/pid\nwait\nwait\n")
    stand_in.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    monkeypatch.setattr(machine, "ASKED_SECONDS", 0.2)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stop = threading.Event()
    threading.Timer(1, stop.set).start()
    run = machine._run("disk", 1, long=True, stop=stop)
    assert "it was stopped" in run.failure
    assert not list(tmp_path.glob("ak*"))
    child = Path("/proc", (tmp_path / "pid").read_text().strip(), "status")
    assert not child.exists() or "State:\tZ" in child.read_text()


def test_no_attack_of_the_list_is_missing() -> None:
    for name in machine.ATTACKS:
        assert find_spec(f"tests.attacking.{name}") is not None
