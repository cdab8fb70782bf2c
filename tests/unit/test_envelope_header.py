"""envelope.json: nothing is sealed that cannot be read again, and nothing is read that we would not have sealed."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox import canonical
from dropbox.envelope import MAX_KNOWN, MAX_TAGS, MAX_TEXT_BYTES, NOBODY, Header, Work, WorkState, text_bytes
from dropbox.envelope.header import MAX_HEADER_BYTES, parse_header
from dropbox.errors import EnvelopeError, InvalidValue
from dropbox.models import DeskId, Fingerprint, ItemId, Kind, Mandate, Plaintext
from tests.envelopes import AUTHOR, FLOOR, Case, pack_writing, submission_header, writing_header

CASE = Case()


def changed(header: Header, **changes: Any) -> bytes:
    return canonical.dump({key: value for key, value in (header.as_json() | changes).items() if value != "GONE"})


@pytest.mark.parametrize("kind", [Kind.REPORT, Kind.MESSAGE, Kind.MANDATE, Kind.WITHDRAWAL])
def test_a_submission_is_read_as_it_was_written(kind: Kind) -> None:
    header = submission_header(CASE, kind=kind, answers={"when": 'in "May"\n', "wo": "日本\u202e"}, language="nl-BE")
    assert parse_header(header.as_bytes()) == header


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.NOTE])
def test_a_writing_is_read_as_it_was_written(kind: Kind) -> None:
    header = writing_header(CASE, kind=kind)
    assert parse_header(header.as_bytes()) == header


def test_the_keys_of_both_are_those_of_format_1() -> None:
    common = {"format", "drop", "case", "item", "kind", "desks", "day"}
    submission = {"epoch", "mandate", "language", "answers", "reply_key", "case_key"}
    assert set(submission_header(CASE).as_json()) == common | submission
    assert set(writing_header(CASE).as_json()) == common | {"desk", "author"}


def test_only_a_withdrawal_can_be_undone_and_says_so_only_then() -> None:
    assert "undo" not in submission_header(CASE, kind=Kind.WITHDRAWAL).as_json()
    undo = submission_header(CASE, kind=Kind.WITHDRAWAL, undo=True)
    assert parse_header(undo.as_bytes()).undo
    with pytest.raises(InvalidValue):
        submission_header(CASE, kind=Kind.MESSAGE, undo=True)
    with pytest.raises(EnvelopeError):
        parse_header(changed(submission_header(CASE, kind=Kind.WITHDRAWAL), undo=False))


def test_desks_come_sorted_and_once() -> None:
    desks = tuple(DeskId(name) for name in ("c", "a", "c", "b"))
    assert submission_header(CASE, desks=desks).desks == ("a", "b", "c")
    with pytest.raises(EnvelopeError):
        parse_header(changed(submission_header(CASE), desks=["b", "a"]))


SUBMISSION_LIES: list[dict[str, Any]] = [
    {"format": 2},
    {"format": "1"},
    {"format": True},
    {"drop": "D0" * 32},
    {"drop": "d0" * 31},
    {"drop": None},
    {"epoch": ""},
    {"epoch": 7},
    {"case": "../../etc"},
    {"item": "17" * 15},
    {"item": ["17" * 16]},
    {"kind": "reply"},
    {"kind": "note"},
    {"kind": "rumour"},
    {"kind": None},
    {"desks": []},
    {"desks": "adviser"},
    {"desks": ["../x"]},
    {"desks": ["adviser", "adviser"]},
    {"desks": {"adviser": 1}},
    {"mandate": None},
    {"mandate": "punish"},
    {"language": ""},
    {"language": "nl\x1b[2J"},
    {"language": 1},
    {"day": "2026-3-14"},
    {"day": "2026-02-30"},
    {"day": "2026-03-14T10:00"},
    {"day": 20260314},
    {"answers": []},
    {"answers": {"a": 1}},
    {"answers": {"a": None}},
    {"answers": None},
    {"reply_key": None},
    {"reply_key": "aa"},
    {"case_key": ""},
    {"undo": True},
    {"author": AUTHOR},
    {"desk": "adviser"},
    {"more": "1"},
    *({key: "GONE"} for key in submission_header(CASE).as_json()),
]


@pytest.mark.parametrize("lie", SUBMISSION_LIES, ids=str)
def test_a_submission_that_is_not_exactly_format_1_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(changed(submission_header(CASE), **lie))


def note(**changes: Any) -> Header:
    return writing_header(CASE, kind=Kind.NOTE, **changes)


OTHER_ITEMS = (ItemId("aa" * 16), ItemId("bb" * 16))
WORK = Work(assignee=AUTHOR, state=WorkState.CLOSED, add=("a", "é"), remove=("b c",))


def test_what_an_author_knew_and_arranged_is_read_as_it_was_written() -> None:
    for header in (note(knows=OTHER_ITEMS, work=WORK), note(knows=()), writing_header(CASE, knows=OTHER_ITEMS)):
        assert parse_header(header.as_bytes()) == header
    for work in (Work(assignee=NOBODY), Work(state=WorkState.NEW), Work(remove=("x",))):
        assert parse_header(note(work=work).as_bytes()).work == work


def test_a_writing_that_says_nothing_of_it_has_the_keys_it_always_had() -> None:
    assert parse_header(writing_header(CASE).as_bytes()).knows is None
    assert not {"knows", "work"} & set(note().as_json())
    assert note(knows=()).as_json()["knows"] == []


def test_neither_a_reply_nor_a_submission_can_arrange_work() -> None:
    with pytest.raises(InvalidValue):
        writing_header(CASE, kind=Kind.REPLY, work=WORK)
    with pytest.raises(InvalidValue):
        submission_header(CASE, work=WORK)
    with pytest.raises(InvalidValue):
        submission_header(CASE, knows=())


def test_the_fullest_note_still_has_the_size_of_every_other() -> None:
    tags = tuple(sorted(f"{number:02}" + "日" * 38 for number in range(MAX_TAGS)))
    others = tuple(sorted(tag[::-1] for tag in tags))
    known = tuple(ItemId(f"{number:032x}") for number in range(MAX_KNOWN))
    header = note(knows=known, work=Work(AUTHOR, WorkState.INVESTIGATING, tags, others))
    assert parse_header(header.as_bytes()) == header
    assert len(pack_writing(CASE, "x" * MAX_TEXT_BYTES, **vars(header))) == FLOOR


KNOWN_LIES: list[Any] = [
    None,
    "aa",
    {},
    [1],
    ["aa"],
    ["bb" * 16, "aa" * 16],
    ["aa" * 16, "aa" * 16],
    ["AA" * 16],
    ["17" * 16],
    [f"{number:032x}" for number in range(MAX_KNOWN + 1)],
]


@pytest.mark.parametrize("lie", KNOWN_LIES, ids=range(len(KNOWN_LIES)))
def test_a_writing_that_claims_to_know_what_cannot_be_is_refused(lie: Any) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(changed(note(), knows=lie))


WORK_LIES: list[Any] = [
    None,
    {},
    [],
    "closed",
    {"assignee": None},
    {"assignee": 1},
    {"assignee": "anna"},
    {"assignee": AUTHOR.lower()},
    {"state": ""},
    {"state": "lost"},
    {"state": None},
    {"state": ["new"]},
    {"state": {}},
    {"add": []},
    {"add": "ab"},
    {"add": {"a": 1}},
    {"add": [None]},
    {"add": [["a"]]},
    {"add": ["b", "a"]},
    {"add": ["a", "a"]},
    {"add": ["a"], "remove": ["a"]},
    {"add": ["a "]},
    {"add": ["e\u0301"]},
    {"add": ["a\nb"]},
    {"add": ["\u202eb"]},
    {"add": ["x" * 41]},
    {"add": [""]},
    {"remove": [f"{number:02}" for number in range(MAX_TAGS + 1)]},
    {"state": "new", "more": 1},
]


@pytest.mark.parametrize("lie", WORK_LIES, ids=range(len(WORK_LIES)))
def test_a_note_that_arranges_what_cannot_be_is_refused(lie: Any) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(changed(note(), work=lie))


def test_a_reply_with_work_in_it_is_refused() -> None:
    with pytest.raises(EnvelopeError):
        parse_header(changed(writing_header(CASE, kind=Kind.REPLY), work=WORK.as_json()))


WRITING_LIES: list[dict[str, Any]] = [
    {"kind": "report"},
    {"desk": "elsewhere"},
    {"desk": None},
    {"author": AUTHOR.lower()},
    {"author": "AB" * 10},
    {"author": " " + AUTHOR},
    {"author": None},
    {"mandate": "listen"},
    {"answers": {}},
    {"case_key": "aa" * 32},
    {"undo": True},
    *({key: "GONE"} for key in writing_header(CASE).as_json()),
]


@pytest.mark.parametrize("lie", WRITING_LIES, ids=str)
def test_a_writing_that_is_not_exactly_format_1_is_refused(lie: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(changed(writing_header(CASE), **lie))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mandate": None},
        {"epoch": ""},
        {"language": "x"},
        {"desks": ()},
        {"drop": "x"},
        {"reply_key": None},
        {"answers": {"a": 1}},
        {"author": Fingerprint("A" * 40)},
        {"desk": DeskId("adviser")},
    ],
    ids=str,
)
def test_a_submission_that_could_not_be_read_again_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        submission_header(CASE, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": None},
        {"desk": None},
        {"desk": DeskId("elsewhere")},
        {"mandate": Mandate.LISTEN},
        {"epoch": "e0" * 16},
        {"language": "nl"},
        {"answers": {"a": "b"}},
        {"reply_key": "aa" * 32},
        {"case_key": "aa" * 32},
        {"undo": True},
        {"desks": ()},
        {"drop": ""},
    ],
    ids=str,
)
def test_a_writing_that_could_not_be_read_again_is_not_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        writing_header(CASE, **wrong)


def test_a_header_over_its_limit_is_refused() -> None:
    header = submission_header(CASE, answers={"a": "b" * MAX_HEADER_BYTES})
    with pytest.raises(EnvelopeError):
        parse_header(header.as_bytes())


def test_answers_are_in_no_repr() -> None:
    assert "whispered" not in repr(submission_header(CASE, answers={"a": "whispered"}))


def test_changing_the_answers_afterwards_changes_no_header() -> None:
    answers = {"a": "b"}
    header = submission_header(CASE, answers=answers)
    answers["a"] = "c"
    assert header.answers == {"a": "b"}


@settings(deadline=None, database=None)
@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_a_header_or_a_refusal(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        parse_header(data)


def test_answers_weigh_as_they_are_written_and_an_escape_is_not_free() -> None:
    assert text_bytes(Plaintext("é"), {}) == 2
    assert text_bytes(Plaintext(""), {"a": "\x01"}) == len('{"a":"\\u0001"}\n')
    assert text_bytes(Plaintext("x" * MAX_TEXT_BYTES), {}) == MAX_TEXT_BYTES


@pytest.mark.parametrize(("message", "answers"), [("\ud800", {}), ("", {"a": "\udfff"})])
def test_text_that_is_not_unicode_is_refused_without_being_shown(message: str, answers: dict[str, str]) -> None:
    with pytest.raises(InvalidValue) as caught:
        text_bytes(Plaintext(message), answers)
    assert "surrogate" not in str(caught.value)


def test_days_are_days() -> None:
    assert submission_header(CASE, day=date(2026, 12, 31)).as_json()["day"] == "2026-12-31"
