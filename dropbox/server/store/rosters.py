"""Rosters: who was on which desk from which day to which, with every key that was ever on one.

What the desks' members signed says who is a member today (`statements`); this room remembers the days, so that a
writing can be checked years later.
"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Connection, delete, insert, select, update

from dropbox.errors import ItemUnknown
from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.server.store.schema import member_keys, memberships


def seat(connection: Connection, desk: DeskId, members: Collection[Fingerprint], day: date) -> None:
    """Open and close a desk's memberships from this day on, so that these are its members."""
    current = {entry.fingerprint for entry in load(connection).get(desk, ()) if entry.last_day is None}
    for fingerprint in sorted(set(members) - current):
        _open(connection, desk, fingerprint, day)
    for fingerprint in sorted(current - set(members)):
        close(connection, desk, fingerprint, day)


def close(connection: Connection, desk: DeskId, fingerprint: Fingerprint, last_day: date) -> None:
    """End a membership with a day, or with its first one where that is later."""
    ours = (memberships.c.desk_id == desk, memberships.c.fingerprint == fingerprint, memberships.c.last_day.is_(None))
    for first_day in connection.scalars(select(memberships.c.first_day).where(*ours)).all():
        ended = update(memberships).where(*ours, memberships.c.first_day == first_day)
        connection.execute(ended.values(last_day=max(first_day, last_day)))


def forget(connection: Connection, desk: DeskId) -> None:
    """Remove a desk's memberships, past ones too."""
    connection.execute(delete(memberships).where(memberships.c.desk_id == desk))


def load(connection: Connection) -> dict[DeskId, Roster]:
    rows = connection.execute(
        select(memberships).order_by(memberships.c.desk_id, memberships.c.first_day, memberships.c.fingerprint)
    )
    rosters: dict[DeskId, Roster] = {}
    for row in rows:
        entry = Membership(Fingerprint(row.fingerprint), row.first_day, row.last_day)
        rosters[DeskId(row.desk_id)] = (*rosters.get(DeskId(row.desk_id), ()), entry)
    return rosters


def key(connection: Connection, fingerprint: Fingerprint, day: date | None) -> bytes:
    """Return the newest snapshot of a key, or the newest one up to a day (the first when all are later)."""
    snapshots = connection.execute(
        select(member_keys).where(member_keys.c.fingerprint == fingerprint).order_by(member_keys.c.day)
    ).all()
    if not snapshots:
        raise ItemUnknown
    usable = [row.key for row in snapshots if day is None or row.day <= day]
    return bytes(usable[-1] if usable else snapshots[0].key)


def key_history(connection: Connection, fingerprint: Fingerprint) -> tuple[bytes, ...]:
    """Return every snapshot of a key, newest first."""
    ours = select(member_keys.c.key).where(member_keys.c.fingerprint == fingerprint)
    return tuple(bytes(each) for each in connection.scalars(ours.order_by(member_keys.c.day.desc())))


def keys(connection: Connection, fingerprints: Collection[Fingerprint]) -> dict[Fingerprint, bytes]:
    """Return the newest snapshot of each of these keys that was ever seen."""
    rows = connection.execute(
        select(member_keys).where(member_keys.c.fingerprint.in_(fingerprints)).order_by(member_keys.c.day)
    )
    return {Fingerprint(row.fingerprint): bytes(row.key) for row in rows}


def keep_keys(connection: Connection, exported: Mapping[Fingerprint, bytes], day: date) -> None:
    """Remember each key that is new or was changed, under that day."""
    for fingerprint, data in exported.items():
        _keep_key(connection, fingerprint, data, day)


def _open(connection: Connection, desk: DeskId, fingerprint: Fingerprint, day: date) -> None:
    ours = (memberships.c.desk_id == desk, memberships.c.fingerprint == fingerprint)
    # who left today and is back today never left: days are all we know
    same_day = update(memberships).where(*ours, memberships.c.last_day >= day).values(last_day=None)
    if connection.execute(same_day).rowcount == 0:
        row = {"desk_id": desk, "fingerprint": fingerprint, "first_day": day}
        connection.execute(insert(memberships), row)


def _keep_key(connection: Connection, fingerprint: Fingerprint, exported: bytes, day: date) -> None:
    ours = member_keys.c.fingerprint == fingerprint
    newest = connection.execute(select(member_keys).where(ours).order_by(member_keys.c.day.desc()).limit(1)).first()
    if newest is not None and newest.key == exported:
        return
    if newest is not None and newest.day >= day:
        same = (ours, member_keys.c.day == newest.day)
        connection.execute(update(member_keys).where(*same).values(key=exported))
        return
    connection.execute(insert(member_keys), {"fingerprint": fingerprint, "day": day, "key": exported})
