"""What a case is about and how it ended: the same at every member's, said once, and never what only a reporter does."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from dropbox.envelope.account import Account, Classified, HandedOver, Outcome, Subject
from dropbox.errors import InvalidValue, NothingToChange
from dropbox.models import DeskId, ItemId, Kind, Mandate
from dropbox.workstation import classes
from dropbox.workstation.casebook import Casebook, detail_of
from tests.casebooks import ANNA, BRAM, CASE, casebook, submission, writing
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import World


def said(book: Casebook, days: int = 1, **what: Subject | Outcome) -> None:
    note = writing(book, Kind.NOTE, days=days, author=BRAM)
    account = Account(classified=Classified(**what))  # type: ignore[arg-type]  # the dataclass checks the names
    book.update(note.item, detail=replace(detail_of(note), account=account))


def test_nothing_is_said_of_a_case_that_nobody_classified() -> None:
    book = casebook()
    submission(book, 1)
    assert classes.class_of(book, CASE) == classes.CaseClass()
    assert classes.outcome_text(None) == classes.subject_text(None) == "not said yet"


def test_a_later_note_changes_only_what_it_says() -> None:
    book = casebook()
    submission(book, 1)
    said(book, subject=Subject.FRAUD, outcome=Outcome.UNFOUNDED)
    said(book, days=2, outcome=Outcome.FOUNDED)
    assert classes.class_of(book, CASE) == classes.CaseClass(Subject.FRAUD, Outcome.FOUNDED)


def test_other_notes_change_no_class() -> None:
    book = casebook()
    submission(book, 1)
    note = writing(book, Kind.NOTE, author=ANNA)
    moved = HandedOver(DeskId("bureau"), "a" * 32, ItemId("1" * 32), 2, "f" * 64)
    book.update(note.item, detail=replace(detail_of(note), account=Account(handed_over=moved)))
    writing(book, Kind.NOTE, author=ANNA)
    assert classes.class_of(book, CASE) == classes.CaseClass()


def test_what_is_so_already_is_not_said_again() -> None:
    book = casebook()
    submission(book, 1)
    said(book, subject=Subject.FRAUD)
    assert classes.change(book, CASE, subject=Subject.FRAUD, outcome=Outcome.HEARD) == Classified(outcome=Outcome.HEARD)
    for again in (Subject.FRAUD, None):
        with pytest.raises(NothingToChange):
            classes.change(book, CASE, subject=again)


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.HANDED_OVER])
def test_no_desk_can_say_what_only_its_reporter_can_do(outcome: Outcome) -> None:
    book = casebook()
    submission(book, 1)
    with pytest.raises(InvalidValue):
        classes.change(book, CASE, outcome=outcome)


def test_every_subject_and_outcome_has_words() -> None:
    assert set(classes.SUBJECTS) == set(Subject)
    assert set(classes.OUTCOMES) == set(Outcome)
    told = classes.sentences(Classified(Subject.FRAUD, Outcome.HEARD))
    assert told == ["It is about: fraud or theft.", "How it ended: heard and nothing more wanted."]


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def case(here: World) -> Case:
    made = Case()
    here.start(here.anna, here.bram)
    here.drop.send(made, mandate=Mandate.ADVISE)
    for person in (here.anna, here.bram):
        person.ok("import", here.drop.pickup())
    return made


def test_a_colleague_learns_what_was_said_and_nobody_says_it_twice(here: World, case: Case) -> None:
    made = here.anna.ok("classify", case.id, "--subject", "bullying", "--outcome", "advised")
    assert made == {"case": case.id, "name": made["name"], "subject": "bullying", "outcome": "advised"}
    answer = here.folder / "answer.tar"
    here.anna.ok("export", answer)
    here.drop.take(answer, case)
    here.bram.ok("import", here.drop.pickup())
    assert here.bram.ok("classify", case.id) == made
    assert "nothing" in here.bram.refused("classify", case.id, "--outcome", "advised").lower()
    assert here.bram.ok("classify", case.id, "--outcome", "mediated")["outcome"] == "mediated"


def test_what_was_said_stands_in_the_thread_and_in_the_log(here: World, case: Case) -> None:
    shown = here.anna.run("classify", case.id, "--subject", "fraud").out
    assert "It is about: fraud or theft." in shown
    assert "It is about: fraud or theft." in here.anna.run("read", case.id).out
    assert "How it ended: not said yet." in here.anna.run("classify", case.id).out


def test_words_that_are_not_counted_are_refused(here: World, case: Case) -> None:
    for wrong in (["--subject", "nonsense"], ["--outcome", "withdrawn"], ["--outcome", "handed_over"]):
        assert here.anna.run("classify", case.id, *wrong).code == 2
    assert here.anna.ok("classify", case.id)["outcome"] is None


def test_a_withdrawn_case_is_not_classified_any_more(here: World, case: Case) -> None:
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.run("import", here.drop.pickup())
    here.anna.refused("classify", case.id, "--subject", "fraud")
    assert here.anna.ok("classify", case.id)["subject"] is None


# --- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(here: World, case: Case, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    assert case.id
    with desk_browser(here.anna, monkeypatch) as browser:
        yield browser


def test_the_form_says_both_in_one_note(here: World, case: Case, browser: DeskBrowser) -> None:
    page = browser.post(f"/case/{case.id}/class", {"subject": "safety", "outcome": ""})
    assert "It is about: danger to people or the environment." in page
    page = browser.get(f"/case/{case.id}")
    assert re.search(r'<option value="safety" selected', page)
    assert re.search(r"<dt>How it ended</dt><dd>not said yet</dd>", page)
    assert here.anna.ok("classify", case.id)["subject"] == "safety"


def test_a_form_that_changes_nothing_writes_nothing(here: World, case: Case, browser: DeskBrowser) -> None:
    items = len(list((here.anna.vault / "items").iterdir()))
    assert "nothing was written" in browser.post(f"/case/{case.id}/class", {"subject": "", "outcome": ""})
    assert len(list((here.anna.vault / "items").iterdir())) == items


def test_a_word_that_no_form_of_ours_sends_is_refused(case: Case, browser: DeskBrowser) -> None:
    for sent in ({"subject": "", "outcome": "withdrawn"}, {"subject": "nonsense", "outcome": ""}):
        assert browser.send(f"/case/{case.id}/class", sent).status_code == 400


def test_a_case_that_was_withdrawn_meanwhile_says_so_at_the_form(here: World, case: Case, browser: DeskBrowser) -> None:
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.run("import", here.drop.pickup())
    page = browser.refused(f"/case/{case.id}/class", {"subject": "fraud", "outcome": ""})
    assert "withdrawn" in page.lower()
    assert 'id="subject"' not in browser.get(f"/case/{case.id}")
