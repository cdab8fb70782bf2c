"""What the desks send back: replies, notes, receipts and read marks of one verified bundle, in one transaction.

The bundle's signature was checked before; here it is checked against what the store knows now. What does not fit
refuses the whole bundle; what only came too late is skipped with an outcome, and so is a case that somebody else was
faster to put something in the place of: the rest of its author's work must arrive.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, bindparam, func, insert, select, update

from dropbox.bundle import AnswerCase, KeepStep, ReadMark, Receipt
from dropbox.errors import BundleAuthorUnknown, BundleForeign, BundleItemMismatch
from dropbox.models import CaseId, DeskId, ItemId, SealedKind, VaultId
from dropbox.server.store import erasures, moves
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.burial import Mark, is_buried
from dropbox.server.store.cases import add_item, desks_of, open_case, reopen_for_notes, standing
from dropbox.server.store.records import (
    AnswerSeen,
    Applied,
    NewAnswer,
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
    vaults,
)

_REFUSED = (Outcome.CLASH, Outcome.UNSIGNED)


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
    reports = _open_cases(connection, answer, room)
    refused = {case.case: reports[case.item] for case in answer.cases if reports[case.item] in _REFUSED}
    others = {case.item for case in answer.cases if case.case in refused}
    applied = Applied(
        writings=tuple(
            reports.get(writing.item) or _take(connection, answer, writing, room, refused)
            for writing in answer.writings
        ),
        receipts=_receive(connection, answer, others),
        read=_read(connection, answer, others),
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
    parts: tuple[NewWriting | Receipt | ReadMark, ...] = (*answer.writings, *answer.receipts, *answer.read)
    desks = {answer.desk, *(part.desk for part in parts), *(desk for case in answer.cases for desk in case.desks)}
    if not desks <= set(mine.scalars()):
        raise BundleAuthorUnknown


def _require_vault(connection: Connection, answer: NewAnswer) -> None:
    """Bind a vault to its first author and desk: else one member's bundle could confirm another's unsent replies."""
    row = connection.execute(select(vaults).where(vaults.c.vault == answer.vault)).one_or_none()
    if row is None:
        values = {"vault": answer.vault, "desk_id": answer.desk, "author": answer.author}
        connection.execute(insert(vaults), values)
    elif (row.desk_id, row.author) != (answer.desk, answer.author):
        raise BundleForeign


def _open_cases(connection: Connection, answer: NewAnswer, room: Room) -> dict[ItemId, Outcome]:
    """Take in the cases that were opened at the table, each with its report, before anything that hangs on them."""
    reports = {each.item: each for each in answer.writings if each.kind is SealedKind.SUBMISSION}
    if set(reports) != {case.item for case in answer.cases}:
        raise BundleItemMismatch
    return {case.item: _open_case(connection, answer.day, case, reports[case.item], room) for case in answer.cases}


def _open_case(connection: Connection, today: date, new: AnswerCase, report: NewWriting, room: Room) -> Outcome:
    """Store a case and its report. One that is there already, or has ended, is not touched, whatever it says now."""
    if report.case != new.case or report.lock is not None or report.desk not in new.desks:
        raise BundleItemMismatch
    there = standing(connection, new)
    if there is Outcome.CLASH or _is_another(connection, report):
        return Outcome.CLASH
    if _is_known(connection, report, room.mark):
        return Outcome.KNOWN
    if there is Outcome.KNOWN:
        return Outcome.CLASH  # opened with another report
    if not new.signature:
        return Outcome.UNSIGNED
    # a vault's clock may be ahead of ours; nothing can have been taken down after it came here
    day = min(new.day, today)
    open_case(connection, new, day, today)
    room.kept.append(room.blobs.keep(report.item, report.kind, day))
    add_item(connection, report, day, new.desks)
    return Outcome.STORED


def _take(
    connection: Connection, answer: NewAnswer, new: NewWriting, room: Room, refused: Mapping[CaseId, Outcome]
) -> Outcome:
    """Store a writing, of whatever kind. `refused`: the cases of this bundle that were not taken in, and why."""
    if new.kind is SealedKind.SUBMISSION or (new.kind is SealedKind.REPLY) != (new.lock is not None):
        raise BundleItemMismatch
    if _is_known(connection, new, room.mark):
        return Outcome.KNOWN
    if erasures.is_erased(connection, new.case, new.desk):
        return Outcome.SKIPPED
    step = answer.step_of(new.item)
    if step is None or new.case in refused:
        return _write(connection, answer.day, new, room, refused)
    return _write_step(connection, answer, new, step, room)


def _write_step(connection: Connection, answer: NewAnswer, new: NewWriting, step: KeepStep, room: Room) -> Outcome:
    """Store a note on keeping or erasing: also where the case was withdrawn, has ended, or is another desk's now."""
    if new.kind is not SealedKind.NOTE or (step.case, step.desk) != (new.case, new.desk):
        raise BundleItemMismatch
    if connection.execute(select(cases.c.case_id).where(cases.c.case_id == new.case)).first() is None:
        reopen_for_notes(connection, new.case, new.desk, answer.day)
    room.kept.append(room.blobs.keep(new.item, new.kind, answer.day))
    add_item(connection, new, answer.day, [new.desk])
    erasures.record(connection, step, answer.author, answer.day)
    return Outcome.STORED


def _write(
    connection: Connection, day: date, new: NewWriting, room: Room, refused: Mapping[CaseId, Outcome]
) -> Outcome:
    """Store a reply or a note."""
    case = connection.execute(select(cases).where(cases.c.case_id == new.case)).one_or_none()
    if case is None or case.withdrawn_day is not None:
        return refused.get(new.case, Outcome.SKIPPED)
    desks = desks_of(connection, new.case)
    if new.desk not in desks:
        if new.case in refused:
            return refused[new.case]
        if not _had_it(connection, new):
            raise BundleForeign
        if new.kind is SealedKind.REPLY:
            return Outcome.SKIPPED
    room.kept.append(room.blobs.keep(new.item, new.kind, day))
    theirs = [desk for desk in desks if not erasures.is_erased(connection, new.case, desk)]
    add_item(connection, new, day, theirs if new.kind is SealedKind.REPLY else [new.desk])
    if new.lock is not None:
        connection.execute(insert(reply_locks), {"item_id": new.item, "lock": new.lock})
        first = func.coalesce(cases.c.first_reply_day, day)
        news = {"answered": True, "last_contact_day": day, "first_reply_day": first}
        connection.execute(update(cases).where(cases.c.case_id == new.case).values(**news))
    return Outcome.STORED


def _had_it(connection: Connection, new: NewWriting) -> bool:
    """Tell whether a writing's desk had its case before: its replies come too late then, its notes it may keep."""
    return new.desk in {each.desk for each in moves.former(connection, new.case)}


def _is_known(connection: Connection, new: NewWriting, mark: Mark) -> bool:
    if _is_another(connection, new):
        raise BundleItemMismatch
    is_held = select(items.c.item_id).where(items.c.item_id == new.item)
    return connection.execute(is_held).first() is not None or is_buried(connection, mark(new.item))


def _is_another(connection: Connection, new: NewWriting) -> bool:
    """Tell whether something else is held under this item's id."""
    row = connection.execute(select(items).where(items.c.item_id == new.item)).one_or_none()
    return row is not None and (row.sha256, row.case_id, row.kind) != (new.sha256, new.case, new.kind.value)


@dataclass
class _Held:
    """An item that receipts or read marks may be for."""

    sha256: str
    case: CaseId
    kind: SealedKind
    desks: set[DeskId]


def _held(connection: Connection, wanted: Collection[ItemId]) -> dict[ItemId, _Held]:
    """Return those of the wanted items that are held, in one pass: a question each would hold up reporters."""
    held: dict[ItemId, _Held] = {}
    if not wanted:
        return held
    addressed = select(items, item_desks.c.desk_id).join(item_desks, item_desks.c.item_id == items.c.item_id)
    for row in connection.execute(addressed):
        item = ItemId(row.item_id)
        if item in wanted:
            new = _Held(row.sha256, CaseId(row.case_id), SealedKind(row.kind), set())
            held.setdefault(item, new).desks.add(DeskId(row.desk_id))
    return held


def _receive(connection: Connection, answer: NewAnswer, others: Collection[ItemId]) -> tuple[Outcome, ...]:
    """Take in receipts; not for `others`, under whose ids something else may be held."""
    held = _held(connection, {receipt.item for receipt in answer.receipts}.difference(others))
    mine = select(receipts.c.item_id, receipts.c.desk_id).where(receipts.c.fingerprint == answer.author)
    known = {(item, desk) for item, desk in connection.execute(mine)}
    outcomes: list[Outcome] = []
    fresh: list[Receipt] = []
    for receipt in answer.receipts:
        item = held.get(receipt.item)
        if item is None:
            outcomes.append(Outcome.SKIPPED)
            continue
        if item.sha256 != receipt.sha256 or receipt.desk not in item.desks:
            raise BundleItemMismatch
        outcomes.append(Outcome.KNOWN if (receipt.item, receipt.desk) in known else Outcome.STORED)
        if outcomes[-1] is Outcome.STORED:
            known.add((receipt.item, receipt.desk))
            fresh.append(receipt)
    _add_receipts(connection, answer, fresh)
    submissions = (held[receipt.item] for receipt in fresh if held[receipt.item].kind is SealedKind.SUBMISSION)
    _tell(connection, {item.case for item in submissions}, picked_up=True)
    return tuple(outcomes)


def _add_receipts(connection: Connection, answer: NewAnswer, fresh: Sequence[Receipt]) -> None:
    ours = {"fingerprint": answer.author, "day": answer.day}
    rows = [{"item_id": receipt.item, "desk_id": receipt.desk, **ours} for receipt in fresh]
    if rows:
        connection.execute(insert(receipts), rows)


def _read(connection: Connection, answer: NewAnswer, others: Collection[ItemId]) -> tuple[Outcome, ...]:
    held = _held(connection, {mark.item for mark in answer.read}.difference(others))
    known = set(connection.execute(select(cases.c.case_id).where(cases.c.read.is_(True))).scalars())
    outcomes: list[Outcome] = []
    fresh: set[CaseId] = set()
    for mark in answer.read:
        item = held.get(mark.item)
        if item is None:
            outcomes.append(Outcome.SKIPPED)
            continue
        if mark.desk not in item.desks:
            raise BundleItemMismatch
        # only what the reporter sent is news to the reporter
        news = item.kind is SealedKind.SUBMISSION and item.case not in known and item.case not in fresh
        outcomes.append(Outcome.STORED if news else Outcome.KNOWN)
        if news:
            fresh.add(item.case)
    _tell(connection, fresh, read=True)
    return tuple(outcomes)


def _tell(connection: Connection, those: Collection[CaseId], **news: bool) -> None:
    if those:
        rows = [{"this_case": case} for case in sorted(those)]
        connection.execute(update(cases).where(cases.c.case_id == bindparam("this_case")).values(**news), rows)
