"""The answer bundle: what an investigator's vault hands back, signed with that investigator's own PGP key.

What it says of itself, and the cases and items in it. How it is signed, written and verified it shares with the reseal
bundle; an unverified one yields nothing.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dropbox.bundle import fields
from dropbox.bundle.answer_case import AnswerCase, Origin
from dropbox.bundle.keep_step import KeepStep
from dropbox.bundle.limits import LIMITS
from dropbox.bundle.roster_statement import StatementVote
from dropbox.bundle.signed import Sign, SignedBundle, VerifiedSigned, Verify
from dropbox.canonical import sha256_hex
from dropbox.errors import BundleSignatureInvalid, InvalidValue, SignatureInvalid
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    SealedKind,
    VaultId,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_fingerprint,
    parse_item_id,
    parse_vault_id,
)
from dropbox.reply_box import LOCK_BYTES

SIGNED_LINE = b"onion-dropbox answer 1\n"

Lock = bytes  # AnswerEntry has a field called bytes


@dataclass(frozen=True)
class AnswerEntry:
    """One reply or note, or the report of a case that was opened at the table.

    `lock`: the reply's key for the reporter (80 bytes), which lies outside the hashed file.
    """

    kind: SealedKind
    case: CaseId
    item: ItemId
    desk: DeskId
    sha256: str
    bytes: int
    lock: Lock | None = None

    @property
    def member_name(self) -> str:
        return f"items/{self.item}{self.kind.suffix}"

    def as_json(self) -> dict[str, str | int]:
        entry: dict[str, str | int] = {
            "kind": self.kind.value,
            "case": self.case,
            "item": self.item,
            "desk": self.desk,
            "file": self.member_name,
            "sha256": self.sha256,
            "bytes": self.bytes,
        }
        return entry if self.lock is None else entry | {"lock": base64.b64encode(self.lock).decode()}

    @classmethod
    def from_json(cls, value: object) -> "AnswerEntry":
        entry = fields.mapping(value)
        kind = fields.member(SealedKind, entry.get("kind"))
        return cls(
            kind=kind,
            case=parse_case_id(entry.get("case")),
            item=parse_item_id(entry.get("item")),
            desk=parse_desk_id(entry.get("desk")),
            sha256=fields.hex_256(entry.get("sha256")),
            bytes=fields.integer(entry.get("bytes"), 1, LIMITS.writing_bytes),
            lock=fields.octets(entry["lock"], LOCK_BYTES) if kind is SealedKind.REPLY and "lock" in entry else None,
        )

    def __post_init__(self) -> None:
        if (self.kind is SealedKind.REPLY) != (self.lock is not None):
            raise InvalidValue


@dataclass(frozen=True)
class Receipt:
    """The author's vault holds this item, verified."""

    item: ItemId
    desk: DeskId
    sha256: str

    def as_json(self) -> dict[str, str]:
        return {"item": self.item, "desk": self.desk, "sha256": self.sha256}

    @classmethod
    def from_json(cls, value: object) -> "Receipt":
        entry = fields.exact(value, ("item", "desk", "sha256"))
        return cls(parse_item_id(entry["item"]), parse_desk_id(entry["desk"]), fields.hex_256(entry["sha256"]))


@dataclass(frozen=True)
class ReadMark:
    """The author has read this item."""

    item: ItemId
    desk: DeskId

    def as_json(self) -> dict[str, str]:
        return {"item": self.item, "desk": self.desk}

    @classmethod
    def from_json(cls, value: object) -> "ReadMark":
        entry = fields.exact(value, ("item", "desk"))
        return cls(parse_item_id(entry["item"]), parse_desk_id(entry["desk"]))


@dataclass(frozen=True)
class AnswerManifest:
    """What an answer bundle says of itself. `previous`: SHA-256 of the manifest before it of the same vault.

    `cases`: those that were opened at the table; each has its report among the entries.
    `erasures`: what notes among the entries say of keeping and erasing.
    `votes`: the author's signatures under proposed rosters. `canaries`: tokens (hex) of test reports that arrived.
    """

    drop: str
    author: Fingerprint
    vault: VaultId
    desk: DeskId
    sequence: int
    previous: str | None
    day: date
    entries: tuple[AnswerEntry, ...]
    receipts: tuple[Receipt, ...]
    read: tuple[ReadMark, ...]
    cases: tuple[AnswerCase, ...] = ()
    erasures: tuple[KeepStep, ...] = ()
    votes: tuple[StatementVote, ...] = ()
    canaries: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        value: dict[str, Any] = {
            "format": FORMAT,
            "type": "answer",
            "drop": self.drop,
            "author": self.author,
            "vault": self.vault,
            "desk": self.desk,
            "sequence": self.sequence,
            "previous": self.previous,
            "day": self.day.isoformat(),
            "entries": [entry.as_json() for entry in self.entries],
            "receipts": [receipt.as_json() for receipt in self.receipts],
            "read": [mark.as_json() for mark in self.read],
        }
        value |= {"cases": [case.as_json() for case in self.cases]} if self.cases else {}
        value |= {"erasures": [step.as_json() for step in self.erasures]} if self.erasures else {}
        value |= {"votes": [vote.as_json() for vote in self.votes]} if self.votes else {}
        return value | {"canaries": sorted(self.canaries)} if self.canaries else value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "AnswerManifest":
        """Read the manifest; raises InvalidValue. Extra keys are the caller's to refuse."""
        fields.literal(value.get("format"), FORMAT)
        fields.literal(value.get("type"), "answer")
        previous = value.get("previous")
        manifest = cls(
            drop=fields.hex_256(value.get("drop")),
            author=parse_fingerprint(value.get("author")),
            vault=parse_vault_id(value.get("vault")),
            desk=parse_desk_id(value.get("desk")),
            sequence=fields.integer(value.get("sequence"), 1),
            previous=None if previous is None else fields.hex_256(previous),
            day=parse_day(value.get("day")),
            entries=fields.array(value.get("entries"), AnswerEntry.from_json),
            receipts=fields.array(value.get("receipts"), Receipt.from_json),
            read=fields.array(value.get("read"), ReadMark.from_json),
            cases=fields.array(value.get("cases", []), AnswerCase.from_json),
            erasures=fields.array(value.get("erasures", []), KeepStep.from_json),
            votes=fields.array(value.get("votes", []), StatementVote.from_json),
            canaries=fields.array(value.get("canaries", []), fields.hex_256),
        )
        fields.unique(entry.item for entry in manifest.entries)
        fields.unique((receipt.item, receipt.desk) for receipt in manifest.receipts)
        fields.unique(manifest.read)
        fields.unique(vote.desk for vote in manifest.votes)
        fields.unique(manifest.canaries)
        _check_cases(manifest)
        _check_steps(manifest)
        return manifest


_BUNDLE: SignedBundle[AnswerManifest, AnswerEntry] = SignedBundle(
    SIGNED_LINE, AnswerManifest.from_json, lambda manifest: manifest.entries
)


VerifiedAnswer = VerifiedSigned[AnswerManifest]


def write_answer(target: Path, manifest: AnswerManifest, item_path: Callable[[AnswerEntry], Path], sign: Sign) -> str:
    """Write a bundle and return the SHA-256 of its manifest, the next one's `previous`.

    Raises what `SignedBundle.write` does.
    """
    return sha256_hex(_BUNDLE.write(target, manifest, item_path, sign))


def verify_answer(path: Path, drop: str, verify: Verify) -> VerifiedAnswer:
    """Check a bundle from its first byte to its last, and that each case's key signed it for this author and vault.

    A case without a signature passes: what it is worth is for the importer to say. Raises what `SignedBundle.verify`
    does.
    """
    checked = _BUNDLE.verify(path, lambda manifest: manifest.drop == drop, verify)
    try:
        _verify_cases(checked.manifest)
    except SignatureInvalid:
        checked.close()
        raise BundleSignatureInvalid from None
    return checked


def _verify_cases(manifest: AnswerManifest) -> None:
    origin = Origin(manifest.drop, manifest.author, manifest.vault)
    for case in manifest.cases:
        if case.signature:
            case.require_signed(origin)


def _check_cases(manifest: AnswerManifest) -> None:
    """Refuse a case without its one report, and a report that opens no case: those come from reporters only."""
    fields.unique(case.case for case in manifest.cases)
    fields.unique(case.lookup for case in manifest.cases)
    reports = {entry.item: entry for entry in manifest.entries if entry.kind is SealedKind.SUBMISSION}
    if {(case.case, case.item) for case in manifest.cases} != {(each.case, each.item) for each in reports.values()}:
        raise InvalidValue
    if not all(reports[case.item].desk in case.desks for case in manifest.cases):
        raise InvalidValue


def _check_steps(manifest: AnswerManifest) -> None:
    """Refuse a step that no note of this bundle says: the drop does nothing that the desk cannot read about."""
    notes = {(entry.item, entry.case, entry.desk) for entry in manifest.entries if entry.kind is SealedKind.NOTE}
    fields.unique(step.item for step in manifest.erasures)
    if not {(step.item, step.case, step.desk) for step in manifest.erasures} <= notes:
        raise InvalidValue
