"""A reporter who writes their own seven words to their readers: refused every way it can be sent, and nothing lost."""

import re

import pytest

from dropbox.server.intake import Draft, Intake
from tests.site_room import Browser, Site, text_of
from tests.visitor import File, Page

HARMLESS = "An abacus, a mug and a zoom lens stood on the table. Evolution went on unseen."


def numbered(codename: str) -> str:
    return "\n".join(f"{number}. {word.upper()}," for number, word in enumerate(codename.split(), 1))


def refused(page: Page, kept: tuple[str, str]) -> bool:
    assert page.status == 400
    assert "Your seven words are in" in text_of(page)
    assert "Nothing was stored" in text_of(page)
    return kept in page.form(kept[0]).fields


@pytest.fixture
def sent(site: Site) -> tuple[Browser, str]:
    """Somebody who has just sent a report, and its codename."""
    browser = site.browser()
    return browser, site.report(browser)


def test_a_follow_up_with_the_codename_is_refused_and_comes_back_whole(site: Site, sent: tuple[Browser, str]) -> None:
    browser, codename = sent
    text = f"By the way, my words are\n{numbered(codename)}\nGreetings"
    before = len(site.items())
    page = browser.submit(browser.get("/case").form("message"), {"message": text})
    assert refused(page, ("message", text))
    assert len(site.items()) == before
    assert browser.submit(page.form("message"), {"message": "By the way."}).status == 200


def test_whoever_came_back_with_the_codename_is_refused_too(site: Site, sent: tuple[Browser, str]) -> None:
    """After a sign-in a session holds the mark alone, never the codename."""
    _, codename = sent
    browser = site.browser()
    page = site.sign_in(browser, codename)
    text = codename.replace(" ", "")
    assert refused(browser.submit(page.form("message"), {"message": text}), ("message", text))


def test_a_change_of_mandate_cannot_carry_it_along(site: Site, sent: tuple[Browser, str]) -> None:
    browser, codename = sent
    form = browser.get("/case").form("message", "mandate")
    page = browser.submit(form, {"message": codename, "mandate": "advise"})
    assert refused(page, ("message", codename))
    assert ("mandate", "advise") in page.form("message").fields


def test_a_file_named_after_it_is_refused_and_leaves_nothing(site: Site, sent: tuple[Browser, str]) -> None:
    browser, codename = sent
    before = sorted(path.name for path in (site.folder / "data" / "items").iterdir())
    files: list[File] = [("ok.txt", "", b"x" * 300_000), (f"my-{'_'.join(codename.split())}.txt", "", b"secret")]
    page = browser.submit(browser.get("/case").form("message"), {"message": "a file"}, files)
    assert refused(page, ("message", "a file"))
    assert "name of a file" in text_of(page)
    assert 'href="#files"' in page.text
    assert sorted(path.name for path in (site.folder / "data" / "items").iterdir()) == before


@pytest.mark.parametrize("field", ["message", "answer-when"])
def test_the_report_sent_again_after_back_with_its_words_in_it_is_refused(site: Site, field: str) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    codename = browser.submit(form, {"message": "It was today.", "desk": "confidant"}).codename
    before = len(site.items())
    again = {"message": "It was today.", "desk": "confidant", field: f"my code: {codename.title()}"}
    page = browser.submit(form, again)
    assert refused(page, (field, again[field]))
    assert len(site.items()) == before
    assert browser.submit(form, {"message": "It was today.", "desk": "confidant"}).codename == codename


def test_a_new_report_by_whoever_is_signed_in_may_not_hold_the_words_of_the_first(
    site: Site, sent: tuple[Browser, str]
) -> None:
    browser, codename = sent
    form = browser.get("/report").form("message")
    text = f"This is about the same thing as {codename}"
    page = browser.submit(form, {"message": text, "desk": "committee"})
    assert refused(page, ("message", text))
    assert ("desk", "committee") in page.form("message").fields
    assert browser.get("/case").status == 200, "a refusal ends no session"


def test_ordinary_text_with_words_of_the_list_is_sent(site: Site, sent: tuple[Browser, str]) -> None:
    browser, codename = sent
    six = " ".join(codename.split()[:6])
    for text in (HARMLESS, f"{HARMLESS} {six} and nothing more", " ".join(reversed(codename.split()))):
        page = browser.submit(browser.get("/case").form("message"), {"message": text})
        assert page.status == 200, text
        assert site.opened()["message"] == text


def test_another_reporters_words_are_no_business_of_this_check(site: Site, sent: tuple[Browser, str]) -> None:
    """Otherwise anybody could ask whether seven words are somebody's."""
    _, codename = sent
    browser = site.browser()
    other = site.report(browser)
    assert other != codename
    assert browser.submit(browser.get("/case").form("message"), {"message": codename}).status == 200


def test_the_refusal_itself_does_not_say_the_words_again_outside_the_form(
    site: Site, sent: tuple[Browser, str]
) -> None:
    browser, codename = sent
    page = browser.submit(browser.get("/case").form("message"), {"message": codename})
    assert codename not in re.sub(r"(?s)<textarea.*?</textarea>", "", page.text)


def test_no_submission_reaches_the_intake_without_the_marks_it_needs(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts: list[Draft] = []
    submit = Intake.submit

    def note(intake: Intake, draft: Draft) -> object:
        drafts.append(draft)
        return submit(intake, draft)

    monkeypatch.setattr(Intake, "submit", note)
    browser = site.browser()
    codename = site.report(browser)
    browser.submit(browser.get("/case").form("message"), {"message": "more"})
    page = site.sign_in(browser, codename)
    browser.submit(page.form("message"), {"message": "and more"})
    assert len(drafts) == 3
    for draft in drafts:
        assert any(mark.found_in(codename) for mark in draft.marks)
