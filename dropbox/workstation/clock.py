"""The two days that the law gives a case, and how it stands with each. Opens nothing.

Counts as the server does, so that members and reporter see the same days: the first reply of any member acknowledges
the report, on the day that the drop took it in. What answers it, no program can tell: the members say so.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.envelope import WorkState
from dropbox.models import CaseId, Kind
from dropbox.workstation import moves
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of
from dropbox.workstation.speech import N_, _, ngettext
from dropbox.workstation.thread import items_of, received_on, withdrawn_on
from dropbox.workstation.work import of_items

ANSWERED_TAGS = frozenset({"answered", "beantwoord"})
"""A case with one of these tags was answered, though the work on it goes on."""


SOON_DAYS = {"acknowledge": 2, "answer": 14}
"""So many days before its day a duty is shown as pressing."""


class Duty(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"


DUTIES = {Duty.ACKNOWLEDGE: N_("say that it arrived"), Duty.ANSWER: N_("tell what was done")}
"""What somebody must do by a day, after "due:"."""


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
    received = received_on(items)
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


def dues(casebook: Casebook) -> list[Due]:
    """Return the day of each case that waits for somebody, the earliest first; some cases wait for nobody."""
    waiting = []
    for case in casebook.cases:
        items = items_of(casebook, case)
        work = of_items(casebook, items)
        closed = work.state is WorkState.CLOSED or moves.is_away(casebook, case)
        clock = case_clock(items, closed=closed, tags=work.tags)
        if clock is not None and clock.next is not None:
            waiting.append(Due(case, clock.next.duty, clock.next.by))
    return sorted(waiting, key=lambda due: (due.by, due.case))


def is_soon(day: LegalDay, today: date) -> bool:
    """Tell whether an open day is pressing, or past."""
    return day.open and (day.by - today).days <= SOON_DAYS[day.duty]


def left_text(day: LegalDay, today: date) -> str:
    """Return how long there still is, or how it ended, in a few words for a column."""
    standing = day.standing(today)
    if standing is Standing.MET:
        return _("done")
    if standing is Standing.LATE:
        return _("done, too late")
    if standing is Standing.ON_ITS_WAY:
        return _("written, still here")
    return left_words(day.by, today)


def left_words(by: date, today: date) -> str:
    """Return how many days there are until a day that waits for somebody."""
    days = (by - today).days
    if days < 0:
        return ngettext("%(num)s day too late", "%(num)s days too late", -days)
    return ngettext("%(num)s day left", "%(num)s days left", days) if days else _("today")
