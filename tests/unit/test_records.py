"""Records to JSON and back: nothing is lost, and nothing that does not fit gets in."""

import json
from datetime import date
from typing import Any

import pytest

from dropbox.bundle.desk_log import LineState
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Kind, Mandate, Membership, SealedKind, VaultId
from dropbox.records import from_json, to_json
from dropbox.workstation.casebook import (
    Binding,
    Casebook,
    CaseRecord,
    Conflict,
    DeskRoster,
    Detail,
    EpochLog,
    ExportRecord,
    ItemRecord,
    LogEntry,
    State,
)

DAY = date(2026, 3, 4)
ITEM = ItemId("1" * 32)
CASE = CaseId("c" * 32)
KEY = Fingerprint("A1" * 20)
DESK = DeskId("integrity")


def full() -> Casebook:
    """Return a casebook that has something in every place."""
    casebook = Casebook.new(VaultId("e" * 32), KEY)
    roster = (Membership(KEY, DAY), Membership(Fingerprint("B2" * 20), DAY, DAY))
    casebook.binding = Binding("d" * 64, DESK, trial=True)
    casebook.expected_words = "ten words"
    casebook.logs["e" * 32] = EpochLog(3, DAY, {4: LogEntry("f" * 64, LineState.WITHDRAWN)})
    casebook.rosters[DESK] = DeskRoster(roster, roster[:1], DAY, 4)
    casebook.cases[CASE] = CaseRecord(CASE, "1" * 64, "2" * 64, (DESK,))
    detail = Detail(Kind.MANDATE, "3" * 64, (DESK,), 2, "4" * 64, Mandate.LISTEN)
    casebook.add(ItemRecord(ITEM, CASE, SealedKind.SUBMISSION, DAY, "5" * 64, "e" * 32, State.VERIFIED, detail=detail))
    casebook.conflicts["6" * 64] = Conflict(ITEM, "6" * 64, DAY)
    casebook.exports[1] = ExportRecord(1, None, (ITEM,), (), (ITEM,), confirmed=True)
    return casebook


def test_a_casebook_loses_nothing_on_its_way_to_disk_and_back() -> None:
    casebook = full()
    again = from_json(Casebook, json.loads(json.dumps(to_json(casebook))))
    assert again == casebook
    assert [record.item for record in again.thread(CASE)] == [ITEM]


@pytest.mark.parametrize(
    "bend",
    [
        lambda value: value.pop("vault"),
        lambda value: value.update(stranger=1),
        lambda value: value.update(arrivals="1"),
        lambda value: value.update(confirmed=1),
        lambda value: value.update(items=[]),
        lambda value: value["items"][ITEM].update(state="fine"),
        lambda value: value["items"][ITEM].update(day="yesterday"),
        lambda value: value["items"][ITEM].update(detail=7),
        lambda value: value["exports"].update({"one": value["exports"].pop("1")}),
        lambda value: value["rosters"][DESK].update(newest={}),
    ],
)
def test_a_casebook_of_another_form_is_refused(bend: Any) -> None:
    value = json.loads(json.dumps(to_json(full())))
    bend(value)
    with pytest.raises(InvalidValue):
        from_json(Casebook, value)


def test_a_casebook_from_before_a_field_was_there_is_not_refused() -> None:
    value = json.loads(json.dumps(to_json(full())))
    del value["conflicts"]
    assert from_json(Casebook, value).conflicts == {}
