"""What anybody may know of who reads at a desk: its signed lists, with all who were ever on them, to see and to keep.

Only what the members signed and their public keys; whoever kept an older file can see that today's goes on from it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from dropbox.bundle import RosterStatement
from dropbox.canonical import dump
from dropbox.errors import ItemUnknown, SignatureInvalid
from dropbox.models import FORMAT, DeskId, Fingerprint
from dropbox.server.drop import Drop

SHOWN_DIGITS = 16


@dataclass(frozen=True)
class Step:
    """One list after another: who joined, who left, who leaves after a day, and who signed for it (None: the first)."""

    number: int
    day: date
    joined: tuple[Fingerprint, ...]
    left: tuple[Fingerprint, ...]
    leaving: tuple[tuple[Fingerprint, date], ...]
    signer: Fingerprint | None
    sha256: str


def steps_of(drop: Drop, desk: DeskId) -> tuple[Step, ...]:
    """Return how a desk's readers came to be who they are; nothing where it cannot be trusted."""
    steps, before = [], frozenset[Fingerprint]()
    try:
        signed = drop.seating.signers(desk)
    except SignatureInvalid:
        return ()
    for each, signer in signed:
        steps.append(_step(each.statement, before, signer))
        before = frozenset(member.fingerprint for member in each.statement.members)
    return tuple(steps)


def roster_file(drop: Drop, desk: DeskId) -> bytes:
    """Return a desk's statements and every key that they name, as one file to keep. ItemUnknown when it has none."""
    chain = drop.store.statements.chain(desk)
    if not chain:
        raise ItemUnknown
    keys = drop.store.statements.ever(desk)
    return dump(
        {
            "format": FORMAT,
            "type": "rosters",
            "drop": drop.store.meta.drop,
            "desk": desk,
            "statements": [each.as_json() for each in chain],
            "keys": {name: keys[name].decode("ascii") for name in sorted(keys)},
        }
    )


def _step(statement: RosterStatement, before: Collection[Fingerprint], signer: Fingerprint | None) -> Step:
    now = [member.fingerprint for member in statement.members]
    return Step(
        number=statement.number,
        day=statement.day,
        joined=tuple(name for name in now if name not in before),
        left=tuple(name for name in sorted(before) if name not in now),
        leaving=tuple((member.fingerprint, member.until) for member in statement.members if member.until is not None),
        signer=signer,
        sha256=statement.sha256,
    )
