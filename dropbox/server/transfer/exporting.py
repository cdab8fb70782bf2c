"""Pickup bundles, made from the store: what a desk is still to receive, and what its members are told beside it.

Nothing is unsealed here. A bundle is prepared and written under one transfer lock, and beside the site being served.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from dropbox.bundle import (
    FIRST_HEAD,
    Called,
    KeepRule,
    PickupManifest,
    head_after,
    write_pickup,
)
from dropbox.bundle.tar import file_chunks
from dropbox.errors import (
    BundleItemMismatch,
    InvalidValue,
    StoredItemDamaged,
)
from dropbox.models import DeskId, parse_onion_address, today
from dropbox.server import onion
from dropbox.server.drop import Drop
from dropbox.server.store import (
    HeldItem,
    Pickup,
)
from dropbox.settings import KEEP_DEFAULT


@dataclass(frozen=True)
class ExportSummary:
    """`bytes`: the bundle's size. `last`: the highest number in the desk's log, 0 for none."""

    desk: DeskId
    items: int
    bytes: int
    last: int


@dataclass(frozen=True)
class Prepared:
    """What a desk is still to receive, and what its bundle's manifest says; to be written under the same lock."""

    pickup: Pickup
    manifest: PickupManifest


def export_desk(drop: Drop, desk: DeskId, target: Path) -> ExportSummary:
    """Write everything that this desk is still to receive; nothing waiting makes a valid bundle without items.

    Raises TargetExists, TargetUnusable, StoreBusy, or StoredItemDamaged; the desk's fetch counts only on success.
    """
    with drop.store.transfer_lock():
        prepared = prepare_export(drop, desk)
        summary = write_export(drop, prepared, target)
        drop.store.record_fetch(desk, prepared.pickup.day)
    return summary


def prepare_export(drop: Drop, desk: DeskId, *, number: bool = True) -> Prepared:
    """Return what this desk's bundle holds now. `number`: with what is new; else only with what was released before.

    Hold the transfer lock until it is written.
    """
    pickup = drop.store.pickup(desk, today(), number=number)
    return Prepared(pickup, _told(drop, pickup))


def write_export(drop: Drop, prepared: Prepared, target: Path) -> ExportSummary:
    pickup = prepared.pickup
    _write(drop, prepared, target)
    return ExportSummary(pickup.desk, len(pickup.items), target.stat().st_size, len(pickup.log))


def _write(drop: Drop, prepared: Prepared, target: Path) -> None:
    pickup = prepared.pickup
    held = {item.item: item for item in pickup.items}
    try:
        write_pickup(
            target,
            prepared.manifest,
            pickup.log,
            pickup.keys,
            lambda item: held[item.item].path,
            drop.identity.signing_key,
        )
    except BundleItemMismatch:
        raise StoredItemDamaged(_damaged(pickup.items)) from None


def _told(drop: Drop, pickup: Pickup) -> PickupManifest:
    """Return the manifest with what people and desks are told beside the items: names, and how long to keep."""
    manifest = _manifest(pickup, _address(drop))
    return replace(
        manifest,
        called=_called(drop),
        keeping=_keeping(drop, pickup.desk),
        successions=drop.store.successions.all(),
        epochs=drop.store.restores.starts(),
    )


def _address(drop: Drop) -> str:
    """Return where reporters find this drop, for the slips that members print; empty when it was never published."""
    try:
        return parse_onion_address(onion.known_address(drop.settings.server.data_dir))
    except InvalidValue:
        return ""


def _called(drop: Drop) -> Called:
    """Return what reporters see the organisation and its desks called, so that members see the same.

    All desks: a case may be handed over to any of them.
    """
    desks = {desk.id: desk.name for desk in drop.settings.desks}
    return Called.made(drop.settings.organisation.name, desks)


def _keeping(drop: Drop, desk: DeskId) -> KeepRule | None:
    months = next((dict(each.keep_months) for each in drop.settings.desks if each.id == desk), None)
    return None if months is None else KeepRule(months.pop(KEEP_DEFAULT), months, drop.store.erase_delay_days)


def _manifest(pickup: Pickup, address: str) -> PickupManifest:
    meta = pickup.meta
    return PickupManifest(
        drop=meta.drop,
        trial=meta.trial,
        desk=pickup.desk,
        epoch=meta.epoch,
        day=pickup.day,
        kdf=meta.kdf,
        rosters=pickup.rosters,
        first=1,
        last=len(pickup.log),
        before=FIRST_HEAD,
        after=head_after(FIRST_HEAD, meta.epoch, pickup.log),
        items=pickup.items,
        confirmed=pickup.confirmed,
        address=address,
        statements=pickup.statements,
        proposal=pickup.proposal,
    )


def _damaged(items: Iterable[HeldItem]) -> str:
    """Return the item that stopped an export; only then is everything read a second time."""
    for item in items:
        try:
            for _ in file_chunks(item.path, item.bytes, item.sha256):
                pass
        except BundleItemMismatch:
            return item.item
    return "an item"
