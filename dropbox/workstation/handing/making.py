"""Making the bundle for the new desk: the whole case as its reporter and its readers wrote it, sealed once more.

Plaintext goes from one gpg to the next through a pipe and into no file, and nobody reads it on the way. Notes stay:
they are this desk's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import lexists
from pathlib import Path

from dropbox.bundle import HandOverManifest, write_handover
from dropbox.envelope import Account
from dropbox.envelope.account import HandedOver, LogAct
from dropbox.errors import CaseIncomplete, ConsentMissing, TargetExists
from dropbox.models import CaseId, DeskId, Fingerprint, Kind, Plaintext, Recipient, SealedKind, today
from dropbox.workstation import acts, addressing, case_log, moves, trust
from dropbox.workstation.casebook import Act, Casebook, CaseRecord, ItemRecord, number_of
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.resealing import epochs_named, seal_again, sealed_parts
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault


@dataclass(frozen=True)
class HandOverReport:
    """What was handed over. `left_out`: replies that no pickup bundle has named: the reporter never got them."""

    to: DeskId
    items: int
    left_out: int
    readers: tuple[Fingerprint, ...]


def hand_over(vault: Vault, case: CaseRecord, target: Path) -> HandOverReport:
    """Write the bundle for the desk that has the case now, whole or not at all, and keep on record that it was made.

    May be done again: the case is the new desk's all the same. Raises ConsentMissing while the reporter has not agreed,
    CaseIncomplete, Unconfirmed, RosterUnconfirmed, NotOnRoster, MemberKeyUnavailable, ThreadBroken, TargetExists,
    TargetUnusable, or what gpg raises.
    """
    casebook = vault.casebook
    trust.require_trust(casebook)
    move = moves.left(casebook, case.case)
    if move is None:
        raise ConsentMissing
    acts.require(casebook, case.case, Act.HAND_OVER)
    readers = addressing.recipients(vault, [move.to])
    records, left_out = _whole(casebook, case.case, move)
    if lexists(target):
        raise TargetExists
    digest = _write(vault, move, records, readers, target)
    case_log.add(casebook, case.case, LogAct.HANDED_OVER, desk=move.to, items=str(len(records)), bundle=digest)
    made = HandedOver(move.to, move.ask, move.item, len(records), digest)
    write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), account=Account(handed_over=made)))
    return HandOverReport(move.to, len(records), left_out, tuple(each.fingerprint for each in readers))


def _whole(casebook: Casebook, case: CaseId, move: moves.Move) -> tuple[list[ItemRecord], int]:
    """Return everything up to the reporter's yes that is no note, and how much of it never went out."""
    if not moves.holds_until(casebook, case, move.number):
        raise CaseIncomplete
    thread = [each for each in items_of(casebook, case) if each.kind is not SealedKind.NOTE]
    before = [each for each in thread if number_of(each) < move.number]
    named = epochs_named(casebook)
    passed = [each for each in before if each.sha256 in named or each.handed_by is not None]
    return passed, len(before) - len(passed)


def _write(
    vault: Vault, move: moves.Move, records: Sequence[ItemRecord], readers: Sequence[Recipient], target: Path
) -> str:
    casebook = vault.casebook
    epochs = epochs_named(casebook)
    with sealed_parts(vault, records) as parts:
        manifest = HandOverManifest(
            drop=casebook.bound.drop,
            desk=casebook.bound.desk,
            to=move.to,
            author=casebook.key,
            day=today(),
            case=casebook.items[move.item].case,
            consent=move.item,
            readers=tuple(each.fingerprint for each in readers),
            items=tuple(
                seal_again(vault, each, epochs.get(each.sha256, each.epoch), readers, parts[each.item])
                for each in records
            ),
        )
        return write_handover(
            target,
            manifest,
            lambda item: parts[item.item],
            lambda data: vault.own.sign_detached(data, casebook.key),
        )
