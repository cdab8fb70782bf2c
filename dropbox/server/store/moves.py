"""Cases that went to another desk with their reporter's consent: who has them now, and who had them before.

The desk that had a case keeps what it was sent until then and gets nothing that comes after. Its roster stays with the
case, so that what its members wrote can be checked for as long as the case is there.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import Connection, delete, insert, select, union

from dropbox.envelope import Moved
from dropbox.errors import CaseMoved
from dropbox.models import CaseId, DeskId
from dropbox.server.store.records import FormerDesk
from dropbox.server.store.schema import case_desks, former_desks


def former(connection: Connection, case: CaseId) -> tuple[FormerDesk, ...]:
    """Return the desks that had a case, each with the one that it went to and the last day on which it had it."""
    rows = connection.execute(select(former_desks).where(former_desks.c.case_id == case))
    found = [FormerDesk(DeskId(row.desk_id), DeskId(row.to_id), row.last_day) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.last_day, each.desk)))


def require_place(desks: Collection[DeskId], sent_to: Collection[DeskId], moved: Moved | None) -> None:
    """Raise CaseMoved when a submission was sealed to others than those who have its case at this moment.

    Who wrote to the desk of a minute ago would never be read by the one of now.
    """
    if moved is not None and (moved.origin not in desks or moved.to in desks):
        raise CaseMoved
    if set(sent_to) != set(desks) | ({moved.to} if moved is not None else set()):
        raise CaseMoved


def move(connection: Connection, case: CaseId, moved: Moved, day: date) -> None:
    """Let `to` have the case in the place of `origin`, from this submission on."""
    ours = {"case_id": case}
    left = (case_desks.c.case_id == case, case_desks.c.desk_id == moved.origin)
    connection.execute(delete(case_desks).where(*left))
    connection.execute(insert(case_desks), {**ours, "desk_id": moved.to})
    # a desk may get back what it handed over, and hand it over again
    again = former_desks.c.desk_id.in_([moved.origin, moved.to])
    connection.execute(delete(former_desks).where(former_desks.c.case_id == case, again))
    row = {**ours, "desk_id": moved.origin, "to_id": moved.to, "last_day": day}
    connection.execute(insert(former_desks), row)


def beside(connection: Connection, desk: DeskId) -> set[DeskId]:
    """Return every desk that has or had a case together with this one, or before or after it; not what is no case."""
    ours = union(
        select(case_desks.c.case_id).where(case_desks.c.desk_id == desk),
        select(former_desks.c.case_id).where(former_desks.c.desk_id == desk),
    ).subquery()
    cases = select(ours.c.case_id)
    there = union(
        select(case_desks.c.desk_id).where(case_desks.c.case_id.in_(cases)),
        select(former_desks.c.desk_id).where(former_desks.c.case_id.in_(cases)),
    )
    return {DeskId(name) for name in connection.execute(there).scalars()}
