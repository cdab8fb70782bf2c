"""The calendar file: every duty on its day, and nothing that tells of a case."""

from datetime import UTC, date, datetime

from icalendar import Calendar, Component

from dropbox.codename import case_name
from dropbox.models import CaseId
from dropbox.workstation.calendar_file import calendar_bytes
from dropbox.workstation.clock import Due, Duty

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CASES = [CaseId("abcdef0123456789" * 2), CaseId("abcdff0123456789" * 2)]
DUES = [Due(CASES[0], Duty.ACKNOWLEDGE, date(2026, 3, 9)), Due(CASES[1], Duty.ANSWER, date(2026, 6, 1))]


def test_each_duty_stands_on_its_own_day_all_day() -> None:
    events = read(DUES)
    assert [(event.decoded("dtstart"), event.decoded("dtend")) for event in events] == [
        (date(2026, 3, 9), date(2026, 3, 10)),
        (date(2026, 6, 1), date(2026, 6, 2)),
    ]
    assert [str(event["summary"]) for event in events] == [
        "Case abcd: acknowledge by today",
        "Case abcd: answer by today",
    ]


def test_nothing_of_a_case_but_four_digits_is_in_it() -> None:
    text = calendar_bytes(DUES, NOW).decode()
    for case in CASES:
        assert case[:5] not in text
        assert all(word not in text for word in case_name(case).split())


def test_the_same_duty_is_the_same_event_next_time() -> None:
    first, again = read(DUES), read(DUES)
    assert [event["uid"] for event in first] == [event["uid"] for event in again]
    assert len({event["uid"] for event in first}) == len(DUES)


def test_an_empty_calendar_is_one() -> None:
    assert read([]) == []


def read(dues: list[Due]) -> list[Component]:
    return Calendar.from_ical(calendar_bytes(dues, NOW)).walk("VEVENT")
