"""Rosters: who was on which desk from which day to which, with every key that was ever on one.

The configuration says who is a member today; this room remembers it, so that a writing can be checked years later.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, insert, select, update

from dropbox.errors import ItemUnknown
from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.server.store.schema import member_keys, memberships


def sync(
    connection: Connection,
    members: Mapping[DeskId, Mapping[Fingerprint, bytes]],
    configured: Mapping[DeskId, Sequence[Fingerprint]],
    day: date,
) -> None:
    """Open and close memberships so that they are today's; remember each key that is new or was changed."""
    known = load(connection)
    for desk in sorted(set(known) | set(configured)):
        wanted = set(configured.get(desk, ()))
        current = {entry.fingerprint for entry in known.get(desk, ()) if entry.last_day is None}
        for fingerprint in sorted(wanted - current):
            _open(connection, desk, fingerprint, day)
        for fingerprint in sorted(current - wanted):
            _close(connection, desk, fingerprint, day)
    for keys in members.values():
        for fingerprint, key in keys.items():
            _keep_key(connection, fingerprint, key, day)


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


def keys(connection: Connection, fingerprints: Collection[Fingerprint]) -> dict[Fingerprint, bytes]:
    """Return the newest snapshot of each of these keys that was ever seen."""
    rows = connection.execute(
        select(member_keys).where(member_keys.c.fingerprint.in_(fingerprints)).order_by(member_keys.c.day)
    )
    return {Fingerprint(row.fingerprint): bytes(row.key) for row in rows}


def _open(connection: Connection, desk: DeskId, fingerprint: Fingerprint, day: date) -> None:
    ours = (memberships.c.desk_id == desk, memberships.c.fingerprint == fingerprint)
    # who left today and is back today never left: days are all we know
    same_day = update(memberships).where(*ours, memberships.c.last_day >= day).values(last_day=None)
    if connection.execute(same_day).rowcount == 0:
        row = {"desk_id": desk, "fingerprint": fingerprint, "first_day": day}
        connection.execute(insert(memberships), row)


def _close(connection: Connection, desk: DeskId, fingerprint: Fingerprint, day: date) -> None:
    connection.execute(
        update(memberships)
        .where(
            memberships.c.desk_id == desk,
            memberships.c.fingerprint == fingerprint,
            memberships.c.last_day.is_(None),
        )
        .values(last_day=day)
    )


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
