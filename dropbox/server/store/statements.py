"""Who sits at each desk as its members stated it, and the one change a desk that waits for a signature.

The chain is the truth; memberships follow from it, on the day on which a change was taken in and never an earlier one:
what was sealed before must go on fitting the roster of its day. No signature is verified here. `server.seats` does it
before a change comes in, and again whenever a chain is read for sealing.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from dropbox.bundle import LIMITS
from dropbox.bundle.roster_statement import (
    RosterStatement,
    SignedStatement,
    StatedMember,
    read_chain,
    require_follows,
)
from dropbox.canonical import dump, load
from dropbox.errors import InvalidValue, StartRefused
from dropbox.models import DeskId, Fingerprint, current_members
from dropbox.server.store import rosters
from dropbox.server.store.connection import Database
from dropbox.server.store.schema import desk_fetches, desk_log, item_desks, roster_proposals, roster_statements

Chain = tuple[SignedStatement, ...]
Wanted = Mapping[DeskId, Collection[StatedMember]]
"""Each desk's members as the configuration lists them."""


class Statements:
    """The chains and proposals of a store, for all rooms beside it."""

    def __init__(self, database: Database, drop: str) -> None:
        self._database = database
        self._drop = drop

    def chains(self) -> Mapping[DeskId, Chain]:
        """Return each desk's statements, oldest first; InvalidValue where they do not hang together."""
        with self._database.read() as connection:
            return chains(connection, self._drop)

    def chain(self, desk: DeskId) -> Chain:
        """Return one desk's statements, oldest first, () when it has none; InvalidValue as `chains`."""
        with self._database.read() as connection:
            return chains(connection, self._drop, [desk]).get(desk, ())

    def proposals(self) -> Mapping[DeskId, RosterStatement]:
        """Return what each desk's members may sign next."""
        with self._database.read() as connection:
            return proposals(connection)

    def adopt(self, day: date) -> None:
        """State what a store of before there were statements holds, and close the memberships that have ended.

        Members whom the statements do not bear out refuse the start: somebody put them there by hand.
        """
        with self._database.write() as connection:
            known = rosters.load(connection)
            stated = chains(connection, self._drop)
            for desk in sorted(set(known) - set(stated)):
                members = [StatedMember(name) for name in current_members(known[desk])]
                if members:
                    _insert(connection, SignedStatement(self._first(desk, members, day), None))
            close_ended(connection, day)
            _refuse_strangers(connection, self._drop)

    def begin(self, wanted: Wanted, day: date) -> None:
        """State the members of desks that are new, and give up what could never be sealed to.

        A desk whose first statement names a key that was never at hand has taken nothing yet: a fingerprint that was
        mistyped there may still be mended.
        """
        with self._database.write() as connection:
            stated = chains(connection, self._drop)
            for desk in sorted(wanted):
                members = _sorted(_active(wanted[desk], day))
                if not members or (desk in stated and not _never_worked(connection, stated[desk], members)):
                    continue
                if desk in stated:
                    _forget(connection, desk)
                first = self._first(desk, members, day)
                _insert(connection, SignedStatement(first, None))
                rosters.seat(connection, desk, first.members_on(day), day)

    def seat(self, desks: Collection[DeskId], day: date) -> None:
        """Make memberships what the statements say; a desk that left the configuration has no members meanwhile."""
        with self._database.write() as connection:
            for desk, chain in chains(connection, self._drop).items():
                theirs = chain[-1].statement.members_on(day) if desk in desks else ()
                rosters.seat(connection, desk, theirs, day)

    def propose(self, wanted: Wanted, day: date) -> None:
        """Make each desk's proposal what differs from its last statement, and take back what no longer does.

        One that says the same as before stays as it is, with its day, so that a signature on its way still fits.
        """
        with self._database.write() as connection:
            stated = chains(connection, self._drop)
            waiting = proposals(connection)
            for desk in sorted(set(stated) | set(waiting)):
                last = stated[desk][-1].statement if desk in stated else None
                new = _next(last, wanted.get(desk), day) if last else None
                old = waiting.get(desk)
                if new and old and (new.members, new.previous) == (old.members, old.previous):
                    continue
                if new != old:
                    _replace(connection, desk, new)

    def close_ended(self, day: date) -> None:
        """Close memberships of which the last day is over."""
        with self._database.write() as connection:
            close_ended(connection, day)

    def keep_keys(self, keys: Mapping[Fingerprint, bytes], day: date) -> None:
        """Remember each of these keys that is new or was changed."""
        with self._database.write() as connection:
            rosters.keep_keys(connection, keys, day)

    def key_history(self, fingerprint: Fingerprint) -> tuple[bytes, ...]:
        """Return a member's key as it was each time that it had changed, newest first."""
        with self._database.read() as connection:
            return rosters.key_history(connection, fingerprint)

    def ever(self, desk: DeskId) -> Mapping[Fingerprint, bytes]:
        """Return the newest snapshot of every key that a statement of this desk names, as far as one was at hand."""
        with self._database.read() as connection:
            chain = chains(connection, self._drop, [desk]).get(desk, ())
            return rosters.keys(connection, {m.fingerprint for each in chain for m in each.statement.members})

    def _first(self, desk: DeskId, members: Collection[StatedMember], day: date) -> RosterStatement:
        return RosterStatement(self._drop, desk, 1, day, None, _sorted(members))


# --- inside a transaction of another room -------------------------------------------------------------------------


def chains(connection: Connection, drop: str, desks: Collection[DeskId] | None = None) -> dict[DeskId, Chain]:
    """Read the chains of these desks, or of all; InvalidValue where one is another's or does not hang together."""
    query = select(roster_statements).order_by(roster_statements.c.desk_id, roster_statements.c.number)
    if desks is not None:
        query = query.where(roster_statements.c.desk_id.in_(desks))
    found: dict[DeskId, list[object]] = {}
    for row in connection.execute(query):
        found.setdefault(DeskId(row.desk_id), []).append(_document(row))
    read = {desk: read_chain(documents) for desk, documents in found.items()}
    if any((each.statement.drop, each.statement.desk) != (drop, desk) for desk in read for each in read[desk]):
        raise InvalidValue
    return read


def proposals(connection: Connection) -> dict[DeskId, RosterStatement]:
    rows = connection.execute(select(roster_proposals).order_by(roster_proposals.c.desk_id))
    return {DeskId(row.desk_id): _statement(row.statement) for row in rows}


def apply(connection: Connection, drop: str, signed: SignedStatement, day: date) -> bool:
    """Take in a signed change, and seat its members from this day on; False when it is not what is proposed now.

    Its signature was verified before. What it says of days that are over is not done to them.
    """
    statement = signed.statement
    last = chains(connection, drop, [statement.desk]).get(statement.desk)
    if last is None or proposals(connection).get(statement.desk) != statement:
        return False
    require_follows(last[-1].statement, statement)
    _insert(connection, signed)
    _replace(connection, statement.desk, None)
    rosters.seat(connection, statement.desk, statement.members_on(day), day)
    return True


def close_ended(connection: Connection, day: date) -> None:
    """Close memberships of which the statement in force named a last day, once it is over: as of that day."""
    for desk, statement in _last(connection).items():
        for member in statement.members:
            if member.until is not None and member.until < day:
                rosters.close(connection, desk, member.fingerprint, member.until)


# --- the rows -----------------------------------------------------------------------------------------------------


def _last(connection: Connection) -> dict[DeskId, RosterStatement]:
    newest = (
        select(roster_statements.c.desk_id, func.max(roster_statements.c.number).label("number"))
        .group_by(roster_statements.c.desk_id)
        .subquery()
    )
    rows = connection.execute(
        select(roster_statements).join(
            newest,
            (newest.c.desk_id == roster_statements.c.desk_id) & (newest.c.number == roster_statements.c.number),
        )
    )
    return {DeskId(row.desk_id): _statement(row.statement) for row in rows}


def _document(row: Row[Any]) -> dict[str, object]:
    try:
        signature = None if row.signature is None else row.signature.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidValue from None
    return {"statement": load(row.statement, LIMITS.log_bytes), "signature": signature}


def _statement(data: bytes) -> RosterStatement:
    return RosterStatement.from_json(load(data, LIMITS.log_bytes))


def _insert(connection: Connection, signed: SignedStatement) -> None:
    statement = signed.statement
    values = {
        "desk_id": statement.desk,
        "number": statement.number,
        "statement": dump(statement.as_json()),
        "signature": None if signed.signature is None else signed.signature.encode(),
    }
    connection.execute(insert(roster_statements), values)


def _replace(connection: Connection, desk: DeskId, proposal: RosterStatement | None) -> None:
    connection.execute(delete(roster_proposals).where(roster_proposals.c.desk_id == desk))
    if proposal is not None:
        row = {"desk_id": desk, "statement": dump(proposal.as_json())}
        connection.execute(insert(roster_proposals), row)


def _forget(connection: Connection, desk: DeskId) -> None:
    connection.execute(delete(roster_statements).where(roster_statements.c.desk_id == desk))
    connection.execute(delete(roster_proposals).where(roster_proposals.c.desk_id == desk))
    rosters.forget(connection, desk)


# --- what follows from what ---------------------------------------------------------------------------------------


def _next(last: RosterStatement, wanted: Collection[StatedMember] | None, day: date) -> RosterStatement | None:
    """Return the statement that would follow, None when nothing differs or nobody would be left."""
    members = _sorted(_active(wanted or (), day))
    if not members or members == _sorted(_active(last.members, day)):
        return None
    return RosterStatement(last.drop, last.desk, last.number + 1, max(day, last.day), last.sha256, members)


def _active(members: Collection[StatedMember], day: date) -> list[StatedMember]:
    return [member for member in members if member.until is None or member.until >= day]


def _sorted(members: Collection[StatedMember]) -> tuple[StatedMember, ...]:
    return tuple(sorted(members, key=lambda member: member.fingerprint))


def _never_worked(connection: Connection, chain: Chain, wanted: tuple[StatedMember, ...]) -> bool:
    """Tell whether a desk's only statement, now another, names a key that was never there: nothing was sealed to it."""
    desk, first = chain[0].statement.desk, chain[0].statement
    names = {member.fingerprint for member in first.members}
    if len(chain) > 1 or first.members == wanted or rosters.keys(connection, names).keys() == names:
        return False
    traces = (item_desks, desk_log, desk_fetches)
    return all(
        connection.execute(select(table.c.desk_id).where(table.c.desk_id == desk).limit(1)).first() is None
        for table in traces
    )


def _refuse_strangers(connection: Connection, drop: str) -> None:
    """Refuse memberships that the statements do not bear out. A desk that left the configuration has none.

    Where the clock went back, somebody who left with a day may be back on the statement and not among the members.
    """
    stated = chains(connection, drop)
    for desk, roster in rosters.load(connection).items():
        current = set(current_members(roster))
        members = stated[desk][-1].statement.members if desk in stated else ()
        staying = {member.fingerprint for member in members if member.until is None}
        if current and not staying <= current <= {member.fingerprint for member in members}:
            raise StartRefused(
                f"desk {desk}: its members in the store are not those that were signed for",
                "Somebody changed the store by hand. Restore the data folder from a backup of before that.",
            )
