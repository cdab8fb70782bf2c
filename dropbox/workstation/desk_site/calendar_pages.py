"""The legal days as a month and as a list, overdue first, and as a file for a calendar elsewhere."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, request

from dropbox.deadlines import add_months
from dropbox.models import today
from dropbox.workstation.calendar_file import calendar_bytes
from dropbox.workstation.case_rows import CaseRow
from dropbox.workstation.clock import DUTIES, dues
from dropbox.workstation.desk_site.showing import Page, show, this_desk
from dropbox.workstation.finder import Finder
from dropbox.workstation.speech import month_text, weekday_names

pages = Blueprint("calendar", __name__)

MAX_LISTED = 100
MAX_IN_A_DAY = 4
FIRST_YEAR, LAST_YEAR = 2000, 2199
MONTHS = 12
_MONTH = re.compile("([0-9]{4})-([0-9]{2})")


@dataclass(frozen=True)
class Day:
    """One cell of the month; `more` counts the rows that are left out."""

    day: date
    inside: bool
    rows: tuple[CaseRow, ...]
    more: int


@pages.get("/calendar")
def month() -> Page:
    """Show a month with what is due on its days, and everything that waits for somebody."""
    desk, now = this_desk(), today()
    first = _month(now)
    with desk.reading():
        rows, total = desk.finder.due(MAX_LISTED)
        return show(
            "calendar.html",
            today=now,
            first=first,
            title=month_text(first),
            before=add_months(first, -1),
            after=add_months(first, 1),
            weeks=_weeks(desk.finder, first),
            weekdays=weekday_names(),
            rows=rows,
            total=total,
            duties=DUTIES,
        )


@pages.get("/calendar.ics")
def file() -> Response:
    """Give the same days as a calendar file, without anything about the cases."""
    with this_desk().reading() as vault:
        data = calendar_bytes(dues(vault.casebook), datetime.now(UTC))
    answer = Response(data, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="days.ics"'
    return answer


def _month(now: date) -> date:
    """Return the first day of the month that is asked for, or of this one."""
    asked = _MONTH.fullmatch(request.args.get("month", ""))
    year, number = (int(asked[1]), int(asked[2])) if asked else (0, 0)
    fits = FIRST_YEAR <= year <= LAST_YEAR and 1 <= number <= MONTHS
    return date(year, number, 1) if fits else now.replace(day=1)


def _weeks(finder: Finder, first: date) -> list[list[Day]]:
    start = first - timedelta(days=first.weekday())
    last = add_months(first, 1) - timedelta(days=1)
    days = [start + timedelta(days=number) for number in range(((last - start).days // 7 + 1) * 7)]
    due = finder.due_on(days[0], days[-1], MAX_IN_A_DAY)
    cells = [_day(day, first, *due.get(day, ((), 0))) for day in days]
    return [cells[at : at + 7] for at in range(0, len(cells), 7)]


def _day(day: date, first: date, rows: tuple[CaseRow, ...], count: int) -> Day:
    return Day(day, day.month == first.month, rows, count - len(rows))
