"""A submission that moves its case says so itself, in one form only, and never without the yes that it belongs to."""

from typing import Any

import pytest

from dropbox import canonical
from dropbox.envelope import Header, Moved
from dropbox.envelope.header import parse_header
from dropbox.errors import EnvelopeError, InvalidValue
from dropbox.models import DeskId, Kind
from tests.envelopes import Case, submission_header, writing_header

ASK = "ab" * 16
BOARD, BUREAU, OTHER = DeskId("board"), DeskId("bureau"), DeskId("other")
MOVED = Moved(ASK, BOARD, BUREAU)


def moving(**changes: Any) -> Header:
    values: dict[str, Any] = {"kind": Kind.MESSAGE, "desks": (BOARD, BUREAU), "moved": MOVED}
    return submission_header(Case(), **(values | {"answers": {f"consent-{ASK}": "yes"}} | changes))


@pytest.mark.parametrize("kind", [Kind.MESSAGE, Kind.MANDATE])
def test_a_hand_over_is_read_as_it_was_written(kind: Kind) -> None:
    header = moving(kind=kind)
    assert parse_header(header.as_bytes()) == header


def test_a_submission_that_moves_nothing_has_the_keys_it_always_had() -> None:
    assert "moved" not in submission_header(Case()).as_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": Kind.REPORT},
        {"kind": Kind.WITHDRAWAL},
        {"desks": (BOARD,)},
        {"desks": (BUREAU, OTHER)},
        {"answers": {}},
        {"answers": {f"consent-{ASK}": "no"}},
        {"answers": {"consent-" + "cd" * 16: "yes"}},
    ],
)
def test_a_case_is_moved_by_nothing_but_a_yes_that_reaches_both_desks(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        moving(**wrong)


@pytest.mark.parametrize("wrong", [("ab" * 15, BOARD, BUREAU), (ASK.upper(), BOARD, BUREAU), (ASK, BOARD, BOARD)])
def test_a_hand_over_to_nobody_else_or_without_its_question_is_refused(wrong: tuple[str, DeskId, DeskId]) -> None:
    with pytest.raises(InvalidValue):
        Moved(*wrong)


def test_a_writing_moves_no_case() -> None:
    with pytest.raises(InvalidValue):
        writing_header(Case(), moved=MOVED)


@pytest.mark.parametrize(
    "lie", [None, {}, {**MOVED.as_json(), "more": 1}, {**MOVED.as_json(), "to": "board"}, [MOVED.ask]]
)
def test_another_form_is_refused(lie: Any) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(canonical.dump(moving().as_json() | {"moved": lie}))
