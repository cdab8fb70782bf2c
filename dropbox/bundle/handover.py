"""The hand-over bundle: one case that a desk hands over to another one, signed by the member who made it.

Its items are the drop's own, sealed once more to the members of the new desk. What makes them believable is not this
bundle: the reporter's yes names both desks, and each submission the one before it. An unverified bundle yields nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dropbox.bundle import fields
from dropbox.bundle.reseal import ResealedItem
from dropbox.bundle.signed import Sign, SignedBundle, VerifiedSigned, Verify, calls_itself
from dropbox.canonical import sha256_hex
from dropbox.errors import InvalidValue
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    SealedKind,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_fingerprint,
    parse_item_id,
)

SIGNED_LINE = b"onion-dropbox handover 1\n"
TYPE = "handover"


@dataclass(frozen=True)
class HandOverManifest:
    """What a hand-over bundle says of itself. `consent`: the submission with which the reporter let `to` have it.

    readers: the keys that each item is sealed to, sorted. items: submissions and replies of the one case.
    """

    drop: str
    desk: DeskId
    to: DeskId
    author: Fingerprint
    day: date
    case: CaseId
    consent: ItemId
    readers: tuple[Fingerprint, ...]
    items: tuple[ResealedItem, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": TYPE,
            "drop": self.drop,
            "desk": self.desk,
            "to": self.to,
            "author": self.author,
            "day": self.day.isoformat(),
            "case": self.case,
            "consent": self.consent,
            "readers": list(self.readers),
            "items": [item.as_json() for item in self.items],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "HandOverManifest":
        """Read the manifest; raises InvalidValue. Extra keys are the caller's to refuse."""
        fields.literal(value.get("format"), FORMAT)
        fields.literal(value.get("type"), TYPE)
        manifest = cls(
            drop=fields.hex_256(value.get("drop")),
            desk=parse_desk_id(value.get("desk")),
            to=parse_desk_id(value.get("to")),
            author=parse_fingerprint(value.get("author")),
            day=parse_day(value.get("day")),
            case=parse_case_id(value.get("case")),
            consent=parse_item_id(value.get("consent")),
            readers=fields.array(value.get("readers"), parse_fingerprint),
            items=fields.array(value.get("items"), ResealedItem.from_json),
        )
        fields.unique(item.item for item in manifest.items)
        fields.unique(manifest.readers)
        if manifest.desk == manifest.to or not manifest.items or any(_is_foreign(manifest, i) for i in manifest.items):
            raise InvalidValue
        return manifest


def _is_foreign(manifest: HandOverManifest, item: ResealedItem) -> bool:
    """A note is of its own desk alone and goes to no other; an item of another case has no place here."""
    return item.case != manifest.case or item.kind is SealedKind.NOTE


_BUNDLE: SignedBundle[HandOverManifest, ResealedItem] = SignedBundle(
    SIGNED_LINE, HandOverManifest.from_json, lambda manifest: manifest.items
)


VerifiedHandOver = VerifiedSigned[HandOverManifest]


def write_handover(
    target: Path, manifest: HandOverManifest, item_path: Callable[[ResealedItem], Path], sign: Sign
) -> str:
    """Write a bundle and return the SHA-256 of its manifest. Raises what `SignedBundle.write` does."""
    return sha256_hex(_BUNDLE.write(target, manifest, item_path, sign))


def verify_handover(path: Path, drop: str, to: DeskId, verify: Verify) -> VerifiedHandOver:
    """Check a bundle from its first byte to its last. Raises what `SignedBundle.verify` does."""
    return _BUNDLE.verify(path, lambda manifest: (manifest.drop, manifest.to) == (drop, to), verify)


def is_handover(path: Path) -> bool:
    """Tell whether a file calls itself a hand-over bundle, so that it can be verified as one. Raises FileUnreadable."""
    return calls_itself(path, TYPE)
