"""Taking in a case that another desk hands over: each item examined as if the drop had brought it, all or nothing.

The other desk's word counts for little. That the case is ours now says the reporter's yes, which the drop itself
brought; that nothing of what the reporter sent is missing or changed say the signed links from that yes to the first.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dropbox.bundle import HandOverManifest, ResealedItem, is_handover, verify_handover
from dropbox.errors import BundleAuthorUnknown, HandOverBroken, HandOverUnknown
from dropbox.gpg import count_recipients
from dropbox.models import CaseId, DeskId, Fingerprint, SealedKind, members_on
from dropbox.workstation import addressing, case_log, moves, trust
from dropbox.workstation.casebook import Casebook, ItemRecord, State
from dropbox.workstation.consent import AskAnswer, asks_of
from dropbox.workstation.importing import ImportReport, Progress, Seen
from dropbox.workstation.resealed import ResealedReport, Watch, examine_all, keep, stage
from dropbox.workstation.resealed import import_bundle as import_other
from dropbox.workstation.speech import N_
from dropbox.workstation.vault import Vault

_OTHER = N_("another item is held here under its id").english
_UNASKED = N_("the question that it answers is not here").english
_PACKETS = N_("it is sealed to more or fewer keys than it lists").english


@dataclass
class HandedReport(ImportReport):
    """What another desk handed over."""

    case: CaseId = field(default=CaseId(""))
    desk: DeskId = field(default=DeskId(""))
    author: Fingerprint = field(default=Fingerprint(""))

    def as_json(self) -> dict[str, object]:
        return {**super().as_json(), "case": self.case, "handed_by": self.desk, "author": self.author}


def import_bundle(
    vault: Vault, path: Path, progress: Progress = lambda _done, _total: None, seen: Seen = lambda _opened: None
) -> ImportReport:
    """Import a pickup bundle, what a colleague passed on, or what another desk handed over: the file says which."""
    if is_handover(path):
        return import_handover(vault, path, progress, seen)
    return import_other(vault, path, progress, seen)


def import_handover(
    vault: Vault, path: Path, progress: Progress = lambda _done, _total: None, seen: Seen = lambda _opened: None
) -> HandedReport:
    """Take in a case that was handed over, whole or not at all; again, it changes nothing.

    Raises VaultEmpty, NotOnRoster, BundleAuthorUnknown, HandOverUnknown, HandOverBroken, BundleError and its kin, or
    what gpg raises.
    """
    casebook = vault.casebook
    binding = casebook.bound
    addressing.require_member(casebook)
    with verify_handover(path, binding.drop, binding.desk, lambda *signed: _verify(vault, *signed)) as bundle:
        manifest = bundle.manifest
        move = _require_move(casebook, manifest)
        wanted = _wanted(vault, manifest)
        report = HandedReport(case=manifest.case, desk=manifest.desk, author=manifest.author)
        report.known = len(manifest.items) - len(wanted)
        mine = vault.with_own_casebook()
        staging = stage(mine, bundle, wanted)
    try:
        taken = _examine(Watch(staging, len(wanted), progress, seen), manifest, wanted)
        _require_whole(mine.casebook, move)
        keep(vault, staging, taken)
    finally:
        shutil.rmtree(staging.folder, ignore_errors=True)
    vault.casebook = mine.casebook
    report.new = len(taken)
    case_log.add_imported(vault.casebook, (record.item for record in taken), handed_by=manifest.desk)
    vault.save()
    return report


def _verify(vault: Vault, signed: bytes, signature: bytes, author: Fingerprint) -> None:
    """Whether the author sat at the old desk is judged with the manifest; here is whether the signature is theirs."""
    rosters = trust.newest_rosters(vault.casebook)
    if author not in {membership.fingerprint for roster in rosters.values() for membership in roster}:
        raise BundleAuthorUnknown
    vault.members.verify_detached(signed, signature, [author])


def _require_move(casebook: Casebook, manifest: HandOverManifest) -> moves.Move:
    """Return the reporter's yes that this bundle belongs to, as the drop brought it. Raises HandOverUnknown.

    Raises BundleAuthorUnknown when the author was no member of the old desk on the bundle's day.
    """
    if manifest.author not in members_on(trust.newest_rosters(casebook).get(manifest.desk, ()), manifest.day):
        raise BundleAuthorUnknown
    named = (manifest.desk, manifest.to, manifest.consent)
    moved = [each for each in moves.moves_of(casebook, manifest.case) if (each.origin, each.to, each.item) == named]
    if not moved:
        raise HandOverUnknown
    return moved[0]


def _wanted(vault: Vault, manifest: HandOverManifest) -> list[ResealedItem]:
    """Return the items that are not here yet. Raises HandOverBroken for one whose id is another item's."""
    wanted = []
    for item in manifest.items:
        record = vault.casebook.items.get(item.item)
        if record is not None and (record.sha256, record.case, record.kind) != (item.original, item.case, item.kind):
            raise HandOverBroken(item.item, _OTHER)
        if record is None or record.state is not State.VERIFIED or not vault.path_of(record).is_file():
            wanted.append(item)
    return wanted


def _examine(watch: Watch, manifest: HandOverManifest, wanted: Sequence[ResealedItem]) -> list[ItemRecord]:
    """Put every item into the copy of the casebook, or raise HandOverBroken for the first that is not right."""
    for item in wanted:
        path = watch.vault.item_path(item.item, item.kind)
        if item.kind is SealedKind.SUBMISSION and count_recipients(path) != len(manifest.readers):
            raise HandOverBroken(item.item, _PACKETS)
    report = ResealedReport()
    taken = examine_all(watch, [_record(watch.vault.casebook, item, manifest) for item in wanted], report)
    for refused, reason in report.refused.items():
        raise HandOverBroken(refused, reason)
    return taken


def _record(casebook: Casebook, item: ResealedItem, manifest: HandOverManifest) -> ItemRecord:
    fresh = ItemRecord(item.item, item.case, item.kind, item.day, item.original, item.epoch, State.QUARANTINED)
    return replace(casebook.items.get(item.item, fresh), handed_by=manifest.desk, on_drop=False)


def _require_whole(casebook: Casebook, move: moves.Move) -> None:
    """Raise HandOverBroken unless each submission before the yes is here, and the question that it answers."""
    case = casebook.items[move.item].case
    if not moves.holds_until(casebook, case, move.number):
        raise HandOverBroken
    asked = [each for each in asks_of(casebook, case) if each.ask_id == move.ask]
    agreed = [each for each in asked if each.answer is AskAnswer.AGREED and each.desk == move.origin]
    if not any(each.ask.desk == move.to for each in agreed):
        raise HandOverBroken(move.item, _UNASKED)
