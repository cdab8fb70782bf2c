"""The legal days on the case page: a day that has passed is not called open, a late reply not in time."""

from datetime import timedelta

import pytest

from dropbox.models import today
from dropbox.server.reporter_site import case as case_page
from tests.conftest import Members
from tests.site_room import Browser, Site, new_site, text_of
from tests.visitor import Page

ASK = "This day has passed without a reply. You may ask your readers why, below."
TIME = "There is no reply yet. There is still time."


@pytest.fixture
def browser(site: Site) -> Browser:
    made = site.browser()
    site.report(made)
    return made


def page_on(browser: Browser, days: int, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr(case_page, "today", lambda: today() + timedelta(days=days))
    return browser.get("/case")


def standings(page: Page) -> list[str]:
    items = page.text.split('<ul class="days">')[1].split("</ul>")[0]
    return [item.split('"')[0] for item in items.split('<li class="')[1:]]


@pytest.mark.parametrize(
    ("days", "asks", "expected"),
    [(0, 0, ["open", "open"]), (7, 0, ["open", "open"]), (8, 1, ["passed", "open"]), (120, 2, ["passed", "passed"])],
)
def test_a_day_passes_only_when_it_is_over_and_then_it_is_said(
    browser: Browser, days: int, asks: int, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_on(browser, days, monkeypatch)
    assert standings(page) == expected
    assert (text_of(page).count(ASK), text_of(page).count(TIME)) == (asks, 2 - asks)
    assert "Directive 2019/1937" in page.text


def test_a_reply_in_time_is_said_to_be_and_is_never_called_the_answer(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.reply(browser.get("/sent").codename)
    page = page_on(browser, 0, monkeypatch)
    assert standings(page) == ["met", "open"]
    assert "Only you can say whether it is an answer." in text_of(page)
    page = page_on(browser, 120, monkeypatch)
    assert standings(page) == ["met", "passed"]
    assert "If it does not tell you what was done, you may ask below." in text_of(page)
    assert ASK not in text_of(page)


def test_a_late_reply_is_not_called_in_time(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    with new_site(members) as site:
        browser = site.browser()
        codename = site.report(browser)
        site.reply(codename, day=today() + timedelta(days=8))
        page = page_on(browser, 9, monkeypatch)
        assert standings(page) == ["late", "open"]
        assert "That was too late." in text_of(page)


def test_a_deleted_reply_was_still_in_time(site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    site.reply(browser.get("/sent").codename)
    form = browser.get("/case").form_to("/case/delete")
    browser.submit(form)
    page = page_on(browser, 30, monkeypatch)
    assert standings(page)[0] == "met"
    assert "You deleted what came before." in text_of(page)


def test_nobody_owes_an_answer_to_a_withdrawn_case(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    browser.submit(browser.get("/case").form("message", "withdraw"), {"withdraw": "withdraw"})
    page = page_on(browser, 3, monkeypatch)
    assert '<ul class="days">' not in page.text
    assert "must tell you" not in page.text


def test_the_days_are_days_and_in_the_reader_s_language(site: Site, browser: Browser) -> None:
    text = text_of(browser.get("/case"))
    until = today() + timedelta(days=7)
    assert f"By {until.day} {until:%B %Y} your readers should say that your report arrived." in text
