"""Cases that members opened, as the store takes them in: none shadows another's, comes back, or stops the others."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dropbox.bundle import AnswerCase, ReadMark, Receipt
from dropbox.codename import CodenameKeys, stored_lookup
from dropbox.errors import BundleAuthorUnknown, BundleItemMismatch, CaseEnded
from dropbox.models import DeskId, ItemId, Kind, Mandate, SealedKind, new_item_id
from dropbox.sealed_mandate import open_mandate, seal_mandate
from dropbox.server.store import Applied, NewAnswer, NewWriting, Outcome, Store
from dropbox.server.store.schema import tombstones
from dropbox.shown import Shown, open_shown, seal_shown
from tests.seating import put_down
from tests.store_room import ANN, BOARD, BOB, BUREAU, CIS, DAY, Member, Reporter, later

CONTENT = b"a sealed report"
SHA256 = "a70ff281ada2897e52ee7333b431335ed72416f5cf4e4af6e643b49c217574bb"


class Intake:
    """One case opened at the table, with everything that the answer bundle says of it."""

    def __init__(self, **odd: Any) -> None:
        self.keys = CodenameKeys.from_root(secrets.token_bytes(32))
        self.item = new_item_id()
        values: dict[str, Any] = {
            "case": self.keys.case,
            "case_key": self.keys.case_public.hex(),
            "reply_key": self.keys.reply_public.hex(),
            "day": DAY,
            "desks": (BOARD,),
            "item": self.item,
            "link": "1f" * 32,
            "lookup": stored_lookup(self.keys.lookup_id),
            "sealed_mandate": seal_mandate(Mandate.ADVISE, self.keys.reply_public),
            "sealed_view": seal_shown(Shown(), self.keys.reply_key),
            "signature": bytes(64),  # what it must be worth is checked with the bundle
        }
        self.case = AnswerCase(**(values | odd))

    @property
    def writing(self) -> NewWriting:
        desk = self.case.desks[0]
        return NewWriting(self.case.item, self.case.case, SealedKind.SUBMISSION, desk, len(CONTENT), SHA256, None)


def bring(
    store: Store, *intakes: Intake, author: Member | None = None, writings: tuple[NewWriting, ...] | None = None,
    more: tuple[NewWriting, ...] = (), receipts: tuple[Receipt, ...] = (), read: tuple[ReadMark, ...] = (),
    day: Any = DAY,
) -> Applied:  # fmt: skip
    member = author or Member(store)
    new = (*more, *(intake.writing for intake in intakes)) if writings is None else writings
    for each in new:
        store.part_path(each.item).write_bytes(CONTENT)
    member.sequence += 1
    return store.apply_answer(
        NewAnswer(
            author=member.fingerprint,
            vault=member.vault,
            desk=member.desk,
            sequence=member.sequence,
            sha256=secrets.token_hex(32),
            day=day,
            writings=new,
            receipts=receipts,
            read=read,
            cases=tuple(intake.case for intake in intakes),
        )
    )


def test_a_case_is_found_by_its_codename_and_goes_on_with_the_second_submission(store: Store) -> None:
    new = Intake()
    assert bring(store, new).writings == (Outcome.STORED,)
    assert store.find_case(new.keys.lookup_id) == new.case.case
    with store.case_turn(new.case.case) as turn:
        assert (turn.number, turn.previous) == (2, new.case.link)
    state = store.case(new.case.case)
    assert open_mandate(state.sealed_mandate, new.keys.reply_key) is Mandate.ADVISE
    assert open_shown(state.sealed_view, new.keys.reply_key) == Shown()
    assert (state.first_day, state.desks, state.withdrawn_day) == (DAY, (BOARD,), None)


def test_the_same_again_changes_nothing(store: Store) -> None:
    new = Intake()
    bring(store, new)
    store.set_view(new.case.case, bytes(1064))
    assert bring(store, new).writings == (Outcome.KNOWN,)
    assert store.case(new.case.case).sealed_view == bytes(1064)
    assert store.counts().items == 1


def test_a_reply_in_the_same_bundle_is_not_skipped(store: Store) -> None:
    new, author = Intake(), Member(store)
    reply = replace(author.writing(new.case.case), sha256=SHA256, bytes=len(CONTENT))
    assert bring(store, new, author=author, more=(reply,)).writings == (Outcome.STORED, Outcome.STORED)
    assert store.case(new.case.case).answered


def test_the_authors_receipt_in_the_same_bundle_makes_it_picked_up(store: Store) -> None:
    new = Intake()
    bring(store, new, receipts=(Receipt(new.item, BOARD, SHA256),))
    state = store.case(new.case.case)
    assert state.picked_up
    assert state.unfetched == 0
    assert [item.item for item in store.pickup(BOARD, DAY).items] == [new.item]


def test_the_day_is_the_reports_and_never_after_the_import(store: Store) -> None:
    early, ahead = Intake(day=DAY - timedelta(days=9)), Intake(day=later(9))
    bring(store, early, ahead)
    assert store.case(early.case.case).first_day == DAY - timedelta(days=9)
    assert store.case(early.case.case).last_contact_day == DAY
    assert store.case(ahead.case.case).first_day == DAY
    assert {item.item: item.day for item in store.pickup(BOARD, DAY).items}[early.item] == DAY - timedelta(days=9)


HOSTILE: dict[str, Callable[[Intake], AnswerCase]] = {
    "another lookup": lambda known: replace(known.case, lookup="ab" * 32),
    "another desk": lambda known: replace(known.case, desks=(BOARD, BUREAU)),
    "another report": lambda known: replace(known.case, item=new_item_id()),
}


@pytest.mark.parametrize("how", sorted(HOSTILE))
def test_a_case_that_is_there_is_not_overwritten(store: Store, how: str) -> None:
    known, other = Intake(), Intake()
    bring(store, known)
    other.case = HOSTILE[how](known)
    author = Member(store)
    put_down(store, {}, {BOARD: [ANN, BOB], BUREAU: [CIS, ANN]}, DAY)
    assert bring(store, other, author=author).writings == (Outcome.CLASH,)
    assert store.find_case(known.keys.lookup_id) == known.case.case
    with store.case_turn(known.case.case) as turn:
        assert (turn.number, turn.previous) == (2, known.case.link)
    assert store.case(known.case.case).desks == (BOARD,)
    assert store.counts().items == 1


def test_a_codename_is_not_shadowed_by_a_case_with_other_keys(store: Store) -> None:
    known = Intake()
    bring(store, known)
    assert bring(store, Intake(lookup=known.case.lookup)).writings == (Outcome.CLASH,)
    assert store.find_case(known.keys.lookup_id) == known.case.case
    assert store.counts().cases == 1


def test_a_reporters_own_case_is_not_shadowed(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    assert bring(store, Intake(lookup=stored_lookup(reporter.lookup_id))).writings == (Outcome.CLASH,)
    assert store.find_case(reporter.lookup_id) == reporter.case


def test_a_refused_bundle_leaves_no_file_and_no_case(store: Store) -> None:
    fresh, odd = Intake(), Intake()
    with pytest.raises(BundleItemMismatch):
        bring(store, fresh, odd, writings=(fresh.writing, replace(odd.writing, lock=bytes(80))))
    assert store.find_case(fresh.keys.lookup_id) is None
    assert store.sweep().orphans == 0
    assert bring(store, fresh).writings == (Outcome.STORED,), "the others can go on"


def test_a_case_that_clashes_does_not_hold_up_the_rest_of_its_bundle(store: Store) -> None:
    known, fresh, author = Intake(), Intake(), Member(store)
    sent = Reporter(store)
    item = sent.send()
    bring(store, known)
    clash = Intake(lookup=known.case.lookup)
    replies = tuple(
        replace(author.writing(case), sha256=SHA256, bytes=len(CONTENT)) for case in (sent.case, clash.case.case)
    )
    receipts = tuple(Receipt(each, BOARD, store.has_item(item) or "") for each in (item, clash.item))
    read = tuple(ReadMark(each, BOARD) for each in (item, clash.item))
    applied = bring(store, fresh, clash, author=author, more=replies, receipts=receipts, read=read)
    assert applied.writings == (Outcome.STORED, Outcome.CLASH, Outcome.STORED, Outcome.CLASH)
    assert applied.receipts == applied.read == (Outcome.STORED, Outcome.SKIPPED)
    assert store.find_case(fresh.keys.lookup_id) == fresh.case.case
    assert store.sweep().orphans == 0


def test_a_case_that_clashes_at_another_desk_does_not_refuse_its_replies_bundle(store: Store) -> None:
    known, author = Intake(), Member(store)
    bring(store, known)
    put_down(store, {}, {BOARD: [ANN, BOB], BUREAU: [CIS, ANN]}, DAY)
    other = Intake()
    other.case = replace(known.case, desks=(BUREAU,))
    reply = replace(author.writing(known.case.case), desk=BUREAU, sha256=SHA256, bytes=len(CONTENT))
    assert bring(store, other, author=author, more=(reply,)).writings == (Outcome.CLASH, Outcome.CLASH)
    assert not store.case(known.case.case).answered


def test_a_case_that_clashes_is_not_asked_for_again(store: Store) -> None:
    known, author = Intake(), Member(store)
    bring(store, known)
    bring(store, Intake(lookup=known.case.lookup), author=author)
    assert store.pickup(BOARD, DAY).confirmed[author.vault] == (author.sequence,)


def test_a_case_that_its_own_key_did_not_sign_is_not_opened(store: Store) -> None:
    new, author = Intake(signature=b""), Member(store)
    reply = replace(author.writing(new.case.case), sha256=SHA256, bytes=len(CONTENT))
    assert bring(store, new, author=author, more=(reply,)).writings == (Outcome.UNSIGNED, Outcome.UNSIGNED)
    assert store.find_case(new.keys.lookup_id) is None
    assert (store.counts().cases, store.counts().items, store.sweep().orphans) == (0, 0, 0)


def test_a_case_from_before_there_were_signatures_is_not_another(store: Store) -> None:
    new = Intake()
    bring(store, new)
    new.case = replace(new.case, signature=b"")
    assert bring(store, new).writings == (Outcome.KNOWN,)


def test_nobody_opens_a_case_at_another_desk(store: Store) -> None:
    for desks in ((BUREAU,), (BOARD, BUREAU), (DeskId("nowhere"),)):
        with pytest.raises(BundleAuthorUnknown):
            bring(store, Intake(desks=desks))
    assert store.counts().cases == 0


def test_nobody_opens_a_case_who_left(store: Store) -> None:
    put_down(store, {}, {BOARD: [BOB], BUREAU: [CIS]}, DAY)
    with pytest.raises(BundleAuthorUnknown):
        bring(store, Intake())


@pytest.mark.parametrize("which", ["no report", "no case", "a lock", "another case"])
def test_a_case_and_its_report_that_do_not_belong_together_are_refused(store: Store, which: str) -> None:
    new = Intake()
    odd = {
        "no report": (),
        "no case": (new.writing, replace(new.writing, item=new_item_id())),
        "a lock": (replace(new.writing, lock=bytes(80)),),
        "another case": (replace(new.writing, case=Intake().case.case),),
    }
    with pytest.raises(BundleItemMismatch):
        bring(store, new, writings=odd[which])
    assert store.counts().cases == 0


def test_the_id_of_an_item_that_is_held_is_not_taken(store: Store) -> None:
    sent: ItemId = Reporter(store, desks=(BUREAU,)).send()
    new, before = Intake(item=sent), store.has_item(sent)
    receipt, mark = Receipt(sent, BOARD, SHA256), ReadMark(sent, BOARD)
    applied = bring(store, new, receipts=(receipt,), read=(mark,))
    assert (applied.writings, applied.receipts, applied.read) == (
        (Outcome.CLASH,),
        (Outcome.SKIPPED,),
        (Outcome.SKIPPED,),
    )
    assert store.has_item(sent) == before
    assert store.find_case(new.keys.lookup_id) is None


def test_no_mark_says_which_report_was_taken_down_at_the_table(store: Store) -> None:
    intake = Intake()
    bring(store, intake)
    Reporter(store).send()
    with store._database.read() as connection:
        assert connection.execute(select(tombstones)).all() == []
    store.retire(later(1))
    Member(store).answer(later(1), items=[intake.item])
    Member(store, BOB).answer(later(1), items=[intake.item])
    store.retire(later(31))
    assert store.has_item(intake.item) is None
    assert bring(store, intake, day=later(31)).writings == (Outcome.KNOWN,)
    assert store.has_item(intake.item) is None


def test_a_case_that_has_ended_does_not_come_back_to_life(store: Store) -> None:
    new, member = Intake(), Member(store)
    bring(store, new, author=member)
    for who in (member, Member(store, BOB)):
        who.receive_all()
    store.retire(DAY + timedelta(days=365 * 5))
    assert store.find_case(new.keys.lookup_id) is None
    assert bring(store, new, author=member, day=later(365 * 5)).writings == (Outcome.KNOWN,)
    assert store.find_case(new.keys.lookup_id) is None
    with pytest.raises(CaseEnded):
        store.case(new.case.case)


def test_a_withdrawal_hides_what_nobody_received_and_ends_the_case(store: Store) -> None:
    new, member = Intake(), Member(store)
    bring(store, new, author=member)
    reporter = Reporter(store, case=new.case.case, lookup_id=new.keys.lookup_id)
    reporter.send(withdraw="withdraw")
    assert new.item not in {item.item for item in store.pickup(BOARD, DAY).items}
    for who in (member, Member(store, BOB)):
        who.receive_all()
    store.retire(later(8))
    assert store.find_case(new.keys.lookup_id) is None


def test_a_report_is_let_go_like_any_other(store: Store) -> None:
    new, member = Intake(), Member(store)
    bring(store, new, author=member)
    member.receive_all()
    store.retire(later(60))
    assert store.has_item(new.item) is not None, "one member has not received it"
    Member(store, BOB).receive_all()
    store.retire(later(120))
    assert store.has_item(new.item) is None
    assert store.find_case(new.keys.lookup_id) == new.case.case
    assert Kind.REPORT.value not in {row.kind for row in store.pickup(BOARD, later(120)).items}
