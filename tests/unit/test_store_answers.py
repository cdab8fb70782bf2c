"""What the desks send back: taken in whole or not at all, once, and only from those who may."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.bundle import ReadMark, Receipt
from dropbox.errors import BundleAuthorUnknown, BundleForeign, BundleItemMismatch, ItemUnknown
from dropbox.models import CaseId, SealedKind, VaultId, new_item_id
from dropbox.server.store import (
    AnswerSeen,
    NewAnswer,
    NewWriting,
    Outcome,
    Store,
)
from tests.store_room import ANN, BOARD, BOB, BUREAU, CIS, DAY, Member, Reporter, bytes_under, later, seat


def _items(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "items").iterdir())


def test_a_reply_goes_to_every_desk_of_its_case_and_a_note_to_its_own(store: Store) -> None:
    reporter, ann = Reporter(store, (BOARD, BUREAU)), Member(store)
    reporter.send()
    reply, note = ann.writing(reporter.case), ann.writing(reporter.case, SealedKind.NOTE)
    assert ann.answer(writings=[reply, note]).writings == (Outcome.STORED, Outcome.STORED)
    board = {item.item: item.kind for item in store.pickup(BOARD, DAY).items}
    bureau = {item.item: item.kind for item in store.pickup(BUREAU, DAY).items}
    assert (board[reply.item], board[note.item]) == (SealedKind.REPLY, SealedKind.NOTE)
    assert reply.item in bureau
    assert note.item not in bureau


def test_the_same_answer_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    item = reporter.send()
    writings = [ann.writing(reporter.case), ann.writing(reporter.case, SealedKind.NOTE)]
    ann.answer(writings=writings, items=[item], read=[item])
    before, state = _items(tmp_path), store.case(reporter.case)
    again = ann.answer(later(1), writings=writings, items=[item], read=[item])
    assert {*again.writings, *again.receipts, *again.read} == {Outcome.KNOWN}
    assert _items(tmp_path) == before
    assert store.case(reporter.case).last_contact_day == state.last_contact_day


def test_a_known_item_with_another_body_refuses_everything(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    first, second = ann.writing(reporter.case), ann.writing(reporter.case)
    ann.answer(writings=[first])
    before = _items(tmp_path)
    with pytest.raises(BundleItemMismatch):
        ann.answer(writings=[second, replace(first, sha256="0" * 64)])
    assert _items(tmp_path) == before
    assert store.has_item(second.item) is None
    assert [reply.item for reply in store.case(reporter.case).replies] == [first.item]


def test_a_reply_under_a_submissions_id_is_refused(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    item = reporter.send()
    sha256 = store.has_item(item)
    assert sha256 is not None
    with pytest.raises(BundleItemMismatch):
        ann.answer(writings=[replace(ann.writing(reporter.case), item=item, sha256=sha256)])
    assert _items(tmp_path) == [f"{item}.pgp"]


@pytest.mark.parametrize(
    "change",
    [
        lambda writing: replace(writing, lock=None),
        lambda writing: replace(writing, kind=SealedKind.NOTE),
        lambda writing: replace(writing, kind=SealedKind.SUBMISSION),
    ],
)
def test_a_writing_whose_lock_does_not_fit_its_kind_is_refused(
    store: Store, tmp_path: Path, change: Callable[[NewWriting], NewWriting]
) -> None:
    reporter, ann = Reporter(store), Member(store)
    item = reporter.send()
    with pytest.raises(BundleItemMismatch):
        ann.answer(writings=[change(ann.writing(reporter.case))])
    assert _items(tmp_path) == [f"{item}.pgp"]


def test_a_reply_to_a_case_that_ended_or_was_withdrawn_is_skipped(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    reporter.send(withdraw="withdraw")
    before = _items(tmp_path)
    unknown = CaseId("0" * 32)
    applied = ann.answer(writings=[ann.writing(reporter.case), ann.writing(unknown)])
    assert applied.writings == (Outcome.SKIPPED, Outcome.SKIPPED)
    assert _items(tmp_path) == before
    assert store.pickup(BOARD, DAY).confirmed == {ann.vault: (1,)}


def test_a_strangers_or_past_members_answer_is_refused(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    item = reporter.send()
    stranger = Member(store, CIS, BOARD)
    with pytest.raises(BundleAuthorUnknown):
        stranger.answer(writings=[stranger.writing(reporter.case)])
    ann = Member(store)
    seat(store, {BOARD: [BOB], BUREAU: [CIS]}, later(1))
    with pytest.raises(BundleAuthorUnknown):
        ann.answer(items=[item])
    assert _items(tmp_path) == [f"{item}.pgp"]
    assert store.case(reporter.case).picked_up is False


@pytest.mark.parametrize("part", ["writing", "receipt", "read"])
def test_nothing_in_an_answer_may_speak_for_a_desk_of_others(store: Store, part: str) -> None:
    reporter, ann = Reporter(store, (BOARD, BUREAU)), Member(store)
    item = reporter.send()
    writing = replace(ann.writing(reporter.case), desk=BUREAU)
    store.part_path(writing.item).write_bytes(b"body")
    answer = NewAnswer(ANN, ann.vault, BOARD, 1, "0" * 64, DAY)
    sha256 = store.has_item(item)
    assert sha256 is not None
    forged = {
        "writing": replace(answer, writings=(writing,)),
        "receipt": replace(answer, receipts=(Receipt(item, BUREAU, sha256),)),
        "read": replace(answer, read=(ReadMark(item, BUREAU),)),
    }[part]
    with pytest.raises(BundleAuthorUnknown):
        store.apply_answer(forged)
    assert store.pickup(BOARD, DAY).confirmed == {}


def test_a_reply_to_a_case_of_another_desk_is_refused(store: Store) -> None:
    reporter, ann = Reporter(store, (BUREAU,)), Member(store)
    reporter.send()
    with pytest.raises(BundleForeign):
        ann.answer(writings=[ann.writing(reporter.case)])
    assert store.case(reporter.case).replies == ()


def test_a_receipt_for_another_hash_or_desk_is_refused(store: Store) -> None:
    mine, theirs = Reporter(store), Reporter(store, (BUREAU,))
    item, other = mine.send(), theirs.send()
    ann = Member(store)
    answer = NewAnswer(ANN, ann.vault, BOARD, 1, "0" * 64, DAY)
    sha256 = store.has_item(other)
    assert sha256 is not None
    for receipt in (Receipt(item, BOARD, "0" * 64), Receipt(other, BOARD, sha256)):
        with pytest.raises(BundleItemMismatch):
            store.apply_answer(replace(answer, receipts=(receipt,)))
    with pytest.raises(BundleItemMismatch):
        ann.answer(read=[other])
    assert (store.case(mine.case).picked_up, store.case(theirs.case).read) == (False, False)


def test_receipts_and_read_marks_for_what_is_gone_are_skipped(store: Store) -> None:
    applied = Member(store).answer(items=[new_item_id()], read=[new_item_id()])
    assert (applied.receipts, applied.read) == ((Outcome.SKIPPED,), (Outcome.SKIPPED,))


def test_a_receipt_or_read_mark_twice_in_one_answer_counts_once(store: Store) -> None:
    item = Reporter(store).send()
    applied = Member(store).answer(items=[item, item], read=[item, item])
    assert applied.receipts == applied.read == (Outcome.STORED, Outcome.KNOWN)


def test_receipts_tell_just_the_cases_that_they_are_for(store: Store) -> None:
    reporters = [Reporter(store) for _ in range(4)]
    sent = [reporter.send() for reporter in reporters]
    Member(store).answer(items=sent[:2], read=sent[1:3])
    states = [store.case(reporter.case) for reporter in reporters]
    assert [state.picked_up for state in states] == [True, True, False, False]
    assert [state.read for state in states] == [False, True, True, False]


def test_reading_ones_own_note_does_not_count_as_reading_the_reporter(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    note = ann.writing(reporter.case, SealedKind.NOTE)
    ann.answer(writings=[note])
    ann.answer(items=[note.item], read=[note.item])
    state = store.case(reporter.case)
    assert (state.read, state.picked_up) == (False, False)


def test_a_vault_cannot_be_taken_over_to_confirm_what_never_came(store: Store) -> None:
    ann, bob = Member(store, ANN), Member(store, BOB)
    ann.answer()
    impostor = Member(store, BOB, BOARD, ann.vault, sequence=1)
    with pytest.raises(BundleForeign):
        impostor.answer()
    bob.answer()
    assert store.pickup(BOARD, DAY).confirmed == {ann.vault: (1,), bob.vault: (1,)}


def test_a_vault_stays_with_its_desk(store: Store) -> None:
    seat(store, {BOARD: [ANN], BUREAU: [ANN]})
    Member(store, ANN, BOARD, VaultId("1" * 32)).answer()
    with pytest.raises(BundleForeign):
        Member(store, ANN, BUREAU, VaultId("1" * 32)).answer()


def test_a_bundle_that_came_before_is_told_from_one_that_only_has_its_number(store: Store) -> None:
    vault, sha256 = VaultId("1" * 32), secrets.token_hex(32)
    assert store.answer_known(vault, 1, sha256) is AnswerSeen.NEW
    answer = NewAnswer(ANN, vault, BOARD, 1, sha256, DAY)
    store.apply_answer(answer)
    assert store.answer_known(vault, 1, sha256) is AnswerSeen.SAME
    assert store.answer_known(vault, 1, "0" * 64) is AnswerSeen.OTHER
    assert store.answer_known(vault, 2, sha256) is AnswerSeen.NEW
    store.apply_answer(answer)
    store.apply_answer(replace(answer, sha256="0" * 64))
    assert store.answer_known(vault, 1, sha256) is AnswerSeen.SAME
    assert store.pickup(BOARD, DAY).confirmed == {vault: (1,)}


def test_late_and_missing_sequences_are_welcome(store: Store) -> None:
    ann = Member(store)
    for sequence in (7, 2, 9):
        ann.sequence = sequence - 1
        ann.answer()
    assert store.pickup(BOARD, DAY).confirmed == {ann.vault: (2, 7, 9)}


def test_an_answer_that_fails_in_the_middle_leaves_nothing(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    item = reporter.send()
    writings = tuple(ann.writing(reporter.case) for _ in range(3))
    for writing in writings[:2]:
        store.part_path(writing.item).write_bytes(b"body")
    with pytest.raises(Exception, match="store failed"):
        store.apply_answer(NewAnswer(ANN, ann.vault, BOARD, 1, "0" * 64, DAY, writings))
    assert _items(tmp_path) == [f"{item}.pgp"]
    assert store.case(reporter.case).replies == ()
    assert store.answer_known(ann.vault, 1, "0" * 64) is AnswerSeen.NEW


# --- deleting -----------------------------------------------------------------------------------------------------


def test_a_deleted_reply_is_gone_for_the_reporter_and_stays_for_the_desk(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    gone, kept = ann.writing(reporter.case, lock=b"gone lock!" * 8), ann.writing(reporter.case, lock=b"kept lock!" * 8)
    ann.answer(writings=[gone, kept])
    store.delete_reply(reporter.case, gone.item)
    assert [reply.item for reply in store.case(reporter.case).replies] == [kept.item]
    everything = bytes_under(tmp_path)
    assert b"gone lock!" not in everything
    assert b"kept lock!" in everything
    assert gone.item in {item.item for item in store.pickup(BOARD, DAY).items}
    assert store.case(reporter.case).answered


def test_a_repeated_bundle_never_brings_a_deleted_reply_back(store: Store, tmp_path: Path) -> None:
    reporter, ann, bob = Reporter(store), Member(store, ANN), Member(store, BOB)
    reporter.send()
    writing = ann.writing(reporter.case, lock=b"gone lock!" * 8)
    ann.answer(writings=[writing])
    store.delete_reply(reporter.case, writing.item)
    assert ann.answer(writings=[writing]).writings == (Outcome.KNOWN,)
    for member in (ann, bob):
        member.receive_all()
    store.retire(DAY)
    assert store.has_item(writing.item) is None
    assert ann.answer(writings=[writing]).writings == (Outcome.KNOWN,)
    assert store.case(reporter.case).replies == ()
    everything = bytes_under(tmp_path)
    assert b"gone lock!" not in everything
    assert writing.item.encode() not in everything


def test_deleting_everything_leaves_other_cases_alone(store: Store) -> None:
    mine, other, ann = Reporter(store), Reporter(store), Member(store)
    for reporter in (mine, other):
        reporter.send()
        ann.answer(writings=[ann.writing(reporter.case), ann.writing(reporter.case)])
    assert store.delete_replies(mine.case) == 2
    assert store.delete_replies(mine.case) == 0
    assert store.case(mine.case).replies == ()
    assert len(store.case(other.case).replies) == 2


def test_nobody_deletes_what_is_not_a_reply_of_their_case(store: Store) -> None:
    mine, other, ann = Reporter(store), Reporter(store), Member(store)
    report = mine.send()
    other.send()
    reply, note = ann.writing(mine.case), ann.writing(mine.case, SealedKind.NOTE)
    ann.answer(writings=[reply, note])
    for case, item in (
        (other.case, reply.item),
        (mine.case, note.item),
        (mine.case, report),
        (mine.case, new_item_id()),
    ):
        with pytest.raises(ItemUnknown):
            store.delete_reply(case, item)
    assert len(store.case(mine.case).replies) == 1
    store.delete_reply(mine.case, reply.item)
    store.delete_reply(mine.case, reply.item)
