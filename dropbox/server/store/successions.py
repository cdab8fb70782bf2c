"""The successors of the drop's own key, oldest first, and the moment in which one takes the other's place.

Only the row makes a successor count. Its secret half lies beside the old one before the row is there, and takes the old
one's place after it: whenever this machine dies in between, the next start knows which of the two it is.
"""

import base64
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from dropbox.bundle import Succession, current_key, trusted_key
from dropbox.bundle.drop_statement import MAX_SUCCESSIONS, read_successions
from dropbox.canonical import dump, load
from dropbox.errors import InvalidValue, SignatureInvalid, StartRefused
from dropbox.server.identity import Identity
from dropbox.server.store.connection import Database
from dropbox.server.store.schema import successions

_MAX_STATEMENT_BYTES = 4096
_RESTORE = "Restore the whole data folder (store, items and both keys) from one backup."
_LOST = "Put the file back from a backup. If the key is lost for ever: dropbox-server succeed --lost"


class Successions:
    """`drop`: the drop's name, which is its first key."""

    def __init__(self, database: Database, drop: str) -> None:
        self._database = database
        self._drop = drop

    def all(self) -> tuple[Succession, ...]:
        """Return every succession, each signature verified; StartRefused where a row was changed by a strange hand."""
        with self._database.read() as connection:
            rows = connection.execute(select(successions).order_by(successions.c.number)).all()
        try:
            chain = read_successions([_spelled(row.statement, row.signature) for row in rows], self._drop)
            trusted_key(self._drop, chain)
        except (InvalidValue, SignatureInvalid):
            raise StartRefused("store.sqlite: the successors of the drop's key were changed", _RESTORE) from None
        return chain

    def settle(self, identity: Identity) -> None:
        """Finish a succession that a crash cut short; StartRefused when the key at hand is not the one that signs."""
        for _ in range(2):  # another process may take the place between our two looks
            wanted = current_key(self._drop, self.all())
            if identity.current == wanted:
                return
            if identity.next_key() == wanted:
                identity.take_next()
        if identity.current != wanted:
            name = "made with" if wanted == self._drop else "signed with last"
            raise StartRefused(f"signing.key: is not the key that this store was {name}", _LOST)

    def succeed(self, identity: Identity, day: date, *, lost: bool) -> Succession:
        """Give the drop a new signing key, signed by the one before it unless that was lost. Hold the transfer lock."""
        if not lost:
            self.settle(identity)  # a successor that waits for its place is never thrown away
        chain = self.all()
        if len(chain) >= MAX_SUCCESSIONS:
            raise StartRefused(f"signing.key: has had {MAX_SUCCESSIONS} successors, and can have no more")
        made = Succession(self._drop, len(chain) + 1, day, current_key(self._drop, chain), identity.make_next())
        if not lost:
            made = made.signed_by(identity.signing_key)
        row = {"number": made.number, "statement": dump(_stated(made)), "signature": made.signature}
        with self._database.write() as connection:
            connection.execute(insert(successions), row)
        identity.take_next()
        return made


def _stated(made: Succession) -> dict[str, Any]:
    return {key: value for key, value in made.as_json().items() if key != "signature"}


def _spelled(statement: bytes, signature: bytes | None) -> dict[str, Any]:
    text = None if signature is None else base64.b64encode(signature).decode()
    return {**load(statement, _MAX_STATEMENT_BYTES), "signature": text}
