"""What can be counted of each case: days, mandate, subject, outcome. Nothing that anybody wrote, and no names.

Answers come from the casebook alone, from erased cases as well: their facts are all that is left of them.
"""

from collections.abc import Sequence
from datetime import date

from dropbox.envelope import WorkState
from dropbox.envelope.account import Outcome
from dropbox.models import CaseId, DeskId, Kind
from dropbox.workstation import mandate, moves
from dropbox.workstation.casebook import Casebook, CaseFacts, ItemRecord, detail_of
from dropbox.workstation.classes import class_of_items
from dropbox.workstation.clock import ANSWERED_TAGS
from dropbox.workstation.thread import items_of, received_on, withdrawn_on


def facts_of(casebook: Casebook, case: CaseId) -> CaseFacts | None:
    """Return a case's facts; None where none of its submissions is held."""
    items = items_of(casebook, case)
    received = received_on(items)
    if received is None:
        return None
    said = class_of_items(items)
    withdrawn, handed_over = withdrawn_on(items), _handed_over(casebook, case, items)
    closed, answered = _closed_and_answered(items)
    changes = mandate.history(items)
    return CaseFacts(
        received=received,
        desk=casebook.bound.desk,
        with_desks=_other_desks(casebook, items),
        mandate=changes[-1].mandate if changes else None,
        subject=said.subject,
        outcome=_outcome(said.outcome, withdrawn, handed_over),
        acknowledged_after_days=_days(received, _acknowledged(items)),
        answered_after_days=_days(received, answered),
        closed=closed,
        withdrawn=withdrawn,
        handed_over=handed_over,
    )


def by_case(casebook: Casebook) -> dict[CaseId, CaseFacts]:
    """Return the facts of every case that this vault knows, erased ones as well."""
    found = {case: erased.facts for case, erased in casebook.erased.items()}
    # one that went on after its erasure is told by what is held
    found |= {case: facts_of(casebook, case) for case in sorted(casebook.cases)}
    return {case: facts for case, facts in found.items() if facts is not None}


def all_facts(casebook: Casebook) -> list[CaseFacts]:
    """Return the facts of every case that this vault knows, in no order that tells anything."""
    return list(by_case(casebook).values())


def _other_desks(casebook: Casebook, items: Sequence[ItemRecord]) -> tuple[DeskId, ...]:
    """Return the other desks that the report was sealed for; what came later does not change whom it was meant for."""
    report = next(detail_of(record) for record in items if detail_of(record).number)
    return tuple(sorted(desk for desk in report.desks if desk != casebook.bound.desk))


def _handed_over(casebook: Casebook, case: CaseId, items: Sequence[ItemRecord]) -> DeskId | None:
    """Return who has a case that this desk had: from the reporter's yes on, and not after it came back."""
    if moves.moves_of(casebook, case):
        left = moves.left(casebook, case)
        return left.to if left is not None else None
    accounts = (detail_of(record).account for record in items)
    made = [account.handed_over.to for account in accounts if account is not None and account.handed_over is not None]
    return made[-1] if made else None


def _outcome(said: Outcome | None, withdrawn: date | None, handed_over: DeskId | None) -> Outcome | None:
    if withdrawn is not None:
        return Outcome.WITHDRAWN
    return Outcome.HANDED_OVER if handed_over is not None else said


def _acknowledged(items: Sequence[ItemRecord]) -> date | None:
    """Return the day of the first reply that the drop took in, as the clock of the case counts."""
    replies = (record for record in items if detail_of(record).kind is Kind.REPLY)
    return min((r.day for r in replies if not r.own or r.on_drop or r.entry_confirmed), default=None)


def _closed_and_answered(items: Sequence[ItemRecord]) -> tuple[date | None, date | None]:
    """Return the days since which the case is closed, and since which it counts as answered, while either stands."""
    tags, closed, answered = set[str](), None, None
    for record in items:
        work = detail_of(record).work
        if work is None:
            continue
        tags = tags - set(work.remove) | set(work.add)
        if work.state is not None:
            closed = record.day if work.state is WorkState.CLOSED else None
        if closed is None and ANSWERED_TAGS.isdisjoint(tags):
            answered = None
        elif answered is None:
            answered = record.day
    return closed, answered


def _days(received: date, done: date | None) -> int | None:
    """Return how many days lie between. A clock that was wrong may not make fewer than none."""
    return None if done is None else max((done - received).days, 0)
