"""Marks: sealed in notes, the same in every vault whatever way they came, and never more than a note can hold."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.envelope import Account
from dropbox.envelope.account import Mark, MarkChange, MarkKind, parse_account
from dropbox.envelope.account.marks import (
    MAX_ALIASES,
    MAX_CHANGE_CHARACTERS,
    MAX_MARKS,
    MAX_NAME_CHARACTERS,
    clean_name,
    is_date,
    marks_after,
)
from dropbox.errors import InvalidValue, MarkUnknown, MarkUnusable, NothingToChange, TooManyMarks
from dropbox.models import Mandate
from dropbox.records import to_sparse_json
from dropbox.workstation import marks
from dropbox.workstation.casebook import State
from dropbox.workstation.thread import items_of
from tests.casebooks import casebook
from tests.marked import case_id, mark, marked, note, vault_of

CASE = case_id(0)
JAN, PIET = mark("Jan Jansen; J.J."), mark("Piet Bakker")
HALL, DAY_OF = mark("town hall", MarkKind.PLACE), mark("2026-03-04", MarkKind.DATE)


def test_no_order_of_arrival_changes_what_a_case_is_about() -> None:
    steps = [
        MarkChange((JAN, HALL)),
        MarkChange((DAY_OF,)),
        MarkChange((marks.read(MarkKind.PERSON, "Jan Janssen", JAN.id),), (HALL.id,)),
    ]
    seen = set()
    for order in itertools.permutations(range(3)):
        book = vault_of((Mandate.ADVISE, ()))
        notes = [note(book, CASE, steps[at], days=at + 1) for at in range(3)]
        book.items = {record.item: record for record in (notes[at] for at in order)} | book.items
        book.__post_init__()
        seen.add(marks.of_case(book, CASE))
        assert marks.of_all(book) == {CASE: marks.of_case(book, CASE)}
    assert seen == {(Mark(JAN.id, MarkKind.PERSON, "Jan Janssen"), DAY_OF)}


def test_a_note_that_was_not_verified_marks_nobody() -> None:
    book = vault_of((Mandate.ADVISE, ()))
    odd = marked(book, CASE, JAN)
    book.update(odd.item, state=State.QUARANTINED)
    assert marks.of_case(book, CASE) == ()
    assert marks.of_all(book) == {}
    assert marks.notes(book) == frozenset()


def test_a_case_never_has_more_marks_than_it_may_whatever_came_together() -> None:
    many = [MarkChange(tuple(mark(f"Jan {n}-{each}") for each in range(30))) for n in range(3)]
    assert len(marks_after(many)) == MAX_MARKS
    renamed = marks.read(MarkKind.PERSON, "Piet", many[0].add[0].id)
    assert renamed in marks_after([*many, MarkChange((renamed,))])


def test_only_what_is_not_so_already_is_written() -> None:
    book = vault_of((Mandate.ADVISE, (JAN, HALL)))
    for same in ({"add": [mark("jan jansen; J.J.", number=2)]}, {"rewrite": {JAN.id: marks.typed(JAN)}}, {}):
        with pytest.raises(NothingToChange):
            marks.change(book, CASE, **same)
    assert marks.change(book, CASE, add=[PIET, mark("piet bakker", number=3)]).add[0].kind is MarkKind.PERSON
    assert len(marks.change(book, CASE, add=[PIET, mark("piet bakker", number=3)]).add) == 1
    made = marks.change(book, CASE, add=[PIET], rewrite={JAN.id: "Jan Janssen; Jan J."}, remove=[HALL.id])
    assert made == MarkChange((Mark(JAN.id, MarkKind.PERSON, "Jan Janssen", ("Jan J.",)), PIET), (HALL.id,))
    # taken away and marked anew in one go is no double
    assert marks.change(book, CASE, add=[mark("Jan Jansen; J.J.", number=4)], remove=[JAN.id]).remove == (JAN.id,)


def test_what_is_not_there_cannot_be_changed() -> None:
    book = vault_of((Mandate.ADVISE, (JAN,)))
    for odd in ({"remove": ["0" * 16]}, {"rewrite": {"0" * 16: "Jan"}}, {"remove": ["x"]}):
        with pytest.raises(MarkUnknown):
            marks.change(book, CASE, **odd)


def test_too_many_marks_are_refused_before_anything_is_sealed() -> None:
    full = [mark(f"Jan {n}") for n in range(MAX_MARKS)]
    book = vault_of((Mandate.ADVISE, full))
    with pytest.raises(TooManyMarks):
        marks.change(book, CASE, add=[PIET])
    assert marks.change(book, CASE, add=[PIET], remove=[full[0].id]).add == (PIET,)
    long = [mark(f"{n:03}" + "x" * 100) for n in range(45)]
    with pytest.raises(TooManyMarks):
        marks.change(casebook(), CASE, add=long)


def test_a_thread_says_what_each_note_marked_and_took_away() -> None:
    book = vault_of((Mandate.ADVISE, (JAN, HALL)))
    note(book, CASE, MarkChange((PIET,), (HALL.id, "0" * 16)), days=2)
    first, second = (
        marks.told(items_of(book, CASE))[item] for item in [each.item for each in items_of(book, CASE)[1:]]
    )
    assert first == ["Marked: Jan Jansen; J.J., town hall."]
    assert second == ["Marked: Piet Bakker.", "Marks taken away: town hall."]


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (MarkKind.PERSON, ""),
        (MarkKind.PERSON, " ; ;"),
        (MarkKind.PERSON, "Jan\nJansen"),
        (MarkKind.PERSON, "Jan\u202enesnaJ"),
        (MarkKind.PERSON, "Jan\x1b[2J"),
        (MarkKind.PERSON, "\u0301"),
        (MarkKind.PERSON, "x" * (MAX_NAME_CHARACTERS + 1)),
        (MarkKind.PERSON, ";".join(f"Jan {n}" for n in range(MAX_ALIASES + 2))),
        (MarkKind.PLACE, "\u3164"),
        (MarkKind.DATE, "4 March"),
        (MarkKind.DATE, "2026-02-30"),
        (MarkKind.DATE, "2026-3-4"),
        (MarkKind.DATE, "20260304"),
        (MarkKind.DATE, "２０２６"),
    ],
)
def test_what_cannot_be_seen_or_is_obeyed_is_no_mark(kind: MarkKind, typed: str) -> None:
    with pytest.raises(MarkUnusable):
        marks.read(kind, typed)


def test_what_was_typed_comes_back_as_it_can_be_typed_again() -> None:
    made = marks.read(MarkKind.PERSON, "  Jose\u0301   Jansen;J.J. ;José Jansen; ali\u200cce")
    assert (made.name, made.aliases) == ("José Jansen", ("J.J.", "alice"))
    assert marks.read(MarkKind.PERSON, marks.typed(made), made.id) == made
    assert marks.read(MarkKind.PLACE, "hall; left door").name == "hall; left door"
    assert [is_date(text) for text in ("2026", "2026-03", "2026-03-04", "0000")] == [True, True, True, False]


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_name_is_cleaned_once_and_for_all(typed: str) -> None:
    try:
        name = clean_name(typed)
    except InvalidValue:
        return
    assert clean_name(name) == name
    assert name == name.strip()
    assert "\n" not in name


BAD: list[Callable[[], object]] = [
    lambda: Mark("0" * 15, MarkKind.PERSON, "Jan"),
    lambda: Mark("0" * 15 + "\n", MarkKind.PERSON, "Jan"),
    lambda: Mark("A" * 16, MarkKind.PERSON, "Jan"),
    lambda: Mark("0" * 16, MarkKind.PERSON, " Jan"),
    lambda: Mark("0" * 16, MarkKind.PERSON, "Jan", ("Jan",)),
    lambda: Mark("0" * 16, MarkKind.PLACE, "hall", ("room",)),
    lambda: Mark("0" * 16, MarkKind.DATE, "today"),
    MarkChange,
    lambda: MarkChange((JAN,), (JAN.id,)),
    lambda: MarkChange((JAN, JAN)),
    lambda: MarkChange((), ("0" * 16, "0" * 16)),
    lambda: MarkChange((), ("x",)),
    lambda: MarkChange(tuple(mark(f"Jan {n}") for n in range(MAX_MARKS + 1))),
    lambda: MarkChange(tuple(mark(f"{n:03}" + "x" * 100) for n in range(MAX_CHANGE_CHARACTERS // 100))),
]


@pytest.mark.parametrize("make", BAD, ids=range(len(BAD)))
def test_a_mark_that_nobody_would_write_cannot_be_made(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidValue):
        make()


def test_marks_come_back_from_a_header_as_they_were_and_bent_ones_do_not() -> None:
    account = Account(marks=MarkChange((JAN, HALL, DAY_OF), (PIET.id,)))
    value = to_sparse_json(account)
    assert parse_account(value) == account
    value["marks"]["add"][0]["name"] = "Jan\u202e"
    with pytest.raises(InvalidValue):
        parse_account(value)
