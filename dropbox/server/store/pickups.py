"""What a desk is handed: its whole log, the items it is still to receive, the rosters and keys to check them with."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from dropbox.bundle import LIMITS, LineState, LogLine
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Roster, SealedKind, VaultId
from dropbox.server.store import moves, rosters, statements
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.received import not_received_at_desk
from dropbox.server.store.records import DropMeta, HeldItem, Pickup, Waiting
from dropbox.server.store.schema import answers, desk_fetches, desk_log, item_desks, items, vaults

_RANDOM = secrets.SystemRandom()
_NAMES_AT_ONCE = 500


def prepare(connection: Connection, desk: DeskId, day: date, meta: DropMeta, blobs: Blobs) -> Pickup:
    """Return the desk's pickup: whatever has a number and is still to be received."""
    rows = _log_rows(connection, desk)
    held = [_held(row, blobs) for row in rows if _state(row) is LineState.HERE]
    _RANDOM.shuffle(held)
    addressed = _rosters(connection, desk)
    proposal = statements.proposals(connection).get(desk)
    proposed = [member.fingerprint for member in proposal.members] if proposal else []
    return Pickup(
        desk=desk,
        day=day,
        meta=meta,
        log=tuple(LogLine(row.n, row.sha256, _state(row)) for row in rows),
        items=tuple(held),
        rosters=addressed,
        keys=rosters.keys(connection, {*proposed, *_latest(addressed, LIMITS.keys - len(proposed))}),
        confirmed=_confirmed(connection, desk),
        statements=statements.chains(connection, meta.drop, addressed),
        proposal=proposal,
    )


def record_fetch(connection: Connection, desk: DeskId, day: date) -> None:
    ours = desk_fetches.c.desk_id == desk
    if connection.execute(update(desk_fetches).where(ours).values(day=day)).rowcount == 0:
        connection.execute(insert(desk_fetches), {"desk_id": desk, "day": day})


def number(connection: Connection, desk: DeskId) -> None:
    """Give the desk's new items the next numbers, in random order: from then on bundles hold them."""
    numbered = select(desk_log.c.n).where(desk_log.c.desk_id == desk, desk_log.c.item_id == items.c.item_id)
    fresh = connection.execute(
        select(items.c.item_id, items.c.sha256)
        .join(item_desks, item_desks.c.item_id == items.c.item_id)
        .where(item_desks.c.desk_id == desk, items.c.hidden.is_(False), ~numbered.correlate(items).exists())
    ).all()
    shuffled = _RANDOM.sample(fresh, len(fresh))
    last = connection.execute(select(func.max(desk_log.c.n)).where(desk_log.c.desk_id == desk)).scalar() or 0
    rows = [
        {"desk_id": desk, "n": n, "item_id": row.item_id, "sha256": row.sha256}
        for n, row in enumerate(shuffled, last + 1)
    ]
    if rows:
        connection.execute(insert(desk_log), rows)


def waiting(connection: Connection, desk: DeskId, *, released_only: bool) -> Waiting:
    """Count what a bundle of this desk would hold now; `released_only`: without what has no number yet."""
    mine = [item_desks.c.desk_id == desk, items.c.hidden.is_(False), not_received_at_desk()]
    if released_only:
        numbered = select(desk_log.c.n).where(desk_log.c.desk_id == desk, desk_log.c.item_id == items.c.item_id)
        mine.append(numbered.correlate(items).exists())
    counted = select(func.count(), func.coalesce(func.sum(items.c.bytes), 0)).select_from(item_desks)
    number, size = connection.execute(counted.join(items, items.c.item_id == item_desks.c.item_id).where(*mine)).one()
    return Waiting(number, size)


def any_hidden(connection: Connection, wanted: Sequence[ItemId]) -> bool:
    """Tell whether any of these items is hidden or gone; asked in parts, as a statement takes only so many names."""
    for start in range(0, len(wanted), _NAMES_AT_ONCE):
        part = wanted[start : start + _NAMES_AT_ONCE]
        shown = select(func.count()).where(items.c.item_id.in_(part), items.c.hidden.is_(False))
        if connection.execute(shown).scalar_one() != len(part):
            return True
    return False


def _log_rows(connection: Connection, desk: DeskId) -> list[Row[Any]]:
    return list(
        connection.execute(
            select(
                desk_log.c.n,
                desk_log.c.sha256,
                desk_log.c.gone_as,
                items.c.item_id,
                items.c.case_id,
                items.c.kind,
                items.c.day,
                items.c.bytes,
                items.c.hidden,
                not_received_at_desk().label("not_received"),
            )
            .select_from(desk_log)
            .outerjoin(items, items.c.item_id == desk_log.c.item_id)
            .outerjoin(
                item_desks,
                (item_desks.c.item_id == desk_log.c.item_id) & (item_desks.c.desk_id == desk_log.c.desk_id),
            )
            .where(desk_log.c.desk_id == desk)
            .order_by(desk_log.c.n)
        )
    )


def _state(row: Row[Any]) -> LineState:
    if row.gone_as is not None:
        return LineState(row.gone_as)
    if row.hidden:
        return LineState.WITHDRAWN
    return LineState.HERE if row.not_received else LineState.RECEIVED


def _held(row: Row[Any], blobs: Blobs) -> HeldItem:
    item, kind = ItemId(row.item_id), SealedKind(row.kind)
    path = blobs.path(item, kind)
    return HeldItem(item, CaseId(row.case_id), row.n, kind, row.day, row.bytes, row.sha256, path)


def _rosters(connection: Connection, desk: DeskId) -> dict[DeskId, Roster]:
    """A reply is sealed to all desks of its case, so the whole case counts, not only what is still to be received.

    Where a case was handed over, each of both desks checks what the other's members wrote, or whom they seal it to.
    """
    known = rosters.load(connection)
    return {name: known.get(name, ()) for name in sorted({desk} | moves.beside(connection, desk))}


def _latest(addressed: Mapping[DeskId, Roster], most: int) -> list[Fingerprint]:
    """Return everybody on these rosters; of more than a bundle may carry keys of, those who are there or left last."""
    left: dict[Fingerprint, date] = {}
    for entry in (entry for roster in addressed.values() for entry in roster):
        left[entry.fingerprint] = max(left.get(entry.fingerprint, date.min), entry.last_day or date.max)
    return sorted(left, key=lambda member: left[member], reverse=True)[:most]


def _confirmed(connection: Connection, desk: DeskId) -> dict[VaultId, tuple[int, ...]]:
    rows = connection.execute(
        select(answers.c.vault, answers.c.sequence)
        .join(vaults, vaults.c.vault == answers.c.vault)
        .where(vaults.c.desk_id == desk)
        .distinct()
        .order_by(answers.c.vault, answers.c.sequence)
    )
    confirmed: dict[VaultId, tuple[int, ...]] = {}
    for row in rows:
        vault = VaultId(row.vault)
        confirmed[vault] = (*confirmed.get(vault, ()), row.sequence)
    return confirmed
