"""The legal days: none is lost to a short month, and none that was once named becomes a later one."""

from datetime import date, timedelta

import pytest

from dropbox.deadlines import acknowledge_by, add_months, answer_by

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 2), 12, date(2027, 3, 2)),
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
    ],
)
def test_months_end_on_days_that_exist(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("received", "expected"),
    [(MONDAY, date(2026, 3, 9)), (date(2026, 12, 28), date(2027, 1, 4)), (date(2028, 2, 24), date(2028, 3, 2))],
)
def test_a_report_is_acknowledged_within_seven_days(received: date, expected: date) -> None:
    assert acknowledge_by(received) == expected


@pytest.mark.parametrize(
    ("acknowledged", "expected"),
    [
        (None, date(2026, 6, 9)),
        (MONDAY, date(2026, 6, 2)),
        (date(2026, 3, 5), date(2026, 6, 5)),
        (date(2026, 3, 9), date(2026, 6, 9)),
    ],
)
def test_the_answer_is_due_three_months_after_the_acknowledgement(acknowledged: date | None, expected: date) -> None:
    assert answer_by(MONDAY, acknowledged) == expected


@pytest.mark.parametrize("days", [8, 30, 400])
def test_a_late_acknowledgement_does_not_put_the_answer_off(days: int) -> None:
    assert answer_by(MONDAY, MONDAY + timedelta(days=days)) == answer_by(MONDAY)


def test_no_acknowledgement_makes_a_later_day_of_one_that_was_named() -> None:
    for start in range(400):
        received = MONDAY + timedelta(days=start)
        named = answer_by(received)
        assert all(answer_by(received, received + timedelta(days=days)) <= named for days in range(0, 40, 3))
