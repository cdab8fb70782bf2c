"""What is known of each sealed file: whose it is, what came of it, and in which exports it left. Facts only."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.envelope import Account, Ask, Consent, Moved, Work
from dropbox.errors import InvalidValue
from dropbox.models import (
    CaseId,
    DeskId,
    Fingerprint,
    ItemId,
    Kind,
    Mandate,
    SealedKind,
)


class State(StrEnum):
    VERIFIED = "verified"
    NOT_FOR_YOU = "not_for_you"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Detail:
    """What a verified item said about itself, kept so that a list needs no unsealing.

    ask: what a reply asked its reporter to agree to. consents: what a submission said to asks, by their ids. moved: it
    lets another desk have the case. signed_on: the day that the author of a note with
    an account put on it.
    """

    kind: Kind
    index_sha256: str
    desks: tuple[DeskId, ...]
    number: int | None = None
    previous: str | None = None
    mandate: Mandate | None = None
    undo: bool = False
    desk: DeskId | None = None
    author: Fingerprint | None = None
    knows: tuple[ItemId, ...] | None = None
    work: Work | None = None
    account: Account | None = None
    ask: Ask | None = None
    consents: tuple[Consent, ...] = ()
    moved: Moved | None = None
    signed_on: date | None = None

    @property
    def is_log_only(self) -> bool:
        """Whether a note only brings colleagues what was done: it stands in the log and in no thread."""
        return self.account is not None and self.account.is_log_only


@dataclass(frozen=True)
class ItemRecord:
    """One sealed file. `arrived` counts what came into this vault; `on_drop`: a pickup bundle has held or named it.

    day: the drop's, once it has named the item. written: this machine's, on which it was sealed here. resealed_by: who
    passed it on; `sha256` is that of the drop's own file then, and not of ours. handed_by: the desk that handed its
    case over; the drop never gave this desk the item, and nothing of it is owed to the drop. lost: it came from
    the drop, which no longer has it since a restore.
    """

    item: ItemId
    case: CaseId
    kind: SealedKind
    day: date
    sha256: str
    epoch: str
    state: State
    arrived: int = 0
    detail: Detail | None = None
    reason: str = ""
    own: bool = False
    lock: str | None = None
    on_drop: bool = True
    read: bool = False
    entry_confirmed: bool = False
    receipt_confirmed: bool = False
    read_confirmed: bool = False
    written: date | None = None
    resealed_by: Fingerprint | None = None
    handed_by: DeskId | None = None
    lost: bool = False


@dataclass(frozen=True)
class CaseRecord:
    """The two public keys of a case, pinned when its first item was verified (hex, Ed25519 and X25519).

    desks: who has it now.
    """

    case: CaseId
    case_key: str
    reply_key: str
    desks: tuple[DeskId, ...]


@dataclass(frozen=True)
class Conflict:
    """The drop offered other bytes under the id of an item that is held already."""

    item: ItemId
    sha256: str
    day: date


@dataclass(frozen=True)
class ExportRecord:
    sequence: int
    manifest_sha256: str | None
    entries: tuple[ItemId, ...]
    receipts: tuple[ItemId, ...]
    read: tuple[ItemId, ...]
    confirmed: bool = False


def detail_of(record: ItemRecord) -> Detail:
    if record.detail is None:
        raise InvalidValue
    return record.detail


def is_shown(record: ItemRecord) -> bool:
    """Whether an item stands in its case's thread."""
    return record.state is State.VERIFIED and not detail_of(record).is_log_only


def number_of(record: ItemRecord) -> int:
    """Return a submission's signed number in its case (from 1); 0 for a writing."""
    return detail_of(record).number or 0
