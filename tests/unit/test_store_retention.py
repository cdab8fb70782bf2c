"""Letting go: never too early, never of what somebody is still to receive, and then without a trace."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from dropbox.bundle import LineState
from dropbox.config import Retention
from dropbox.errors import CaseEnded, DiskLow, StoreBusy
from dropbox.models import ItemId, SealedKind
from dropbox.server.store import GRACE_DAYS, Retired, Store
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.connection import Database
from tests.attacking.seized.pages import PageFile
from tests.store_room import (
    ANN,
    BOARD,
    BOB,
    BUREAU,
    CIS,
    DAY,
    Member,
    Reporter,
    bytes_under,
    everybody,
    later,
    open_store,
    seat,
)

ALWAYS = 3000


def _files(tmp_path: Path) -> set[str]:
    return {path.stem for path in (tmp_path / "items").iterdir()}


def _receive_everything(store: Store, day: date = DAY) -> None:
    for member in everybody(store):
        member.receive_all(day)


# --- after receipt ------------------------------------------------------------------------------------------------


def test_what_everybody_has_goes_after_the_days_and_not_before(store: Store, tmp_path: Path) -> None:
    item = Reporter(store).send()
    _receive_everything(store, later(5))
    store.retire(later(34))
    assert _files(tmp_path) == {item}
    assert store.retire(later(35)).items == 1
    assert _files(tmp_path) == set()
    assert store.has_item(item) is None
    assert store.counts().items == 0


def test_the_days_count_from_the_last_members_receipt(store: Store) -> None:
    item = Reporter(store).send()
    Member(store, ANN).answer(DAY, items=[item])
    Member(store, BOB).answer(later(20), items=[item])
    store.retire(later(49))
    assert store.has_item(item)
    store.retire(later(50))
    assert store.has_item(item) is None


@pytest.mark.parametrize("members", [[ANN], [ANN, BOB], [CIS]])
def test_what_any_member_of_any_desk_lacks_never_expires(store: Store, members: list[object]) -> None:
    reporter = Reporter(store, (BOARD, BUREAU))
    item = reporter.send()
    for member in everybody(store):
        if member.fingerprint in members:
            member.receive_all()
    assert store.retire(later(ALWAYS)) == Retired(resends=1, settled=1)
    assert store.has_item(item)
    assert store.case(reporter.case).first_day == DAY


def test_a_desk_without_members_never_lets_go(store: Store) -> None:
    reporter = Reporter(store)
    item = reporter.send()
    _receive_everything(store)
    seat(store, {BOARD: [], BUREAU: [CIS]}, later(1))
    store.retire(later(ALWAYS))
    assert store.has_item(item)


def test_a_receipt_for_one_desk_is_none_for_another(store: Store) -> None:
    seat(store, {BOARD: [ANN], BUREAU: [ANN]})
    item = Reporter(store, (BOARD, BUREAU)).send()
    Member(store, ANN, BOARD).receive_all()
    store.retire(later(ALWAYS))
    assert store.has_item(item)
    Member(store, ANN, BUREAU).receive_all()
    store.retire(later(ALWAYS))
    assert store.has_item(item) is None


def test_a_members_leaving_can_complete_the_receipts(store: Store) -> None:
    item = Reporter(store).send()
    Member(store, ANN).receive_all()
    seat(store, {BOARD: [ANN]}, later(1))
    store.retire(later(30))
    assert store.has_item(item) is None


def test_a_note_goes_like_a_submission_and_does_not_come_back(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    note = ann.writing(reporter.case, SealedKind.NOTE)
    ann.answer(writings=[note])
    _receive_everything(store)
    store.retire(later(30))
    assert store.has_item(note.item) is None
    ann.answer(later(31), writings=[note])
    assert store.has_item(note.item) is None


def test_a_reply_stays_until_its_reporter_deletes_it(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    reply = ann.writing(reporter.case)
    ann.answer(writings=[reply])
    _receive_everything(store)
    store.retire(later(300))
    assert [found.item for found in store.case(reporter.case).replies] == [reply.item]
    store.delete_reply(reporter.case, reply.item)
    assert store.has_item(reply.item)
    store.retire(later(300))
    assert store.has_item(reply.item) is None


def test_a_deleted_replys_body_waits_for_the_members_who_lack_it(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    reply = ann.writing(reporter.case)
    ann.answer(writings=[reply])
    store.delete_reply(reporter.case, reply.item)
    ann.receive_all()
    store.retire(later(300))
    assert store.has_item(reply.item)


def test_states_outlive_the_items_that_made_them(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    item = reporter.send()
    ann.answer(writings=[ann.writing(reporter.case)], read=[item])
    _receive_everything(store)
    store.retire(later(30))
    state = store.case(reporter.case)
    assert (state.picked_up, state.read, state.answered, state.unfetched) == (True, True, True, 0)


# --- the codename's end -------------------------------------------------------------------------------------------


def test_a_case_ends_after_the_months_with_everything_in_it(store: Store, tmp_path: Path) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send(sealed_mandate=b"canary of a mandate")
    ann.answer(later(10), writings=[ann.writing(reporter.case, lock=b"lock" * 20)])
    _receive_everything(store, later(10))
    ends_on = store.case(reporter.case).ends_on
    store.retire(ends_on.replace(day=ends_on.day - 1))
    assert store.find_case(reporter.lookup_id) == reporter.case
    assert store.retire(ends_on).cases == 1
    assert store.find_case(reporter.lookup_id) is None
    with pytest.raises(CaseEnded):
        store.case(reporter.case)
    assert _files(tmp_path) == set()
    everything = bytes_under(tmp_path)
    assert reporter.case.encode() not in everything
    assert b"canary of a mandate" not in everything
    assert b"lock" * 20 not in everything


def test_a_case_with_anything_unreceived_does_not_end(store: Store) -> None:
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    _receive_everything(store)
    ann.answer(writings=[ann.writing(reporter.case, SealedKind.NOTE)])
    store.retire(later(ALWAYS))
    assert store.find_case(reporter.lookup_id) == reporter.case


def test_another_cases_end_touches_nobody_else(store: Store) -> None:
    old, young = Reporter(store), Reporter(store)
    old.send()
    young.send(later(300))
    _receive_everything(store, later(300))
    assert store.retire(later(370)).cases == 1
    assert store.find_case(young.lookup_id) == young.case
    assert store.find_case(old.lookup_id) is None


# --- withdrawal ---------------------------------------------------------------------------------------------------


def test_withdrawn_items_are_erased_after_the_grace_and_not_before(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    item = reporter.send()
    store.pickup(BOARD, DAY)
    notice = reporter.send(later(1), withdraw="withdraw")
    store.retire(later(GRACE_DAYS))
    assert _files(tmp_path) == {item, notice}
    store.retire(later(GRACE_DAYS + 1))
    assert _files(tmp_path) == {notice}
    states = {line.state for line in store.pickup(BOARD, later(9)).log}
    assert states == {LineState.WITHDRAWN, LineState.HERE}
    assert store.find_case(reporter.lookup_id) == reporter.case


def test_a_late_receipt_does_not_save_what_was_withdrawn_but_is_told(store: Store) -> None:
    reporter = Reporter(store)
    item = reporter.send()
    reporter.send(withdraw="withdraw")
    Member(store, ANN).answer(items=[item])
    assert store.case(reporter.case).picked_up
    store.retire(later(GRACE_DAYS))
    assert store.has_item(item) is None


def test_receipts_that_come_late_do_not_shorten_the_grace(tmp_path: Path) -> None:
    with closing(open_store(tmp_path, retention=Retention(days_after_receipt=0))) as store:
        seat(store)
        reporter = Reporter(store)
        item = reporter.send()
        reporter.send(withdraw="withdraw")
        for member in (ANN, BOB):
            Member(store, member).answer(items=[item])
        store.retire(later(GRACE_DAYS - 1))
        assert store.has_item(item)


def test_a_withdrawn_case_ends_when_the_notice_is_received(store: Store, tmp_path: Path) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.send(withdraw="withdraw")
    _receive_everything(store)
    assert store.retire(later(GRACE_DAYS - 1)).cases == 0
    assert store.retire(later(GRACE_DAYS)).cases == 1
    assert _files(tmp_path) == set()
    assert store.find_case(reporter.lookup_id) is None


def test_what_one_member_had_before_a_withdrawal_still_waits_for_the_other(store: Store) -> None:
    reporter = Reporter(store)
    item = reporter.send()
    Member(store, ANN).answer(items=[item])
    reporter.send(withdraw="withdraw")
    store.retire(later(ALWAYS))
    assert store.has_item(item)
    assert store.find_case(reporter.lookup_id) == reporter.case


# --- traces -------------------------------------------------------------------------------------------------------


def test_resend_ids_are_forgotten_after_a_week(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send(resend_id=b"a" * 32)
    reporter.send(later(5), resend_id=b"b" * 32)
    assert store.retire(later(7)).resends == 0
    assert store.retire(later(8)).resends == 1
    assert (store.was_sent(b"a" * 32), store.was_sent(b"b" * 32)) == (False, True)
    store.retire(later(99))
    assert store.was_sent(b"b" * 32) is False


def _order_on_disk(tmp_path: Path, items: list[ItemId]) -> list[ItemId]:
    data = (tmp_path / "store.sqlite").read_bytes()
    return sorted(items, key=lambda item: data.index(item.encode()))


def test_the_database_forgets_in_which_order_a_past_day_went(store: Store, tmp_path: Path) -> None:
    sent = [Reporter(store).send() for _ in range(9)]
    store._database.scrub()
    assert _order_on_disk(tmp_path, sent) == sent[::-1]
    assert store.retire(later(1)).settled == 9
    assert _order_on_disk(tmp_path, sent) in (sorted(sent), sorted(sent)[::-1])


def test_files_of_past_days_are_made_anew_and_todays_are_not(store: Store, tmp_path: Path) -> None:
    old = [Reporter(store).send(content=bytes([number]) * 300) for number in range(5)]
    new = Reporter(store).send(later(1))
    paths = {item: tmp_path / "items" / f"{item}.pgp" for item in (*old, new)}
    before = {item: (path.stat().st_ino, path.read_bytes()) for item, path in paths.items()}
    assert store.retire(later(1)).settled == 5
    for item, path in paths.items():
        status = path.stat()
        assert path.read_bytes() == before[item][1]
        assert (status.st_ino == before[item][0]) == (item == new)
    midnight = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()
    assert {paths[item].stat().st_mtime for item in old} == {midnight}
    assert store.retire(later(1)).settled == 0
    assert store.retire(later(2)).settled == 1


def test_folders_and_database_do_not_tell_when_somebody_was_last_here(store: Store, tmp_path: Path) -> None:
    Reporter(store).send()
    store.retire(later(1))
    midnight = datetime(2026, 3, 3, tzinfo=UTC).timestamp()
    for path in (tmp_path, tmp_path / "items", tmp_path / "store.sqlite", tmp_path / "store.sqlite-wal"):
        assert path.stat().st_mtime == midnight


def test_a_damaged_file_is_not_made_to_look_fresh(store: Store, tmp_path: Path) -> None:
    damaged, missing, whole = (Reporter(store).send() for _ in range(3))
    (tmp_path / "items" / f"{damaged}.pgp").write_bytes(b"damaged")
    (tmp_path / "items" / f"{missing}.pgp").unlink()
    retired = store.retire(later(1))
    assert (retired.settled, retired.unsettled) == (1, 2)
    assert (tmp_path / "items" / f"{damaged}.pgp").read_bytes() == b"damaged"
    assert _files(tmp_path) == {damaged, whole}


@pytest.mark.parametrize(("place", "name"), [(Blobs, "copy"), (Database, "compact")])
def test_a_full_disk_leaves_the_traces_for_another_day(
    store: Store, monkeypatch: pytest.MonkeyPatch, place: type, name: str
) -> None:
    item = Reporter(store).send()

    def fail(*_arguments: object) -> bool:
        raise DiskLow

    with monkeypatch.context() as patched:
        patched.setattr(place, name, fail)
        retired = store.retire(later(1))
    assert (retired.settled, retired.unsettled) == (0, 1)
    assert store.has_item(item)
    assert store.retire(later(1)).settled == 1


def test_retiring_twice_is_harmless(store: Store) -> None:
    Reporter(store).send()
    _receive_everything(store)
    store.retire(later(30))
    assert store.retire(later(30)) == Retired()


def test_a_settled_file_does_not_tell_when_it_was_last_read(store: Store, tmp_path: Path) -> None:
    item = Reporter(store).send()
    assert store.retire(later(1)).settled == 1
    path = tmp_path / "items" / f"{item}.pgp"
    path.read_bytes()
    os.utime(path, (time.time(), path.stat().st_mtime))  # as that reading does, where files are not mounted noatime
    store.retire(later(2))
    assert path.stat().st_atime == path.stat().st_mtime


def test_no_file_makes_room_for_the_next_ones_copy(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        Reporter(store).send(content=bytes([number]) * 300)
    done: list[str] = []

    def noted(name: str) -> Callable[..., Any]:
        real = getattr(Blobs, name)

        def note(*given: Any) -> Any:
            done.append(name)
            return real(*given)

        return note

    for name in ("copy", "replace"):
        monkeypatch.setattr(Blobs, name, noted(name))
    assert store.retire(later(1)).settled == 6
    assert done == ["copy"] * 6 + ["replace"] * 6
    done.clear()
    for number in range(4):
        Reporter(store).send(later(1), content=bytes([number]) * 300)
    monkeypatch.setattr(Blobs, "free_bytes", lambda _blobs: 4 * 600)
    assert store.retire(later(2)).settled == 4
    assert done == (["copy"] * 2 + ["replace"] * 2) * 2


def test_a_disk_that_is_full_halfway_settles_what_was_copied(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        Reporter(store).send(content=bytes([number]) * 300)
    copy, calls = Blobs.copy, []

    def last_one_fails(blobs: Blobs, *given: Any) -> bool:
        calls.append(given)
        if len(calls) == 3:
            raise DiskLow
        return copy(blobs, *given)

    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "copy", last_one_fails)
        retired = store.retire(later(1))
    assert (retired.settled, retired.unsettled) == (2, 1)
    assert store.retire(later(1)).settled == 1


def test_change_times_do_not_say_which_file_was_read_since(store: Store, tmp_path: Path) -> None:
    read, unread = (Reporter(store).send() for _ in range(2))
    assert store.retire(later(1)).settled == 2
    paths = [tmp_path / "items" / f"{item}.pgp" for item in (read, unread)]
    os.utime(paths[0], (time.time(), paths[0].stat().st_mtime))
    before = [path.stat().st_ctime_ns for path in paths]
    store.retire(later(2))
    assert all(path.stat().st_ctime_ns > before[1] for path in paths)


def test_the_database_forgets_the_order_of_a_day_on_which_no_item_came(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_database: Database) -> None:
        raise StoreBusy

    sent = [Reporter(store).send() for _ in range(9)]
    store.retire(later(1))
    ann = Member(store)
    for item in sent:
        ann.answer(later(1), items=[item])

    def in_place() -> list[str]:
        cells = PageFile(tmp_path / "store.sqlite").cells()
        return [cell.texts[0] for cell in sorted(cells, key=lambda cell: -cell.offset) if cell.table == "receipts"]

    store._database.scrub()
    assert in_place() == sent
    with monkeypatch.context() as patched:  # what cannot be done now is tried again within the day
        patched.setattr(Database, "compact", busy)
        store.retire(later(2))
    assert in_place() == sent
    store.retire(later(2))
    assert in_place() in (sorted(sent), sorted(sent)[::-1])


def test_receipts_of_past_days_do_not_say_who_brought_an_answer_when(store: Store, tmp_path: Path) -> None:
    waits, complete = Reporter(store).send(), Reporter(store).send()
    Member(store, ANN).answer(later(3), items=[waits, complete])
    Member(store, BOB).answer(later(5), items=[complete])
    store.retire(later(8))
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        rows = connection.execute("SELECT item_id, day FROM receipts").fetchall()
    assert sorted(rows) == sorted([(waits, str(later(7))), *[(complete, str(later(5)))] * 2])
    store.retire(later(34))
    assert store.has_item(complete)
    store.retire(later(35))
    assert store.has_item(complete) is None
    assert store.has_item(waits)
