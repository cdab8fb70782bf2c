"""The two days that the law gives a case, and how it stands with each. It says nothing and opens nothing.

Counts as the server does, so that members and reporter see the same days: the first reply of any member acknowledges
the report, on the day that the drop took it in. What answers it, no program can tell: the members say so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.models import CaseId, Kind
from dropbox.workstation.casebook import ItemRecord, detail_of
from dropbox.workstation.thread import withdrawn_on

ANSWERED_TAGS = frozenset({"answered", "beantwoord"})
"""A case with one of these tags was answered, though the work on it goes on."""


class Duty(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"


class Standing(StrEnum):
    """How it is with a day. ON_ITS_WAY: the reply is written here, and the drop has not taken it in yet."""

    OPEN = "open"
    ON_ITS_WAY = "on_its_way"
    MET = "met"
    LATE = "late"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class LegalDay:
    """One of the two days. `done` is the day it was met on; `met` says that it was, where the day is not known."""

    duty: Duty
    by: date
    done: date | None = None
    met: bool = False
    on_its_way: bool = False

    def standing(self, today: date) -> Standing:
        if self.done is not None and self.done > self.by:
            return Standing.LATE
        if self.met:
            return Standing.MET
        if self.on_its_way:
            return Standing.ON_ITS_WAY
        return Standing.OPEN if today <= self.by else Standing.OVERDUE

    @property
    def open(self) -> bool:
        """Somebody must still write."""
        return not (self.met or self.on_its_way)


@dataclass(frozen=True)
class CaseClock:
    acknowledge: LegalDay
    answer: LegalDay

    @property
    def next(self) -> LegalDay | None:
        """The day that waits for somebody, if one does."""
        return next((day for day in (self.acknowledge, self.answer) if day.open), None)


@dataclass(frozen=True)
class Due:
    """A case's day that waits for somebody."""

    case: CaseId
    duty: Duty
    by: date


def case_clock(items: Sequence[ItemRecord], *, closed: bool, tags: Collection[str] = ()) -> CaseClock | None:
    """Return both days of a case, from its items oldest first; None when it is withdrawn or holds no report.

    closed: a member has closed it.
    """
    received = next((record.day for record in items if detail_of(record).number), None)
    if received is None or withdrawn_on(list(items)) is not None:
        return None
    replies = [record for record in items if detail_of(record).kind is Kind.REPLY]
    came = [record.day for record in replies if not record.own or record.on_drop or record.entry_confirmed]
    first = min(came, default=None)
    answered = closed or not ANSWERED_TAGS.isdisjoint(tags)
    acknowledge = LegalDay(
        Duty.ACKNOWLEDGE,
        acknowledge_by(received),
        done=first,
        met=first is not None or answered,
        on_its_way=first is None and bool(replies),
    )
    return CaseClock(acknowledge, LegalDay(Duty.ANSWER, answer_by(received, first), met=answered))
