"""Until when a case is kept: its desk's months from its end on, or longer where a member postponed it.

Nothing is erased because a day has come; who reads the list decides, and another member must agree.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.deadlines import add_months
from dropbox.envelope.account import Outcome
from dropbox.models import CaseId, Kind
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.facts import facts_of
from dropbox.workstation.thread import items_of


class Basis(StrEnum):
    """What the months of keeping count from."""

    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    HANDED_OVER = "handed_over"
    LAST_CONTACT = "last_contact"


@dataclass(frozen=True)
class Postponed:
    """A member's decision to keep a case longer than its desk's rule."""

    until: date
    because: str
    note: ItemRecord


@dataclass(frozen=True)
class KeptUntil:
    """How long a case is kept: `months` after `since`. outcome: None where the desk has said none."""

    case: CaseId
    basis: Basis
    since: date
    outcome: Outcome | None
    months: int
    postponed: Postponed | None = None

    @property
    def by_rule(self) -> date:
        return add_months(self.since, self.months)

    @property
    def day(self) -> date:
        """The day from which it is due."""
        return self.by_rule if self.postponed is None else max(self.by_rule, self.postponed.until)


def kept_until(casebook: Casebook, case: CaseId) -> KeptUntil | None:
    """Return until when a case is kept; None where none of its submissions is held."""
    facts, items = facts_of(casebook, case), items_of(casebook, case)
    if facts is None:
        return None
    basis, since = Basis.LAST_CONTACT, _last_contact(items)
    if facts.closed is not None:
        basis, since = Basis.CLOSED, facts.closed
    if facts.handed_over is not None:
        basis, since = Basis.HANDED_OVER, _handed_over_on(items) or since
    if facts.withdrawn is not None:
        basis, since = Basis.WITHDRAWN, facts.withdrawn
    return KeptUntil(
        case=case,
        basis=basis,
        since=since,
        outcome=facts.outcome,
        months=casebook.keeping.months_for(facts.outcome),
        postponed=_postponed(items),
    )


def due_by(casebook: Casebook, last: date) -> list[KeptUntil]:
    """Return the cases that are due on or before that day, the earliest first."""
    found = (kept_until(casebook, case) for case in casebook.cases)
    return sorted((kept for kept in found if kept and kept.day <= last), key=lambda kept: (kept.day, kept.case))


def month_ends(month: str) -> date:
    """Return the last day of a month written as 2027-03. Raises ValueError."""
    first = date.fromisoformat(f"{month}-01")
    following = add_months(first, 1)
    return date.fromordinal(following.toordinal() - 1)


def _last_contact(items: list[ItemRecord]) -> date:
    return max(record.day for record in items if detail_of(record).kind is not Kind.NOTE)


def _handed_over_on(items: list[ItemRecord]) -> date | None:
    days = [record.day for record in items if (found := detail_of(record).account) and found.handed_over is not None]
    return days[-1] if days else None


def _postponed(items: list[ItemRecord]) -> Postponed | None:
    """Return what was decided last."""
    found: Postponed | None = None
    for record in items:
        account = detail_of(record).account
        if account is not None and account.keeping is not None and account.keeping.until is not None:
            found = Postponed(account.keeping.until, account.keeping.because, record)
    return found
