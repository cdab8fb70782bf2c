"""Import: whole or not at all, repeatable, in any order; what was known stays known."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.bundle import LineState
from dropbox.errors import TargetUnusable
from dropbox.models import Kind
from dropbox.workstation.vault import Vault
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, Investigator, World, joined, left, world, write_as
from tests.factories_bundles import People as Homes


def files_of(person: Investigator) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((person.vault / "items").iterdir())}


def kinds(person: Investigator, case: Case) -> list[str]:
    return [item["kind"] for item in person.ok("read", case.id)["items"]]


def test_the_same_bundle_again_changes_nothing(here: World) -> None:
    here.start()
    here.drop.send(Case())
    bundle = here.drop.pickup()
    assert here.anna.ok("import", bundle)["new"] == 1
    before = files_of(here.anna), here.anna.ok("cases")
    again = here.anna.ok("import", bundle)
    assert (again["new"], again["known"]) == (0, 1)
    assert (files_of(here.anna), here.anna.ok("cases")) == before


def test_an_older_bundle_that_comes_late_is_welcome(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    older = here.drop.pickup()
    here.drop.send(case, "And then.")
    here.anna.ok("import", here.drop.pickup())
    late = here.anna.ok("import", older)
    assert (late["new"], late["known"]) == (0, 1)
    assert kinds(here.anna, case) == ["report", "message"]


def test_items_come_in_the_order_of_the_case_whatever_the_bundles_order(here: World) -> None:
    here.start()
    case = Case()
    for number in range(1, 6):
        here.drop.send(case, f"number {number}")
    here.anna.ok("import", here.drop.pickup())
    texts = [item["text"] for item in here.anna.ok("read", case.id)["items"]]
    assert texts == [f"number {number}" for number in range(1, 6)]


def test_a_submission_that_comes_late_takes_its_own_place(here: World) -> None:
    here.start()
    case = Case()
    sent = [here.drop.send(case, text) for text in ("one", "two", "three")]
    here.drop.let_go(sent[1])
    here.anna.ok("import", here.drop.pickup())
    del here.drop.logs[DESK].gone[sent[1].item]
    here.anna.ok("import", here.drop.pickup())
    assert [item["text"] for item in here.anna.ok("read", case.id)["items"]] == ["one", "two", "three"]


def test_a_bundle_of_another_drop_is_refused_and_changes_nothing(here: World, people: Homes) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    with world(people) as elsewhere:
        elsewhere.drop.send(Case())
        assert "another drop" in here.anna.refused("import", elsewhere.drop.pickup())
    assert files_of(here.anna) == {}


def test_a_bundle_of_another_desk_is_refused(here: World) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    assert "another drop or desk" in here.anna.refused("import", here.drop.pickup(OTHER_DESK))


def test_a_first_bundle_whose_key_was_not_the_one_named_is_an_alarm(here: World, people: Homes) -> None:
    here.start()
    with world(people) as elsewhere:
        assert "ALARM" in here.anna.refused("import", elsewhere.drop.pickup())
    here.anna.ok("import", here.drop.pickup())


def test_a_trial_and_a_real_drop_are_never_mixed(here: World) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    here.drop.trial = True
    here.anna.refused("import", here.drop.pickup())


def test_another_history_is_an_alarm_and_nothing_of_it_is_taken(here: World) -> None:
    here.start()
    first = here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    before = here.anna.ok("cases")
    forged = here.drop.send(Case())
    numbers = here.drop.logs[DESK].numbers
    numbers[:] = [forged.item, first.item]
    assert "ALARM" in here.anna.refused("import", here.drop.pickup())
    assert here.anna.ok("cases") == before
    assert len(files_of(here.anna)) == 1


def test_a_gap_is_shown_until_the_number_appears(here: World) -> None:
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    lost = here.drop.send(Case())
    here.drop.let_go(lost, LineState.RECEIVED)
    here.drop.send(Case())
    assert re.search(r"GAP\. 1 number .*: 2\.", here.anna.run("import", here.drop.pickup()).out)
    assert "GAP" in here.anna.run("cases").out
    assert "GAP" in here.anna.run("cases", "--json").err
    del here.drop.logs[DESK].gone[lost.item]
    assert "GAP" not in here.anna.run("import", here.drop.pickup()).out


def test_what_was_withdrawn_is_no_gap(here: World) -> None:
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    here.drop.let_go(here.drop.send(Case()), LineState.WITHDRAWN)
    assert "GAP" not in here.anna.run("import", here.drop.pickup()).out


def test_a_missing_submission_of_a_case_is_named(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.drop.let_go(here.drop.send(case), LineState.WITHDRAWN)
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    assert "never came here: 2." in here.anna.run("read", case.id).out
    assert "never came here: 2." in here.anna.run("cases").out


def test_an_item_from_before_ones_time_is_kept_sealed_and_acknowledged(here: World) -> None:
    """Dirk joins today: what was sealed before is not for him, but holds up nobody."""
    early = here.drop.send(Case())
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    case = Case()
    here.drop.send(case)
    here.start(here.dirk)
    report = here.dirk.ok("import", here.drop.pickup())
    assert (report["new"], report["not_for_you"], report["quarantined"]) == (1, 1, {})
    assert [line["case"] for line in here.dirk.ok("cases")] == [case.id]
    assert files_of(here.dirk)[f"{early.item}.pgp"] == early.data
    here.dirk.ok("export", here.folder / "a.tar")
    assert len(here.drop.take(here.folder / "a.tar", case).receipts) == 2


def test_who_came_or_left_that_day_may_or_may_not_be_a_recipient(here: World) -> None:
    here.start()
    here.drop.send(Case())
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    here.drop.send(Case())
    here.drop.rosters[DESK] = left(here.drop.rosters[DESK], here.bram.key, here.drop.day)
    here.drop.send(Case())
    assert here.anna.ok("import", here.drop.pickup())["new"] == 3


def test_a_quarantined_item_is_looked_at_again(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    good = here.drop.rosters[DESK]
    here.drop.rosters[DESK] = tuple(replace(member, first_day=here.drop.day.replace(year=2099)) for member in good)
    assert len(here.anna.ok("import", here.drop.pickup())["quarantined"]) == 1
    assert "QUARANTINE" in here.anna.run("cases").out
    here.next_day()
    here.drop.rosters[DESK] = good
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["new"], report["quarantined"]) == (1, {})
    assert kinds(here.anna, case) == ["report"]
    assert "QUARANTINE" not in here.anna.run("cases").out


def test_a_lost_file_is_fetched_again_and_stays_read(here: World) -> None:
    here.start()
    case = Case()
    held = here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("read", case.id)
    (here.anna.vault / "items" / f"{held.item}.pgp").unlink()
    assert "damaged or gone" in here.anna.refused("read", case.id)
    here.anna.ok("import", here.drop.pickup())
    assert kinds(here.anna, case) == ["report"]
    assert here.anna.ok("cases")[0]["unread"] == 0


def test_a_failure_before_the_end_leaves_the_old_casebook(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    before = here.anna.ok("cases")
    here.drop.send(Case())
    bundle = here.drop.pickup()

    def fail(_vault: Vault) -> None:
        raise TargetUnusable

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "save", fail)
        here.anna.refused("import", bundle)
    assert here.anna.ok("cases") == before
    assert here.anna.ok("import", bundle)["new"] == 1


def test_other_bytes_under_a_held_id_are_an_alarm_and_get_no_receipt(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.anna.ok("export", here.folder / "a.tar")
    manifest = here.drop.take(here.folder / "a.tar", case)
    ours = here.drop.items[manifest.entries[0].item]
    here.drop.hold(replace(ours, data=ours.data + b"x"))
    assert "ALARM" in here.anna.run("import", here.drop.pickup()).out
    assert "ALARM" in here.anna.run("cases").out
    here.anna.ok("export", here.folder / "b.tar")
    assert ours.item not in {receipt.item for receipt in here.drop.take(here.folder / "b.tar", case).receipts}
    assert kinds(here.anna, case) == ["report", "reply"]


def test_a_colleagues_reply_and_note_are_read_and_said_by_whom(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    write_as(here.drop, here.bram, case)
    write_as(here.drop, here.bram, case, Kind.NOTE, text="Between us.")
    assert here.anna.ok("import", here.drop.pickup())["new"] == 3
    summary = here.anna.ok("cases")[0]
    assert (summary["submissions"], summary["replies"], summary["unread"]) == (1, 1, 3)
    assert sorted(kinds(here.anna, case)) == ["note", "reply", "report"]
    shown = here.anna.run("read", case.id).out
    assert f"by bram ({here.bram.key[-8:-4]} {here.bram.key[-4:]})" in shown
    assert "Between us." in shown


def test_a_former_colleagues_reply_from_their_time_still_counts(here: World) -> None:
    here.start()
    case = Case()
    here.drop.send(case)
    write_as(here.drop, here.bram, case)
    here.next_day()
    here.drop.rosters[DESK] = left(here.drop.rosters[DESK], here.bram.key, here.drop.day)
    assert here.anna.ok("import", here.drop.pickup())["new"] == 2


def test_a_report_to_two_desks_is_the_same_case_at_both(here: World) -> None:
    here.start(here.anna, here.cora)
    case = Case()
    here.drop.send(case, "To both.", desks=(DESK, OTHER_DESK))
    here.anna.ok("import", here.drop.pickup(DESK))
    here.cora.ok("import", here.drop.pickup(OTHER_DESK))
    for person, desk in ((here.anna, DESK), (here.cora, OTHER_DESK)):
        summary = person.ok("cases")[0]
        assert (summary["case"], summary["desk"]) == (case.id, desk)
        assert person.ok("read", case.id)["items"][0]["text"] == "To both."


def test_a_file_that_is_no_bundle_is_refused_in_a_line(here: World, tmp_path: Path) -> None:
    here.start()
    nonsense = tmp_path / "x.tar"
    nonsense.write_bytes(b"nonsense" * 1000)
    here.anna.refused("import", nonsense)
    here.anna.refused("import", tmp_path / "missing.tar")
    here.anna.refused("import", tmp_path)


def test_an_empty_bundle_binds_the_vault(here: World) -> None:
    here.start()
    assert here.anna.ok("import", here.drop.pickup())["new"] == 0
    assert here.anna.ok("cases") == []
