"""The attack on a seized server calls what is leaked on purpose, and calls nothing where there is nothing."""

import os
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dropbox.models import CaseId, ItemId
from dropbox.server.store import Store
from tests.attacking.seized import chances, gone_found, judge, judged, teller, told, traces
from tests.attacking.seized.pages import PageFile
from tests.attacking.seized.town import Item
from tests.store_room import BOARD, DAY, Member, Reporter, later

THREAT_MODEL = Path(__file__).parents[2] / "docs" / "threat-model.md"
MANY = 40


# --- how likely ---------------------------------------------------------------------------------------------------


def test_an_order_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    dice = random.Random(1)
    rows = [(number % 4, float(number), float(number)) for number in range(80)]
    assert chances.order(rows).p < 1e-20
    drawn = [chances.order([(n % 4, dice.random(), float(n)) for n in range(80)]).p for _ in range(200)]
    assert sum(p < 0.05 for p in drawn) in range(2, 20)
    assert chances.order([(0, 1.0, float(n)) for n in range(80)]).p == 1.0


def test_classes_that_differ_within_strata_alone_are_told_apart() -> None:
    rows = [(stratum, 100.0 * stratum + is_one, is_one) for stratum in range(20) for is_one in (True, False) * 4]
    assert chances.classes(rows).p < 1e-10
    assert chances.classes([(0, value, is_one) for _stratum, value, is_one in rows]).p > 1e-3
    dice = random.Random(2)
    drawn = [chances.classes([(n % 5, dice.random(), dice.random() < 0.3) for n in range(90)]).p for _ in range(200)]
    assert sum(p < 0.05 for p in drawn) in range(2, 20)


def test_lucky_guesses_are_as_likely_as_they_are() -> None:
    assert chances.guesses(5, 10, 0.5) == pytest.approx(0.623, abs=1e-3)
    assert chances.guesses(10, 10, 0.5) == pytest.approx(2**-10)
    assert chances.guesses(0, 0, 0.5) == 1.0


# --- the teller ---------------------------------------------------------------------------------------------------


@pytest.fixture
def lived(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Give what makes a day of submissions, and returns the truth of it."""
    (tmp_path / "items").mkdir(exist_ok=True)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)  # no power is cut here, and the disk is shared

    def live(number: int = MANY, size: Callable[[str], int] = lambda _kind: 300) -> dict[str, Any]:
        dice = random.Random(7)
        known: dict[str, Item] = {}
        cases: dict[str, Any] = {}
        for order in range(number):
            reporter, mandate = Reporter(store), dice.choice(["listen", "advise", "investigate"])
            item = reporter.send(content=bytes(size(mandate)))
            known[item] = Item(item, reporter.case, order, DAY.isoformat(), "report", 10, mandate=mandate)
            cases[reporter.case] = _case(reporter.case, order, mandate)
        return {"items": {item: asdict(each) for item, each in known.items()}, "cases": cases, "members": {}}

    return live


def _case(case: str, order: int, mandate: str) -> dict[str, Any]:
    day = DAY.isoformat()
    same = {
        "desks": [BOARD],
        "changed": False,
        "withdrawn": False,
        "sent": 1,
        "seen": False,
        "first_reply_day": None,
        "mandate": mandate,
        "id": case,
    }
    return same | {"first": order, "last": order, "first_day": day, "last_day": day}


def _called(truth: dict[str, Any], folder: Path) -> set[tuple[str, str]]:
    return {(each.question, each.feature) for each in judge.called(judge.ask(truth, teller.look(folder)))}


def test_after_the_nightly_pass_nothing_is_told(
    store: Store, tmp_path: Path, lived: Callable[..., dict[str, Any]]
) -> None:
    truth = lived()
    store.retire(later(1))
    assert _called(truth, tmp_path) == set()


def test_a_day_without_its_nightly_pass_is_told_in_order(
    tmp_path: Path, lived: Callable[..., dict[str, Any]], store: Store
) -> None:
    truth = lived()
    store._database.scrub()
    called = _called(truth, tmp_path)
    assert ("order within a day", "born") in called
    assert ("order within a day", "changed") in called
    assert any(question == "order within a day" and feature.startswith("place:") for question, feature in called)
    assert any(question.startswith("order of cases") for question, _feature in called)


def test_files_copied_one_by_one_are_told_by_the_inodes_that_they_hand_on() -> None:
    dice = random.Random(5)
    names = sorted(f"{dice.getrandbits(128):032x}" for _ in range(MANY))
    came = dict(zip(names, dice.sample(range(MANY), MANY), strict=True))
    left = [MANY, *(came[name] for name in names)]  # each copy gets what the file before it had
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    made = {
        name: traces.Trace(f"{name}.pgp", 1, 8, left[turn], 0, 0, turn, turn, turn, left[turn], 1)
        for turn, name in enumerate(names)
    }
    teller._add_chains(found, made)
    one = Item(ItemId(""), CaseId("case"), 0, DAY.isoformat(), "report", 10)
    items = {name: asdict(replace(one, item=ItemId(name), order=came[name])) for name in names}
    rows = {name: {"bytes": 1} for name in names}
    truth = {"items": items, "cases": {"case": _case("case", 0, "listen")}, "members": {}}
    answers = judge.ask(truth, {"items": found, "cases": {}, "claims": {"items": rows}})
    called = {(each.question, each.feature) for each in judge.called(answers)}
    assert ("order within a day", "inode of the next by birth") in called
    assert ("order within a day", "disk of the next by name") in called


def test_a_column_for_the_mandate_is_told(store: Store, tmp_path: Path, lived: Callable[..., dict[str, Any]]) -> None:
    truth = lived()
    store.retire(later(1))
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        for case in truth["cases"].values():
            box = bytes(48 + len(case["mandate"]))
            connection.execute("UPDATE cases SET sealed_mandate = ? WHERE case_id = ?", (box, case["id"]))
        connection.commit()
    assert ("mandate investigate", "mandate box bytes") in _called(truth, tmp_path)


def test_a_size_that_depends_on_what_was_chosen_is_told(
    store: Store, tmp_path: Path, lived: Callable[..., dict[str, Any]]
) -> None:
    truth = lived(size=lambda mandate: 300 + (mandate == "investigate"))
    store.retire(later(1))
    assert ("mandate investigate", "file bytes") in _called(truth, tmp_path)


def test_change_times_of_replies_that_were_read_are_told() -> None:
    truth, found = _replies(
        lambda reply: {"changed": float(reply.read), "inode": float((reply.order * reply.order * 31) % 41)}
    )
    assert {(each.question, each.feature) for each in judge.called(judge.ask(truth, found))} == {
        ("reply was read", "changed")
    }


def test_an_author_whose_key_makes_replies_longer_is_told() -> None:
    truth, found = _replies(lambda reply: {"file bytes": 66_000.0 + 400 * (reply.author == "ann")})
    assert ("author of a reply", "file bytes") in {
        (each.question, each.feature) for each in judge.called(judge.ask(truth, found))
    }


def test_receipts_that_keep_their_days_say_who_wrote() -> None:
    truth, found = _replies(lambda _reply: {})
    found["claims"]["receipts"] = [
        {"desk_id": "board", "day": each["day"], "fingerprint": each["author"]} for each in truth["items"].values()
    ]
    right, tried, p = judge.guessed_authors(truth, found)
    assert (right, tried) == (MANY, MANY)
    assert p < judge.FALSE_ALARM
    for receipt in found["claims"]["receipts"]:
        receipt["day"] = "2026-03-01"
    right, tried, p = judge.guessed_authors(truth, found)
    assert (2 * right, p > 0.1) == (tried, True)


def _replies(features: Callable[[Item], dict[str, float]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make a desk of two members who reply in turn, each on days of their own."""
    dice = random.Random(3)
    one = Item(ItemId(""), CaseId("case"), 0, "", "reply", 10)
    items: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for order in range(MANY):
        author = dice.choice(["ann", "bob"])
        day = date(2026, 3, 2 + (order % 5) * 2).isoformat()
        name = ItemId(f"{order:032x}")
        reply = replace(one, item=name, order=order, day=day, author=author, read=dice.random() < 0.5)
        items[name], seen[name] = asdict(reply), features(reply)
    for number, each in enumerate(items.values()):
        if seen[each["item"]] == {}:  # days on which one of them alone was there
            each["day"] = date(2026, 3, 2 + 2 * (number % 9) + (each["author"] == "bob")).isoformat()
    case = _case("case", 0, "listen") | {"desks": ["board"]}
    truth = {"items": items, "cases": {"case": case}, "members": {"ann": "board", "bob": "board"}}
    rows = {name: {"bytes": 66_000, "kind": "reply", "day": each["day"]} for name, each in items.items()}
    return truth, {"items": seen, "cases": {}, "claims": {"items": rows, "receipts": [], "cases": {}}}


def test_an_id_that_is_gone_and_stands_in_a_gap_is_found(store: Store, tmp_path: Path) -> None:
    gone = Reporter(store).send()
    (tmp_path / "stray").write_bytes(b"\0" + gone.encode() + b"\0")
    found = {"claims": {"items": {}, "steps": []}, "seen_ids": sorted(teller._ids_anywhere(tmp_path))}
    assert gone_found({"items": {gone: None}}, found) == 1


def test_a_deleted_reply_is_accepted_and_no_other_way_to_know_of_it() -> None:
    assert told.accepted("reply was deleted", "has a lock") == told.DECISION
    assert told.accepted("reply was deleted", "changed") is None
    assert told.accepted("reply was read", "receipts") is None
    assert told.accepted("mandate listen", judge.NUMBERED) is None


def test_a_page_is_read_as_sqlite_wrote_it(store: Store, tmp_path: Path) -> None:
    sent = sorted(Reporter(store).send() for _ in range(40))
    Member(store).receive_all()
    store._database.compact()
    store._database.scrub()
    pages = PageFile(tmp_path / "store.sqlite")
    cells = [cell for cell in pages.cells() if cell.table == "items"]
    assert sorted(cell.texts[0] for cell in cells) == sent
    assert len({(cell.page, cell.offset) for cell in cells}) == 40
    assert pages.free_pages == 0
    assert all(cell.overflow == 0 for cell in cells)


def test_traces_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(100_000))
    (trace,) = traces.of_folder(tmp_path).values()
    seen = (tmp_path / "a").stat()
    assert (trace.inode, trace.bytes, trace.changed) == (seen.st_ino, 100_000, seen.st_ctime_ns)
    assert trace.born == 0 or abs(trace.born - seen.st_ctime_ns) < 10**9


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_threat_models_table_has_the_rows_that_are_counted_and_no_other() -> None:
    chapter = THREAT_MODEL.read_text("utf-8").split("### What a seized server shows")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", chapter, re.M)
    assert rows[0] == "what"
    assert rows[1:] == list(told.ROWS)


def test_a_row_that_is_told_wrongly_fails() -> None:
    true = {"desks": ["board"], "sent": 1, "seen": False, "first_reply_day": None, "withdrawn": False}
    truth = {"items": {}, "cases": {"c": true}, "members": {}, "has": {}, "fetched": {}, "bundles": {}}
    empty: dict[str, Any] = {"log": [], "vaults": [], "steps": [], "receipts": [], "erased": [], "items": {}}
    case = {"desks": ["bureau"], "next_number": 2, "read": 0, "first_reply_day": None, "withdrawn_day": None}
    rows = told.figures(truth, {"claims": empty | {"cases": {"c": case}}})
    assert [row.name for row in rows if not row.holds] == ["told: the desks of a case (1 times)"]


def test_what_is_told_and_not_accepted_breaks_the_promise(
    store: Store, tmp_path: Path, lived: Callable[..., dict[str, Any]]
) -> None:
    truth = lived(20) | {"key_types": {}, "has": {}, "bundles": {}, "fetched": {}}
    store._database.scrub()
    outcome = judged(truth, teller.look(tmp_path), "a file system")
    assert not outcome.holds
    assert any(finding.what.startswith("order within a day") for finding in outcome.findings)


@pytest.mark.parametrize(("added", "unpadded"), [(0, 0), (1500, 1)])
def test_a_file_that_was_not_padded_is_called(added: int, unpadded: int) -> None:
    truth = {"items": {name: {"item": name, "kind": "report", "files": files} for name, files in (("t", 0), ("f", 1))}}
    sizes = {"t": 65_552 + 420, "f": 180_224 + 44 + 420 + added}
    rows = {name: {"bytes": size, "recipients": [18, 1]} for name, size in sizes.items()}
    told = {"claims": {"items": rows}, "items": rows}
    assert judge.unpadded(truth, told) == (unpadded, 1)
