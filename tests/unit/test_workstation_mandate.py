"""The mandate: the reporter's alone, the narrowest where there is none, and shown with its history."""

import pytest

from dropbox.errors import MandateForbids
from dropbox.models import Kind, Mandate
from dropbox.workstation.mandate import (
    Act,
    MandateChange,
    allows,
    history,
    in_force,
    is_narrower,
    meaning,
    notice,
    require,
)
from dropbox.workstation.thread import items_of
from tests.casebooks import CASE, DAY, casebook, submission, writing


@pytest.mark.parametrize("mandate", Mandate)
@pytest.mark.parametrize("act", [Act.REPLY, Act.NOTE])
def test_the_reporter_is_always_answered_and_notes_always_made(mandate: Mandate, act: Act) -> None:
    require(mandate, act)


@pytest.mark.parametrize(
    ("mandate", "closed"),
    [
        (Mandate.LISTEN, {Act.DISCUSS, Act.TAKE_FURTHER, Act.DISCLOSE}),
        (Mandate.ADVISE, {Act.TAKE_FURTHER, Act.DISCLOSE}),
        (Mandate.INVESTIGATE, set[Act]()),
    ],
)
def test_a_narrow_mandate_closes_what_takes_the_report_further(mandate: Mandate, closed: set[Act]) -> None:
    assert {act for act in Act if not allows(mandate, act)} == closed
    for act in closed:
        with pytest.raises(MandateForbids):
            require(mandate, act)


def test_history_holds_each_change_and_no_repetition() -> None:
    book = casebook()
    for number, mandate in enumerate(
        (Mandate.LISTEN, Mandate.LISTEN, Mandate.INVESTIGATE, Mandate.INVESTIGATE, Mandate.LISTEN), start=1
    ):
        submission(book, number, mandate=mandate)
    writing(book)
    assert history(items_of(book, CASE)) == (
        MandateChange(DAY, 1, Mandate.LISTEN),
        MandateChange(DAY, 3, Mandate.INVESTIGATE),
        MandateChange(DAY, 5, Mandate.LISTEN),
    )


def test_the_last_choice_of_the_reporter_is_in_force() -> None:
    book = casebook()
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    submission(book, 2, mandate=Mandate.LISTEN, kind=Kind.MANDATE)
    writing(book, days=9)
    assert in_force(items_of(book, CASE)) is Mandate.LISTEN


def test_where_nothing_is_known_the_narrowest_holds() -> None:
    assert in_force([]) is Mandate.LISTEN


def test_a_late_earlier_choice_does_not_undo_a_later_one() -> None:
    book = casebook()
    submission(book, 2, days=1, mandate=Mandate.LISTEN)
    submission(book, 1, mandate=Mandate.INVESTIGATE)
    assert in_force(items_of(book, CASE)) is Mandate.LISTEN


def test_the_notice_says_what_is_closed_and_nothing_where_nothing_is() -> None:
    assert notice(Mandate.INVESTIGATE, Act.REPLY) == ""
    for mandate in (Mandate.LISTEN, Mandate.ADVISE):
        assert f"mandate is {mandate}" in notice(mandate, Act.REPLY)
        assert meaning(mandate).startswith(mandate)
        assert "ask the reporter" in notice(mandate, Act.REPLY)


@pytest.mark.parametrize("act", [Act.REPLY, Act.NOTE, Act.SAVE])
def test_no_act_that_a_narrow_mandate_leaves_open_goes_without_a_notice(act: Act) -> None:
    assert notice(Mandate.INVESTIGATE, act) == ""
    told = {notice(mandate, act) for mandate in (Mandate.LISTEN, Mandate.ADVISE)}
    assert len(told) == 2
    assert all("mandate is" in text for text in told)


def test_only_a_step_down_is_narrower() -> None:
    narrower = {(after, before) for after in Mandate for before in Mandate if is_narrower(after, before)}
    assert narrower == {
        (Mandate.LISTEN, Mandate.ADVISE),
        (Mandate.LISTEN, Mandate.INVESTIGATE),
        (Mandate.ADVISE, Mandate.INVESTIGATE),
    }
