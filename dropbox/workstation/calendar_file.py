"""The legal days as a calendar file (iCalendar, RFC 5545), for a calendar that may be on another machine.

Whoever sees that calendar learns that something is due, and nothing of a case: not its name, mandate, state or text,
and of its id the first digits only.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from icalendar import Alarm, Calendar, Event

from dropbox.workstation.clock import Due, Duty
from dropbox.workstation.speech import N_, _

SHOWN_DIGITS = 4
_WARN_DAYS = 2
_TITLES = {
    Duty.ACKNOWLEDGE: N_("Case %(digits)s: acknowledge by today"),
    Duty.ANSWER: N_("Case %(digits)s: answer by today"),
}


def calendar_bytes(dues: Iterable[Due], now: datetime) -> bytes:
    """Return a calendar with a whole-day event for each duty; importing it again replaces what it held before."""
    calendar = Calendar()
    calendar.add("prodid", "-//onion-dropbox//workstation//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for due in dues:
        calendar.add_component(_event(due, now))
    return bytes(calendar.to_ical())


def _event(due: Due, now: datetime) -> Event:
    title = _(_TITLES[due.duty].english, digits=due.case[:SHOWN_DIGITS])
    event = Event()
    event.add("uid", _uid(due))
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", due.by)
    event.add("dtend", due.by + timedelta(days=1))
    event.add("summary", title)
    event.add("transp", "TRANSPARENT")
    event.add("class", "CONFIDENTIAL")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -timedelta(days=_WARN_DAYS))
    event.add_component(alarm)
    return event


def _uid(due: Due) -> str:
    """Return the same name for the same duty each time, from which the case's id cannot be read."""
    digest = blake2b(f"{due.case}/{due.duty}".encode(), digest_size=16, person=b"drop1-calendar").hexdigest()
    return f"{digest}@onion-dropbox"
