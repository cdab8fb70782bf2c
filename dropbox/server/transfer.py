"""What leaves for the desks and what comes back: pickup bundles made from the store, answer bundles applied to it.

Both work while the site is being served, one at a time over all processes. Nothing is unsealed here, and what a bundle
says counts only after every byte of it was verified.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.bundle import (
    FIRST_HEAD,
    AnswerEntry,
    AnswerManifest,
    Called,
    KeepRule,
    KeepStep,
    PickupManifest,
    ReadMark,
    Receipt,
    SignedStatement,
    StatementVote,
    VerifiedAnswer,
    head_after,
    verify_answer,
    write_pickup,
)
from dropbox.bundle.tar import file_chunks
from dropbox.disk import is_full, private_file
from dropbox.errors import (
    BundleAuthorUnknown,
    BundleError,
    BundleItemMismatch,
    BundleNotYours,
    InvalidValue,
    ItemUnknown,
    StoredItemDamaged,
    StoreError,
    StoreFull,
)
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, VaultId, current_members, parse_onion_address, today
from dropbox.server import onion, votes
from dropbox.server.drop import Drop
from dropbox.server.happened import LOOP
from dropbox.server.import_lines import ImportLine, applied_lines, loop_closed, remarks, strange_receipt
from dropbox.server.log_files import note_refused
from dropbox.server.store import (
    Applied,
    HeldItem,
    NewAnswer,
    NewWriting,
    Pickup,
    Store,
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
class ImportSummary:
    vault: VaultId
    sequence: int
    lines: tuple[ImportLine, ...]


# --- export -------------------------------------------------------------------------------------------------------


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


# --- import -------------------------------------------------------------------------------------------------------


def import_answer(drop: Drop, path: Path, desks: Collection[DeskId] | None = None) -> ImportSummary:
    """Take in an answer bundle, whole or not at all; the same one again changes nothing.

    `desks`: those that whoever brings it may speak for; None: all. Raises BundleError and its kin for what is refused,
    FileUnreadable, StoreBusy or StoreFull. What is refused stands in the log, without who brought it or when.
    """
    try:
        return _import(drop, path, desks)
    except BundleError as error:
        note_refused(drop.settings.log, "answer bundle", error)
        raise


def _import(drop: Drop, path: Path, desks: Collection[DeskId] | None) -> ImportSummary:
    store = drop.store
    store.statements.close_ended(today())
    with (
        store.transfer_lock(),
        verify_answer(path, store.meta.drop, lambda *signed: _verify_author(store, *signed)) as answer,
    ):
        manifest = answer.manifest
        _require_allowed(manifest, desks)
        lines = remarks(store, answer)
        strange = {receipt.item for receipt in manifest.receipts if _is_strange(store, receipt)}
        weighed = votes.weigh(store, drop.seating, drop.keyring, manifest) if manifest.votes else ()
        signed = tuple(each.signed for each in weighed if each.signed)
        receipts = [receipt for receipt in manifest.receipts if receipt.item not in strange]
        applied = _apply(store, answer, receipts, signed)
        if manifest.canaries and store.canaries.came_back(manifest.canaries, manifest.desk):
            store.happenings.set(LOOP, today().isoformat())
            lines.append(loop_closed())
        lines += [strange_receipt(item) for item in sorted(strange)]
    lines += [*applied_lines(manifest, applied), *votes.told(weighed, applied.seated)]
    return ImportSummary(manifest.vault, manifest.sequence, tuple(lines))


def _require_allowed(manifest: AnswerManifest, desks: Collection[DeskId] | None) -> None:
    """Refuse a bundle that speaks for any other desk than these."""
    parts: tuple[AnswerEntry | Receipt | ReadMark | KeepStep | StatementVote, ...]
    parts = (*manifest.entries, *manifest.receipts, *manifest.read, *manifest.erasures, *manifest.votes)
    named = {manifest.desk, *(part.desk for part in parts), *(desk for case in manifest.cases for desk in case.desks)}
    if desks is not None and not named <= set(desks):
        raise BundleNotYours


def _verify_author(store: Store, signed: bytes, signature: bytes, author: Fingerprint) -> None:
    """Refuse all but a good signature by a current member of some desk; of which ones is the store's to check."""
    if not any(author in current_members(roster) for roster in store.rosters().values()):
        raise BundleAuthorUnknown
    try:
        key = store.member_key(author)
    except ItemUnknown:
        raise BundleAuthorUnknown from None
    # a home of its own: the site's threads write to theirs at any moment
    with TemporaryDirectory(prefix="onion-dropbox-") as folder:
        gpg = Gpg(Path(folder) / "gnupg")
        gpg.import_keys(key)
        gpg.verify_detached(signed, signature, [author])


def _is_strange(store: Store, receipt: Receipt) -> bool:
    """Tell whether a vault holds other bytes than we do. Ours may be the exchanged ones: the rest must still get in."""
    return store.has_item(receipt.item) not in {None, receipt.sha256}


def _apply(
    store: Store, answer: VerifiedAnswer, receipts: Sequence[Receipt], signed: tuple[SignedStatement, ...]
) -> Applied:
    fresh = [entry for entry in answer.manifest.entries if store.has_item(entry.item) is None]
    try:
        for entry in fresh:
            _write_part(store, answer, entry)
        return store.apply_answer(replace(_new_answer(answer, receipts), statements=signed))
    finally:
        for entry in fresh:
            store.discard(entry.item)


def _write_part(store: Store, answer: VerifiedAnswer, entry: AnswerEntry) -> None:
    """Copy a writing into its part file and fsync it; what a killed import left under its names goes first."""
    store.discard(entry.item)
    try:
        # no row knows this item and we hold the lock, so a file that has its lasting name already is an orphan
        store.part_path(entry.item).with_suffix(entry.kind.suffix).unlink(missing_ok=True)
        with private_file(store.part_path(entry.item)) as part:
            answer.copy_item(entry.item, part)
    except OSError as error:
        raise (StoreFull if is_full(error) else StoreError) from None


def _new_answer(answer: VerifiedAnswer, receipts: Sequence[Receipt]) -> NewAnswer:
    manifest = answer.manifest
    return NewAnswer(
        author=manifest.author,
        vault=manifest.vault,
        desk=manifest.desk,
        sequence=manifest.sequence,
        sha256=answer.manifest_sha256,
        day=today(),
        writings=tuple(
            NewWriting(entry.item, entry.case, entry.kind, entry.desk, entry.bytes, entry.sha256, entry.lock)
            for entry in manifest.entries
        ),
        receipts=tuple(receipts),
        read=manifest.read,
        cases=manifest.cases,
        erasures=manifest.erasures,
    )
