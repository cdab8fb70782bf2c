"""What the drop last did of its own accord, or its operator set: a loop, a backup, a release. A short line each.

What a reporter or an investigator did has no place here: these lines are shown to the operator.
"""

import re

from sqlalchemy import delete, insert, select

from dropbox.errors import InvalidValue
from dropbox.server.store.connection import Database
from dropbox.server.store.schema import happenings

MAX_CHARACTERS = 200
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Happenings:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        """Return what was last noted under a name, or None."""
        with self._database.read() as connection:
            found: str | None = connection.execute(
                select(happenings.c.value).where(happenings.c.name == name)
            ).scalar_one_or_none()
        return found

    def set(self, name: str, value: str) -> None:
        """Note what happened under a name, in the place of what stood there. InvalidValue for what is no short line."""
        if not _NAME.fullmatch(name) or len(value) > MAX_CHARACTERS or not value.isprintable():
            raise InvalidValue
        with self._database.write() as connection:
            connection.execute(delete(happenings).where(happenings.c.name == name))
            connection.execute(insert(happenings), {"name": name, "value": value})
