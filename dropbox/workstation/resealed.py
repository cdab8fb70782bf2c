"""Taking in what a colleague passed on: each item examined as if the drop had brought it, and kept only if it passes.

The colleague's word counts for the seal alone. An item must be named by the log that the drop itself gave this vault,
be signed by its author, and fit its case's chain; what does not is refused and leaves nothing behind.
"""

import copy
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dropbox.bundle import ResealedItem, is_reseal, verify_reseal
from dropbox.bundle.verified import Verified
from dropbox.disk import sync_folder
from dropbox.errors import BundleAuthorUnknown, ResealForOther, TargetUnusable
from dropbox.models import Fingerprint, ItemId, SealedKind
from dropbox.workstation import addressing, case_log, trust
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.casebook import Casebook, ItemRecord, State, is_shown
from dropbox.workstation.examining import Verdict, examine, out_of_chain
from dropbox.workstation.importing import ImportReport, Progress, Seen, import_pickup, take_case
from dropbox.workstation.opening import Opened
from dropbox.workstation.speech import N_
from dropbox.workstation.vault import Vault

_STAGING = "passed-on"
_NOBODY = Fingerprint("")
# kept in English, as the reasons of a quarantine are, and translated where they are shown
_OTHER = N_("another item is held here under its id").english
_UNNAMED = N_("no bundle of the drop has named it: import the newest pickup bundle first").english
_CLOSED = N_("it does not open with your key").english
_ERASED = N_("its case was erased here").english


@dataclass
class ResealedReport(ImportReport):
    """What came from a colleague; `refused`: items that were not taken in, each with its reason."""

    author: Fingerprint = _NOBODY
    refused: dict[ItemId, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {**super().as_json(), "resealed_by": self.author, "refused": self.refused}


def import_bundle(
    vault: Vault, path: Path, progress: Progress = lambda _done, _total: None, seen: Seen = lambda _opened: None
) -> ImportReport:
    """Import a pickup bundle, or what a colleague passed on: the file says which. Raises what either may."""
    if is_reseal(path):
        return import_reseal(vault, path, progress, seen)
    return import_pickup(vault, path, progress, seen)


def import_reseal(
    vault: Vault, path: Path, progress: Progress = lambda _done, _total: None, seen: Seen = lambda _opened: None
) -> ResealedReport:
    """Take in a reseal bundle; again, it changes nothing.

    Raises VaultEmpty, NotOnRoster, BundleAuthorUnknown, ResealForOther, BundleError and its kin, or what gpg raises.
    """
    casebook = vault.casebook
    binding = casebook.bound
    addressing.require_member(casebook)
    with verify_reseal(path, binding.drop, binding.desk, lambda *signed: _verify_author(vault, *signed)) as bundle:
        manifest = bundle.manifest
        if manifest.to != casebook.key:
            raise ResealForOther
        report = ResealedReport(author=manifest.author)
        wanted = _wanted(vault, manifest.items, report)
        staging = stage(vault, bundle, wanted)
    try:
        records = [_record(casebook, item, manifest.author) for item in wanted]
        taken = examine_all(Watch(staging, len(records), progress, seen), records, report)
        keep(vault, staging, taken)
        case_log.add_imported(casebook, (record.item for record in taken), passed_on_by=manifest.author)
        log_checking.take(casebook, {record.case for record in taken})
    finally:
        shutil.rmtree(staging.folder, ignore_errors=True)
    vault.save()
    return report


def _verify_author(vault: Vault, signed: bytes, signature: bytes, author: Fingerprint) -> None:
    if author not in addressing.colleagues(vault.casebook):
        raise BundleAuthorUnknown
    vault.members.verify_detached(signed, signature, [author])


def _wanted(vault: Vault, items: Sequence[ResealedItem], report: ResealedReport) -> list[ResealedItem]:
    """Return the items to examine, and note what is known of the others, or why they are refused."""
    casebook = vault.casebook
    named = {(epoch, entry.sha256) for epoch, log in casebook.logs.items() for entry in log.lines.values()}
    holders = {record.sha256: record.item for record in casebook.items.values()}
    wanted: list[ResealedItem] = []
    for item in items:
        record = casebook.items.get(item.item)
        if casebook.is_erased(item.item, item.case, item.kind, item.day):
            report.refused[item.item] = _ERASED
        elif record is not None and (record.sha256, record.case, record.kind) != (item.original, item.case, item.kind):
            report.refused[item.item] = _OTHER
        elif record is not None and record.state is State.VERIFIED and vault.path_of(record).is_file():
            report.known += 1
        elif (item.epoch, item.original) not in named or holders.get(item.original, item.item) != item.item:
            # else a colleague could bring what never went through the drop
            report.refused[item.item] = _UNNAMED
        else:
            wanted.append(item)
    return wanted


def stage(vault: Vault, bundle: Verified, wanted: Sequence[ResealedItem]) -> Vault:
    """Copy the items beside the vault's own, and return the vault as if they were its items."""
    staging = copy.copy(vault)
    staging.folder = vault.folder / _STAGING
    try:
        shutil.rmtree(staging.folder, ignore_errors=True)
        (staging.folder / "items").mkdir(mode=0o700, parents=True)
        for item in wanted:
            with staging.item_path(item.item, item.kind).open("xb") as target:
                bundle.copy_item(item.item, target)
                target.flush()
                os.fsync(target.fileno())
    except OSError:
        raise TargetUnusable from None
    return staging


def _record(casebook: Casebook, item: ResealedItem, author: Fingerprint) -> ItemRecord:
    fresh = ItemRecord(item.item, item.case, item.kind, item.day, item.original, item.epoch, State.QUARANTINED)
    return replace(casebook.items.get(item.item, fresh), resealed_by=author)


@dataclass
class Watch:
    """Examines items, and tells whoever follows the import."""

    vault: Vault
    total: int
    progress: Progress
    seen: Seen
    done: int = 0

    def examine(self, record: ItemRecord) -> Verdict:
        verdict = examine(self.vault, record, trust.newest_rosters(self.vault.casebook))
        if verdict.envelope is not None:
            self.seen(Opened(record, verdict.envelope))
        self.done += 1
        self.progress(self.done, self.total)
        return replace(verdict, envelope=None)


def examine_all(watch: Watch, records: Sequence[ItemRecord], report: ResealedReport) -> list[ItemRecord]:
    """Examine submissions in their cases' order, then writings, which are compared with them; return what passed."""
    casebook = watch.vault.casebook
    submissions = [record for record in records if record.kind is SealedKind.SUBMISSION]
    writings = [record for record in records if record.kind is not SealedKind.SUBMISSION]
    judged = sorted(((record, watch.examine(record)) for record in submissions), key=_place)
    taken = [record for record, verdict in judged if _take(casebook, record, verdict, report)]
    return taken + [record for record in writings if _take(casebook, record, watch.examine(record), report)]


def _take(casebook: Casebook, record: ItemRecord, verdict: Verdict, report: ResealedReport) -> bool:
    """Put an item that passed into the casebook in memory; say why of one that did not."""
    detail = verdict.detail
    fault = out_of_chain(casebook, record, detail) if detail is not None and detail.number is not None else None
    if verdict.state is not State.VERIFIED or fault:
        report.refused[record.item] = fault.english if fault else verdict.reason or _CLOSED
        return False
    casebook.add(replace(record, state=State.VERIFIED, detail=detail, reason=""))
    if verdict.case is not None:
        take_case(casebook, verdict.case)
    report.new += is_shown(casebook.items[record.item])
    return True


def _place(judged: tuple[ItemRecord, Verdict]) -> int:
    detail = judged[1].detail
    return detail.number or 0 if detail is not None else 0


def keep(vault: Vault, staging: Vault, taken: Sequence[ItemRecord]) -> None:
    """Give the items that passed their lasting names; the casebook that knows them is saved after this."""
    try:
        for record in taken:
            staging.path_of(record).replace(vault.path_of(record))
        sync_folder(vault.folder / "items")
    except OSError:
        raise TargetUnusable from None
