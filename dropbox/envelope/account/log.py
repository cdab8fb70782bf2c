"""The log of a case: what one vault did with it, line after line, each naming the hash of the one before.

A line's hash covers the digest of its details and not the details themselves, so that a case that was erased leaves a
chain that can still be checked.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox import canonical
from dropbox.errors import InvalidValue
from dropbox.models import CaseId, Fingerprint, Mandate, VaultId, parse_fingerprint, parse_vault_id

MAX_NOTE_LINES = 80
"""Lines that one note carries: with their details they must fit the header."""
MAX_DETAILS = 12
MAX_DETAIL_CHARACTERS = 200
_FORMAT = "onion-dropbox log 1"
_HASH = re.compile(r"[0-9a-f]{64}")

Details = tuple[tuple[str, str], ...]


class LogAct(StrEnum):
    """What a line says was done."""

    IMPORTED = "imported"
    TAKEN_DOWN = "taken_down"
    OPENED = "opened"
    REPLIED = "replied"
    NOTED = "noted"
    VIEWED = "viewed"
    SAVED = "saved"
    PRINTED = "printed"
    PASSED_ON = "passed_on"
    ASSIGNED = "assigned"
    STATE = "state"
    TAGGED = "tagged"
    MARKED = "marked"
    CLASSIFIED = "classified"
    ASKED = "asked"
    DISCLOSED = "disclosed"
    HANDED_OVER = "handed_over"
    POSTPONED = "postponed"
    HELD = "held"
    RELEASED = "released"
    ERASURE_PROPOSED = "erasure_proposed"
    ERASURE_SECONDED = "erasure_seconded"
    ERASURE_OPPOSED = "erasure_opposed"
    ERASED = "erased"
    EXPLAINED = "explained"


@dataclass(frozen=True)
class LogLine:
    """One line. `previous`: the hash of the line before, or of the chain's beginning (`line_hash(case, vault, None)`).

    mandate: what the reporter allowed then; None where they had withdrawn. known: the number of the newest submission
    that the vault held then, so that others can tell whether the mandate was the right one. digest: of the details, by
    `details_digest`. details: pairs of a name and a text, sorted, one of them a random `salt`, so that what is short
    cannot be guessed from the digest; None once they were erased.
    """

    n: int
    previous: str
    day: date
    by: Fingerprint
    act: LogAct
    mandate: Mandate | None
    known: int
    digest: str
    details: Details | None = None

    def __post_init__(self) -> None:
        if self.n < 1 or self.known < 0 or parse_fingerprint(self.by) != self.by:
            raise InvalidValue
        if not (_HASH.fullmatch(self.previous) and _HASH.fullmatch(self.digest)):
            raise InvalidValue
        if self.details is not None:
            _check_details(self.details)


@dataclass(frozen=True)
class LogPart:
    """Lines of one vault's log of a case, one after the other without a gap, as a note brings them to the others.

    alone: the note was made for these lines only and has no text. In any other note they reach up to the note itself.
    """

    vault: VaultId
    lines: tuple[LogLine, ...]
    alone: bool = False

    def __post_init__(self) -> None:
        if parse_vault_id(self.vault) != self.vault or not 1 <= len(self.lines) <= MAX_NOTE_LINES:
            raise InvalidValue


def line_hash(case: CaseId, vault: VaultId, line: LogLine | None) -> str:
    """Return a line's hash (64 hex digits), or that of the beginning of this vault's chain for this case."""
    return canonical.sha256_hex(hash_input(case, vault, line))


def hash_input(case: CaseId, vault: VaultId, line: LogLine | None) -> bytes:
    """Return what a line's hash is taken of: one line of JSON, so that `sha256sum` alone can check a printed log."""
    value: dict[str, object] = {"format": _FORMAT, "case": case, "vault": vault}
    if line is not None:
        value |= {
            "n": line.n,
            "previous": line.previous,
            "day": line.day.isoformat(),
            "by": line.by,
            "act": line.act.value,
            "mandate": None if line.mandate is None else line.mandate.value,
            "known": line.known,
            "digest": line.digest,
        }
    return canonical.dump(value)


def details_digest(details: Details) -> str:
    """Return the SHA-256 (64 hex digits) of the details as one line of JSON."""
    return canonical.sha256_hex(details_input(details))


def details_input(details: Details) -> bytes:
    return canonical.dump(dict(details))


def _check_details(details: Details) -> None:
    if len(details) > MAX_DETAILS or any(len(pair) != 2 for pair in details) or list(details) != sorted(details):
        raise InvalidValue
    if len(dict(details)) != len(details):
        raise InvalidValue
    if any(len(text) > MAX_DETAIL_CHARACTERS for pair in details for text in pair):
        raise InvalidValue
