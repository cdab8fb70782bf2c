"""Who has received what: the one place that says when an item is still to be handed out or may be let go.

A desk without current members has received nothing, whatever its past members hold.
"""

from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, func, select

from dropbox.models import DeskId, Fingerprint
from dropbox.server.store.records import Behind, Counts
from dropbox.server.store.schema import cases, desk_fetches, item_desks, items, memberships, receipts

_HELD_BYTES = (
    select(item_desks.c.desk_id, func.sum(items.c.bytes))
    .join(items, items.c.item_id == item_desks.c.item_id)
    .group_by(item_desks.c.desk_id)
)


def not_received_at_desk(by: date | None = None) -> ColumnElement[bool]:
    """True for a row of `item_desks` that not every current member of its desk has received (by that day)."""
    members = select(memberships.c.desk_id).where(
        memberships.c.desk_id == item_desks.c.desk_id, memberships.c.last_day.is_(None)
    )
    receipt = select(receipts.c.item_id).where(
        receipts.c.item_id == item_desks.c.item_id,
        receipts.c.desk_id == item_desks.c.desk_id,
        receipts.c.fingerprint == memberships.c.fingerprint,
    )
    if by is not None:
        receipt = receipt.where(receipts.c.day <= by)
    missing = members.where(~receipt.correlate(item_desks, memberships).exists())
    return ~members.correlate(item_desks).exists() | missing.correlate(item_desks).exists()


def not_received(by: date | None = None) -> ColumnElement[bool]:
    """True for a row of `items` that not every current member of all its desks has received (by that day)."""
    desks = select(item_desks.c.desk_id).where(item_desks.c.item_id == items.c.item_id, not_received_at_desk(by))
    return desks.correlate(items).exists()


def count(connection: Connection) -> Counts:
    waiting = connection.execute(
        select(item_desks.c.desk_id, func.count())
        .join(items, items.c.item_id == item_desks.c.item_id)
        .where(items.c.hidden.is_(False), not_received_at_desk())
        .group_by(item_desks.c.desk_id)
    )
    by_desk: dict[DeskId, int] = dict.fromkeys(sorted(desks_with_items(connection)), 0)
    by_desk.update({DeskId(desk): number for desk, number in waiting})
    return Counts(_size(connection, cases), _size(connection, items), by_desk)


def held_bytes(connection: Connection) -> dict[DeskId, int]:
    return {DeskId(desk): int(held) for desk, held in connection.execute(_HELD_BYTES)}


def desks_with_items(connection: Connection) -> frozenset[DeskId]:
    return frozenset(DeskId(desk) for desk in connection.execute(select(item_desks.c.desk_id).distinct()).scalars())


def behind(connection: Connection, before: date) -> tuple[Behind, ...]:
    """Return who has not received items that came before that day."""
    receipt = select(receipts.c.item_id).where(
        receipts.c.item_id == item_desks.c.item_id,
        receipts.c.desk_id == item_desks.c.desk_id,
        receipts.c.fingerprint == memberships.c.fingerprint,
    )
    open_members = (memberships.c.desk_id == item_desks.c.desk_id) & memberships.c.last_day.is_(None)
    rows = connection.execute(
        select(
            item_desks.c.desk_id,
            memberships.c.fingerprint,
            func.count(),
            func.min(items.c.day),
            func.max(desk_fetches.c.day),
        )
        .select_from(item_desks)
        .join(items, items.c.item_id == item_desks.c.item_id)
        .outerjoin(memberships, open_members)
        .outerjoin(desk_fetches, desk_fetches.c.desk_id == item_desks.c.desk_id)
        .where(items.c.hidden.is_(False), items.c.day < before, ~receipt.correlate(item_desks, memberships).exists())
        .group_by(item_desks.c.desk_id, memberships.c.fingerprint)
        .order_by(item_desks.c.desk_id, memberships.c.fingerprint)
    )
    return tuple(_behind(*row) for row in rows)


def _behind(desk: str, fingerprint: str | None, number: int, oldest: date, fetched: date | None) -> Behind:
    member = None if fingerprint is None else Fingerprint(fingerprint)
    return Behind(DeskId(desk), member, number, oldest, fetched)


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
