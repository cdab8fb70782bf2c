"""A case as its reporter meets it: found only by its codename, one number after the other, withdrawn and undone."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from dropbox.config import Retention
from dropbox.errors import Busy, CaseEnded, StoreError
from dropbox.models import CaseId, SealedKind, new_item_id
from dropbox.server.store import CaseTerms, NewSubmission, Store
from tests.store_room import ANN, BOARD, BUREAU, DAY, Member, Reporter, bytes_under, later, open_store, seat


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, retention=Retention(months_after_last_contact=6))
    seat(store)
    yield store
    store.close()


# --- finding ------------------------------------------------------------------------------------------------------


def test_a_case_is_found_by_its_lookup_id_and_by_no_other(store: Store) -> None:
    reporters = [Reporter(store) for _ in range(5)]
    for reporter in reporters:
        reporter.send()
    assert [store.find_case(reporter.lookup_id) for reporter in reporters] == [reporter.case for reporter in reporters]
    for stranger in (bytes(32), b"\xff" * 32, secrets.token_bytes(32), b""):
        assert store.find_case(stranger) is None


def test_an_empty_store_knows_nobody_and_nothing_sent(store: Store) -> None:
    assert store.find_case(bytes(32)) is None
    assert store.was_sent(bytes(32)) is False
    assert store.was_sent(b"\xff" * 32) is False


def test_hit_and_miss_ask_the_same_and_get_as_many_rows(store: Store) -> None:
    reporter, resend_id = Reporter(store), secrets.token_bytes(32)
    reporter.send(resend_id=resend_id)
    asked: list[tuple[str, int]] = []

    def remember(
        _: object, cursor: sqlite3.Cursor, statement: str, parameters: tuple[str, ...], *_rest: object
    ) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, len(cursor.connection.execute(statement, parameters).fetchall())))

    event.listen(store._database._engine, "before_cursor_execute", remember)
    pairs = ((store.find_case, reporter.lookup_id), (store.was_sent, resend_id))
    for question, known in pairs:
        asked.clear()
        for value in (known, bytes(32), b"\xfe" * 32):
            question(value)
        assert len(asked) == 3
        assert len(set(asked)) == 1
        assert asked[0][1] == 1


def test_the_lookup_id_is_in_no_file(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send()
    everything = bytes_under(tmp_path)
    assert reporter.case.encode() in everything
    assert reporter.lookup_id not in everything
    assert reporter.lookup_id.hex().encode() not in everything


# --- submitting ---------------------------------------------------------------------------------------------------


def test_a_submission_becomes_one_private_file_dated_to_midnight(store: Store, tmp_path: Path) -> None:
    item = Reporter(store).send(content=b"sealed")
    path = tmp_path / "items" / f"{item}.pgp"
    status = path.stat()
    assert path.read_bytes() == b"sealed"
    assert status.st_mtime == status.st_atime == datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()
    assert status.st_mode & 0o777 == 0o600
    assert list((tmp_path / "items").iterdir()) == [path]


def test_numbers_and_links_follow_each_other(store: Store) -> None:
    reporter = Reporter(store)
    previous = None
    for number in (1, 2, 3):
        with store.case_turn(reporter.case) as turn:
            assert turn.number == number
            assert (turn.previous is None) == (number == 1)
            assert turn.previous != previous or previous is None
            previous = turn.previous
        reporter.send()


def test_a_number_that_is_not_the_next_one_stores_nothing(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send()
    before = bytes_under(tmp_path / "items")
    with pytest.raises(StoreError):
        _commit_with_number(reporter, 3)
    with pytest.raises(StoreError):
        _commit_with_number(reporter, 1)
    assert bytes_under(tmp_path / "items") == before
    assert store.counts().items == 1


def _commit_with_number(reporter: Reporter, number: int, sealed_mandate: bytes | None = b"mandate") -> None:
    item = new_item_id()
    reporter.store.part_path(item).write_bytes(b"sealed")
    resend_id = secrets.token_bytes(32)
    sub = NewSubmission(
        item, reporter.case, bytes(32), (BOARD,), DAY, 6, "0" * 64, number, "1" * 64, resend_id, sealed_mandate
    )
    reporter.store.commit_submission(sub)


def test_the_same_content_sent_again_is_one_item(store: Store, tmp_path: Path) -> None:
    reporter, resend_id = Reporter(store), secrets.token_bytes(32)
    first = reporter.send(resend_id=resend_id)
    assert store.was_sent(resend_id)
    again = reporter.send(resend_id=resend_id)
    assert [path.stem for path in (tmp_path / "items").iterdir()] == [first]
    assert store.has_item(again) is None
    with store.case_turn(reporter.case) as turn:
        assert turn.number == 2


def test_turns_of_one_case_come_one_at_a_time(store: Store) -> None:
    reporter = Reporter(store)
    threads = [threading.Thread(target=reporter.send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.case_turn(reporter.case) as turn:
        assert turn.number == 7
    assert store._turns._locks == {}


def test_a_turn_is_not_waited_for_without_end(store: Store) -> None:
    reporter, other = Reporter(store), Reporter(store)
    with store.case_turn(reporter.case):
        with pytest.raises(Busy), store.case_turn(reporter.case, wait_seconds=0.01):
            pass
        other.send()
    reporter.send()
    assert store._turns._locks == {}


def test_a_follow_up_of_an_ended_case_does_not_bring_it_back(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    for number, mandate in ((1, None), (2, b"mandate")):
        with pytest.raises(CaseEnded):
            _commit_with_number(reporter, number, mandate)
    assert list((tmp_path / "items").iterdir()) == []
    assert store.counts().cases == 0


# --- what /case shows ---------------------------------------------------------------------------------------------


def test_an_unknown_case_has_ended(store: Store) -> None:
    with pytest.raises(CaseEnded):
        store.case(CaseId("0" * 32))


def test_a_follow_up_learns_whom_it_goes_to_and_whether_the_case_is_withdrawn(store: Store) -> None:
    reporter, other = Reporter(store, (BUREAU, BOARD)), Reporter(store, (BOARD,))
    reporter.send()
    other.send()
    assert store.case_terms(reporter.case) == CaseTerms((BOARD, BUREAU), None)
    reporter.send(withdraw="withdraw")
    assert store.case_terms(reporter.case) == CaseTerms((BOARD, BUREAU), DAY)
    assert store.case_terms(other.case) == CaseTerms((BOARD,), None)
    with pytest.raises(CaseEnded):
        store.case_terms(CaseId("0" * 32))


def test_a_new_case_promises_nothing_that_has_not_happened(store: Store) -> None:
    reporter = Reporter(store, (BOARD, BUREAU))
    reporter.send(sealed_mandate=b"sealed to the reporter")
    state = store.case(reporter.case)
    assert (state.picked_up, state.read, state.answered, state.withdrawn_day, state.erased_on) == (
        False,
        False,
        False,
        None,
        None,
    )
    assert state.desks == (BOARD, BUREAU)
    assert state.fetched == {BOARD: None, BUREAU: None}
    assert state.sealed_mandate == b"sealed to the reporter"
    assert (state.first_day, state.last_contact_day, state.ends_on) == (DAY, DAY, date(2026, 9, 2))
    assert (state.replies, state.unfetched) == ((), 1)


def test_states_follow_receipts_read_marks_and_replies(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    first, _ = reporter.send(), reporter.send(later(1))
    ann.answer(later(2), items=[first])
    state = store.case(reporter.case)
    assert (state.picked_up, state.read, state.answered, state.unfetched) == (True, False, False, 1)
    ann.answer(later(3), read=[first])
    assert store.case(reporter.case).read
    note = ann.writing(reporter.case, SealedKind.NOTE)
    ann.answer(later(4), writings=[note])
    state = store.case(reporter.case)
    assert (state.answered, state.replies, state.last_contact_day) == (False, (), later(1))
    reply = ann.writing(reporter.case, lock=b"L" * 80)
    ann.answer(later(5), writings=[reply])
    state = store.case(reporter.case)
    assert (state.answered, state.last_contact_day, state.ends_on) == (True, later(5), date(2026, 9, 7))
    assert [(found.item, found.day, found.lock) for found in state.replies] == [(reply.item, later(5), b"L" * 80)]
    assert state.replies[0].path.read_bytes() == b"body"


def test_replies_come_oldest_first(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    for days in (3, 1, 2):
        ann.answer(later(days), writings=[ann.writing(reporter.case)])
    assert [reply.day for reply in store.case(reporter.case).replies] == [later(1), later(2), later(3)]


def test_a_changed_mandate_replaces_the_old_one(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send(sealed_mandate=b"the first mandate")
    reporter.send()
    assert store.case(reporter.case).sealed_mandate == b"the first mandate"
    reporter.send(sealed_mandate=b"the second mandate")
    assert store.case(reporter.case).sealed_mandate == b"the second mandate"
    store._database.scrub()
    assert b"the first mandate" not in bytes_under(tmp_path)


def test_the_first_reply_s_day_stays_when_later_ones_come_or_it_is_deleted(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    assert store.case(reporter.case).first_reply_day is None
    ann.answer(later(2), writings=[ann.writing(reporter.case, SealedKind.NOTE)])
    assert store.case(reporter.case).first_reply_day is None, "a note is not for the reporter"
    first = ann.writing(reporter.case)
    ann.answer(later(3), writings=[first])
    ann.answer(later(9), writings=[ann.writing(reporter.case)])
    assert store.case(reporter.case).first_reply_day == later(3)
    store.delete_reply(reporter.case, first.item)
    ann.answer(later(12), writings=[ann.writing(reporter.case)])
    assert store.case(reporter.case).first_reply_day == later(3)


def test_what_was_shown_is_replaced_for_one_case_alone_and_nothing_else_of_it_changes(
    store: Store, tmp_path: Path
) -> None:
    reporter, other = Reporter(store), Reporter(store)
    reporter.send(sealed_view=b"the first box")
    other.send(sealed_view=b"another's box")
    before = store.case(reporter.case)
    store.set_view(reporter.case, b"a second box")
    after = store.case(reporter.case)
    assert (before.sealed_view, after.sealed_view) == (b"the first box", b"a second box")
    assert replace(after, sealed_view=b"the first box") == before
    assert store.case(other.case).sealed_view == b"another's box"
    found = bytes_under(tmp_path)
    assert (b"the first box" in found, b"a second box" in found) == (False, True)
    reporter.send(later(1))
    assert store.case(reporter.case).sealed_view == b"a second box", "a message leaves the choice as it is"


def test_what_was_shown_of_an_ended_case_is_not_kept(store: Store) -> None:
    with pytest.raises(CaseEnded):
        store.set_view(CaseId("0" * 32), b"box")


def test_records_of_a_case_do_not_print_what_they_hold(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send(sealed_mandate=b"canary", sealed_view=b"canary")
    writing = ann.writing(reporter.case, lock=b"canary" * 10)
    ann.answer(writings=[writing])
    state = store.case(reporter.case)
    assert "canary" not in repr((state, state.replies, writing))


# --- withdrawing --------------------------------------------------------------------------------------------------


def test_what_is_withdrawn_before_pickup_is_in_no_bundle_but_the_notice_is(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.send()
    notice = reporter.send(later(1), withdraw="withdraw")
    assert [item.item for item in store.pickup(BOARD, later(1)).items] == [notice]
    state = store.case(reporter.case)
    assert (state.withdrawn_day, state.erased_on) == (later(1), later(8))
    assert store.counts().waiting == {BOARD: 1}


def test_what_one_member_has_received_is_not_hidden_from_the_others(store: Store) -> None:
    reporter = Reporter(store)
    received, hidden = reporter.send(), reporter.send()
    Member(store, ANN).answer(items=[received])
    notice = reporter.send(withdraw="withdraw")
    assert {item.item for item in store.pickup(BOARD, DAY).items} == {received, notice}
    assert store.has_item(hidden) is not None


def test_a_withdrawal_hides_nothing_of_other_cases(store: Store) -> None:
    reporter, other = Reporter(store), Reporter(store)
    reporter.send()
    theirs = other.send()
    notice = reporter.send(withdraw="withdraw")
    assert {item.item for item in store.pickup(BOARD, DAY).items} == {theirs, notice}


def test_an_undone_withdrawal_brings_everything_back(store: Store) -> None:
    reporter = Reporter(store)
    items = {reporter.send(), reporter.send()}
    items.add(reporter.send(withdraw="withdraw"))
    items.add(reporter.send(later(6), withdraw="undo"))
    assert {item.item for item in store.pickup(BOARD, later(6)).items} == items
    state = store.case(reporter.case)
    assert (state.withdrawn_day, state.erased_on) == (None, None)
    store.retire(later(30))
    assert {item.item for item in store.pickup(BOARD, later(30)).items} == items


def test_a_withdrawal_said_twice_does_not_start_the_grace_anew(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.send(withdraw="withdraw")
    reporter.send(later(3), withdraw="withdraw")
    assert store.case(reporter.case).withdrawn_day == DAY


def test_every_table_is_without_rowid_and_without_clock_times(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send()
    Member(store).receive_all()
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        assert len(tables) > 10
        for name, sql in tables:
            assert "WITHOUT ROWID" in sql
            assert "TIME" not in sql.upper()
            for row in connection.execute(f"SELECT * FROM {name}"):
                assert not any(isinstance(value, float) for value in row)
                assert not any(
                    isinstance(value, str) and ":" in value for value in row if not str(value).startswith("{")
                )
