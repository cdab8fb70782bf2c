"""The two days that the law gives a report: one to acknowledge it by, one to answer it by.

EU Directive 2019/1937, article 9(1)(b) and (f), and in the Netherlands the Wet bescherming klokkenluiders. Both sides
count here, so that both count alike. Nothing in this room asks what day it is.
"""

import calendar
from datetime import date, timedelta

ACKNOWLEDGE_DAYS = 7
ANSWER_MONTHS = 3


def acknowledge_by(received: date) -> date:
    return received + timedelta(days=ACKNOWLEDGE_DAYS)


def answer_by(received: date, acknowledged: date | None = None) -> date:
    """Return the last day for an answer: three months after the acknowledgement, or after the last day for one.

    A late acknowledgement moves nothing: a day that a reporter was once told never becomes a later one.
    """
    last = acknowledge_by(received)
    return add_months(last if acknowledged is None else min(acknowledged, last), ANSWER_MONTHS)


def add_months(day: date, months: int) -> date:
    """Return the same day that many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
