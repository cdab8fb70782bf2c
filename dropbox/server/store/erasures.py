"""Erasing what a desk has of a case: two of its members agreed, the delay is over, and no hold stands.

The steps came in answer bundles, each with a note that the desk can read; every vault does the same by those notes. Of
a case with several desks only this desk's part goes. The two notes stay until every member has received them, or a
vault that comes late would see its case gone and never learn why.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, func, insert, select, update

from dropbox.bundle import KeepState, KeepStep, LineState, Proposal, StepKind, TakenStep, keep_state
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, SealedKind
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.burial import Mark, bury
from dropbox.server.store.schema import (
    case_desks,
    cases,
    desk_log,
    erased_desks,
    item_desks,
    items,
    keep_steps,
    lookups,
    receipts,
)

Part = tuple[CaseId, DeskId]
"""One desk's part of a case."""


def record(connection: Connection, step: KeepStep, author: Fingerprint, day: date) -> None:
    """Remember a step whose note was stored just now.

    A proposal's author has read nothing that is not here yet: whatever they say, a later submission ends it.
    """
    here = connection.execute(select(cases.c.next_number).where(cases.c.case_id == step.case)).scalar_one() - 1
    row = {"item_id": step.item, "case_id": step.case, "desk_id": step.desk, "author": author, "day": day}
    more = {
        "step": step.step.value,
        "about": " ".join(step.about),
        "number": min(step.number, here) if here else step.number,
    }
    connection.execute(insert(keep_steps), row | more)


def is_erased(connection: Connection, case: CaseId, desk: DeskId) -> bool:
    ours = select(erased_desks.c.day).where(erased_desks.c.case_id == case, erased_desks.c.desk_id == desk)
    return connection.execute(ours).first() is not None


def planned(connection: Connection, case: CaseId, delay_days: int) -> dict[DeskId, date]:
    """Return on which day which desk's part of a case is erased, as things stand."""
    found: dict[DeskId, date] = {}
    for (_case, desk), state in _states(connection, case).items():
        agreed = state.agreed(delay_days)
        on = None if agreed is None else agreed.erased_on(delay_days)
        if on is not None:
            found[desk] = on
    return found


def carry_out(connection: Connection, day: date, delay_days: int, blobs: Blobs, mark: Mark) -> list[Path]:
    """Erase every part that is due; return the files whose rows are gone."""
    paths: list[Path] = []
    for part, state in _states(connection).items():
        agreed = state.due(day, delay_days)
        if agreed is not None:
            paths += _erase(connection, part, agreed, blobs, mark)
            _close(connection, part, day)
    return paths


def _states(connection: Connection, case: CaseId | None = None) -> Mapping[Part, KeepState]:
    wanted = select(keep_steps, cases.c.next_number).join(cases, cases.c.case_id == keep_steps.c.case_id)
    rows = connection.execute(wanted if case is None else wanted.where(keep_steps.c.case_id == case)).all()
    parts: dict[Part, list[Row[Any]]] = {}
    for row in rows:
        parts.setdefault((CaseId(row.case_id), DeskId(row.desk_id)), []).append(row)
    return {part: keep_state(map(_step, own), own[0].next_number - 1) for part, own in sorted(parts.items())}


def _step(row: Row[Any]) -> TakenStep:
    about = tuple(ItemId(item) for item in row.about.split())
    return TakenStep(
        ItemId(row.item_id), Fingerprint(row.author), StepKind(row.step), row.day, about=about, number=row.number
    )


def _erase(connection: Connection, part: Part, agreed: Proposal, blobs: Blobs, mark: Mark) -> list[Path]:
    """Take this desk off its items of the case, but not off the notes that agreed to it; delete what is no desk's."""
    case, desk = part
    kept = [agreed.proposed.item, *(step.item for step in agreed.seconds)]
    ours = select(items).join(item_desks, item_desks.c.item_id == items.c.item_id)
    ours = ours.where(items.c.case_id == case, item_desks.c.desk_id == desk, items.c.item_id.not_in(kept))
    rows = connection.execute(ours).all()
    those = [{"this_item": row.item_id} for row in rows]
    if those:
        _leave(connection, desk, those)
    held = select(item_desks.c.item_id).where(item_desks.c.item_id.in_([row.item_id for row in rows]))
    others = set(connection.execute(held).scalars())
    gone = [row for row in rows if row.item_id not in others]
    _delete(connection, gone, mark)
    return [blobs.path(ItemId(row.item_id), SealedKind(row.kind)) for row in gone]


def _leave(connection: Connection, desk: DeskId, those: list[dict[str, str]]) -> None:
    this_item: BindParameter[str] = bindparam("this_item")
    logged = update(desk_log).where(desk_log.c.item_id == this_item, desk_log.c.desk_id == desk)
    connection.execute(logged.values(item_id=None, gone_as=LineState.ERASED.value), those)
    for table in (receipts, item_desks):
        connection.execute(delete(table).where(table.c.item_id == this_item, table.c.desk_id == desk), those)


def _delete(connection: Connection, gone: Iterable[Row[Any]], mark: Mark) -> None:
    those = [{"this_item": row.item_id} for row in gone]
    if those:
        connection.execute(delete(items).where(items.c.item_id == bindparam("this_item")), those)
        # a repeated bundle must bring back neither a writing nor the report of a case that was opened at the table
        bury(connection, [mark(ItemId(each["this_item"])) for each in those])


def _close(connection: Connection, part: Part, day: date) -> None:
    """Remember that the desk's part is gone; with the last desk's the codename ends as well."""
    case, desk = part
    connection.execute(delete(keep_steps).where(keep_steps.c.case_id == case, keep_steps.c.desk_id == desk))
    if not is_erased(connection, case, desk):
        connection.execute(insert(erased_desks), {"case_id": case, "desk_id": desk, "day": day})
    gone = select(erased_desks.c.desk_id).where(erased_desks.c.case_id == case)
    left = select(func.count()).where(case_desks.c.case_id == case, case_desks.c.desk_id.not_in(gone))
    if connection.execute(left).scalar_one() == 0:
        connection.execute(delete(lookups).where(lookups.c.case_id == case))
        connection.execute(delete(case_desks).where(case_desks.c.case_id == case))
