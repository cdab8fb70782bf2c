"""Export of an answer bundle: everything of this vault that no pickup bundle has confirmed yet.

The casebook learns the sequence number before the bundle is written. A crash in between leaves a hole in the sequence,
which the drop only reports; the other way round, one number could stand for two different bundles.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from dropbox.bundle import AnswerCase, AnswerEntry, AnswerManifest, ReadMark, Receipt, write_answer
from dropbox.errors import MemberKeyUnavailable, TargetExists, ThreadBroken
from dropbox.models import SealedKind, today
from dropbox.workstation import addressing, canaries, rosters, trust
from dropbox.workstation.casebook import Casebook, ExportRecord, ItemRecord, State, detail_of
from dropbox.workstation.keeping import step_of
from dropbox.workstation.replying import write_log_notes
from dropbox.workstation.vault import Vault

_RECEIVED = (State.VERIFIED, State.NOT_FOR_YOU)


@dataclass(frozen=True)
class ExportReport:
    """What a bundle holds; `logs`: notes that bring colleagues the log of a case and nothing else.

    `notes` counts the others. `votes`: signatures under proposed rosters.
    """

    sequence: int
    replies: int
    notes: int
    receipts: int
    read: int
    cases: int = 0
    logs: int = 0
    votes: int = 0


def export_answer(vault: Vault, target: Path) -> ExportReport:
    """Write an answer bundle, which may be empty; an existing file is never overwritten.

    What the logs of earlier days still hold here goes along in notes of its own.

    Raises Unconfirmed, RosterUnconfirmed, NotOnRoster, TargetExists, TargetUnusable.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    addressing.require_member(casebook)
    if os.path.lexists(target):
        raise TargetExists
    with suppress(MemberKeyUnavailable):  # the log can wait for a colleague's key, an answer cannot
        write_log_notes(vault)
    manifest = _manifest(vault)
    export = ExportRecord(
        sequence=manifest.sequence,
        manifest_sha256=None,
        entries=tuple(entry.item for entry in manifest.entries),
        receipts=tuple(receipt.item for receipt in manifest.receipts),
        read=tuple(mark.item for mark in manifest.read),
    )
    casebook.exports[export.sequence] = export
    vault.save()
    digest = write_answer(
        target,
        manifest,
        lambda entry: vault.item_path(entry.item, entry.kind),
        lambda data: vault.own.sign_detached(data, casebook.key),
    )
    casebook.exports[export.sequence] = replace(export, manifest_sha256=digest)
    vault.save()
    return _report(casebook, manifest)


def waiting(vault: Vault) -> ExportReport:
    """Return what an export would write now."""
    return _report(vault.casebook, _manifest(vault))


def _manifest(vault: Vault) -> AnswerManifest:
    casebook = vault.casebook
    desk = casebook.bound.desk
    items = sorted(casebook.items.values(), key=lambda record: record.arrived)
    return AnswerManifest(
        drop=casebook.bound.drop,
        author=casebook.key,
        vault=casebook.vault,
        desk=desk,
        sequence=max(casebook.exports, default=0) + 1,
        previous=_previous(casebook),
        day=today(),
        entries=tuple(_entry(vault, r) for r in items if _leaves(r)),
        receipts=(
            *(Receipt(r.item, desk, r.sha256) for r in items if _owes_receipt(r)),
            *_erased_receipts(casebook),
            *canaries.owed_receipts(casebook),
        ),
        read=tuple(ReadMark(r.item, desk) for r in items if _owes_read_mark(r)),
        cases=tuple(_case(casebook, r) for r in items if _opens_case(r)),
        canaries=canaries.owed_tokens(casebook),
        erasures=tuple(step for r in items if _leaves(r) and (step := step_of(r, desk)) is not None),
        votes=rosters.votes(casebook),
    )


def _previous(casebook: Casebook) -> str | None:
    """Return the hash of the last bundle that was finished."""
    done = [export for export in casebook.exports.values() if export.manifest_sha256 is not None]
    return max(done, key=lambda export: export.sequence).manifest_sha256 if done else None


def _leaves(record: ItemRecord) -> bool:
    return record.own and not record.entry_confirmed


def _erased_receipts(casebook: Casebook) -> Iterator[Receipt]:
    desk = casebook.bound.desk
    return (
        Receipt(item, desk, erased.items[item])
        for _case, erased in sorted(casebook.erased.items())
        for item in erased.owed
    )


def _owes_receipt(record: ItemRecord) -> bool:
    """A report that was taken down here was received in the moment in which it was written."""
    there = record.on_drop or (record.own and record.kind is SealedKind.SUBMISSION)
    return there and record.state in _RECEIVED and not record.receipt_confirmed


def _owes_read_mark(record: ItemRecord) -> bool:
    submission = record.kind is SealedKind.SUBMISSION and record.state is State.VERIFIED and record.handed_by is None
    return submission and record.read and not record.read_confirmed


def _opens_case(record: ItemRecord) -> bool:
    return record.own and record.kind is SealedKind.SUBMISSION and not record.entry_confirmed


def _case(casebook: Casebook, record: ItemRecord) -> AnswerCase:
    """Return the public half of a case that was opened here."""
    case, kept = casebook.cases[record.case], casebook.intakes[record.case]
    return AnswerCase(
        case=case.case,
        case_key=case.case_key,
        reply_key=case.reply_key,
        day=kept.day,
        desks=case.desks,
        item=record.item,
        link=detail_of(record).index_sha256,
        lookup=kept.lookup,
        sealed_mandate=bytes.fromhex(kept.sealed_mandate),
        sealed_view=bytes.fromhex(kept.sealed_view),
        signature=bytes.fromhex(kept.signature),
    )


def _entry(vault: Vault, record: ItemRecord) -> AnswerEntry:
    try:
        size = vault.path_of(record).stat().st_size
    except OSError:
        raise ThreadBroken from None
    return AnswerEntry(
        kind=record.kind,
        case=record.case,
        item=record.item,
        desk=vault.casebook.bound.desk,
        sha256=record.sha256,
        bytes=size,
        lock=None if record.lock is None else bytes.fromhex(record.lock),
    )


def _report(casebook: Casebook, manifest: AnswerManifest) -> ExportReport:
    kinds = [entry.kind for entry in manifest.entries]
    logs = sum(1 for entry in manifest.entries if _is_log_only(casebook.items[entry.item]))
    return ExportReport(
        sequence=manifest.sequence,
        replies=kinds.count(SealedKind.REPLY),
        notes=kinds.count(SealedKind.NOTE) - logs,
        receipts=len(manifest.receipts),
        read=len(manifest.read),
        cases=len(manifest.cases),
        logs=logs,
        votes=len(manifest.votes),
    )


def _is_log_only(record: ItemRecord) -> bool:
    return record.detail is not None and record.detail.is_log_only
