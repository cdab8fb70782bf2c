"""The insider attack sees what it is there for: with one check taken away, its row is called; with none, no row is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from sqlalchemy import false

from tests import factories
from tests.attacking import insider
from tests.attacking.insider import attached, desk, items, members, planted
from tests.attacking.insider.grounds import Grounds
from tests.attacking.insider.rows import Row, Try
from tests.attacking.plan import Plan

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "An intruder with the data folder, line by line"
Patch = AbstractContextManager[Any]


@pytest.fixture(scope="module")
def grounds() -> Iterator[Grounds]:
    with factories.short_dir() as folder, Grounds(folder) as made:
        yield made


def plant(name: str) -> Try:
    return items.on_desk(planted.from_the_list((name,)))


def unsigned() -> list[Patch]:
    return [mock.patch("dropbox.envelope.verify._verify_ed25519")]


def unchained() -> list[Patch]:
    return [mock.patch("dropbox.workstation.importing.out_of_chain", return_value=None)]


def uncounted() -> list[Patch]:
    return [mock.patch("dropbox.workstation.examining.count_recipients", return_value=mock.ANY)]


def one_receipt_for_all() -> list[Patch]:
    return [mock.patch("dropbox.server.store.retention.not_received", side_effect=lambda by=None: false())]


def anything_opened() -> list[Patch]:
    return [mock.patch(f"dropbox.workstation.viewing.refuse_{what}") for what in ("own", "known")]


BROKEN = {
    "signature": (unsigned, plant("signed by another key")),
    "chain": (unchained, plant("with a link to nothing that was")),
    "recipient count": (uncounted, plant("sealed to one more than it lists")),
    "receipts of each member": (one_receipt_for_all, members.false_receipts),
    "unsealing": (anything_opened, attached.ROWS[0].ways["to be opened"]),
}


@pytest.mark.parametrize("check", BROKEN)
def test_a_check_that_is_gone_is_never_passed_over(grounds: Grounds, check: str) -> None:
    patches, deed = BROKEN[check]
    row = Row("a row", {"a way": deed})
    whole, broken = insider.Tally(), insider.Tally()
    plan = Plan(False, 1, grounds.folder)
    insider.attempt(plan, grounds, whole, row, "a way", 0)
    assert whole.unnoticed == []
    with ExitStack() as held:
        for patch in patches():
            held.enter_context(patch)
        insider.attempt(plan, grounds, broken, row, "a way", 0)
    assert broken.unnoticed
    assert not insider.outcome(broken).holds


def test_a_warning_of_an_untouched_bundle_is_a_false_alarm(grounds: Grounds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MARKS", ("The mandate",))
    tally = insider.Tally()
    insider.control(Plan(False, 1, grounds.folder), grounds, tally, 0)
    assert tally.false_alarms == tally.controls == 2


# --- the threat model's table -------------------------------------------------------------------------------------


def chapter() -> str:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    return text.split(f"\n## {CHAPTER}\n")[1].split("\n## ")[0]


def tried() -> list[str]:
    """Return what is tried, by the rows of the chapter's table."""
    return [line.split("|")[1].strip() for line in chapter().splitlines() if line.startswith("| ")][1:]


def named_for() -> dict[str, str]:
    """Return the tests of each row, from the list below the table: their long names would squeeze its columns."""
    return dict(re.findall(r"^- \*([^*]+)\*:\n((?:  .*\n?)+)", chapter(), re.MULTILINE))


def test_the_attack_leaves_out_no_row_of_the_threat_model_and_the_other_way_round() -> None:
    assert tried() == list(named_for()) == [row.name for row in insider.ROWS]


def test_no_row_names_a_test_that_is_not_there() -> None:
    for name, tests in named_for().items():
        found = re.findall(r"`(\w+/test_\w+)`: `(test_\w+)`", tests)
        assert found, name
        assert len(found) == tests.count("`test_"), name
        for module, test in found:
            source = (ROOT / "tests" / f"{module}.py").read_text(encoding="utf-8")
            assert f"\ndef {test}(" in source, f"{name}: {module} has no {test}"
