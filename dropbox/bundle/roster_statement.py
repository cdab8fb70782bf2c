"""Who sits at a desk, as its members state it: a chain in which each change is signed by somebody who was there before.

Pure: signatures are verified by a function that comes in. The operator writes what is proposed; only a member's
signature makes it count, so nobody gets a seat by a hand on the server alone. The first statement of a desk has no
member's signature, because nobody was there before it: it is what people compare by voice.

What is signed: the line `onion-dropbox roster 1` and the statement as canonical JSON.
"""

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dropbox.bundle import fields
from dropbox.bundle.limits import LIMITS
from dropbox.canonical import dump, sha256_hex
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.models import FORMAT, DeskId, Fingerprint, parse_day, parse_desk_id, parse_fingerprint
from dropbox.records import require

SIGNED_LINE = b"onion-dropbox roster 1\n"
MAX_STATEMENTS = 500
MAX_STATED_MEMBERS = 50

VerifyMember = Callable[[bytes, bytes, Collection[Fingerprint], date], Fingerprint]
"""Gets what was signed, the signature, who may have made it and on which day; returns who did. SignatureInvalid."""


@dataclass(frozen=True)
class StatedMember:
    """A member's primary key; `until`: the last day on which items are sealed to it, None while none is set."""

    fingerprint: Fingerprint
    until: date | None = None

    def as_json(self) -> dict[str, str | None]:
        return {"fingerprint": self.fingerprint, "until": None if self.until is None else self.until.isoformat()}

    @classmethod
    def from_json(cls, value: object) -> "StatedMember":
        given = fields.exact(value, ("fingerprint", "until"))
        until = given["until"]
        return cls(parse_fingerprint(given["fingerprint"]), None if until is None else parse_day(until))


@dataclass(frozen=True)
class RosterStatement:
    """A desk's members from `day` on. `previous`: SHA-256 of the statement before it, None for the first (number 1)."""

    drop: str
    desk: DeskId
    number: int
    day: date
    previous: str | None
    members: tuple[StatedMember, ...]

    def __post_init__(self) -> None:
        require((self.number == 1) == (self.previous is None))
        require(0 < len(self.members) <= MAX_STATED_MEMBERS)
        names = [member.fingerprint for member in self.members]
        require(names == sorted(set(names)))

    @property
    def sha256(self) -> str:
        return sha256_hex(dump(self.as_json()))

    @property
    def signed(self) -> bytes:
        """What a member signs: the line and the statement's bytes."""
        return SIGNED_LINE + dump(self.as_json())

    def members_on(self, day: date) -> frozenset[Fingerprint]:
        """Return to whom items of this day are sealed, as far as no later statement says otherwise."""
        return frozenset(m.fingerprint for m in self.members if m.until is None or m.until >= day)

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": "roster",
            "drop": self.drop,
            "desk": self.desk,
            "number": self.number,
            "day": self.day.isoformat(),
            "previous": self.previous,
            "members": [member.as_json() for member in self.members],
        }

    @classmethod
    def from_json(cls, value: object) -> "RosterStatement":
        given = fields.exact(value, ("format", "type", "drop", "desk", "number", "day", "previous", "members"))
        fields.literal(given["format"], FORMAT)
        fields.literal(given["type"], "roster")
        previous = given["previous"]
        return cls(
            drop=fields.hex_256(given["drop"]),
            desk=parse_desk_id(given["desk"]),
            number=fields.integer(given["number"], 1, MAX_STATEMENTS),
            day=parse_day(given["day"]),
            previous=None if previous is None else fields.hex_256(previous),
            members=fields.array(given["members"], StatedMember.from_json),
        )


@dataclass(frozen=True)
class SignedStatement:
    """A statement and the armoured detached PGP signature of a member of the one before it; None for the first."""

    statement: RosterStatement
    signature: str | None

    def __post_init__(self) -> None:
        require((self.statement.number == 1) == (self.signature is None))

    def as_json(self) -> dict[str, Any]:
        return {"statement": self.statement.as_json(), "signature": self.signature}

    @classmethod
    def from_json(cls, value: object) -> "SignedStatement":
        given = fields.exact(value, ("statement", "signature"))
        signature = given["signature"]
        return cls(RosterStatement.from_json(given["statement"]), None if signature is None else _armour(signature))


@dataclass(frozen=True)
class StatementVote:
    """A member's signature under a proposed statement, on its way to the drop in an answer bundle."""

    desk: DeskId
    sha256: str
    signature: str

    def as_json(self) -> dict[str, str]:
        return {"desk": self.desk, "sha256": self.sha256, "signature": self.signature}

    @classmethod
    def from_json(cls, value: object) -> "StatementVote":
        given = fields.exact(value, ("desk", "sha256", "signature"))
        return cls(parse_desk_id(given["desk"]), fields.hex_256(given["sha256"]), _armour(given["signature"]))


def read_chain(value: object) -> tuple[SignedStatement, ...]:
    """Read a desk's statements, oldest first; InvalidValue unless each names the one before it."""
    chain = fields.array(value, SignedStatement.from_json)
    if not 0 < len(chain) <= MAX_STATEMENTS or chain[0].statement.number != 1:
        raise InvalidValue
    for before, after in itertools.pairwise(chain):
        require_follows(before.statement, after.statement)
    return chain


def require_follows(before: RosterStatement, after: RosterStatement) -> None:
    """Raise InvalidValue unless `after` is the next statement of the same desk."""
    same = (before.drop, before.desk) == (after.drop, after.desk)
    if not same or after.number != before.number + 1 or after.previous != before.sha256 or after.day < before.day:
        raise InvalidValue


def verify_chain(chain: Sequence[SignedStatement], verify: VerifyMember) -> tuple[Fingerprint | None, ...]:
    """Return who signed each statement (None for the first). Raises SignatureInvalid at the first one that fails.

    A statement counts when somebody signed it who was a member by the statement before it, on the day that it names.
    """
    signers: list[Fingerprint | None] = [None]
    for before, after in itertools.pairwise(chain):
        allowed = before.statement.members_on(after.statement.day)
        if after.signature is None or not allowed:
            raise SignatureInvalid
        signers.append(verify(after.statement.signed, after.signature.encode(), allowed, after.statement.day))
    return tuple(signers)


def _armour(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= LIMITS.signature_bytes:
        raise InvalidValue
    return value
