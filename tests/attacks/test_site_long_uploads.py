"""An upload over Tor may outlast the session that began it: what was stored is then never shown as lost."""

from unittest import mock

import pytest

from dropbox.server.intake import Acknowledged, Draft
from tests.site_room import Browser, Site, text_of
from tests.visitor import Page, multipart

IDLE_SECONDS = 30 * 60
SENT = "Sent. Your readers get it when they next pick up the post."


@pytest.fixture
def sent(site: Site) -> tuple[Browser, Page]:
    """Somebody whose follow-up was on its way for longer than a session waits for a click."""
    browser = site.browser()
    site.report(browser)
    form = browser.get("/case").form("message")
    sessions, submit = site.drop.sessions, site.drop.intake.submit
    now = sessions._split._clock()

    def submit_slowly(draft: Draft) -> Acknowledged:
        done = submit(draft)
        sessions._split._clock = lambda: now + IDLE_SECONDS + 1
        return done

    began = sessions._split._clock
    body, kind = multipart([(name, value or "More.") for name, value in form.fields], [])
    try:
        with mock.patch.object(site.drop.intake, "submit", side_effect=submit_slowly):
            answer = browser.client.post(form.action + "&frame=1", data=body, content_type=kind)
            page = browser._follow(form.action, answer)
    finally:
        sessions._split._clock = began
    return browser, page


def test_a_follow_up_that_outlasts_its_session_is_said_to_be_sent(site: Site, sent: tuple[Browser, Page]) -> None:
    """Who reads only that they are not signed in any more sends it again, for hours, and it is stored twice."""
    _, page = sent
    assert site.opened()["message"] == "More."
    assert page.status == 200, "beside the form, a refusal would say that nothing was sent"
    assert SENT in text_of(page)
    assert page.form("codename")


def test_a_session_that_ended_meanwhile_does_not_come_back_to_life(sent: tuple[Browser, Page]) -> None:
    browser, page = sent
    assert "More." not in page.text
    assert browser.get("/case").status == 401
