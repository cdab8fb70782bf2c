"""What the drop states of itself: that its key has a successor, and that it was restored and began a new epoch.

A drop's name is its first key, in every envelope and bundle for ever. The key that signs bundles today is the last of
its successions, each signed by the key before it; one without a signature says that the old key was lost, and counts
only for who compared the new one by voice. Pure; what is signed: the type's line and the statement as canonical JSON.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import fields
from dropbox.canonical import dump
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.models import FORMAT, DeskId, parse_day, parse_desk_id
from dropbox.records import require

SUCCESSION_LINE = b"onion-dropbox succession 1\n"
EPOCH_LINE = b"onion-dropbox epoch 1\n"
MAX_SUCCESSIONS = 100
MAX_EPOCHS = 100
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class Succession:
    """From `day` on `after` signs instead of `before` (public keys in hex). `signature`: by `before`; None: lost."""

    drop: str
    number: int
    day: date
    before: str
    after: str
    signature: bytes | None = None

    def __post_init__(self) -> None:
        require(self.before != self.after)
        require(self.number > 1 or self.before == self.drop)

    @property
    def signed(self) -> bytes:
        return SUCCESSION_LINE + dump(self._stated())

    def signed_by(self, key: SigningKey) -> "Succession":
        """Return it with the signature of the key that gives way."""
        require(bytes(key.verify_key).hex() == self.before)
        signature = bytes(key.sign(self.signed).signature)
        return Succession(self.drop, self.number, self.day, self.before, self.after, signature)

    def as_json(self) -> dict[str, Any]:
        return self._stated() | {"signature": _text(self.signature)}

    def _stated(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": "succession",
            "drop": self.drop,
            "number": self.number,
            "day": self.day.isoformat(),
            "before": self.before,
            "after": self.after,
        }

    @classmethod
    def from_json(cls, value: object) -> "Succession":
        names = ("format", "type", "drop", "number", "day", "before", "after", "signature")
        given = fields.exact(value, names)
        fields.literal(given["format"], FORMAT)
        fields.literal(given["type"], "succession")
        return cls(
            drop=fields.hex_256(given["drop"]),
            number=fields.integer(given["number"], 1, MAX_SUCCESSIONS),
            day=parse_day(given["day"]),
            before=fields.hex_256(given["before"]),
            after=fields.hex_256(given["after"]),
            signature=None if given["signature"] is None else fields.octets(given["signature"], SIGNATURE_BYTES),
        )


@dataclass(frozen=True)
class EpochStart:
    """A restore on `day`, from a backup of `backup`: `epoch` follows `previous`, and what came in between is gone.

    `logs`: each desk's last number in the epoch before, as of the backup, and its head there (hex). The new epoch goes
    on from that number, with the same lines up to it.
    """

    drop: str
    number: int
    day: date
    backup: date
    epoch: str
    previous: str
    logs: Mapping[DeskId, tuple[int, str]] = field(default_factory=dict)
    signature: bytes = b""

    def __post_init__(self) -> None:
        require(self.epoch != self.previous and self.backup <= self.day)

    @property
    def signed(self) -> bytes:
        return EPOCH_LINE + dump(self._stated())

    def signed_by(self, key: SigningKey) -> "EpochStart":
        """Return it with the signature of the drop's key of that day."""
        signature = bytes(key.sign(self.signed).signature)
        return replace(self, signature=signature)

    def as_json(self) -> dict[str, Any]:
        return self._stated() | {"signature": _text(self.signature)}

    def _stated(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": "epoch",
            "drop": self.drop,
            "number": self.number,
            "day": self.day.isoformat(),
            "backup": self.backup.isoformat(),
            "epoch": self.epoch,
            "previous": self.previous,
            "logs": {desk: {"last": last, "head": head} for desk, (last, head) in self.logs.items()},
        }

    @classmethod
    def from_json(cls, value: object) -> "EpochStart":
        names = ("format", "type", "drop", "number", "day", "backup", "epoch", "previous", "logs", "signature")
        given = fields.exact(value, names)
        fields.literal(given["format"], FORMAT)
        fields.literal(given["type"], "epoch")
        return cls(
            drop=fields.hex_256(given["drop"]),
            number=fields.integer(given["number"], 1, MAX_EPOCHS),
            day=parse_day(given["day"]),
            backup=parse_day(given["backup"]),
            epoch=fields.hex_128(given["epoch"]),
            previous=fields.hex_128(given["previous"]),
            logs={parse_desk_id(desk): _log(log) for desk, log in fields.mapping(given["logs"]).items()},
            signature=fields.octets(given["signature"], SIGNATURE_BYTES),
        )


def read_successions(value: object, drop: str) -> tuple[Succession, ...]:
    """Read a drop's successions, oldest first; InvalidValue unless each goes on from the one before it."""
    chain = fields.array(value, Succession.from_json)
    for number, (each, before) in enumerate(zip(chain, (drop, *(one.after for one in chain)), strict=False), 1):
        if (each.drop, each.number, each.before) != (drop, number, before):
            raise InvalidValue
    return chain


def current_key(drop: str, chain: Sequence[Succession]) -> str:
    """Return the public key (hex) that signs for this drop after these successions."""
    return chain[-1].after if chain else drop


def trusted_key(known: str, chain: Sequence[Succession]) -> str:
    """Return the key that follows from a known one, as far as each succession is signed by the key before it.

    What it returns differs from `current_key` where an old key was lost: then people must compare again. Raises
    SignatureInvalid for a signature that is there and wrong.
    """
    for each in chain:
        if each.signature is not None:
            _require_signed(each.before, each.signed, each.signature)
        if each.before == known and each.signature is not None:
            known = each.after
    return known


def read_epochs(value: object, drop: str) -> tuple[EpochStart, ...]:
    """Read a drop's restores, oldest first; InvalidValue unless each goes on from the one before it."""
    chain = fields.array(value, EpochStart.from_json)
    for number, each in enumerate(chain, 1):
        if (each.drop, each.number) != (drop, number) or (number > 1 and each.previous != chain[number - 2].epoch):
            raise InvalidValue
    fields.unique([*(each.previous for each in chain[:1]), *(each.epoch for each in chain)])  # no circle
    return chain


def verify_epochs(chain: Sequence[EpochStart], keys: Sequence[str]) -> None:
    """Raise SignatureInvalid unless each restore is signed by one of the drop's keys."""
    for each in chain:
        if not any(_is_signed(key, each.signed, each.signature) for key in keys):
            raise SignatureInvalid


def _require_signed(key: str, signed: bytes, signature: bytes) -> None:
    if not _is_signed(key, signed, signature):
        raise SignatureInvalid


def _is_signed(key: str, signed: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(bytes.fromhex(key)).verify(signed, signature)
    except (CryptoError, ValueError):  # a wrong length is a ValueError
        return False
    return True


def _log(value: object) -> tuple[int, str]:
    given = fields.exact(value, ("last", "head"))
    return fields.integer(given["last"], 0), fields.hex_256(given["head"])


def _text(signature: bytes | None) -> str | None:
    return None if signature is None else base64.b64encode(signature).decode()
