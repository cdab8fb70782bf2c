"""Cases: found by a hashed lookup id, extended by one submission at a time, shown to their reporter.

Functions over an open transaction. What a miss costs is what a hit costs: one search, one row, one comparison.
"""

import secrets
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from dropbox.bundle import AnswerCase
from dropbox.codename import stored_lookup
from dropbox.config import Retention
from dropbox.deadlines import add_months
from dropbox.errors import CaseEnded, StoreError
from dropbox.models import CaseId, DeskId, ItemId, SealedKind
from dropbox.sealed_mandate import MANDATE_BYTES
from dropbox.server.store import erasures, moves
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.opening import LAST_ROW
from dropbox.server.store.records import CaseState, CaseTerms, NewSubmission, NewWriting, Outcome, StoredReply, Turn
from dropbox.server.store.schema import (
    case_desks,
    cases,
    desk_fetches,
    erased_desks,
    item_desks,
    items,
    lookups,
    receipts,
    reply_locks,
    resends,
)
from dropbox.shown import VIEW_BYTES

GRACE_DAYS = 7
"""How long a reporter may undo a withdrawal before its items are erased."""

# Written once: to put one of these together takes SQLAlchemy longer than it takes SQLite to answer.
_FIND_CASE = select(lookups).where(lookups.c.lookup >= bindparam("wanted")).order_by(lookups.c.lookup).limit(1)
_FIND_RESEND = (
    select(resends.c.resend_id).where(resends.c.resend_id >= bindparam("wanted")).order_by(resends.c.resend_id).limit(1)
)
_CASE = select(cases).where(cases.c.case_id == bindparam("case"))
_TERMS = (
    select(case_desks.c.desk_id, cases.c.withdrawn_day)
    .join(cases, cases.c.case_id == case_desks.c.case_id)
    .where(cases.c.case_id == bindparam("case"))
    .order_by(case_desks.c.desk_id)
)
_EXTEND = update(cases).where(cases.c.case_id == bindparam("case"))
_ADD_RESEND, _ADD_ITEM, _ADD_ITEM_DESKS = insert(resends), insert(items), insert(item_desks)


def find_case(connection: Connection, lookup_id: bytes) -> CaseId | None:
    wanted = stored_lookup(lookup_id)
    row = connection.execute(_FIND_CASE, {"wanted": wanted}).one()
    return CaseId(row.case_id) if secrets.compare_digest(row.lookup, wanted) else None


def was_sent(connection: Connection, resend_id: bytes) -> bool:
    wanted = resend_id.hex()
    found = connection.execute(_FIND_RESEND, {"wanted": wanted}).scalar_one()
    return secrets.compare_digest(found, wanted)


def next_turn(connection: Connection, case: CaseId) -> Turn:
    row = connection.execute(_CASE, {"case": case}).one_or_none()
    return Turn(1, None) if row is None else Turn(row.next_number, row.previous_index)


def terms(connection: Connection, case: CaseId) -> CaseTerms:
    rows = connection.execute(_TERMS, {"case": case}).all()
    if not rows:
        raise CaseEnded
    return CaseTerms(tuple(DeskId(row.desk_id) for row in rows), rows[0].withdrawn_day)


def add_submission(connection: Connection, sub: NewSubmission) -> bool:
    """Write one submission's rows; False, and nothing is written, when its resend id is there already.

    CaseEnded when its case is gone, CaseMoved when it is another desk's now; StoreError when the number is not the next
    one.
    """
    if was_sent(connection, sub.resend_id):
        return False
    row = connection.execute(_CASE, {"case": sub.case}).one_or_none()
    if row is None:
        _add_case(connection, sub)
    elif not desks_of(connection, sub.case):
        raise CaseEnded
    elif row.next_number != sub.number:
        raise StoreError
    else:
        moves.require_place(desks_of(connection, sub.case), sub.desks, sub.moved)
        _extend_case(connection, sub)
    if sub.moved is not None:
        moves.move(connection, sub.case, sub.moved, sub.day)
    if sub.withdraw is not None:
        _withdraw(connection, sub)
    add_item(connection, sub, sub.day, sub.desks)
    connection.execute(_ADD_RESEND, {"resend_id": sub.resend_id.hex(), "day": sub.day})
    return True


def add_item(connection: Connection, new: NewSubmission | NewWriting, day: date, desks: Collection[DeskId]) -> None:
    kind = new.kind if isinstance(new, NewWriting) else SealedKind.SUBMISSION
    row = {"item_id": new.item, "case_id": new.case, "kind": kind.value, "day": day}
    connection.execute(_ADD_ITEM, {**row, "bytes": new.bytes, "sha256": new.sha256})
    connection.execute(_ADD_ITEM_DESKS, [{"item_id": new.item, "desk_id": desk} for desk in sorted(set(desks))])


def desks_of(connection: Connection, case: CaseId) -> tuple[DeskId, ...]:
    found = connection.execute(
        select(case_desks.c.desk_id).where(case_desks.c.case_id == case).order_by(case_desks.c.desk_id)
    )
    return tuple(DeskId(desk) for desk in found.scalars())


def standing(connection: Connection, new: AnswerCase) -> Outcome | None:
    """Return KNOWN when this very case is there, CLASH when it or its lookup is there with other values, else None."""
    by_id = connection.execute(select(lookups.c.lookup).where(lookups.c.case_id == new.case)).scalar_one_or_none()
    by_lookup = connection.execute(select(lookups.c.case_id).where(lookups.c.lookup == new.lookup)).scalar_one_or_none()
    if by_id is None and by_lookup is None:
        has_row = connection.execute(_CASE, {"case": new.case}).first() is not None
        return Outcome.CLASH if has_row else None
    same = (by_id, by_lookup) == (new.lookup, new.case) and new.desks in _desks_ever(connection, new.case)
    return Outcome.KNOWN if same else Outcome.CLASH


def _desks_ever(connection: Connection, case: CaseId) -> tuple[tuple[DeskId, ...], ...]:
    """Return the desks of a case as they are, and as they were before each time that it was handed over."""
    desks = set(desks_of(connection, case))
    ever = [tuple(sorted(desks))]
    for before in reversed(moves.former(connection, case)):
        desks = desks - {before.to} | {before.desk}
        ever.append(tuple(sorted(desks)))
    return tuple(ever)


def open_case(connection: Connection, new: AnswerCase, day: date, today: date) -> None:
    """Add a case that a member opened for somebody; its reporter's next submission is the second."""
    row = {
        "case_id": new.case,
        "first_day": day,
        "last_contact_day": today,
        "sealed_mandate": new.sealed_mandate,
        "sealed_view": new.sealed_view,
        "next_number": 2,
        "previous_index": new.link,
    }
    connection.execute(insert(cases), row)
    connection.execute(insert(lookups), {"lookup": new.lookup, "case_id": new.case})
    connection.execute(insert(case_desks), [{"case_id": new.case, "desk_id": desk} for desk in new.desks])


def reopen_for_notes(connection: Connection, case: CaseId, desk: DeskId, day: date) -> None:
    """Give a case that has ended here a row without a codename: its desk still has to agree on when to erase it."""
    row = {
        "case_id": case,
        "first_day": day,
        "last_contact_day": day,
        "sealed_mandate": secrets.token_bytes(MANDATE_BYTES),
        "sealed_view": secrets.token_bytes(VIEW_BYTES),
        "next_number": 1,
        "previous_index": "",
    }
    connection.execute(insert(cases), row)
    connection.execute(insert(case_desks), {"case_id": case, "desk_id": desk})


def show(connection: Connection, case: CaseId, blobs: Blobs, retention: Retention) -> CaseState:
    row = connection.execute(_CASE, {"case": case}).one_or_none()
    if row is None:
        raise CaseEnded
    desks = desks_of(connection, case)
    if not desks:
        raise CaseEnded
    withdrawn = row.withdrawn_day
    return CaseState(
        case=case,
        desks=desks,
        first_day=row.first_day,
        last_contact_day=row.last_contact_day,
        sealed_mandate=row.sealed_mandate,
        replies=_replies(connection, case, blobs),
        picked_up=row.picked_up,
        read=row.read,
        answered=row.answered,
        fetched=_fetched(connection, desks),
        withdrawn_day=withdrawn,
        erased_on=None if withdrawn is None else withdrawn + timedelta(days=GRACE_DAYS),
        ends_on=add_months(row.last_contact_day, retention.months_after_last_contact),
        unfetched=_unfetched(connection, case),
        first_reply_day=row.first_reply_day,
        sealed_view=row.sealed_view,
        former=moves.former(connection, case),
        erasures=erasures.planned(connection, case, retention.erase_delay_days),
    )


def set_view(connection: Connection, case: CaseId, sealed_view: bytes) -> None:
    if not connection.execute(_EXTEND, {"case": case, "sealed_view": sealed_view}).rowcount:
        raise CaseEnded


def _add_case(connection: Connection, sub: NewSubmission) -> None:
    # a follow-up of a case that ended meanwhile must not come back to life as a case without a mandate
    if sub.number != 1 or sub.sealed_mandate is None or sub.withdraw is not None:
        raise CaseEnded
    row = {
        "case_id": sub.case,
        "first_day": sub.day,
        "last_contact_day": sub.day,
        "sealed_mandate": sub.sealed_mandate,
        "sealed_view": sub.sealed_view,
        "next_number": 2,
        "previous_index": sub.index_sha256,
    }
    connection.execute(insert(cases), row)
    connection.execute(insert(lookups), {"lookup": stored_lookup(sub.lookup_id), "case_id": sub.case})
    connection.execute(insert(case_desks), [{"case_id": sub.case, "desk_id": desk} for desk in sorted(set(sub.desks))])


def _extend_case(connection: Connection, sub: NewSubmission) -> None:
    values: dict[str, Any] = {
        "case": sub.case,
        "last_contact_day": sub.day,
        "next_number": sub.number + 1,
        "previous_index": sub.index_sha256,
    }
    if sub.sealed_mandate is not None:
        values["sealed_mandate"] = sub.sealed_mandate
    connection.execute(_EXTEND, values)
    # a desk that erased its part has the case again, from here on
    connection.execute(delete(erased_desks).where(erased_desks.c.case_id == sub.case))


def _withdraw(connection: Connection, sub: NewSubmission) -> None:
    """Hide what nobody has received, or show it again. Runs before the withdrawal's own item is there: that is sent."""
    ours = items.c.case_id == sub.case
    if sub.withdraw == "undo":
        connection.execute(update(cases).where(cases.c.case_id == sub.case).values(withdrawn_day=None))
        connection.execute(update(items).where(ours).values(hidden=False))
        return
    # said twice, a withdrawal does not start its grace anew
    first_time = (cases.c.case_id == sub.case, cases.c.withdrawn_day.is_(None))
    connection.execute(update(cases).where(*first_time).values(withdrawn_day=sub.day))
    connection.execute(update(items).where(ours, _nobody_received(), _is_submission()).values(hidden=True))


def _is_submission() -> ColumnElement[bool]:
    return items.c.kind == SealedKind.SUBMISSION.value


def _nobody_received() -> ColumnElement[bool]:
    return ~select(receipts.c.item_id).where(receipts.c.item_id == items.c.item_id).exists()


def _unfetched(connection: Connection, case: CaseId) -> int:
    waiting = select(func.count()).where(items.c.case_id == case, _is_submission(), _nobody_received())
    return connection.execute(waiting).scalar_one()


def _fetched(connection: Connection, desks: tuple[DeskId, ...]) -> Mapping[DeskId, date | None]:
    rows = connection.execute(select(desk_fetches).where(desk_fetches.c.desk_id.in_(desks)))
    days = {row.desk_id: row.day for row in rows}
    return {desk: days.get(desk) for desk in desks}


def _replies(connection: Connection, case: CaseId, blobs: Blobs) -> tuple[StoredReply, ...]:
    rows = connection.execute(
        select(items.c.item_id, items.c.day, items.c.sha256, reply_locks.c.lock)
        .join(reply_locks, reply_locks.c.item_id == items.c.item_id)
        .where(items.c.case_id == case)
        .order_by(items.c.day, items.c.item_id)
    )
    return tuple(
        StoredReply(ItemId(item), day, blobs.path(ItemId(item), SealedKind.REPLY), lock, sha256)
        for item, day, sha256, lock in rows
    )


def forget_resends(connection: Connection, before: date) -> int:
    gone = delete(resends).where(resends.c.day < before, resends.c.resend_id != LAST_ROW)
    return connection.execute(gone).rowcount
