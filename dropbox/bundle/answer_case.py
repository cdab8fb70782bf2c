"""A case that a member opened for somebody in front of them, as an answer bundle carries it: its public half only.

What makes the codename work at the drop, and nothing that the codename or its keys could be told from. All of it is
public, so the case's own key says whose bundle may bring it: nobody else can pass it on as theirs.
"""

import base64
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import fields
from dropbox.canonical import dump
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.models import (
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    VaultId,
    case_id,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_item_id,
)
from dropbox.sealed_mandate import MANDATE_BYTES
from dropbox.shown import VIEW_BYTES

CASE_SIGNATURE_BYTES = 64

_SIGNED_LINE = b"onion-dropbox case 1\n"
_SIGNED = ("case", "day", "desks", "item", "link", "lookup", "sealed_mandate", "sealed_view")
_KEYS = (
    "case",
    "case_key",
    "day",
    "desks",
    "item",
    "link",
    "lookup",
    "reply_key",
    "sealed_mandate",
    "sealed_view",
)


@dataclass(frozen=True)
class Origin:
    """Where a case is brought from: the drop that it is for, and the author and vault of the bundle."""

    drop: str
    author: Fingerprint
    vault: VaultId


@dataclass(frozen=True, repr=False)
class AnswerCase:
    """Keys in hex. `item` is its report, `link` the SHA-256 of that one's index, `lookup` what the store finds it by.

    `day`: when the report was taken down, by the vault's clock. `signature`: the case key's over `signed_bytes`, which
    binds the case to its origin; empty in one that was opened before there was this field.
    """

    case: CaseId
    case_key: str
    reply_key: str
    day: date
    desks: tuple[DeskId, ...]
    item: ItemId
    link: str
    lookup: str
    sealed_mandate: bytes
    sealed_view: bytes
    signature: bytes = b""

    def __post_init__(self) -> None:
        if self.case != case_id(bytes.fromhex(self.case_key), bytes.fromhex(self.reply_key)):
            raise InvalidValue
        if not self.desks or list(self.desks) != sorted(set(self.desks)):
            raise InvalidValue

    def signed_bytes(self, origin: Origin) -> bytes:
        """Return what the case key signs. The id stands for both public keys, being the hash of them."""
        value = self._unsigned()
        ours = {"drop": origin.drop, "author": origin.author, "vault": origin.vault}
        return _SIGNED_LINE + dump({key: value[key] for key in _SIGNED} | ours)

    def signed(self, key: SigningKey, origin: Origin) -> Self:
        """Return the case with the signature of its key, as this one bundle's author and vault may bring it."""
        return replace(self, signature=key.sign(self.signed_bytes(origin)).signature)

    def require_signed(self, origin: Origin) -> None:
        """Raise SignatureInvalid unless the case key signed it for this origin; empty is no signature."""
        try:
            VerifyKey(bytes.fromhex(self.case_key)).verify(self.signed_bytes(origin), self.signature)
        # ValueError: a signature that is not 64 bytes
        except (CryptoError, ValueError):
            raise SignatureInvalid from None

    def as_json(self) -> dict[str, object]:
        value = self._unsigned()
        return value | {"signature": base64.b64encode(self.signature).decode()} if self.signature else value

    def _unsigned(self) -> dict[str, object]:
        return {
            "case": self.case,
            "case_key": self.case_key,
            "day": self.day.isoformat(),
            "desks": list(self.desks),
            "item": self.item,
            "link": self.link,
            "lookup": self.lookup,
            "reply_key": self.reply_key,
            "sealed_mandate": base64.b64encode(self.sealed_mandate).decode(),
            "sealed_view": base64.b64encode(self.sealed_view).decode(),
        }

    @classmethod
    def from_json(cls, value: object) -> "AnswerCase":
        given = fields.mapping(value)
        entry = fields.exact(given, (*_KEYS, "signature") if "signature" in given else _KEYS)
        return cls(
            case=parse_case_id(entry["case"]),
            case_key=fields.hex_256(entry["case_key"]),
            reply_key=fields.hex_256(entry["reply_key"]),
            day=parse_day(entry["day"]),
            desks=fields.array(entry["desks"], parse_desk_id),
            item=parse_item_id(entry["item"]),
            link=fields.hex_256(entry["link"]),
            lookup=fields.hex_256(entry["lookup"]),
            sealed_mandate=fields.octets(entry["sealed_mandate"], MANDATE_BYTES),
            sealed_view=fields.octets(entry["sealed_view"], VIEW_BYTES),
            signature=fields.octets(entry["signature"], CASE_SIGNATURE_BYTES) if "signature" in entry else b"",
        )
