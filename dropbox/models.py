"""The nouns of the drop: ids, kinds, mandates and the two strings that never print themselves.

Frozen values only: nothing in this room reads a file, asks a clock except `today`, or knows who uses it.
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import NewType

from dropbox.errors import InvalidValue

FORMAT = 1

CaseId = NewType("CaseId", str)
ItemId = NewType("ItemId", str)
DeskId = NewType("DeskId", str)
Fingerprint = NewType("Fingerprint", str)
VaultId = NewType("VaultId", str)

_HEX_128 = re.compile(r"[0-9a-f]{32}")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}")
_DESK = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_ONION = re.compile(r"[a-z2-7]{56}\.onion")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Kind(StrEnum):
    """What an item is to the people who read it; lies inside the seal."""

    REPORT = "report"
    MESSAGE = "message"
    MANDATE = "mandate"
    WITHDRAWAL = "withdrawal"
    REPLY = "reply"
    NOTE = "note"


class SealedKind(StrEnum):
    """What the server and a bundle's manifest may know of an item's kind."""

    SUBMISSION = "submission"
    REPLY = "reply"
    NOTE = "note"

    @property
    def suffix(self) -> str:
        return ".pgp" if self is SealedKind.SUBMISSION else ".reply"


class Mandate(StrEnum):
    """What may be done with a case; set and changed by the reporter alone."""

    LISTEN = "listen"
    ADVISE = "advise"
    INVESTIGATE = "investigate"


class _Secret:
    """A string that shows itself only when asked to by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return secrets.compare_digest(
            self._text.encode(errors="surrogatepass"), other._text.encode(errors="surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary

    def __reduce__(self) -> str:
        raise TypeError("secrets are not pickled")


class Plaintext(_Secret):
    """What a reporter or an investigator wrote."""

    __slots__ = ()


class Codename(_Secret):
    """Seven words in canonical form: lower case, single spaces."""

    __slots__ = ()


class Passphrase(_Secret):
    """What an investigator's secret key is locked with, or what they sign in with at the courier."""

    __slots__ = ()


class ShareWords(_Secret):
    """One share of a key's backup: 33 words of SLIP-39's list, lower case, single spaces."""

    __slots__ = ()


@dataclass(frozen=True)
class Recipient:
    """One key that an item is sealed to, and whether its key id stays out of the sealed message."""

    fingerprint: Fingerprint
    hidden: bool = True


@dataclass(frozen=True)
class Membership:
    """One key on one desk's roster: from the first to the last day (None: still on it), both included, UTC."""

    fingerprint: Fingerprint
    first_day: date
    last_day: date | None = None

    def as_json(self) -> dict[str, str | None]:
        last = None if self.last_day is None else self.last_day.isoformat()
        return {"fingerprint": self.fingerprint, "from": self.first_day.isoformat(), "until": last}

    @classmethod
    def from_json(cls, value: object) -> "Membership":
        if not isinstance(value, dict) or set(value) != {"fingerprint", "from", "until"}:
            raise InvalidValue
        until = value["until"]
        return cls(
            parse_fingerprint(value["fingerprint"]),
            parse_day(value["from"]),
            None if until is None else parse_day(until),
        )


Roster = tuple[Membership, ...]
"""A desk's members, past and present, sorted by (first day, fingerprint)."""


def current_members(roster: Iterable[Membership]) -> tuple[Fingerprint, ...]:
    return tuple(sorted(m.fingerprint for m in roster if m.last_day is None))


def members_on(roster: Iterable[Membership], day: date) -> frozenset[Fingerprint]:
    """Return who stood on a roster on a day, or for a part of it."""
    return frozenset(m.fingerprint for m in roster if m.first_day <= day and (m.last_day is None or day <= m.last_day))


def new_item_id() -> ItemId:
    return ItemId(secrets.token_hex(16))


def parse_item_id(value: object) -> ItemId:
    return ItemId(_matching(_HEX_128, value))


def parse_case_id(value: object) -> CaseId:
    return CaseId(_matching(_HEX_128, value))


def parse_vault_id(value: object) -> VaultId:
    return VaultId(_matching(_HEX_128, value))


def parse_desk_id(value: object) -> DeskId:
    """Return a desk id: 1 to 32 of a-z, 0-9 and inner hyphens, safe in file names and forms."""
    return DeskId(_matching(_DESK, value))


def parse_onion_address(value: object) -> str:
    """Return a version 3 onion address, in lower case and without anything around it."""
    return _matching(_ONION, value)


def parse_fingerprint(value: object) -> Fingerprint:
    """Return a version 4 fingerprint: 40 hex digits, upper case; spaces and case of the input are forgiven."""
    if not isinstance(value, str):
        raise InvalidValue
    return Fingerprint(_matching(_FINGERPRINT, "".join(value.split()).upper()))


def parse_day(value: object) -> date:
    try:
        return date.fromisoformat(_matching(_DAY, value))
    except ValueError:
        raise InvalidValue from None


def today() -> date:
    """Return the current day in UTC: the finest time that the drop keeps."""
    return datetime.now(UTC).date()


def case_id(case_key: bytes, reply_key: bytes) -> CaseId:
    """Return the case's id: BLAKE2b-128 over the two public keys (Ed25519, then X25519; 32 bytes each)."""
    return CaseId(blake2b(case_key + reply_key, digest_size=16).hexdigest())


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidValue
    return value
