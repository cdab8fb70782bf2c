"""Keeping and erasing in the vaults: until when, what holds it back, what needs two, and what is left afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from dropbox.bundle import KeepRule, LineState, PickupManifest
from dropbox.envelope.account import Account, Erasure, ErasureStep, Outcome, line_hash
from dropbox.models import Kind, today
from dropbox.settings import OUTCOMES
from dropbox.workstation.keeping.standing import state_of
from dropbox.workstation.vault import Vault, look_into, open_vault
from tests.begun import Begun, begun
from tests.factories_bundles import DESK, Investigator, People, write_as
from tests.keeping_room import DELAY_DAYS, FILE, REPLY, TEXT, WHY, Room


@pytest.fixture(scope="module")
def begun_once(people: People) -> Iterator[Begun[Room]]:
    with begun(people, lambda world: Room(world).begin()) as made:
        yield made


@pytest.fixture
def room(begun_once: Begun[Room]) -> Room:
    return begun_once.again()


def casebook_of(person: Investigator) -> Vault:
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
        return vault


def text_of(person: Investigator) -> str:
    """Return everything that a vault's casebook says, unsealed."""
    vault = casebook_of(person)
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}):
        sealed = (vault.folder / "casebook.pgp").read_bytes()
        return vault.own.unseal_signed_bytes(sealed, person.key, 1 << 28).decode()


# --- erasing ------------------------------------------------------------------------------------------------------


def test_nothing_is_erased_before_its_day(room: Room) -> None:
    room.agree()
    room.later(DELAY_DAYS - 1)
    assert [done["erased"] for done in room.fetch()] == [[], []]
    assert room.world.anna.ok("erase", "--due") == []
    assert room.case.id in room.cases(room.world.anna)


def test_every_vault_erases_with_the_first_import_after_the_delay(room: Room) -> None:
    room.agree()
    room.later()
    assert [done["erased"] for done in room.fetch()] == [[room.case.id], [room.case.id]]
    for person in room.everybody:
        assert room.cases(person) == {room.other.id}
        assert not room.is_on_disk(person)
        assert "error" in person.refused("read", room.case.id)


def test_what_is_left_is_hashes_the_reason_and_who_agreed(room: Room) -> None:
    room.agree()
    held = {item["item"] for item in room.world.anna.ok("read", room.case.id)["items"]}
    room.later()
    room.fetch()
    for person in room.everybody:
        [left] = person.ok("erase", "--list")
        assert left["because"] == WHY
        assert (left["by"], left["seconded_by"]) == (room.world.anna.key, room.world.bram.key)
        assert held <= set(left["items"])
        assert room.sent[0].item in left["items"]


def test_no_word_of_the_case_is_left_in_the_casebook(room: Room) -> None:
    room.world.anna.ok("tag", room.case.id, "+evening")
    room.agree()
    assert "evening" in text_of(room.world.anna)
    room.later()
    room.fetch()
    for person in room.everybody:
        told = text_of(person)
        assert not [word for word in (TEXT, FILE[0], REPLY, "evening") if word in told]


def test_the_log_of_an_erased_case_is_a_chain_without_details(room: Room) -> None:
    room.agree()
    room.later()
    room.fetch()
    casebook = casebook_of(room.world.anna).casebook
    erased = casebook.erased[next(iter(casebook.erased))]
    assert set(erased.lines) == {casebook.vault, casebook_of(room.world.bram).casebook.vault}
    for vault, lines in erased.lines.items():
        before = line_hash(next(iter(casebook.erased)), vault, None)
        for line in lines:
            assert line.previous == before
            assert line.details is None
            before = line_hash(next(iter(casebook.erased)), vault, line)
    assert erased.lines[casebook.vault][-1].act.value == "erased"


def test_an_erased_case_is_still_counted(room: Room) -> None:
    room.agree()
    room.later()
    room.fetch()
    casebook = casebook_of(room.world.anna).casebook
    facts = casebook.erased[next(iter(casebook.erased))].facts
    assert facts is not None
    assert facts.erased == room.world.drop.day
    assert facts.acknowledged_after_days == 0


@pytest.mark.parametrize("who", ["anna", "dirk"])
def test_nobody_agrees_to_their_own_proposal(room: Room, who: str) -> None:
    room.propose()
    assert "yourself" in room.world.anna.refused("erase", room.case.id, "--second")
    if who == "dirk":  # nor does anybody who is not at the desk
        _forge(room, room.world.dirk)
    else:
        _forge(room, room.world.anna)
    room.fetch()
    room.later(400)
    room.fetch()
    assert room.case.id in room.cases(room.world.anna)


def _forge(room: Room, author: Investigator, **odd: Any) -> None:
    """Put a second signature onto the drop as somebody would who uses no program of ours."""
    casebook = casebook_of(room.world.anna).casebook
    proposal = next(
        r for r in casebook.items.values() if r.detail and r.detail.account and r.detail.account.erasure is not None
    )
    assert proposal.detail is not None
    digest = odd.get("digest", proposal.detail.index_sha256)
    second = Erasure(ErasureStep.SECOND, proposal=proposal.item, proposal_sha256=digest)
    write_as(room.world.drop, author, room.case, Kind.NOTE, text="", account=Account(erasure=second))


def test_a_second_for_other_words_than_were_proposed_counts_for_nothing(room: Room) -> None:
    room.propose()
    _forge(room, room.world.bram, digest="0" * 64)
    room.fetch()
    room.later(400)
    room.fetch()
    assert room.case.id in room.cases(room.world.anna)


def test_a_forged_second_that_is_right_would_count(room: Room) -> None:
    """Else the two tests before this one would show nothing."""
    room.propose()
    _forge(room, room.world.bram)
    room.fetch()
    room.later(400)
    room.fetch()
    assert room.case.id not in room.cases(room.world.anna)


@pytest.mark.parametrize("who", ["anna", "bram"])
def test_nothing_is_erased_once_anybody_opposed_it(room: Room, who: str) -> None:
    room.agree()
    person: Investigator = getattr(room.world, who)
    person.ok("erase", room.case.id, "--oppose", "--because", "There is a lawsuit.")
    room.round()
    room.later(400)
    room.fetch()
    assert room.case.id in room.cases(room.world.anna)
    assert room.world.anna.ok("erase", room.case.id)["proposals"][0]["opposed_by"] == [person.key]


def test_nothing_is_erased_under_a_hold_and_everything_after_two_lifted_it(room: Room) -> None:
    anna, bram, case = room.world.anna, room.world.bram, room.case.id
    room.agree()
    bram.ok("keep", case, "--hold", "--because", "The court asked for it.")
    room.round()
    room.later(DELAY_DAYS)
    room.fetch()
    assert case in room.cases(anna)
    assert "hold" in anna.refused("erase", case, "--second")
    anna.ok("keep", case, "--lift", "--because", "The court is done.")
    assert "another member" in anna.refused("keep", case, "--lift", "--because", "I said so.")
    room.round()
    assert anna.ok("keep", case)["holds"][0]["lifting"]
    bram.ok("keep", case, "--lift", "--because", "Yes, it is.")
    room.round()
    assert case not in room.cases(anna)


def test_a_hold_laid_at_the_same_time_as_another_is_lifted_stays(room: Room) -> None:
    anna, bram, case = room.world.anna, room.world.bram, room.case.id
    bram.ok("keep", case, "--hold", "--because", "One.")
    room.round()
    anna.ok("keep", case, "--lift", "--because", "One is over.")
    room.round()
    anna.ok("keep", case, "--hold", "--because", "Two.")
    bram.ok("keep", case, "--lift", "--because", "One is over.")
    room.round()
    for person in room.everybody:
        assert [hold["because"] for hold in person.ok("keep", case)["holds"]] == ["Two."]


def test_a_reporter_who_writes_again_loses_nothing(room: Room) -> None:
    room.agree()
    room.world.drop.send(room.case, "Please keep it.")
    room.later()
    room.fetch()
    assert room.case.id in room.cases(room.world.anna)
    assert room.world.anna.ok("erase", room.case.id)["proposals"][0]["lapsed"]
    room.world.anna.ok("erase", room.case.id, "--propose", "--because", "Asked again.")


def test_no_proposal_outlives_what_its_author_cannot_have_read(room: Room) -> None:
    proposal = Account(erasure=Erasure(ErasureStep.PROPOSE, because=WHY, number=1_000_000))
    write_as(room.world.drop, room.world.anna, room.case, Kind.NOTE, text="", account=proposal)
    room.fetch()
    room.world.bram.ok("erase", room.case.id, "--second")
    room.round()
    room.later(1)
    room.world.drop.send(room.case, "Please keep it.")
    room.later(400)
    room.fetch()
    assert room.case.id in room.cases(room.world.anna)
    assert room.world.anna.ok("erase", room.case.id)["proposals"][0]["lapsed"]


def test_the_delay_does_not_count_before_the_drop_has_the_second_signature(room: Room) -> None:
    room.propose()
    room.world.bram.ok("erase", room.case.id, "--second")
    room.later(60)
    room.fetch(room.world.bram)
    assert room.case.id in room.cases(room.world.bram)
    room.round()
    room.later(DELAY_DAYS - 1)
    room.fetch()
    assert room.case.id in room.cases(room.world.bram)


def test_a_drop_cannot_make_the_delay_shorter_than_a_week(room: Room) -> None:
    with pytest.raises(Exception, match="form"):
        KeepRule(erase_delay_days=6)


def test_a_wrong_clock_of_this_machine_erases_nothing(room: Room) -> None:
    room.agree()
    far = today() + timedelta(days=1000)
    with mock.patch("dropbox.models.today", return_value=far):
        assert room.world.anna.ok("erase", "--due") == []


def test_a_withdrawn_case_can_be_erased_and_nothing_else_written(room: Room) -> None:
    room.world.drop.send(room.case, "", kind=Kind.WITHDRAWAL)
    room.fetch()
    room.world.anna.refused("note", room.case.id, "--text-file", room.world.text())
    room.agree()
    room.later()
    room.fetch()
    assert room.case.id not in room.cases(room.world.anna)


# --- coming back --------------------------------------------------------------------------------------------------


def test_no_old_bundle_brings_it_back(room: Room) -> None:
    old = room.world.drop.pickup()
    room.agree()
    room.later()
    room.fetch()
    done = room.world.anna.ok("import", old)
    assert (done["new"], done["quarantined"]) == (0, {})
    assert room.cases(room.world.anna) == {room.other.id}
    assert not room.is_on_disk(room.world.anna)


def test_an_old_bundle_brings_no_item_that_had_never_come_here(room: Room) -> None:
    lost = room.world.drop.send(room.case, "More about the evening.")
    old = room.world.drop.pickup()
    room.fetch()
    room.agree()
    room.later()
    for held in room.world.drop.items.values():
        if held.case.id == room.case.id and held.kind.value == "submission":
            room.world.drop.let_go(held, LineState.ERASED)
    carla = replace(room.world.bram, vault=room.world.folder / "vault-again")
    room.world.start(carla)
    room.fetch(carla)
    carla.ok("import", old)
    assert room.case.id not in {line["case"] for line in carla.ok("cases")}
    assert not list(carla.vault.glob(f"items/{lost.item}*"))


def test_no_colleague_can_pass_it_on_again(room: Room) -> None:
    bundle = room.world.folder / "passed-on.tar"
    room.world.bram.ok("reseal", room.case.id, "--to", room.world.anna.key, bundle)
    room.agree()
    room.later()
    room.fetch(room.world.anna)
    done = room.world.anna.ok("import", bundle)
    assert done["new"] == 0
    assert room.cases(room.world.anna) == {room.other.id}


def test_the_drop_hears_of_what_was_erased_before_its_receipt_was_sent(room: Room) -> None:
    room.agree()
    room.later()
    room.fetch()
    room.bring()
    both = {room.world.anna.key, room.world.bram.key}
    for held in room.world.drop.items.values():
        if held.case.id == room.case.id:
            heard = {answer.author for answer in room.world.drop.answers
                     if held.item in {receipt.item for receipt in answer.receipts}}  # fmt: skip
            assert heard == both
    room.fetch()
    assert not any(each.owed for each in casebook_of(room.world.anna).casebook.erased.values())


# --- what the drop erased alone -----------------------------------------------------------------------------------


def test_an_erasure_that_no_two_members_signed_is_an_alarm(room: Room) -> None:
    room.world.drop.let_go(room.sent[0], LineState.ERASED)
    room.fetch()
    shown = room.world.anna.run("cases").out
    assert "ALARM. The drop has erased" in shown
    assert room.case.id in room.cases(room.world.anna)


def test_one_proposal_alone_silences_no_alarm(room: Room) -> None:
    room.propose()
    room.world.drop.let_go(room.sent[0], LineState.ERASED)
    room.fetch()
    assert "ALARM. The drop has erased" in room.world.bram.run("cases").out


def test_what_was_agreed_is_no_alarm(room: Room) -> None:
    room.agree()
    room.later()
    room.world.drop.let_go(room.sent[0], LineState.ERASED)
    room.fetch()
    shown = room.world.anna.run("cases").out
    assert "ALARM" not in shown
    assert "GAP" not in shown


def test_nobody_overlooks_a_proposal(room: Room) -> None:
    room.propose()
    shown = room.world.bram.run("cases", columns=400).out
    assert "ERASURE PROPOSED." in shown
    assert WHY in shown
    room.world.bram.ok("erase", room.case.id, "--second")
    room.round()
    day = room.world.drop.day + timedelta(days=DELAY_DAYS)
    assert f"{day.year}" in next(
        each for each in room.world.anna.run("cases", columns=400).out.splitlines() if "ERASURE." in each
    )


# --- until when ---------------------------------------------------------------------------------------------------


def rule(**months: int) -> Any:
    """Return what makes a bundle say these months."""

    def bend(manifest: PickupManifest) -> PickupManifest:
        return replace(manifest, keeping=KeepRule(months.pop("default", 24), months))

    return bend


def due_of(room: Room, **months: int) -> Any:
    room.world.anna.ok("import", room.world.drop.pickup(DESK, rule(**months)))
    return room.world.anna.ok("keep", room.case.id)


def test_an_open_case_counts_from_the_last_contact(room: Room) -> None:
    found = due_of(room, default=1)
    assert (found["basis"], found["months"]) == ("last_contact", 1)


def test_a_closed_case_counts_from_its_closing_by_how_it_ended(room: Room) -> None:
    room.world.anna.ok("classify", room.case.id, "--outcome", "founded")
    room.world.anna.ok("state", room.case.id, "closed")
    found = due_of(room, default=24, founded=60)
    assert (found["basis"], found["outcome"], found["months"]) == ("closed", "founded", 60)


def test_a_withdrawn_case_is_kept_for_a_short_time(room: Room) -> None:
    room.world.drop.send(room.case, "", kind=Kind.WITHDRAWAL)
    found = due_of(room, default=24)
    assert (found["basis"], found["months"]) == ("withdrawn", 1)


def test_every_outcome_can_have_its_months() -> None:
    assert tuple(outcome.value for outcome in Outcome) == OUTCOMES


def test_a_postponed_case_is_not_due_before_that_day(room: Room) -> None:
    due_of(room, default=0)
    assert room.case.id in {kept["case"] for kept in room.world.anna.ok("keep", "--due")}
    until = today() + timedelta(days=90)
    room.world.anna.ok("keep", room.case.id, "--until", until.isoformat(), "--because", "The council asks questions.")
    room.round()
    for person in room.everybody:
        assert person.ok("keep", room.case.id)["postponed"]["because"] == "The council asks questions."
    assert room.case.id not in {kept["case"] for kept in room.world.anna.ok("keep", "--due")}
    assert room.case.id in {kept["case"] for kept in room.world.anna.ok("keep", "--due", until.isoformat()[:7])}


@pytest.mark.parametrize("until", ["2020-01-01", "2999-01-01"])
def test_no_case_is_kept_for_ever_or_until_yesterday(room: Room, until: str) -> None:
    room.world.anna.refused("keep", room.case.id, "--until", until, "--because", "Why not.")


@pytest.mark.parametrize("because", ["", "   ", "x" * 501, "a\u202eb"])
def test_no_decision_goes_without_a_reason_that_can_be_read(room: Room, because: str) -> None:
    room.world.anna.refused("erase", room.case.id, "--propose", "--because", because)
    room.world.anna.refused("keep", room.case.id, "--hold", "--because", because)


@pytest.mark.parametrize("month", ["2027-13", "soon", "2027"])
def test_a_month_that_is_none_is_wrong_usage(room: Room, month: str) -> None:
    assert room.world.anna.run("keep", "--due", month).code == 2


def test_a_case_is_not_due_because_somebody_asks(room: Room) -> None:
    assert room.world.anna.ok("keep", "--due", f"{today().year + 1}-01") == []
    assert "Nothing is due" in room.world.anna.run("keep", "--due").out


def test_a_drop_that_names_a_day_too_early_erases_nothing_before_anybody_could_oppose(room: Room) -> None:
    """Whoever runs the drop dates its bundles; one dated ahead must not take away the days to stop it in."""
    room.agree()
    room.only_the_drop_is_later()
    assert [done["erased"] for done in room.fetch()] == [[], []]
    assert room.world.anna.ok("erase", "--due") == []


def test_a_note_that_the_drop_dates_back_does_not_shorten_the_delay(room: Room) -> None:
    room.agree()
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(room.world.anna.home)}):
        book = look_into(room.world.anna.vault).casebook
    (proposal,) = state_of(book, room.case.id).proposals
    assert proposal.second is not None
    signed = today()
    book.update(proposal.second.item, day=signed - timedelta(days=DELAY_DAYS))
    (proposal,) = state_of(book, room.case.id).proposals
    assert proposal.erased_on(DELAY_DAYS) == signed + timedelta(days=DELAY_DAYS)
