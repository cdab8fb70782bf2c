"""Hiding replies once read: what is out of sight, what never is, and what brings it back."""

import pytest

from dropbox.errors import DiskLow
from dropbox.server.store import Store
from dropbox.shown import open_shown, short_id
from tests.site_room import Browser, Site, text_of
from tests.visitor import Form, Page

FIRST, SECOND = "the first reply", "the second reply"


@pytest.fixture
def codename(site: Site) -> str:
    made = site.report(site.browser())
    site.reply(made, FIRST)
    return made


def visit(site: Site, codename: str) -> Browser:
    """Come back as one does on another day: a browser of one's own, signed in."""
    browser = site.browser()
    assert site.sign_in(browser, codename).status == 200
    return browser


def choice(page: Page) -> Form:
    return page.form_to("/case/hide")


def hide(site: Site, codename: str) -> Browser:
    browser = visit(site, codename)
    page = browser.submit(choice(browser.get("/case")))
    assert "From your next visit on" in page.text
    return browser


def test_nothing_is_hidden_that_its_reporter_did_not_ask_for(site: Site, codename: str) -> None:
    for _ in range(3):
        assert FIRST in visit(site, codename).get("/case").text


def test_a_reply_stays_in_sight_in_the_session_that_shows_it_and_is_hidden_in_the_next(
    site: Site, codename: str
) -> None:
    browser = hide(site, codename)
    for _ in range(3):
        assert FIRST in browser.get("/case").text
    page = visit(site, codename).get("/case")
    assert FIRST not in page.text
    assert page.replies == []
    assert "Replies that you read earlier are hidden (1)." in text_of(page)
    assert "There is no reply" not in page.text


def test_a_new_reply_is_in_sight_until_it_has_been_shown_in_an_earlier_session(site: Site, codename: str) -> None:
    hide(site, codename)
    site.reply(codename, SECOND)
    browser = visit(site, codename)
    for _ in range(2):
        page = browser.get("/case")
        assert (FIRST in page.text, SECOND in page.text) == (False, True)
    page = visit(site, codename).get("/case")
    assert (FIRST in page.text, SECOND in page.text) == (False, False)
    assert "are hidden (2)." in text_of(page)


def test_hidden_replies_can_be_shown_for_one_page(site: Site, codename: str) -> None:
    hide(site, codename)
    browser = visit(site, codename)
    assert 'href="/case?l=en&amp;show=all#replies"' in browser.get("/case").text
    page = browser.get("/case?l=en&show=all")
    assert FIRST in page.text
    assert "shown on this page for now" in page.text
    assert FIRST not in browser.get("/case").text


def test_a_hidden_reply_is_not_even_opened(site: Site, codename: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(site, codename)
    browser = visit(site, codename)

    def opened(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(type(site.drop.opener), "open", opened)
    assert browser.get("/case").status == 200


def test_turned_off_everything_is_in_sight_at_once_and_for_good(site: Site, codename: str) -> None:
    hide(site, codename)
    browser = visit(site, codename)
    page = browser.submit(choice(browser.get("/case")))
    assert "All replies are shown again." in page.text
    assert FIRST in page.text
    for _ in range(2):
        assert FIRST in visit(site, codename).get("/case").text


def test_turned_off_and_on_again_hides_what_was_in_sight_then(site: Site, codename: str) -> None:
    browser = hide(site, codename)
    page = browser.submit(choice(browser.get("/case")))
    assert FIRST in browser.submit(choice(page)).text
    assert FIRST not in visit(site, codename).get("/case").text


def test_a_warning_is_never_hidden_as_read(site: Site) -> None:
    codename = site.report(site.browser())
    site.reply(codename, "x", signer=site.members.cora)
    hide(site, codename)
    assert "cannot be trusted" in visit(site, codename).get("/case").text


def test_a_page_that_was_only_asked_about_is_not_a_page_that_was_read(site: Site, codename: str) -> None:
    hide(site, codename)
    site.reply(codename, SECOND)
    browser = visit_without_looking(site, codename)
    assert browser.client.head("/case", headers={"Accept-Language": "en"}).status_code == 200
    assert SECOND in visit(site, codename).get("/case").text


def visit_without_looking(site: Site, codename: str) -> Browser:
    browser = site.browser()
    form = browser.get("/return").form("codename")
    fields = {**dict(form.fields), "codename": codename}
    assert browser.client.post(form.action, data=fields).status_code == 303
    return browser


def test_in_an_answer_s_frame_nothing_is_shown_and_so_nothing_counts_as_read(site: Site, codename: str) -> None:
    hide(site, codename)
    site.reply(codename, SECOND)
    browser = visit_without_looking(site, codename)
    assert SECOND not in browser.get("/case?frame=1").text
    assert SECOND in visit(site, codename).get("/case").text


def test_hidden_replies_go_with_all_the_others(site: Site, codename: str) -> None:
    hide(site, codename)
    site.reply(codename, SECOND)
    browser = visit(site, codename)
    page = browser.get("/case")
    assert "All 2 replies go, the hidden ones too." in page.text
    form = page.form_to("/case/delete-all")
    after = browser.submit(form)
    assert "are hidden (" not in after.text
    assert "You deleted what came before." in after.text
    assert FIRST not in browser.get("/case?show=all").text


def test_a_deleted_reply_is_counted_no_more(site: Site, codename: str) -> None:
    hide(site, codename)
    site.reply(codename, SECOND)
    visit(site, codename)
    browser = visit(site, codename)
    page = browser.get("/case?show=all")
    browser.submit(page.form_to("/case/delete"))
    assert "are hidden (1)." in text_of(browser.get("/case"))


def test_a_store_that_cannot_note_it_shows_the_page_and_more_the_next_time(
    site: Site, codename: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskLow

    hide(site, codename)
    site.reply(codename, SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "set_view", full)
        assert SECOND in visit(site, codename).get("/case").text
    assert SECOND in visit(site, codename).get("/case").text


def test_the_store_is_written_only_when_something_new_was_shown(
    site: Site, codename: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    original = Store.set_view

    def counted(store: Store, case: object, box: bytes) -> None:
        written.append(box)
        original(store, case, box)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "set_view", counted)
    visit(site, codename).get("/case")
    assert not written, "nobody asked for anything to be noted"
    browser = hide(site, codename)
    assert len(written) == 2, "the choice, and what the next page showed"
    for _ in range(3):
        browser.get("/case")
        visit(site, codename).get("/case?show=all")
    assert len(written) == 2


def test_hiding_for_good_keeps_what_is_noted_when_the_same_choice_comes_twice(site: Site, codename: str) -> None:
    browser = visit(site, codename)
    form = choice(browser.get("/case"))
    for _ in range(3):
        browser.submit(form)
    keys = site.keys(codename)
    case = site.drop.store.case(keys.case)
    shown = open_shown(case.sealed_view, keys.reply_key)
    assert shown.replies == {short_id(reply.item) for reply in case.replies}


@pytest.mark.parametrize("value", ["", "x", "ON", "on off"])
def test_a_choice_that_no_page_of_ours_has_is_refused(site: Site, codename: str, value: str) -> None:
    browser = visit(site, codename)
    assert browser.submit(choice(browser.get("/case")), {"hide": value}).status == 400
    assert FIRST in visit(site, codename).get("/case").text


def test_the_choice_needs_a_session_and_its_own_token(site: Site, codename: str) -> None:
    browser = visit(site, codename)
    page = browser.get("/case")
    form = choice(page)
    for token in ("", "x.y.z", page.form("message").hidden["token"]):
        assert browser.submit(form, {"token": token}).status == 400
    assert site.browser().submit(form).status == 401
    assert browser.get("/case/hide").status == 405
    assert FIRST in visit(site, codename).get("/case").text
