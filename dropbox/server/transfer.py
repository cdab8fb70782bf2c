"""What leaves for the desks and what comes back: pickup bundles made from the store, answer bundles applied to it.

Both work while the site is being served, one at a time over all processes. Nothing is unsealed here, and what a bundle
says counts only after every byte of it was verified.
"""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.bundle import (
    FIRST_HEAD,
    AnswerEntry,
    AnswerManifest,
    Called,
    KeepRule,
    PickupManifest,
    Receipt,
    VerifiedAnswer,
    head_after,
    verify_answer,
    write_pickup,
)
from dropbox.bundle.tar import file_chunks
from dropbox.disk import is_full
from dropbox.errors import (
    BundleAuthorUnknown,
    BundleItemMismatch,
    InvalidValue,
    ItemUnknown,
    StoredItemDamaged,
    StoreError,
    StoreFull,
)
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, ItemId, SealedKind, VaultId, current_members, parse_onion_address, today
from dropbox.server import onion
from dropbox.server.drop import Drop
from dropbox.server.store import (
    AnswerSeen,
    Applied,
    HeldItem,
    NewAnswer,
    NewWriting,
    Outcome,
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
class ImportLine:
    """What became of one reply or note (`item`), or a remark about the whole bundle (None); prints as one line."""

    item: ItemId | None
    outcome: str

    def __str__(self) -> str:
        return self.outcome if self.item is None else f"{self.item}: {self.outcome}"


@dataclass(frozen=True)
class ImportSummary:
    vault: VaultId
    sequence: int
    lines: tuple[ImportLine, ...]


# --- export -------------------------------------------------------------------------------------------------------


def export_desk(drop: Drop, desk: DeskId, target: Path) -> ExportSummary:
    """Write everything that this desk is still to receive; nothing waiting makes a valid bundle without items.

    Raises TargetExists, TargetUnusable, StoreBusy, or StoredItemDamaged; the desk's fetch counts only on success.
    """
    day = today()
    with drop.store.transfer_lock():
        pickup = drop.store.pickup(desk, day)
        _write(drop, pickup, target)
        drop.store.record_fetch(desk, day)
    return ExportSummary(desk, len(pickup.items), target.stat().st_size, len(pickup.log))


def _write(drop: Drop, pickup: Pickup, target: Path) -> None:
    held = {item.item: item for item in pickup.items}
    try:
        write_pickup(
            target,
            _told(drop, pickup),
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
    successions = drop.store.successions.all()
    return replace(manifest, called=_called(drop), keeping=_keeping(drop, pickup.desk), successions=successions)


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


def import_answer(drop: Drop, path: Path) -> ImportSummary:
    """Take in an answer bundle, whole or not at all; the same one again changes nothing.

    Raises BundleError and its kin for what is refused, FileUnreadable, StoreBusy or StoreFull.
    """
    store = drop.store
    with (
        store.transfer_lock(),
        verify_answer(path, store.meta.drop, lambda *signed: _verify_author(store, *signed)) as answer,
    ):
        manifest = answer.manifest
        remarks = _remarks(store, answer)
        strange = {receipt.item for receipt in manifest.receipts if _is_strange(store, receipt)}
        applied = _apply(store, answer, [receipt for receipt in manifest.receipts if receipt.item not in strange])
        remarks += [ImportLine(item, _STRANGE_RECEIPT) for item in sorted(strange)]
    return ImportSummary(manifest.vault, manifest.sequence, (*remarks, *_lines(manifest, applied)))


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


def _apply(store: Store, answer: VerifiedAnswer, receipts: Sequence[Receipt]) -> Applied:
    fresh = [entry for entry in answer.manifest.entries if store.has_item(entry.item) is None]
    try:
        for entry in fresh:
            _write_part(store, answer, entry)
        return store.apply_answer(_new_answer(answer, receipts))
    finally:
        for entry in fresh:
            store.discard(entry.item)


def _write_part(store: Store, answer: VerifiedAnswer, entry: AnswerEntry) -> None:
    """Copy a writing into its part file and fsync it; what a killed import left under its names goes first."""
    store.discard(entry.item)
    try:
        # no row knows this item and we hold the lock, so a file that has its lasting name already is an orphan
        store.part_path(entry.item).with_suffix(entry.kind.suffix).unlink(missing_ok=True)
        descriptor = os.open(store.part_path(entry.item), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as part:
            answer.copy_item(entry.item, part)
            part.flush()
            os.fsync(part.fileno())
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


# --- what the operator is told ------------------------------------------------------------------------------------

_WRITING_NAMES = {
    SealedKind.SUBMISSION: "report of a case opened at the desk",
    SealedKind.REPLY: "reply",
    SealedKind.NOTE: "note",
}
_WRITING_LINES = {
    Outcome.STORED: "stored",
    Outcome.KNOWN: "known already",
    Outcome.SKIPPED: "skipped: its case has ended or was withdrawn",
    Outcome.CLASH: "skipped, warning: another case or item is held under an id or the codename of its case",
    Outcome.UNSIGNED: "skipped, warning: its case is not signed with its own key (an earlier workstation opened it)",
}
_COUNTED = {
    Outcome.STORED: "new",
    Outcome.KNOWN: "known already",
    Outcome.SKIPPED: "skipped: no such item of this desk is held",
}

_STRANGE_RECEIPT = "warning: receipt skipped, it is for other bytes than are held under this id"


def _remarks(store: Store, answer: VerifiedAnswer) -> list[ImportLine]:
    """Say what is odd about a bundle's place in its vault's sequence; none of it refuses the bundle."""
    manifest = answer.manifest
    lines = [ImportLine(None, f"answer bundle {manifest.sequence} of vault {manifest.vault}")]
    same = AnswerSeen.SAME
    seen = store.answer_known(manifest.vault, manifest.sequence, answer.manifest_sha256)
    if seen is same:
        lines.append(ImportLine(None, "this bundle was imported before"))
    if seen is AnswerSeen.OTHER:
        lines.append(ImportLine(None, "warning: another bundle with this number was imported before"))
    first = manifest.sequence == 1 and manifest.previous is None
    if not first and store.answer_known(manifest.vault, manifest.sequence - 1, manifest.previous or "") is not same:
        lines.append(ImportLine(None, "warning: the bundle before this one has not been imported"))
    return lines


def _lines(manifest: AnswerManifest, applied: Applied) -> list[ImportLine]:
    lines = [
        ImportLine(entry.item, f"{_WRITING_NAMES[entry.kind]} {_WRITING_LINES[outcome]}")
        for entry, outcome in zip(manifest.entries, applied.writings, strict=True)
    ]
    for name, outcomes in (("receipts", applied.receipts), ("read marks", applied.read)):
        counted = Counter(outcomes)
        if counted:
            told = ", ".join(f"{counted[outcome]} {word}" for outcome, word in _COUNTED.items() if counted[outcome])
            lines.append(ImportLine(None, f"{name}: {told}"))
    return lines
