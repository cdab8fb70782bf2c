"""What gpg's listings say about keys, parsed strictly. Pure: no process is started here.

A record that does not look as GnuPG's doc/DETAILS has it stops the parsing; a half-understood key is never used.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dropbox.errors import GpgError, InvalidValue
from dropbox.models import Fingerprint, parse_fingerprint

_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")
_PRIMARY = ("pub", "sec")
_SUBKEY = ("sub", "ssb")


@dataclass(frozen=True)
class KeyPart:
    """A primary key or subkey as gpg lists it; times in seconds since 1970.

    place: where the secret half is: "+" here, "#" nowhere, else the serial number of its card; "" when not listed.
    """

    fingerprint: Fingerprint
    validity: str
    created_at: int
    expires_at: int | None
    abilities: str
    algorithm: str
    place: str = ""

    def expired(self, now: float) -> bool:
        return self.validity == "e" or (self.expires_at is not None and self.expires_at <= now)

    @property
    def revoked(self) -> bool:
        return self.validity == "r"

    @property
    def at_hand(self) -> bool:
        """Whether the secret half is here or on a card that was seen here, as far as gpg listed it."""
        return self.place != "#"

    @property
    def on_card(self) -> bool:
        return self.place not in ("", "+", "#")

    def usable(self, now: float) -> bool:
        return not (self.revoked or self.expired(now) or self.validity in ("i", "d", "n"))


@dataclass(frozen=True)
class KeyInfo:
    """One key. What it can do holds at the moment of asking: primary and subkey neither expired nor revoked."""

    primary: KeyPart
    subkeys: tuple[KeyPart, ...]
    uids: tuple[str, ...]
    secret: bool
    disabled: bool = field(default=False)

    @property
    def fingerprint(self) -> Fingerprint:
        return self.primary.fingerprint

    @property
    def algorithm(self) -> str:
        return self.primary.algorithm

    @property
    def encryption_part(self) -> KeyPart | None:
        """The newest usable encryption subkey, which gpg would take too, else the primary when that can encrypt."""
        now = time.time()
        if self.disabled or not self.primary.usable(now):
            return None
        fit = [part for part in self.subkeys if "e" in part.abilities and part.usable(now)]
        if fit:
            return max(fit, key=lambda part: part.created_at)
        return self.primary if "e" in self.primary.abilities else None

    @property
    def expires(self) -> date | None:
        """The first day (UTC) on which nothing can be sealed to this key any more, or None.

        Of the best subkey while there is one; of what has expired already when there is none.
        """
        part = self.encryption_part
        parts = [self.primary, part] if part else [self.primary, *self._encryption_subkeys()[-1:]]
        ends = [each.expires_at for each in parts if each.expires_at is not None]
        return datetime.fromtimestamp(min(ends), UTC).date() if ends else None

    @property
    def expired(self) -> bool:
        now = time.time()
        subkeys = self._encryption_subkeys()
        return self.primary.expired(now) or bool(
            self.encryption_part is None and any(part.expired(now) for part in subkeys)
        )

    @property
    def revoked(self) -> bool:
        """Whether the primary is revoked, or every encryption subkey there is."""
        subkeys = self._encryption_subkeys()
        return self.primary.revoked or bool(subkeys and all(part.revoked for part in subkeys))

    @property
    def can_encrypt(self) -> bool:
        return self.encryption_part is not None

    @property
    def can_sign(self) -> bool:
        now = time.time()
        parts = (self.primary, *self.subkeys)
        return self.primary.usable(now) and any("s" in part.abilities and part.usable(now) for part in parts)

    @property
    def on_card(self) -> bool:
        """Whether any part of the secret key is on a smartcard: gpg keeps a stub of it, which nobody can export."""
        return any(part.on_card for part in (self.primary, *self.subkeys))

    @property
    def can_work(self) -> bool:
        """Whether the secret halves that sign and unseal are at hand, here or on a card."""
        now = time.time()
        signs = any(
            "s" in part.abilities and part.usable(now) and part.at_hand for part in (self.primary, *self.subkeys)
        )
        part = self.encryption_part
        return self.secret and self.primary.usable(now) and signs and part is not None and part.at_hand

    def _encryption_subkeys(self) -> list[KeyPart]:
        fit = [part for part in self.subkeys if "e" in part.abilities]
        return sorted(fit, key=lambda part: part.created_at)


def parse_listing(listing: bytes) -> tuple[KeyInfo, ...]:
    """Parse `--with-colons --fixed-list-mode` output; raises GpgError on anything that is not understood."""
    try:
        records = [line.split(":") for line in listing.decode("utf-8", "replace").splitlines()]
        return tuple(_key(block) for block in _blocks(records))
    except (IndexError, ValueError, InvalidValue):
        raise GpgError from None


def _blocks(records: Sequence[list[str]]) -> list[list[list[str]]]:
    blocks: list[list[list[str]]] = []
    for record in records:
        if record[0] in _PRIMARY:
            blocks.append([])
        if record[0] in (*_PRIMARY, *_SUBKEY, "fpr", "uid"):
            blocks[-1].append(record)
    return blocks


def _key(block: Sequence[list[str]]) -> KeyInfo:
    parts = []
    for record, following in zip(block, [*block[1:], [""]], strict=True):
        if record[0] in (*_PRIMARY, *_SUBKEY):
            parts.append(_part(record, following))
    uids = tuple(_unescape(record[9]) for record in block if record[0] == "uid")
    return KeyInfo(parts[0], tuple(parts[1:]), uids, block[0][0] == "sec", "D" in block[0][11])


def _part(record: Sequence[str], following: Sequence[str]) -> KeyPart:
    if following[0] != "fpr":
        raise ValueError
    return KeyPart(
        fingerprint=parse_fingerprint(following[9]),
        validity=record[1][:1],
        created_at=int(record[5]),
        expires_at=int(record[6]) if record[6] else None,
        abilities="".join(letter for letter in record[11] if letter.islower()),
        algorithm=record[16] or f"rsa{int(record[2])}",
        place=record[14],
    )


def _unescape(text: str) -> str:
    """Undo gpg's C-like escapes of UTF-8 bytes in a user id."""
    raw = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text.encode().decode("latin-1"))
    return raw.encode("latin-1").decode("utf-8", "replace")
