"""Who may use the courier: name, desks, client key, and the passphrase as Argon2id's own text and nothing else.

Each change gives a name a new random turn, so that what was signed in before it is over. No day enters, no use is
counted, and whoever asks for an unknown name waits as long as for a known one.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumRuntimeError
from nacl.pwhash import argon2id
from sqlalchemy import delete, insert, select

from dropbox.codename import draw_words
from dropbox.errors import Busy, InvalidValue, InvestigatorExists, InvestigatorUnknown
from dropbox.models import DeskId, Passphrase
from dropbox.server.store.connection import Database
from dropbox.server.store.schema import investigators

PASSPHRASE_WORDS = 6
PASSES = 3
MEMORY_BYTES = 64 << 20
RESERVED_NAMES = frozenset({"nobody"})
"""The name of a client key file that is always there and belongs to no one."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_NOBODYS = b"$argon2id$v=19$m=65536,t=3,p=1$4DtzpEjTiSOUE3AqgMcP4Q$aJY3RyBLitlZ9gXAJajX2JpZQqrYV6DBDjHJD71+0PQ"
"""A passphrase that was drawn and forgotten: what is typed for an unknown name is held against it."""


@dataclass(frozen=True)
class Investigator:
    """One who may use the courier. `turn`: random, and another one after each change."""

    name: str
    desks: tuple[DeskId, ...]
    client_key: str = field(repr=False)
    turn: str = field(repr=False)


class Investigators:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, desks: Sequence[DeskId], client_key: str) -> Passphrase:
        """Add somebody and return their passphrase, which is shown once. InvestigatorExists when the name is taken."""
        parse_name(name)
        passphrase = draw_passphrase()
        row = {
            "name": name,
            "desks": " ".join(sorted(set(desks))),
            "client_key": client_key,
            "passphrase": argon2id.str(passphrase.reveal().encode(), PASSES, MEMORY_BYTES),
            "turn": secrets.token_hex(16),
        }
        with self._database.write() as connection:
            if connection.execute(select(investigators.c.name).where(investigators.c.name == name)).first():
                raise InvestigatorExists(name)
            connection.execute(insert(investigators), row)
        return passphrase

    def revoke(self, name: str) -> None:
        """Forget somebody: passphrase, client key and every session of theirs. InvestigatorUnknown for no such name."""
        with self._database.write() as connection:
            if connection.execute(delete(investigators).where(investigators.c.name == name)).rowcount == 0:
                raise InvestigatorUnknown(name)
        self._database.scrub()

    def list(self) -> tuple[Investigator, ...]:
        with self._database.read() as connection:
            rows = connection.execute(select(investigators).order_by(investigators.c.name)).all()
        return tuple(_investigator(row.name, row.desks, row.client_key, row.turn) for row in rows)

    def find(self, name: str) -> Investigator | None:
        with self._database.read() as connection:
            row = connection.execute(select(investigators).where(investigators.c.name == name)).first()
        return None if row is None else _investigator(row.name, row.desks, row.client_key, row.turn)

    def verify(self, name: str, passphrase: Passphrase) -> Investigator | None:
        """Return whose name and passphrase this is, or None; the work is the same for a name that nobody has."""
        with self._database.read() as connection:
            row = connection.execute(select(investigators).where(investigators.c.name == name)).first()
        fits = _fits(_NOBODYS if row is None else bytes(row.passphrase), passphrase)
        return _investigator(row.name, row.desks, row.client_key, row.turn) if fits and row is not None else None


def parse_name(value: str) -> str:
    """Return a name: 2 to 32 of a-z, 0-9 and inner hyphens, a letter first; safe in a file's name."""
    if not _NAME.fullmatch(value) or value in RESERVED_NAMES:
        raise InvalidValue
    return value


def draw_passphrase() -> Passphrase:
    """Return six words of this machine's own randomness: 77 bits."""
    return Passphrase(" ".join(draw_words(PASSPHRASE_WORDS)))


def _fits(kept: bytes, passphrase: Passphrase) -> bool:
    try:
        return bool(argon2id.verify(kept, passphrase.reveal().encode()))
    except CryptoError:
        return False
    except (SodiumRuntimeError, MemoryError):
        raise Busy from None  # no memory left: the one other way in which Argon2id fails


def _investigator(name: str, desks: str, client_key: str, turn: str) -> Investigator:
    return Investigator(name, tuple(DeskId(desk) for desk in desks.split()), client_key, turn)
