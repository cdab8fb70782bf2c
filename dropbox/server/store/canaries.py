"""Our own test reports: of which case each is, and letting it go when a desk's answer brings its token back.

Only the token's hash is kept. Whoever may have a case let go here must hold what stood in its sealed report, and the
case must be as its sender left it: one report, and nothing that anybody sent after it.
"""

from collections.abc import Iterable, Set
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from dropbox.bundle import LineState
from dropbox.models import CaseId, DeskId, SealedKind
from dropbox.server.store import retention
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.burial import Mark
from dropbox.server.store.connection import Database
from dropbox.server.store.schema import canaries, case_desks, cases, items


def token_hash(token: str) -> str:
    """Return what is kept of a token (hex)."""
    return blake2b(bytes.fromhex(token), digest_size=32, person=b"drop1-canary").hexdigest()


class Canaries:
    def __init__(self, database: Database, blobs: Blobs, mark: Mark) -> None:
        self._database = database
        self._blobs = blobs
        self._mark = mark

    def sent(self, token: str, case: CaseId, day: date) -> None:
        """Remember a test report before it is sent: one that is not known could never be told from a report."""
        with self._database.write() as connection:
            _forget_ended(connection)
            connection.execute(insert(canaries), {"token_hash": token_hash(token), "case_id": case, "day": day})

    def forget(self, token: str) -> None:
        """Forget a test report that was not sent after all."""
        with self._database.write() as connection:
            connection.execute(delete(canaries).where(canaries.c.token_hash == token_hash(token)))

    def waiting(self) -> tuple[tuple[DeskId, date], ...]:
        """Return the desk and the day of each test report that has not come back and is still held."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(case_desks.c.desk_id, canaries.c.day)
                .join(canaries, canaries.c.case_id == case_desks.c.case_id)
                .order_by(case_desks.c.desk_id, canaries.c.day)
            ).all()
        return tuple((DeskId(row.desk_id), row.day) for row in rows)

    def came_back(self, tokens: Iterable[str], desk: DeskId) -> int:
        """Let the cases of these tokens go, as far as they are this desk's; return how many tokens were known.

        Hold the transfer lock. A second time changes nothing.
        """
        paths: list[Path] = []
        known = 0
        with self._database.write() as connection:
            for row in _rows(connection, {token_hash(token) for token in tokens}, desk):
                known += 1
                connection.execute(delete(canaries).where(canaries.c.token_hash == row.token_hash))
                paths += _let_go(connection, CaseId(row.case_id), self._blobs, self._mark)
        self._blobs.erase(paths)
        if known:
            self._database.scrub()
        return known


def _rows(connection: Connection, hashes: Set[str], desk: DeskId) -> list[Row[Any]]:
    """Return the test reports of a desk that are among these: a bundle may name more than a statement of SQL takes."""
    ours = select(case_desks.c.case_id).where(case_desks.c.desk_id == desk)
    held = connection.execute(select(canaries).where(canaries.c.case_id.in_(ours)))
    return [row for row in held if row.token_hash in hashes]


def _let_go(connection: Connection, case: CaseId, blobs: Blobs, mark: Mark) -> list[Path]:
    """Let a test report go that nobody added anything to. Its number in the log counts as withdrawn by its sender, so
    that no member's vault waits for an item that only a colleague's has seen.
    """
    row = connection.execute(select(cases).where(cases.c.case_id == case)).one_or_none()
    kinds = list(connection.execute(select(items.c.kind).where(items.c.case_id == case)).scalars())
    if row is None or row.next_number != 2 or kinds != [SealedKind.SUBMISSION.value]:
        return []
    return retention.end_case(connection, case, LineState.WITHDRAWN, blobs, mark)


def _forget_ended(connection: Connection) -> None:
    """Forget test reports whose case has ended in the meantime as any other does."""
    connection.execute(delete(canaries).where(canaries.c.case_id.not_in(select(cases.c.case_id))))
