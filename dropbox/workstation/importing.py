"""Import of a pickup bundle: verified, compared with what is known, copied, examined, and then known all at once.

The casebook is replaced once, at the end. A crash before leaves the old one, and sealed files that the next import
takes up. Importing again, or an older bundle late, changes nothing that is known.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.bundle import PickupItem, PickupManifest, VerifiedPickup, verify_pickup
from dropbox.bundle.drop_keys import keys_of
from dropbox.canonical import sha256_hex
from dropbox.disk import sync_files, sync_folder
from dropbox.envelope.account import LogAct
from dropbox.errors import BundleItemMismatch, BundleKeyUnconfirmed, GpgError, TargetUnusable
from dropbox.gpg import Gpg
from dropbox.models import CaseId, Fingerprint, ItemId, SealedKind
from dropbox.workstation import acts, canaries, case_log, epochs, moves, rosters, trust
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.casebook import Binding, Casebook, CaseRecord, Conflict, ItemRecord, Narrowed, State, is_shown
from dropbox.workstation.continuity import clashes, take_kdf, take_log
from dropbox.workstation.examining import Verdict, examine, out_of_chain, quarantine
from dropbox.workstation.keeping import erasing
from dropbox.workstation.opening import Opened, unsealed_ahead
from dropbox.workstation.rosters import RosterStep
from dropbox.workstation.speech import N_
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import Vault

MAX_NAME_CHARACTERS = 60

_OTHER_KIND = N_("it is of another kind").english
_OTHER_BYTES = N_("the drop offers other bytes under the id of an item that is held").english


@dataclass
class ImportReport:
    """What one import did: numbers of items, and for each quarantined or altered one its id and the reason.

    narrowed: what reporters took back, with what had happened with their cases until now. erased: cases whose erasure
    was due, and which are gone. rosters: signed changes of the desks' members. drop_key: the drop has a new key (hex).
    test_reports: those that the drop sent to itself.
    """

    new: int = 0
    known: int = 0
    not_for_you: int = 0
    confirmed_exports: int = 0
    quarantined: dict[ItemId, str] = field(default_factory=dict)
    narrowed: dict[CaseId, Narrowed] = field(default_factory=dict)
    erased: tuple[CaseId, ...] = ()
    rosters: tuple[RosterStep, ...] = ()
    drop_key: str | None = None
    restored: epochs.Restored | None = None
    test_reports: int = 0

    def as_json(self) -> dict[str, object]:
        numbers = ("new", "known", "not_for_you", "confirmed_exports", "test_reports")
        counts = {name: getattr(self, name) for name in numbers}
        narrowed = [acts.narrowed_json(case, told) for case, told in self.narrowed.items()]
        stated: dict[str, object] = {"rosters": [step.as_json() for step in self.rosters], "drop_key": self.drop_key}
        stated |= {"restored": self.restored.as_json()} if self.restored else {}
        return {**counts, "quarantined": self.quarantined, "narrowed": narrowed, "erased": list(self.erased), **stated}


Progress = Callable[[int, int], object]
"""Is told how many of how many items were examined."""
Seen = Callable[[Opened], object]
"""Is shown each verified item while it is unsealed."""


def import_pickup(
    vault: Vault, path: Path, progress: Progress = lambda _done, _total: None, seen: Seen = lambda _opened: None
) -> ImportReport:
    """Import a bundle whole or not at all.

    Raises BundleError and its kin (BundleFork is an alarm), WordsDiffer, and what gpg or a full disk raises.
    """
    casebook = vault.casebook
    report = ImportReport()
    with _verified(vault, path) as pickup:
        goes_on = _take_manifest(casebook, pickup, report)
        _take_keys(vault, pickup)
        report.rosters = rosters.take(vault, pickup.manifest)
        report.confirmed_exports = _take_confirmations(casebook, pickup.manifest)
        wanted = [item for item in pickup.manifest.items if _is_wanted(vault, item, report)]
        _copy(vault, pickup, wanted)
    before = acts.standings(casebook, (item.case for item in wanted))
    _examine_all(vault, pickup.manifest, wanted, report, _Watch(len(wanted), progress, seen))
    taken = [item for item in wanted if item.item not in casebook.canaries]
    report.narrowed = acts.take_narrowings(casebook, before, {item.item for item in taken})
    case_log.add_imported(casebook, (item.item for item in taken))
    _tell_moves(casebook, {item.item for item in taken})
    log_checking.take(casebook, {item.case for item in taken})
    report.erased = erasing.take_due(casebook)
    again = epochs.owe_again(casebook, pickup.manifest.epoch) if goes_on else 0
    epochs.mark_lost(casebook)
    report.restored = epochs.restored(casebook, pickup.manifest.epoch, again) if goes_on else None
    vault.save()
    erasing.sweep(vault)
    canaries.sweep(vault)
    return report


def _verified(vault: Vault, path: Path) -> VerifiedPickup:
    """Verify a bundle. The key of one that is refused for its key alone is kept, so that people can compare it."""
    casebook = vault.casebook
    try:
        return verify_pickup(path, casebook.binding.drop if casebook.binding else None, casebook.drop_keys.followed)
    except BundleKeyUnconfirmed as refused:
        trust.offer_keys(casebook, refused.keys)
        vault.save()
        raise


def _take_manifest(casebook: Casebook, pickup: VerifiedPickup, report: ImportReport) -> bool:
    """Take what the manifest says of the drop; return whether it begins a new epoch that goes on from a known one."""
    manifest = pickup.manifest
    keys = keys_of(manifest.drop, manifest.successions)
    is_new = trust.follow_keys(casebook, keys)
    trust.bind(casebook, Binding(manifest.drop, manifest.desk, manifest.trial), keys)
    report.drop_key = keys[-1] if is_new else None
    goes_on = epochs.note_restores(casebook, manifest, pickup.log)
    take_log(casebook, manifest.span, pickup.log, manifest.day)
    take_kdf(casebook, manifest)
    if goes_on:
        epochs.carry_explanations(casebook, manifest.epoch)
        epochs.mark_lost(casebook)
    return goes_on


def _take_keys(vault: Vault, pickup: VerifiedPickup) -> None:
    """Import the members' keys that are new or changed; a file must hold just the key that it is named after."""
    known = vault.casebook.keys
    listed = vault.members.keys() if known else ()
    there = {info.fingerprint for info in listed}
    digests = {fingerprint: sha256_hex(key) for fingerprint, key in pickup.keys.items()}
    fresh = {each: key for each, key in pickup.keys.items() if each not in there or known.get(each) != digests[each]}
    _try_keys(fresh)
    for fingerprint, key in fresh.items():
        if vault.members.import_keys(key) != (fingerprint,):
            raise BundleItemMismatch
        known[fingerprint] = digests[fingerprint]
    _take_names(vault)


def _try_keys(keys: Mapping[Fingerprint, bytes]) -> None:
    """Import keys into a home that is gone afterwards: of a bundle that is refused for one, none may stay here."""
    if not keys:
        return
    with TemporaryDirectory(prefix="onion-dropbox-") as folder:
        trial = Gpg(Path(folder) / "gnupg")
        try:
            found = all(trial.import_keys(key) == (fingerprint,) for fingerprint, key in keys.items())
        except GpgError:
            found = False
    if not found:
        raise BundleItemMismatch


def _take_names(vault: Vault) -> None:
    """Keep what the members' own keys call them, harmless to show, for as long as the keys are the same."""
    for info in vault.members.keys():  # noqa: SIM118 -- a GnuPG home is no dictionary
        name = info.uids[0].split("<")[0].strip() or info.uids[0] if info.uids else ""
        vault.casebook.member_names[info.fingerprint] = line(name)[:MAX_NAME_CHARACTERS]


def _take_confirmations(casebook: Casebook, manifest: PickupManifest) -> int:
    """Note which of this vault's exports the drop has imported; their content need not travel again."""
    arrived = 0
    if epochs.is_over(casebook, manifest.epoch):
        return 0  # what the drop knew then it may have lost since
    last = max(casebook.exports, default=0)
    for sequence in manifest.confirmed.get(casebook.vault, ()):
        if sequence > last:
            # it left from here, and nothing here knows of it: the vault was put back to an older copy of itself
            casebook.lost_exports.setdefault(sequence, "")
        export = casebook.exports.get(sequence)
        if export is None or export.confirmed:
            continue
        for item in casebook.items.keys() & export.entries:
            casebook.update(item, entry_confirmed=True)
            _forget_intake(casebook, item)
        for item in casebook.items.keys() & export.receipts:
            casebook.update(item, receipt_confirmed=True)
        for item in casebook.items.keys() & export.read:
            casebook.update(item, read_confirmed=True)
        _settle_erased(casebook, export.receipts)
        canaries.settle(casebook, export.receipts)
        casebook.exports[sequence] = replace(export, confirmed=True, entries=(), receipts=(), read=())
        arrived += 1
    return arrived


def _settle_erased(casebook: Casebook, receipts: Collection[ItemId]) -> None:
    """The drop knows now that these items came here: of those that were erased it need hear nothing more."""
    for case, erased in casebook.erased.items():
        casebook.erased[case] = replace(erased, owed=tuple(item for item in erased.owed if item not in receipts))


def _forget_intake(casebook: Casebook, item: ItemId) -> None:
    """The drop knows the case of this report now: what it had to be told has done its work."""
    case = casebook.items[item].case
    if case in casebook.intakes and casebook.intakes[case].item == item:
        del casebook.intakes[case]


def _is_wanted(vault: Vault, item: PickupItem, report: ImportReport) -> bool:
    """Tell whether an item must be copied and examined, and note what is known about the others."""
    casebook = vault.casebook
    if casebook.is_erased(item.item, item.case, item.kind, item.day):
        _owe_receipt(casebook, item)
        report.known += 1
        return False
    if canaries.is_known(casebook, item.item, item.sha256):
        report.known += 1
        return False
    if clashes(casebook, item.item, item.sha256):
        casebook.conflicts[item.sha256] = Conflict(item.item, item.sha256, item.day)
        report.quarantined[item.item] = _OTHER_BYTES
        return False
    record = casebook.items.get(item.item)
    if record is not None and record.kind is not item.kind:  # the drop said otherwise before, and keeps what it has
        report.quarantined[item.item] = _OTHER_KIND
        return False
    if record is None or record.state is State.QUARANTINED or not _is_there(vault, item):
        return True
    if not record.on_drop:
        # written here under the day of this machine's clock: from now on it has the day that all members know it by
        casebook.update(item.item, on_drop=True, day=item.day if record.written else record.day)
    report.known += 1
    return False


def _owe_receipt(casebook: Casebook, item: PickupItem) -> None:
    """Have the drop hear of an item that came too late to be kept: it waits for that before it lets the item go."""
    erased = casebook.erased[item.case]
    if item.item not in erased.items:
        items = {item.item: item.sha256} | erased.items
        casebook.erased[item.case] = replace(erased, items=items, owed=tuple(sorted({*erased.owed, item.item})))


def _is_there(vault: Vault, item: PickupItem) -> bool:
    """Tell whether the item's file lies here whole. One that was passed on is sealed otherwise, and opens: it stays."""
    record = vault.casebook.items.get(item.item)
    try:
        size = vault.item_path(item.item, item.kind).stat().st_size
        return size == item.bytes or (record is not None and record.resealed_by is not None)
    except OSError:
        return False


def _copy(vault: Vault, pickup: VerifiedPickup, wanted: list[PickupItem]) -> None:
    folder = vault.folder / "items"
    try:
        for stray in folder.glob("*.part"):
            stray.unlink()
        paths = [vault.item_path(item.item, item.kind) for item in wanted]
        parts = [path.with_name(path.name + ".part") for path in paths]
        for item, part in zip(wanted, parts, strict=True):
            with part.open("xb") as target:
                pickup.copy_item(item.item, target)
        sync_files(parts)
        for part, path in zip(parts, paths, strict=True):
            part.replace(path)
        sync_folder(folder)
    except OSError:
        raise TargetUnusable from None


@dataclass
class _Watch:
    """Whoever follows an import while it runs."""

    total: int
    progress: Progress
    seen: Seen
    done: int = 0

    def examined(self, record: ItemRecord, verdict: Verdict) -> None:
        if verdict.envelope is not None:
            self.seen(Opened(record, verdict.envelope))
        self.passed()

    def passed(self) -> None:
        self.done += 1
        self.progress(self.done, self.total)


def _examine_all(
    vault: Vault, manifest: PickupManifest, wanted: list[PickupItem], report: ImportReport, watch: _Watch
) -> None:
    """Examine submissions before writings, which are compared with them, and take each case's in its own order."""
    records = [_record(vault.casebook, item, manifest.epoch) for item in wanted]
    submissions = [record for record in records if record.kind is SealedKind.SUBMISSION]
    writings = [record for record in records if record.kind is not SealedKind.SUBMISSION]
    watch.progress(0, watch.total)
    for record, verdict in sorted(_examined(vault, submissions, watch, report), key=_place):
        _take(vault.casebook, record, verdict, report)
    for record, verdict in _examined(vault, writings, watch, report):
        _take(vault.casebook, record, verdict, report)


def _examined(
    vault: Vault, records: list[ItemRecord], watch: _Watch, report: ImportReport
) -> Iterator[tuple[ItemRecord, Verdict]]:
    """Give each item with its verdict, and let go of what was unsealed: a bundle may hold more than memory does.

    A test report of the drop's own is taken here, and nobody else is shown it.
    """
    newest = trust.newest_rosters(vault.casebook)
    for record, unsealed in unsealed_ahead(vault, records):
        verdict = examine(vault, record, newest, unsealed)
        canary = canaries.find(vault.casebook, record, verdict.envelope) if verdict.case and verdict.envelope else None
        if canary is not None:
            canaries.take(vault.casebook, record, canary)
            report.test_reports += 1
            watch.passed()
            continue
        watch.examined(record, verdict)
        yield record, replace(verdict, envelope=None)


def _record(casebook: Casebook, item: PickupItem, epoch: str) -> ItemRecord:
    """Return what is known of an item before it is examined: it counts as quarantined until then."""
    fresh = ItemRecord(item.item, item.case, item.kind, item.day, item.sha256, epoch, State.QUARANTINED)
    return replace(casebook.items.get(item.item, fresh), on_drop=True, resealed_by=None)


def _take(casebook: Casebook, record: ItemRecord, verdict: Verdict, report: ImportReport) -> None:
    """Put one examined item into the casebook in memory, and count it."""
    detail = verdict.detail
    if detail is not None and detail.number is not None and (fault := out_of_chain(casebook, record, detail)):
        verdict, detail = quarantine(fault), None
    read = record.read or (detail is not None and detail.author == casebook.key)
    casebook.add(replace(record, state=verdict.state, detail=detail, reason=verdict.reason, read=read))
    if verdict.case is not None:
        take_case(casebook, verdict.case)
    report.new += is_shown(casebook.items[record.item])
    report.not_for_you += verdict.state is State.NOT_FOR_YOU
    if verdict.state is State.QUARANTINED:
        report.quarantined[record.item] = verdict.reason


def _tell_moves(casebook: Casebook, new: Collection[ItemId]) -> None:
    """Keep in the log that this desk's access to a case ended, or that it got one."""
    for case in {casebook.items[item].case for item in new}:
        for move in moves.moves_of(casebook, case):
            if move.item in new:
                case_log.add(casebook, case, LogAct.HANDED_OVER, desk=move.to, item=move.item)


def take_case(casebook: Casebook, case: CaseRecord) -> None:
    """Pin a case's keys when its first submission came, and keep which desks have it by the newest."""
    known = casebook.cases.setdefault(case.case, case)
    casebook.cases[case.case] = replace(known, desks=moves.desks_now(casebook, case.case))


def _place(examined: tuple[ItemRecord, Verdict]) -> tuple[int, date]:
    record, verdict = examined
    return (verdict.detail.number or 0 if verdict.detail else 0), record.day
