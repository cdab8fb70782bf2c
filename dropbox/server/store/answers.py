"""What the desks send back: replies, notes, receipts and read marks of one verified bundle, in one transaction.

The bundle's signature was checked before; here it is checked against what the store knows now. What does not fit
refuses the whole bundle; what only came too late is skipped with an outcome.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from dropbox.errors import BundleAuthorUnknown, BundleForeign, BundleItemMismatch
from dropbox.models import DeskId, ItemId, SealedKind, VaultId
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.cases import add_item, desks_of
from dropbox.server.store.records import (
    AnswerSeen,
    Applied,
    NewAnswer,
    NewReadMark,
    NewReceipt,
    NewWriting,
    Outcome,
)
from dropbox.server.store.schema import (
    answers,
    cases,
    item_desks,
    items,
    memberships,
    receipts,
    reply_locks,
    tombstones,
    vaults,
)

Mark = Callable[[ItemId], str]
"""The keyed hash under which a writing that is gone is remembered."""


@dataclass(frozen=True)
class Room:
    """Where an import writes; `kept` collects the files that got their names, for the caller to undo."""

    blobs: Blobs
    mark: Mark
    kept: list[Path] = field(default_factory=list)


def seen(connection: Connection, vault: VaultId, sequence: int, sha256: str) -> AnswerSeen:
    known = set(
        connection.execute(
            select(answers.c.sha256).where(answers.c.vault == vault, answers.c.sequence == sequence)
        ).scalars()
    )
    if not known:
        return AnswerSeen.NEW
    return AnswerSeen.SAME if sha256 in known else AnswerSeen.OTHER


def apply(connection: Connection, answer: NewAnswer, room: Room) -> Applied:
    """Write an answer's rows and give its part files their names."""
    _require_author(connection, answer)
    _require_vault(connection, answer)
    applied = Applied(
        writings=tuple(_write(connection, answer.day, writing, room) for writing in answer.writings),
        receipts=tuple(_receive(connection, answer, receipt) for receipt in answer.receipts),
        read=tuple(_read(connection, read) for read in answer.read),
    )
    if room.kept:
        room.blobs.sync()
    if seen(connection, answer.vault, answer.sequence, answer.sha256) is not AnswerSeen.SAME:
        row = {"vault": answer.vault, "sequence": answer.sequence, "sha256": answer.sha256}
        connection.execute(insert(answers), row)
    return applied


def _require_author(connection: Connection, answer: NewAnswer) -> None:
    mine = connection.execute(
        select(memberships.c.desk_id).where(
            memberships.c.fingerprint == answer.author, memberships.c.last_day.is_(None)
        )
    )
    parts: tuple[NewWriting | NewReceipt | NewReadMark, ...] = (*answer.writings, *answer.receipts, *answer.read)
    if not {answer.desk, *(part.desk for part in parts)} <= set(mine.scalars()):
        raise BundleAuthorUnknown


def _require_vault(connection: Connection, answer: NewAnswer) -> None:
    """Bind a vault to its first author and desk: else one member's bundle could confirm another's unsent replies."""
    row = connection.execute(select(vaults).where(vaults.c.vault == answer.vault)).one_or_none()
    if row is None:
        values = {"vault": answer.vault, "desk_id": answer.desk, "author": answer.author}
        connection.execute(insert(vaults), values)
    elif (row.desk_id, row.author) != (answer.desk, answer.author):
        raise BundleForeign


def _write(connection: Connection, day: date, new: NewWriting, room: Room) -> Outcome:
    if new.kind is SealedKind.SUBMISSION or (new.kind is SealedKind.REPLY) != (new.lock is not None):
        raise BundleItemMismatch
    if _is_known(connection, new, room.mark):
        return Outcome.KNOWN
    case = connection.execute(select(cases).where(cases.c.case_id == new.case)).one_or_none()
    if case is None or case.withdrawn_day is not None:
        return Outcome.SKIPPED
    desks = desks_of(connection, new.case)
    if new.desk not in desks:
        raise BundleForeign
    room.kept.append(room.blobs.keep(new.item, new.kind, day))
    add_item(connection, new, day, desks if new.kind is SealedKind.REPLY else [new.desk])
    if new.lock is not None:
        connection.execute(insert(reply_locks), {"item_id": new.item, "lock": new.lock})
        news = {"answered": True, "last_contact_day": day}
        connection.execute(update(cases).where(cases.c.case_id == new.case).values(**news))
    return Outcome.STORED


def _is_known(connection: Connection, new: NewWriting, mark: Mark) -> bool:
    row = connection.execute(select(items).where(items.c.item_id == new.item)).one_or_none()
    if row is not None and (row.sha256, row.case_id, row.kind) != (new.sha256, new.case, new.kind.value):
        raise BundleItemMismatch
    return row is not None or is_buried(connection, mark(new.item))


def is_buried(connection: Connection, mark: str) -> bool:
    return connection.execute(select(tombstones).where(tombstones.c.mark == mark)).first() is not None


def bury(connection: Connection, marks: list[str]) -> None:
    fresh = [{"mark": mark} for mark in sorted(set(marks)) if not is_buried(connection, mark)]
    if fresh:
        connection.execute(insert(tombstones), fresh)


def _receive(connection: Connection, answer: NewAnswer, receipt: NewReceipt) -> Outcome:
    row = connection.execute(select(items).where(items.c.item_id == receipt.item)).one_or_none()
    if row is None:
        return Outcome.SKIPPED
    if row.sha256 != receipt.sha256 or not _is_addressed(connection, receipt.item, receipt.desk):
        raise BundleItemMismatch
    values = {"item_id": receipt.item, "desk_id": receipt.desk, "fingerprint": answer.author}
    ours = (
        receipts.c.item_id == receipt.item,
        receipts.c.desk_id == receipt.desk,
        receipts.c.fingerprint == answer.author,
    )
    if connection.execute(select(receipts).where(*ours)).first() is not None:
        return Outcome.KNOWN
    connection.execute(insert(receipts), {**values, "day": answer.day})
    if row.kind == SealedKind.SUBMISSION.value:
        connection.execute(update(cases).where(cases.c.case_id == row.case_id).values(picked_up=True))
    return Outcome.STORED


def _read(connection: Connection, read: NewReadMark) -> Outcome:
    row = connection.execute(
        select(items.c.case_id, items.c.kind, cases.c.read)
        .join(cases, cases.c.case_id == items.c.case_id)
        .where(items.c.item_id == read.item)
    ).one_or_none()
    if row is None:
        return Outcome.SKIPPED
    if not _is_addressed(connection, read.item, read.desk):
        raise BundleItemMismatch
    # only what the reporter sent is news to the reporter
    if row.read or row.kind != SealedKind.SUBMISSION.value:
        return Outcome.KNOWN
    connection.execute(update(cases).where(cases.c.case_id == row.case_id).values(read=True))
    return Outcome.STORED


def _is_addressed(connection: Connection, item: ItemId, desk: DeskId) -> bool:
    ours = select(item_desks).where(item_desks.c.item_id == item, item_desks.c.desk_id == desk)
    return connection.execute(ours).first() is not None
