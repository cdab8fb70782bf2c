"""The finder: no row too many or too few, no word an operator, nothing on a disk, nothing of a quarantined item."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dropbox.envelope import Envelope, Work, WorkState
from dropbox.models import CaseId, Fingerprint, ItemId, Kind, Mandate, Plaintext
from dropbox.records import apart
from dropbox.workstation.casebook import Casebook, Detail, ItemRecord, State
from dropbox.workstation.finder import MARKS, NOBODY, PAGE_ROWS, SORTS, Finder, Search, has_words
from dropbox.workstation.opening import Opened
from tests.casebooks import ANNA, BRAM, DAY, DESK, add_case, casebook, submission, writing

TODAY = DAY + timedelta(days=10)


def case_id(number: int) -> CaseId:
    return CaseId(f"{number:08x}" * 4)


def book(cases: int) -> Casebook:
    """Return a casebook in which case n came n days after DAY."""
    made = casebook()
    for number in range(1, cases + 1):
        add_case(made, case_id(number))
        submission(made, 1, case=case_id(number), days=number)
    return made


def following(made: Casebook) -> Finder:
    finder = Finder()
    finder.follow(made)
    return finder


def arranged(made: Casebook, case: CaseId, work: Work) -> None:
    note = writing(made, Kind.NOTE, case=case, days=30, read=True)
    made.update(note.item, detail=Detail(Kind.NOTE, "f" * 64, (DESK,), desk=DESK, author=BRAM, work=work))


def opened(record: ItemRecord, text: str, *names: str, **answers: str) -> Opened:
    files = [SimpleNamespace(name=name) for name in names]
    parts = {"header": SimpleNamespace(answers=answers), "index": SimpleNamespace(attachments=files)}
    return Opened(record, cast(Envelope, SimpleNamespace(message=Plaintext(text), **parts)))


def found(finder: Finder, **asked: object) -> list[CaseId]:
    return [row.case for row in finder.find(Search(**asked), TODAY).rows]  # type: ignore[arg-type]


def test_the_case_that_waits_longest_stands_first() -> None:
    made = book(3)
    assert found(following(made)) == [case_id(1), case_id(2), case_id(3)]


def test_a_case_that_waits_for_nobody_stands_last() -> None:
    made = book(2)
    arranged(made, case_id(1), Work(state=WorkState.CLOSED))
    assert found(following(made)) == [case_id(2), case_id(1)]


def test_no_filter_lets_through_what_it_should_not() -> None:
    made = book(4)
    made.update(next(made.thread(case_id(1))).item, read=True)
    submission(made, 2, case=case_id(2), mandate=Mandate.INVESTIGATE, days=40)
    arranged(made, case_id(3), Work(assignee=ANNA, state=WorkState.WAITING, add=("money", "urgent")))
    finder = following(made)
    assert found(finder, mandate="investigate") == [case_id(2)]
    assert found(finder, state="waiting") == [case_id(3)]
    assert found(finder, tag="money") == [case_id(3)]
    assert found(finder, tag="mone") == []
    assert found(finder, assignee=ANNA) == [case_id(3)]
    assert case_id(3) not in found(finder, assignee=NOBODY)
    assert case_id(1) not in found(finder, unread=True)
    assert found(finder, overdue=True) == [case_id(1), case_id(2)]
    assert finder.count_overdue(TODAY) == 2
    assert (finder.tags(), finder.assignees()) == (("money", "urgent"), (ANNA,))


def test_a_withdrawn_case_is_not_found_by_the_mandate_it_had() -> None:
    made = book(1)
    submission(made, 2, case=case_id(1), kind=Kind.WITHDRAWAL)
    finder = following(made)
    assert found(finder, mandate="advise") == []
    assert finder.find(Search(), TODAY).rows[0].clock is None


@pytest.mark.parametrize("sort", sorted(SORTS))
def test_no_order_loses_a_row_between_two_pages(sort: str) -> None:
    made = book(PAGE_ROWS + 7)
    finder = following(made)
    pages = [finder.find(Search(sort=sort, page=number), TODAY) for number in (1, 2)]
    cases = [row.case for page in pages for row in page.rows]
    assert len(cases) == len(set(cases)) == PAGE_ROWS + 7
    assert (pages[0].pages, pages[0].total) == (2, PAGE_ROWS + 7)


def test_a_page_that_is_not_there_is_the_last() -> None:
    finder = following(book(3))
    assert finder.find(Search(page=99), TODAY).page == 1
    assert len(finder.find(Search(page=-4), TODAY).rows) == 3


def test_what_changed_is_followed_and_the_rest_is_left_alone() -> None:
    made = book(2)
    finder = following(made)
    after = apart(made)
    submission(after, 2, case=case_id(2), days=3)
    add_case(after, case_id(9))
    submission(after, 1, case=case_id(9), days=1)
    finder.follow(after)
    rows = {row.case: row for row in finder.find(Search(), TODAY).rows}
    assert set(rows) == {case_id(1), case_id(2), case_id(9)}
    assert (rows[case_id(2)].submissions, rows[case_id(1)].submissions) == (2, 1)


def test_a_case_whose_report_is_quarantined_has_no_row_and_no_text() -> None:
    made = book(2)
    finder = following(made)
    record = next(made.thread(case_id(1)))
    finder.learn(opened(record, "planted words"))
    after = apart(made)
    after.update(record.item, state=State.QUARANTINED, detail=None)
    finder.follow(after)
    assert found(finder) == [case_id(2)]
    assert (found(finder, words="planted"), finder.known) == ([], 0)


def test_everything_that_a_person_wrote_is_found_and_nothing_else() -> None:
    made = book(2)
    finder = following(made)
    finder.learn(opened(next(made.thread(case_id(1))), "Der Bürgermeister rief an", "letter.pdf", when="spring"), None)
    for words in ("burgermeister", "BÜRGER", "letter", "spring rief", '"rief an"', "an rief"):
        assert found(finder, words=words) == [case_id(1)], words
    for words in ('"an rief"', "autumn", "when", "advise"):
        assert found(finder, words=words) == [], words


@pytest.mark.parametrize(
    "words", ['"', "NOT", "a AND", "NEAR(", "content:", "x*", "-", "^a", "' OR 1=1 --", "\x00", "%", "()"]
)
def test_no_word_is_an_operator(words: str) -> None:
    finder = following(book(2))
    finder.find(Search(words=words), TODAY)
    assert has_words(words) == any(character.isalnum() for character in words)


def test_a_case_is_found_by_its_name_and_by_its_digits() -> None:
    finder = following(book(3))
    row = finder.find(Search(), TODAY).rows[0]
    assert found(finder, words=row.name) == [row.case]
    assert found(finder, words=row.name.upper().replace(" ", "-")) == [row.case]
    assert found(finder, words=row.case[:8]) == [row.case]


def test_an_excerpt_shows_what_was_found_and_no_mark_of_a_reporters() -> None:
    made = book(1)
    finder = following(made)
    finder.learn(opened(next(made.thread(case_id(1))), f"one {MARKS[0]}two{MARKS[1]}\nthree four"))
    excerpt = finder.find(Search(words="three"), TODAY).rows[0].found
    assert excerpt is not None
    assert excerpt.pieces == ("one two ", "three", " four")


def test_an_item_that_is_read_twice_is_found_once() -> None:
    made = book(1)
    finder = following(made)
    record = next(made.thread(case_id(1)))
    finder.learn(opened(record, "words"), opened(record, "words"))
    assert finder.known == 1
    assert finder.knows(record.item)
    assert not finder.knows(ItemId("0" * 32))


def test_nothing_that_was_learned_has_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    made = book(60)
    finder = following(made)
    finder.learn(*(opened(next(made.thread(case_id(n))), "plaintext " * 500) for n in range(1, 61)))
    finder.find(Search(words="plaintext", sort="name"), TODAY)
    base: sqlite3.Connection = finder._base
    assert [row[2] for row in base.execute("PRAGMA database_list")] == [""]
    assert base.execute("PRAGMA temp_store").fetchone() == (2,)
    assert list(tmp_path.iterdir()) == []


def test_nobodys_fingerprint_is_a_fingerprint() -> None:
    assert Fingerprint(NOBODY) not in (ANNA, BRAM)
