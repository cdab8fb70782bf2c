"""What a pickup bundle says of itself: its manifest, as values, and strictly from and to JSON.

Pure: nothing here reads a file or checks a signature.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dropbox.bundle import fields
from dropbox.bundle.desk_log import LogRange
from dropbox.bundle.drop_statement import EpochStart, Succession, read_epochs, read_successions
from dropbox.bundle.keep_rule import KeepRule
from dropbox.bundle.limits import LIMITS
from dropbox.bundle.naming import Called
from dropbox.bundle.roster_statement import RosterStatement, SignedStatement, read_chain
from dropbox.codename import KdfParameters
from dropbox.errors import InvalidValue
from dropbox.models import (
    FORMAT,
    CaseId,
    DeskId,
    ItemId,
    Membership,
    Roster,
    SealedKind,
    VaultId,
    parse_case_id,
    parse_day,
    parse_desk_id,
    parse_item_id,
    parse_onion_address,
    parse_vault_id,
)


@dataclass(frozen=True)
class PickupItem:
    """One sealed item of the bundle: `bytes` and `sha256` are those of the sealed file."""

    item: ItemId
    case: CaseId
    n: int
    kind: SealedKind
    day: date
    bytes: int
    sha256: str

    @property
    def member_name(self) -> str:
        return f"items/{self.item}{self.kind.suffix}"

    def as_json(self) -> dict[str, str | int]:
        return {
            "item": self.item,
            "case": self.case,
            "n": self.n,
            "kind": self.kind.value,
            "day": self.day.isoformat(),
            "bytes": self.bytes,
            "sha256": self.sha256,
        }

    @classmethod
    def from_json(cls, value: object) -> "PickupItem":
        entry = fields.exact(value, ("item", "case", "n", "kind", "day", "bytes", "sha256"))
        return cls(
            item=parse_item_id(entry["item"]),
            case=parse_case_id(entry["case"]),
            n=fields.integer(entry["n"], 1),
            kind=fields.member(SealedKind, entry["kind"]),
            day=parse_day(entry["day"]),
            bytes=fields.integer(entry["bytes"], 1, LIMITS.item_bytes),
            sha256=fields.hex_256(entry["sha256"]),
        )


@dataclass(frozen=True)
class PickupManifest:
    """What a pickup bundle says of itself. `confirmed`: the answer bundles imported from this desk's vaults.

    `address`: the drop's onion address, empty when the drop does not know it. `called`: the names on its pages.
    `keeping`: how long this desk keeps its cases; None in a bundle of an earlier version.
    `statements`: each desk's signed rosters, oldest first; `proposal`: what this desk's members may sign next.
    `successions`: the drop's keys after its first one, which is its name. `epochs`: its restores.
    """

    drop: str
    trial: bool
    desk: DeskId
    epoch: str
    day: date
    kdf: KdfParameters
    rosters: Mapping[DeskId, Roster]
    first: int
    last: int
    before: bytes
    after: bytes
    items: tuple[PickupItem, ...]
    confirmed: Mapping[VaultId, tuple[int, ...]]
    address: str = ""
    called: Called | None = None
    keeping: KeepRule | None = None
    statements: Mapping[DeskId, tuple[SignedStatement, ...]] = field(default_factory=dict)
    proposal: RosterStatement | None = None
    successions: tuple[Succession, ...] = ()
    epochs: tuple[EpochStart, ...] = ()

    @property
    def span(self) -> LogRange:
        return LogRange(self.epoch, self.first, self.last, self.before, self.after)

    def as_json(self) -> dict[str, Any]:
        log = {"first": self.first, "last": self.last, "before": self.before.hex(), "after": self.after.hex()}
        value: dict[str, Any] = {
            "format": FORMAT,
            "type": "pickup",
            "drop": self.drop,
            "trial": self.trial,
            "desk": self.desk,
            "epoch": self.epoch,
            "day": self.day.isoformat(),
            "kdf": self.kdf.as_json(),
            "rosters": {desk: [membership.as_json() for membership in roster] for desk, roster in self.rosters.items()},
            "log": log,
            "items": [item.as_json() for item in self.items],
            "confirmed": {vault: sorted(sequences) for vault, sequences in self.confirmed.items()},
        }
        value |= {"address": self.address} if self.address else {}
        value |= {"called": self.called.as_json()} if self.called else {}
        value |= {"keeping": self.keeping.as_json()} if self.keeping else {}
        return value | self._stated()

    def _stated(self) -> dict[str, Any]:
        """Return what is stated under signatures of its own; nothing is said of what there is none of."""
        statements = {desk: [each.as_json() for each in chain] for desk, chain in self.statements.items()}
        value: dict[str, Any] = {"statements": statements} if statements else {}
        value |= {"proposal": self.proposal.as_json()} if self.proposal else {}
        value |= {"successions": [each.as_json() for each in self.successions]} if self.successions else {}
        return value | ({"epochs": [each.as_json() for each in self.epochs]} if self.epochs else {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "PickupManifest":
        """Read the manifest without its `files`; raises InvalidValue. Extra keys are the caller's to refuse."""
        fields.literal(value.get("format"), FORMAT)
        fields.literal(value.get("type"), "pickup")
        log = fields.exact(value.get("log"), ("first", "last", "before", "after"))
        first = fields.integer(log["first"], 1)
        manifest = cls(
            drop=fields.hex_256(value.get("drop")),
            trial=fields.boolean(value.get("trial")),
            desk=parse_desk_id(value.get("desk")),
            epoch=fields.hex_128(value.get("epoch")),
            day=parse_day(value.get("day")),
            kdf=KdfParameters.from_json(value.get("kdf")),
            rosters=_rosters(value.get("rosters")),
            first=first,
            last=fields.integer(log["last"], first - 1),
            before=bytes.fromhex(fields.hex_256(log["before"])),
            after=bytes.fromhex(fields.hex_256(log["after"])),
            items=fields.array(value.get("items"), PickupItem.from_json),
            confirmed=_confirmed(value.get("confirmed")),
            address=parse_onion_address(value["address"]) if "address" in value else "",
            called=Called.from_json(value["called"]) if "called" in value else None,
            keeping=KeepRule.from_json(value["keeping"]) if "keeping" in value else None,
            statements=_statements(value.get("statements", {})),
            proposal=RosterStatement.from_json(value["proposal"]) if "proposal" in value else None,
            successions=read_successions(value.get("successions", []), fields.hex_256(value.get("drop"))),
            epochs=read_epochs(value.get("epochs", []), fields.hex_256(value.get("drop"))),
        )
        fields.unique(item.item for item in manifest.items)
        fields.unique(item.n for item in manifest.items)
        if manifest.desk not in manifest.rosters or not _states_itself(manifest):
            raise InvalidValue
        return manifest


def _rosters(value: object) -> dict[DeskId, Roster]:
    return {
        parse_desk_id(desk): fields.array(roster, Membership.from_json)
        for desk, roster in fields.mapping(value).items()
    }


def _statements(value: object) -> dict[DeskId, tuple[SignedStatement, ...]]:
    return {parse_desk_id(desk): read_chain(chain) for desk, chain in fields.mapping(value).items()}


def _states_itself(manifest: PickupManifest) -> bool:
    """Tell whether every roster statement is this drop's, of the desk under whose name it stands, and a known one."""
    chains = manifest.statements.items()
    stated = [(desk, each.statement) for desk, chain in chains for each in chain]
    stated += [(manifest.desk, manifest.proposal)] if manifest.proposal else []
    return set(manifest.statements) <= set(manifest.rosters) and all(
        (each.drop, each.desk) == (manifest.drop, desk) for desk, each in stated
    )


def _confirmed(value: object) -> dict[VaultId, tuple[int, ...]]:
    return {
        parse_vault_id(vault): fields.array(sequences, lambda n: fields.integer(n, 1))
        for vault, sequences in fields.mapping(value).items()
    }
