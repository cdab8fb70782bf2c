"""Passing chosen cases on to a newcomer's key: every item that the drop has handed out, sealed once more.

Plaintext goes from one gpg to the next through a pipe and into no file. What comes out is signed by whoever passes it
on, and the cases' mandates are asked first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path

from dropbox.bundle import ResealedItem, ResealManifest, write_reseal
from dropbox.disk import file_sha256
from dropbox.envelope.account import LogAct
from dropbox.errors import MemberKeyUnavailable, NewcomerUnknown, NothingToReseal, TargetExists, TargetUnusable
from dropbox.models import Fingerprint, ItemId, Recipient, SealedKind, today
from dropbox.reply_box import copy_container
from dropbox.workstation import acts, addressing, case_log, trust
from dropbox.workstation.casebook import Act, Casebook, CaseRecord, ItemRecord
from dropbox.workstation.opening import MAX_KEY_BYTES, open_item
from dropbox.workstation.thread import items_of, log_notes
from dropbox.workstation.vault import Vault


@dataclass(frozen=True)
class ResealReport:
    """What was passed on. `left_out`: items that no pickup bundle has named yet, and that nobody could check."""

    cases: int
    items: int
    left_out: int


def reseal(vault: Vault, cases: Sequence[CaseRecord], to: Fingerprint, target: Path) -> ResealReport:
    """Write a reseal bundle for a colleague, whole or not at all, and keep what was passed on to whom.

    Raises Unconfirmed, RosterUnconfirmed, NotOnRoster, NewcomerUnknown, MemberKeyUnavailable, AlreadyWithdrawn or what
    the mandate forbids, NothingToReseal, ThreadBroken, TargetExists, TargetUnusable, or what gpg raises.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    _require_colleague(vault, to)
    chosen = {case.case: case for case in cases}
    for case in chosen:
        acts.require(casebook, case, Act.DISCUSS)
    if lexists(target):
        raise TargetExists
    records = [record for case in chosen for record in (*items_of(casebook, case), *log_notes(casebook, case))]
    epochs = epochs_named(casebook)
    named = [record for record in records if record.sha256 in epochs]
    if not named:
        raise NothingToReseal
    _write(vault, named, epochs, to, target)
    for case in chosen:
        case_log.add(casebook, case, LogAct.PASSED_ON, to=to)
    vault.save()
    return ResealReport(len(chosen), len(named), len(records) - len(named))


def _require_colleague(vault: Vault, to: Fingerprint) -> None:
    addressing.require_member(vault.casebook)
    if to not in addressing.colleagues(vault.casebook):
        raise NewcomerUnknown
    listed = vault.members.keys()
    if to not in {info.fingerprint for info in listed if info.can_encrypt}:
        raise MemberKeyUnavailable(vault.casebook.bound.desk)


def epochs_named(casebook: Casebook) -> dict[str, str]:
    """Return the epoch of every sealed file that the drop's log names: what it does not name, no newcomer can check."""
    return {entry.sha256: epoch for epoch, log in casebook.logs.items() for entry in log.lines.values()}


def _write(vault: Vault, records: Sequence[ItemRecord], epochs: dict[str, str], to: Fingerprint, target: Path) -> None:
    casebook = vault.casebook
    with sealed_parts(vault, records) as parts:
        manifest = ResealManifest(
            drop=casebook.bound.drop,
            desk=casebook.bound.desk,
            author=casebook.key,
            to=to,
            day=today(),
            items=tuple(
                seal_again(vault, record, epochs[record.sha256], [Recipient(to)], parts[record.item])
                for record in records
            ),
        )
        write_reseal(
            target,
            manifest,
            lambda item: parts[item.item],
            lambda data: vault.own.sign_detached(data, casebook.key),
        )


@contextmanager
def sealed_parts(vault: Vault, records: Sequence[ItemRecord]) -> Iterator[dict[ItemId, Path]]:
    """Give a name for each sealed part, which an import would sweep, and take them away in the end."""
    parts = {each.item: vault.path_of(each).with_suffix(".reseal.part") for each in records}
    try:
        yield parts
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def seal_again(vault: Vault, record: ItemRecord, epoch: str, to: Sequence[Recipient], part: Path) -> ResealedItem:
    """Seal one item to other keys: the same signed plaintext, or the same body under another lock."""
    open_item(vault, record)
    part.unlink(missing_ok=True)
    if record.kind is SealedKind.SUBMISSION:
        path = vault.path_of(record)
        with vault.own.unseal(path, path.stat().st_size) as plaintext:
            vault.members.seal(plaintext, to, part)
    else:
        _relock(vault, record, to, part)
    return ResealedItem(
        item=record.item,
        case=record.case,
        kind=record.kind,
        day=record.day,
        epoch=epoch,
        original=record.sha256,
        sha256=file_sha256(part),
        bytes=part.stat().st_size,
    )


def _relock(vault: Vault, record: ItemRecord, to: Sequence[Recipient], part: Path) -> None:
    def relock(lock: bytes) -> bytes:
        return vault.members.seal_bytes(vault.own.unseal_bytes(lock, MAX_KEY_BYTES), to)

    try:
        with vault.path_of(record).open("rb") as source, part.open("xb") as target:
            copy_container(source, target, relock)
    except OSError:
        raise TargetUnusable from None
