"""One case as a line of the table of cases: from the casebook into columns, and from columns to what is shown.

Facts alone, no text of a reporter's; where words were found in one comes from whoever searched.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from dropbox.envelope import WorkState
from dropbox.errors import ThreadBroken
from dropbox.models import CaseId, Fingerprint
from dropbox.workstation import moves
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.clock import CaseClock, Duty, LegalDay, case_clock
from dropbox.workstation.thread import items_of, summarise
from dropbox.workstation.work import of_items


@dataclass(frozen=True)
class Excerpt:
    """Where the words were found in one item: pieces of its text, every second one being what was found."""

    item: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class CaseRow:
    """One line of the table of cases."""

    case: CaseId
    name: str
    desk: str
    mandate: str
    state: str
    assignee: Fingerprint | None
    tags: tuple[str, ...]
    received: date
    submissions: int
    replies: int
    unread: int
    withdrawn: date | None
    clock: CaseClock | None
    found: Excerpt | None = None


def columns_of(casebook: Casebook, case: CaseId) -> tuple[object, ...] | None:
    """Return a case as a row of the table; None where nothing of it can be shown."""
    record = casebook.cases.get(case)
    if record is None:
        return None
    try:
        return _full_row(casebook, record)
    except ThreadBroken:
        return None


def _full_row(casebook: Casebook, case: CaseRecord) -> tuple[object, ...]:
    summary, items = summarise(casebook, case), items_of(casebook, case.case)
    work = of_items(casebook, items)
    closed = work.state is WorkState.CLOSED or moves.is_away(casebook, case.case)
    clock = case_clock(items, closed=closed, tags=work.tags)
    return (
        case.case,
        summary.name,
        ", ".join(case.desks),
        str(summary.mandate or ""),
        str(work.state),
        work.assignee or "",
        joined(work.tags),
        summary.received.toordinal(),
        summary.submissions,
        summary.replies,
        summary.unread,
        _ordinal(summary.withdrawn),
        *_clock_columns(clock),
    )


def _clock_columns(clock: CaseClock | None) -> tuple[object, ...]:
    if clock is None:
        return (None,) * 7
    first, last = clock.acknowledge, clock.answer
    return (
        first.by.toordinal(),
        _ordinal(first.done),
        first.met,
        first.on_its_way,
        last.by.toordinal(),
        last.met,
        _ordinal(clock.next.by if clock.next else None),
    )


def row_of(row: tuple[object, ...], found: Excerpt | None = None) -> CaseRow:
    case, name, desk, mandate, state, assignee, tags, *numbers = row
    received, submissions, replies, unread, withdrawn, *clock = (None if n is None else int(str(n)) for n in numbers)
    return CaseRow(
        case=CaseId(str(case)),
        name=str(name),
        desk=str(desk),
        mandate=str(mandate),
        state=str(state),
        assignee=Fingerprint(str(assignee)) if assignee else None,
        tags=split(str(tags)),
        received=date.fromordinal(received or 1),
        submissions=submissions or 0,
        replies=replies or 0,
        unread=unread or 0,
        withdrawn=_day(withdrawn),
        clock=_clock(clock),
        found=found,
    )


def _clock(columns: list[int | None]) -> CaseClock | None:
    acknowledge_by, acknowledged, met, on_its_way, answer_by, answer_met, _due = columns
    if acknowledge_by is None or answer_by is None:
        return None
    first = LegalDay(
        Duty.ACKNOWLEDGE,
        date.fromordinal(acknowledge_by),
        done=_day(acknowledged),
        met=bool(met),
        on_its_way=bool(on_its_way),
    )
    return CaseClock(first, LegalDay(Duty.ANSWER, date.fromordinal(answer_by), met=bool(answer_met)))


def joined(tags: Iterable[str]) -> str:
    """Return tags as one text in which each stands between line ends, which no tag contains."""
    inner = "\n".join(sorted(tags))
    return f"\n{inner}\n" if inner else ""


def split(tags: str) -> tuple[str, ...]:
    return tuple(tags.strip("\n").split("\n")) if tags else ()


def _ordinal(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _day(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)
