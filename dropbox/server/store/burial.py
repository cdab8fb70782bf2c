"""The marks of items that are gone for good, by which a repeated bundle brings none of them back."""

from collections.abc import Callable

from sqlalchemy import Connection, insert, select

from dropbox.models import ItemId
from dropbox.server.store.schema import tombstones

Mark = Callable[[ItemId], str]
"""The keyed hash under which an item that is gone is remembered."""


def is_buried(connection: Connection, mark: str) -> bool:
    return connection.execute(select(tombstones).where(tombstones.c.mark == mark)).first() is not None


def bury(connection: Connection, marks: list[str]) -> None:
    fresh = [{"mark": mark} for mark in sorted(set(marks)) if not is_buried(connection, mark)]
    if fresh:
        connection.execute(insert(tombstones), fresh)
