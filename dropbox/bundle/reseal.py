"""The reseal bundle: cases that one member passes on to a colleague's key, signed with that member's own PGP key.

Its items are the drop's own, sealed once more; each names the file that the drop handed out. An unverified bundle
yields nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dropbox.bundle import fields
from dropbox.bundle.limits import LIMITS
from dropbox.bundle.signed import Sign, SignedBundle, VerifiedSigned, Verify, calls_itself
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

SIGNED_LINE = b"onion-dropbox reseal 1\n"
TYPE = "reseal"


@dataclass(frozen=True)
class ResealedItem:
    """One item. `original` is the SHA-256 of the drop's file, which the desk's log names; the rest is of this one."""

    item: ItemId
    case: CaseId
    kind: SealedKind
    day: date
    epoch: str
    original: str
    sha256: str
    bytes: int

    @property
    def member_name(self) -> str:
        return f"items/{self.item}{self.kind.suffix}"

    def as_json(self) -> dict[str, str | int]:
        return {
            "item": self.item,
            "case": self.case,
            "kind": self.kind.value,
            "day": self.day.isoformat(),
            "epoch": self.epoch,
            "original": self.original,
            "sha256": self.sha256,
            "bytes": self.bytes,
        }

    @classmethod
    def from_json(cls, value: object) -> "ResealedItem":
        entry = fields.exact(value, ("item", "case", "kind", "day", "epoch", "original", "sha256", "bytes"))
        kind = fields.member(SealedKind, entry["kind"])
        most = LIMITS.item_bytes if kind is SealedKind.SUBMISSION else LIMITS.writing_bytes
        return cls(
            item=parse_item_id(entry["item"]),
            case=parse_case_id(entry["case"]),
            kind=kind,
            day=parse_day(entry["day"]),
            epoch=fields.hex_128(entry["epoch"]),
            original=fields.hex_256(entry["original"]),
            sha256=fields.hex_256(entry["sha256"]),
            bytes=fields.integer(entry["bytes"], 1, most),
        )


@dataclass(frozen=True)
class ResealManifest:
    """What a reseal bundle says of itself: `author` passes items of one desk on to `to`."""

    drop: str
    desk: DeskId
    author: Fingerprint
    to: Fingerprint
    day: date
    items: tuple[ResealedItem, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": TYPE,
            "drop": self.drop,
            "desk": self.desk,
            "author": self.author,
            "to": self.to,
            "day": self.day.isoformat(),
            "items": [item.as_json() for item in self.items],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "ResealManifest":
        """Read the manifest; raises InvalidValue. Extra keys are the caller's to refuse."""
        fields.literal(value.get("format"), FORMAT)
        fields.literal(value.get("type"), TYPE)
        manifest = cls(
            drop=fields.hex_256(value.get("drop")),
            desk=parse_desk_id(value.get("desk")),
            author=parse_fingerprint(value.get("author")),
            to=parse_fingerprint(value.get("to")),
            day=parse_day(value.get("day")),
            items=fields.array(value.get("items"), ResealedItem.from_json),
        )
        fields.unique(item.item for item in manifest.items)
        fields.unique(item.original for item in manifest.items)
        return manifest


_BUNDLE: SignedBundle[ResealManifest, ResealedItem] = SignedBundle(
    SIGNED_LINE, ResealManifest.from_json, lambda manifest: manifest.items
)


VerifiedReseal = VerifiedSigned[ResealManifest]


def write_reseal(target: Path, manifest: ResealManifest, item_path: Callable[[ResealedItem], Path], sign: Sign) -> None:
    """Write a bundle. Raises what `SignedBundle.write` does."""
    _BUNDLE.write(target, manifest, item_path, sign)


def verify_reseal(path: Path, drop: str, desk: DeskId, verify: Verify) -> VerifiedReseal:
    """Check a bundle from its first byte to its last. Raises what `SignedBundle.verify` does."""
    return _BUNDLE.verify(path, lambda manifest: (manifest.drop, manifest.desk) == (drop, desk), verify)


def is_reseal(path: Path) -> bool:
    """Tell whether a file calls itself a reseal bundle, so that it can be verified as one. Raises FileUnreadable."""
    return calls_itself(path, TYPE)
