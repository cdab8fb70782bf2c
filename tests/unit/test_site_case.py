"""The case page: where it stands, what can be sent from it, and that it never shows what was sent."""

from datetime import timedelta

import pytest

from dropbox.errors import CaseEnded, DiskLow
from dropbox.models import today
from dropbox.server.intake import Intake
from dropbox.server.reporter_site import case as case_page
from dropbox.server.store import Store
from tests.conftest import Members
from tests.site_room import COMMITTEE, Browser, Site, new_site, text_of
from tests.visitor import Form


@pytest.fixture
def browser(site: Site) -> Browser:
    made = site.browser()
    site.report(made, "CANARY in the report", files=[("CANARY.txt", "", b"x")], mandate="listen")
    return made


def form_of(browser: Browser) -> Form:
    return browser.get("/case").form("message", "withdraw")


# --- what it shows ------------------------------------------------------------------------------------------------


def test_what_was_sent_is_never_shown_again(site: Site, browser: Browser) -> None:
    browser.submit(form_of(browser), {"message": "CANARY in a message"})
    assert "CANARY" not in browser.get("/case").text
    assert "CANARY" not in browser.get("/sent").text


def test_the_steps_follow_what_the_desks_did(site: Site, browser: Browser) -> None:
    def reached() -> list[bool]:
        way = browser.get("/case").text.split('<ol class="way">')[1].split("</ol>")[0]
        return [step.startswith("done") for step in way.split('<li class="')[1:]]

    assert reached() == [True, False, False, False]
    assert browser.get("/case").text.count('aria-current="step"') == 1
    items = site.fetch()
    assert reached() == [True, True, False, False]
    site.answer(read=items[-1:])
    site.answer(read=items)
    assert reached() == [True, True, True, False]
    site.reply(browser.get("/sent").codename)
    assert reached() == [True, True, True, True]


def test_it_says_when_each_desk_last_fetched_and_until_when_the_words_work(members: Members) -> None:
    with new_site(members) as site:
        browser = site.browser()
        site.report(browser, desks=["confidant", "committee"])
        text = text_of(browser.get("/case"))
        assert "Confidential adviser has not picked up the post yet." in text
        site.fetch(COMMITTEE)
        text = text_of(browser.get("/case"))
        assert "Integrity committee last picked up the post on" in text
        assert f"at least until {today().day}" in text
        assert str(today().year + 1) in text


def test_the_mandate_that_holds_is_chosen_and_named(site: Site) -> None:
    browser = site.browser("nl")
    site.report(browser, mandate="investigate")
    page = browser.get("/case")
    assert ("mandate", "investigate") in page.form("mandate").fields
    assert "Nu gekozen: Onderzoeken." in text_of(page)


# --- what it sends ------------------------------------------------------------------------------------------------


def test_a_message_is_a_message_with_its_files(site: Site, browser: Browser) -> None:
    page = browser.submit(form_of(browser), {"message": "more"}, [("a.jpg", "image/jpeg", b"jpeg")])
    assert "Sent. Your readers" in page.text
    assert "Sent. Your readers" not in browser.get("/case").text, "a notice is said once"
    opened = site.opened()
    assert (opened["kind"], opened["message"], opened["mandate"]) == ("message", "more", "listen")
    assert "attachments/0001.jpg" in opened["names"]


def test_a_changed_mandate_is_one_item_with_or_without_text(site: Site, browser: Browser) -> None:
    before = len(site.items())
    page = browser.submit(form_of(browser), {"mandate": "advise"})
    assert "what may be done with your case from now on" in page.text
    assert (site.opened()["kind"], site.opened()["mandate"], site.opened()["message"]) == ("mandate", "advise", "")
    assert ("mandate", "advise") in page.form("mandate").fields
    browser.submit(form_of(browser), {"mandate": "investigate", "message": "go on"})
    assert (site.opened()["kind"], site.opened()["mandate"], site.opened()["message"]) == (
        "mandate",
        "investigate",
        "go on",
    )
    assert len(site.items()) == before + 2


def test_a_mandate_that_was_left_as_it_is_is_not_sent_again(site: Site, browser: Browser) -> None:
    before = len(site.items())
    page = browser.submit(form_of(browser), {"message": ""})
    assert page.status == 400
    assert "there was neither" in page.text
    assert len(site.items()) == before


@pytest.mark.parametrize("values", [{"message": "same"}, {"mandate": "advise"}, {"withdraw": "withdraw"}])
def test_the_same_follow_up_sent_twice_is_one_item(site: Site, browser: Browser, values: dict[str, str]) -> None:
    form, before = form_of(browser), len(site.items())
    for _ in range(3):
        assert browser.submit(form, values).status == 200
    assert len(site.items()) == before + 1


def test_two_different_messages_are_two_items(site: Site, browser: Browser) -> None:
    before = len(site.items())
    browser.submit(form_of(browser), {"message": "same words"})
    browser.submit(form_of(browser), {"message": "same words"})
    assert len(site.items()) == before + 2


def test_a_withdrawal_is_one_item_and_can_be_undone(site: Site, browser: Browser) -> None:
    before = len(site.items())
    page = browser.submit(form_of(browser), {"withdraw": "withdraw", "mandate": "advise", "message": "please stop"})
    assert "Your case is withdrawn." in page.text
    assert len(site.items()) == before + 1
    opened = site.opened()
    assert (opened["kind"], opened["message"], opened.get("undo")) == ("withdrawal", "please stop", None)
    assert (today() + timedelta(days=7)).strftime("%Y") in page.text
    form = page.form("message", "withdraw")
    assert form.choices["withdraw"] == ["undo"]
    refused = browser.submit(form, {"message": "no undo"})
    assert refused.status == 400
    assert ("message", "no undo") in refused.form("message").fields
    page = browser.submit(refused.form("message"), {"withdraw": "undo"})
    assert "The withdrawal is undone." in page.text
    opened = site.opened()
    assert (opened["kind"], opened["undo"], opened["message"]) == ("withdrawal", True, "no undo")
    assert form_of(browser).choices["withdraw"] == ["withdraw"]


def test_the_undoing_is_one_button_above_everything_else(site: Site, browser: Browser) -> None:
    page = browser.submit(form_of(browser), {"withdraw": "withdraw"})
    assert page.text.index('id="withdrawn"') < page.text.index('id="standing"') < page.text.index('id="replies"')
    undo = next(form for form in page.forms if form.hidden.get("withdraw") == "undo")
    before = len(site.items())
    for _ in range(2):
        page = browser.submit(undo)
        assert page.status == 200
        assert "The withdrawal is undone." in page.text
    assert len(site.items()) == before + 1
    assert (site.opened()["kind"], site.opened()["undo"]) == ("withdrawal", True)
    assert 'id="withdrawn"' not in page.text


def test_a_withdrawn_case_names_the_day_of_erasing_and_promises_no_other(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = browser.submit(form_of(browser), {"withdraw": "withdraw"})
    until = today() + timedelta(days=7)
    assert f"On {until.day} {until:%B %Y} it is erased" in page.text
    assert "work at least until" not in page.text
    monkeypatch.setattr(case_page, "today", lambda: until)
    page = browser.get("/case")
    assert "has been erased" in page.text
    assert "Until then you can undo this" not in page.text


def test_a_withdrawal_asks_for_two_steps_and_says_what_cannot_be_taken_back(site: Site, browser: Browser) -> None:
    page = browser.get("/case")
    folded = page.text.split('<details id="stop">')[1].split("</details>")[0]
    assert 'value="withdraw"' in folded
    assert "checked" not in folded
    assert "Ticking this does nothing yet." in folded
    assert "What nobody has picked up yet is no longer handed out." in folded
    site.fetch()
    folded = browser.get("/case").text.split('<details id="stop">')[1].split("</details>")[0]
    assert "What nobody has picked up yet" not in folded, "there is nothing of that kind"
    assert "It can only be asked back" in folded
    assert "last picked up the post on" in folded


def test_the_receipt_number_is_there_and_the_words_only_where_they_still_are(site: Site, browser: Browser) -> None:
    codename = browser.get("/sent").codename
    number = site.keys(codename).case[:8].upper()
    page = browser.get("/case")
    assert f"{number[:4]} {number[4:]}" in page.text
    assert 'href="/sent?l=en"' in page.text
    other = site.browser()
    page = site.sign_in(other, codename)
    assert f"{number[:4]} {number[4:]}" in page.text
    assert "/sent" not in page.text
    for word in codename.split():
        assert f">{word}<" not in page.text


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "x.y.z"])
def test_a_changed_token_gives_the_form_back_filled_in(site: Site, browser: Browser, token: str) -> None:
    before = len(site.items())
    values = {"token": token, "message": "kept", "mandate": "advise", "withdraw": "withdraw"}
    page = browser.submit(form_of(browser), values)
    assert page.status == 400
    form = page.form("message", "mandate")
    assert {("message", "kept"), ("mandate", "advise"), ("withdraw", "withdraw")} <= set(form.fields)
    assert '<details id="stop" open>' in page.text, "what is ticked must be in sight"
    assert len(site.items()) == before
    browser.submit(form)
    assert (site.opened()["message"], site.opened()["kind"]) == ("kept", "withdrawal")


def test_a_choice_that_fits_no_more_is_not_turned_into_its_opposite(site: Site, browser: Browser) -> None:
    """Somebody withdrew twice, in two windows: the second press must not come back as an undoing."""
    form = form_of(browser)
    browser.submit(form_of(browser), {"withdraw": "withdraw"})
    page = browser.submit(form, {"withdraw": "withdraw", "token": "x"})
    assert page.status == 400
    assert not any(name == "withdraw" for name, _ in page.form("message", "withdraw").fields)


@pytest.mark.parametrize("values", [{"withdraw": "maybe"}, {"mandate": "burn"}, {"message": ["a", "b"]}])
def test_a_form_that_no_page_of_ours_has_is_refused(site: Site, browser: Browser, values: dict[str, str]) -> None:
    before = len(site.items())
    assert browser.submit(form_of(browser), values).status == 400
    assert len(site.items()) == before


def test_a_full_disk_gives_the_form_back_filled_in(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskLow

    form = form_of(browser)
    monkeypatch.setattr(Intake, "submit", full)
    page = browser.submit(form, {"message": "kept", "withdraw": "withdraw"})
    assert page.status == 503
    assert {("message", "kept"), ("withdraw", "withdraw")} <= set(page.form("message").fields)


def test_a_case_that_has_ended_says_so_and_signs_out(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        raise CaseEnded

    form = form_of(browser)
    monkeypatch.setattr(Store, "case", ended)
    page = browser.get("/case")
    assert page.status == 410
    assert "This case has ended" in page.text
    assert browser.cookie("session") is None
    assert browser.submit(form, {"message": "x"}).status == 401


def test_a_sealed_mandate_that_was_replaced_is_not_believed(site: Site, browser: Browser) -> None:
    state = site.drop.store.case(site.keys(browser.get("/sent").codename).case)
    original = Store.case

    def replaced(store: Store, case: object) -> object:
        shown = original(store, case)  # type: ignore[arg-type]
        object.__setattr__(shown, "sealed_mandate", bytes(49))
        return shown

    assert state.sealed_mandate != bytes(49)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "case", replaced)
        page = browser.get("/case")
        assert "cannot be read at the moment" in page.text
        assert not any(name == "mandate" for name, _ in page.form("mandate").fields)
