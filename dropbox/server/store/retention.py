"""Letting go: what everybody has received, what was withdrawn, cases that ended, and the traces of past days.

Rows go first and files after them: a crash in between leaves files without a row, which the next start sweeps.
Nothing that a current member of any of its desks has not received leaves here, but by its reporter's withdrawal, or
where two members of the desk agreed to erase its case.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, select, update

from dropbox.bundle import LineState
from dropbox.config import Retention
from dropbox.deadlines import add_months
from dropbox.models import CaseId, ItemId, SealedKind
from dropbox.server.store import erasures
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.burial import Mark, bury
from dropbox.server.store.cases import GRACE_DAYS
from dropbox.server.store.received import not_received
from dropbox.server.store.schema import case_desks, cases, desk_log, items, receipts, reply_locks


@dataclass(frozen=True)
class LetGo:
    """How many cases ended, and the files whose rows are gone."""

    cases: int
    paths: tuple[Path, ...]


def let_go(connection: Connection, day: date, retention: Retention, blobs: Blobs, mark: Mark) -> LetGo:
    kept_since = day - timedelta(days=retention.days_after_receipt)
    paths = erasures.carry_out(connection, day, retention.erase_delay_days, blobs, mark)
    withdrawn = _items(connection, items.c.hidden.is_(True), _grace_is_over(day))
    paths += _erase(connection, withdrawn, LineState.WITHDRAWN, blobs, mark)
    received = _items(connection, items.c.kind != SealedKind.REPLY.value, _in_view(), ~not_received(by=kept_since))
    paths += _erase(connection, received, LineState.RECEIVED, blobs, mark)
    unlocked = _items(connection, items.c.kind == SealedKind.REPLY.value, ~_has_lock(), ~not_received())
    paths += _erase(connection, unlocked, LineState.RECEIVED, blobs, mark)
    ended = _ended(connection, day, retention)
    for case in ended:
        paths += end_case(connection, case, LineState.RECEIVED, blobs, mark)
    return LetGo(len(ended), tuple(paths))


def end_case(connection: Connection, case: CaseId, gone_as: LineState, blobs: Blobs, mark: Mark) -> list[Path]:
    """Delete a case with all that it has; returns the files whose rows are gone."""
    paths = _erase(connection, _items(connection, items.c.case_id == case), gone_as, blobs, mark)
    connection.execute(delete(cases).where(cases.c.case_id == case))
    return paths


def delete_locks(connection: Connection, case: CaseId, item: ItemId | None, mark: Mark) -> int:
    """Delete the reporter's lock of one reply or of all, and remember that it is gone. Returns how many there were."""
    rows = connection.execute(
        select(reply_locks.c.item_id)
        .join(items, items.c.item_id == reply_locks.c.item_id)
        .where(items.c.case_id == case)
    )
    gone = [ItemId(found) for found in rows.scalars() if item is None or found == item]
    if gone:
        connection.execute(delete(reply_locks).where(reply_locks.c.item_id.in_(gone)))
        bury(connection, [mark(found) for found in gone])
    return len(gone)


def unsettled(connection: Connection, day: date) -> list[Row[Any]]:
    """Return the items of days before that one whose files have not been rewritten since."""
    return _items(connection, items.c.settled.is_(False), items.c.day < day)


def mark_settled(connection: Connection, rewritten: list[ItemId]) -> None:
    if rewritten:
        those = [{"this_item": item} for item in rewritten]
        connection.execute(update(items).where(items.c.item_id == bindparam("this_item")).values(settled=True), those)


def level_receipts(connection: Connection, day: date) -> None:
    """Give all receipts of an item one day: who brought one on which day says who may have written a reply of that day.

    Of what not everybody has, the last day that is over: it is to be kept for days that begin only when everybody has
    it. After that, the last of its receipts' days.
    """
    over = day - timedelta(days=1)
    waits = select(items.c.item_id).where(not_received())
    ours = receipts.c.day < over, receipts.c.item_id.in_(waits)
    connection.execute(update(receipts).where(*ours).values(day=over))
    other = receipts.alias()
    last = select(func.max(other.c.day)).where(other.c.item_id == receipts.c.item_id).scalar_subquery()
    connection.execute(update(receipts).where(receipts.c.day < last, last < day).values(day=last))


def _items(connection: Connection, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    return list(connection.execute(select(items).where(*conditions).order_by(items.c.item_id)))


def _in_view() -> ColumnElement[bool]:
    return items.c.hidden.is_(False)


def _has_lock() -> ColumnElement[bool]:
    return select(reply_locks.c.item_id).where(reply_locks.c.item_id == items.c.item_id).exists()


def _grace_is_over(day: date) -> ColumnElement[bool]:
    over = cases.c.withdrawn_day <= day - timedelta(days=GRACE_DAYS)
    return select(cases.c.case_id).where(cases.c.case_id == items.c.case_id, over).exists()


def _ended(connection: Connection, day: date, retention: Retention) -> list[CaseId]:
    """A case ends long after its last contact or with its withdrawal's grace, but never with something unreceived."""
    unreceived = select(items.c.item_id).where(items.c.case_id == cases.c.case_id, not_received())
    rows = connection.execute(select(cases).where(~unreceived.correlate(cases).exists())).all()
    with_desk = set(connection.execute(select(case_desks.c.case_id)).scalars())
    # one that all of its desks have erased is left only until the notes that say so were received
    return [CaseId(row.case_id) for row in rows if row.case_id not in with_desk or _is_over(row, day, retention)]


def _is_over(case: Row[Any], day: date, retention: Retention) -> bool:
    if case.withdrawn_day is not None:
        return bool(case.withdrawn_day + timedelta(days=GRACE_DAYS) <= day)
    return add_months(case.last_contact_day, retention.months_after_last_contact) <= day


def _erase(connection: Connection, rows: list[Row[Any]], gone_as: LineState, blobs: Blobs, mark: Mark) -> list[Path]:
    """Delete items with all that hangs on them; the log keeps number and hash, a repeated bundle brings nothing."""
    if not rows:
        return []
    those = [{"this_item": row.item_id} for row in rows]
    logged = update(desk_log).where(desk_log.c.item_id == bindparam("this_item"))
    connection.execute(logged.values(item_id=None, gone_as=gone_as.value), those)
    connection.execute(delete(items).where(items.c.item_id == bindparam("this_item")), those)
    # also what a reporter sent: were it only reports that a member took down, their marks would say which those are
    bury(connection, [mark(ItemId(row.item_id)) for row in rows])
    return [blobs.path(ItemId(row.item_id), SealedKind(row.kind)) for row in rows]
