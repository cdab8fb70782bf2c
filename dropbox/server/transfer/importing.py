"""Answer bundles, applied to the store: whole or not at all, and the same one again changes nothing.

Nothing is unsealed here, and what a bundle says counts only after every byte of it was verified.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.bundle import (
    AnswerEntry,
    AnswerManifest,
    KeepStep,
    ReadMark,
    Receipt,
    SignedStatement,
    StatementVote,
    VerifiedAnswer,
    verify_answer,
)
from dropbox.disk import is_full, private_file
from dropbox.errors import (
    BundleAuthorUnknown,
    BundleError,
    BundleNotYours,
    ItemUnknown,
    StoreError,
    StoreFull,
)
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, VaultId, current_members, today
from dropbox.server import votes
from dropbox.server.drop import Drop
from dropbox.server.happened import LOOP
from dropbox.server.import_lines import ImportLine, applied_lines, loop_closed, remarks, strange_receipt
from dropbox.server.log_files import note_refused
from dropbox.server.store import (
    Applied,
    NewAnswer,
    NewWriting,
    Store,
)


@dataclass(frozen=True)
class ImportSummary:
    vault: VaultId
    sequence: int
    lines: tuple[ImportLine, ...]


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
