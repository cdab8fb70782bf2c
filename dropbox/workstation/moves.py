"""Where a case is: which desks each of its submissions was meant for, and whether this desk has handed it over.

Only the reporter moves a case, with a submission that says so under the case's own signature. Answers come from the
casebook alone; nothing is unsealed here.
"""

from dataclasses import dataclass
from datetime import date

from dropbox.errors import CaseHandedOver
from dropbox.models import CaseId, DeskId, ItemId
from dropbox.workstation.casebook import Casebook, Detail, ItemRecord, detail_of, number_of
from dropbox.workstation.order import submissions_of

Desks = frozenset[DeskId]


@dataclass(frozen=True)
class Move:
    """One hand-over: from the submission `item` on, `to` has the case and `origin` has it no more."""

    origin: DeskId
    to: DeskId
    ask: str
    item: ItemId
    number: int
    day: date


def moves_of(casebook: Casebook, case: CaseId) -> tuple[Move, ...]:
    """Return every hand-over of a case, the first one first."""
    return tuple(
        Move(moved.origin, moved.to, moved.ask, record.item, number_of(record), record.day)
        for record in _submissions(casebook, case)
        if (moved := detail_of(record).moved) is not None
    )


def is_away(casebook: Casebook, case: CaseId) -> bool:
    """Tell whether another desk has the case now: `left`, and as cheap as a list of ten thousand needs it."""
    record = casebook.cases.get(case)
    return record is not None and casebook.binding is not None and casebook.binding.desk not in record.desks


def left(casebook: Casebook, case: CaseId) -> Move | None:
    """Return the hand-over with which this desk lost the case; None while it has it."""
    if not is_away(casebook, case):
        return None
    ours = [move for move in moves_of(casebook, case) if casebook.bound.desk in (move.origin, move.to)]
    return ours[-1] if ours else None


def came(casebook: Casebook, case: CaseId) -> Move | None:
    """Return the hand-over with which this desk got the case it has; None for one that was sent to it."""
    ours = [move for move in moves_of(casebook, case) if casebook.bound.desk in (move.origin, move.to)]
    return ours[-1] if ours and ours[-1].to == casebook.bound.desk else None


def require_here(casebook: Casebook, case: CaseId) -> None:
    """Raise CaseHandedOver when another desk has the case now."""
    move = left(casebook, case)
    if move is not None:
        raise CaseHandedOver(move.to, move.day)


def holds_until(casebook: Casebook, case: CaseId, number: int) -> bool:
    """Tell whether every submission with a lower number is held here."""
    held = {number_of(record) for record in _submissions(casebook, case)}
    return set(range(1, number)) <= held


def is_passed_on(casebook: Casebook, case: CaseId) -> bool:
    """Tell whether a note of this desk says that the case's file was written for the new desk."""
    accounts = (detail_of(record).account for record in casebook.thread(case))
    return any(account is not None and account.handed_over is not None for account in accounts)


def before(detail: Detail) -> Desks:
    """Return the desks that had the case until this submission."""
    return frozenset(detail.desks) - ({detail.moved.to} if detail.moved is not None else frozenset())


def after(detail: Detail) -> Desks:
    """Return the desks that have the case from this submission on."""
    return frozenset(detail.desks) - ({detail.moved.origin} if detail.moved is not None else frozenset())


def desks_now(casebook: Casebook, case: CaseId) -> tuple[DeskId, ...]:
    """Return who has the case by the newest submission that is held, sorted; none when there is none."""
    submissions = _submissions(casebook, case)
    return tuple(sorted(after(detail_of(submissions[-1])))) if submissions else ()


def desks_ever(casebook: Casebook, case: CaseId) -> frozenset[Desks]:
    """Return every set of desks that had the case at some time, as far as it is known here."""
    details = [detail_of(record) for record in _submissions(casebook, case)]
    return frozenset(each for detail in details for each in (before(detail), after(detail)))


def is_addressed_wrong(casebook: Casebook, item: ItemRecord, detail: Detail) -> bool:
    """Tell whether a submission was meant for others than the ones next to it in its case allow.

    A case changes desks by a hand-over and by nothing else. Where one between them is not held, it may be that one.
    """
    thread = _submissions(casebook, item.case)
    others = [record for record in thread if record.item != item.item and record.lost is item.lost]
    number = detail.number or 0
    earlier = [detail_of(record) for record in others if number_of(record) < number]
    later = [detail_of(record) for record in others if number_of(record) > number]
    neighbours = [*((each, detail) for each in earlier[-1:]), *((detail, each) for each in later[:1])]
    return any(after(one) != before(other) and not _may_have_moved(one, other) for one, other in neighbours)


def _may_have_moved(one: Detail, other: Detail) -> bool:
    """Tell whether a submission that is not held, and may hand the case over, lies between two."""
    return (other.number or 0) - (one.number or 0) > 1


def _submissions(casebook: Casebook, case: CaseId) -> list[ItemRecord]:
    return submissions_of(casebook.thread(case))
