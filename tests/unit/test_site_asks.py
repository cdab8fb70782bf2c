"""Questions in replies: shown from their own terms, answered by the reporter alone, and only where they were asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dropbox.envelope import Ask, AskKind, Reader
from dropbox.errors import EnvelopeError, SignatureInvalid
from dropbox.models import DeskId, ItemId, today
from dropbox.server.reporter_site.typed import MAX_CONSENTS
from tests.conftest import Members
from tests.site_room import CLOSED, COMMITTEE, CONFIDANT, Browser, Site, new_site, text_of
from tests.visitor import Form, Page

NONCE = "01" * 16
MOVE = Ask(AskKind.HAND_OVER, NONCE, desk=COMMITTEE)


@pytest.fixture
def browser(site: Site) -> Browser:
    made = site.browser()
    site.report(made)
    return made


def sent(site: Site, browser: Browser) -> int:
    """Return how many submissions of this reporter's case are held."""
    case = site.keys(codename_of(browser)).case
    with site.drop.store.case_turn(case) as turn:
        return turn.number - 1


def codename_of(browser: Browser) -> str:
    return browser.get("/sent").codename


def asks(site: Site, browser: Browser, ask: Ask = MOVE, **reply: Any) -> str:
    """Have a reply ask something; return the question's id."""
    codename = codename_of(browser)
    item: ItemId = site.reply(codename, "We ask you something.", ask=ask, **reply)
    return ask.id_in(site.drop.identity.drop, site.keys(codename).case, item)


def field(ask: str) -> str:
    return f"answer-consent-{ask}"


def form_of(page: Page) -> Form:
    return page.form("message", "mandate")


def say(browser: Browser, ask: str, word: str, **more: str) -> Page:
    return browser.submit(form_of(browser.get("/case")), {field(ask): word, **more}, ())


def desks_now(site: Site, browser: Browser) -> tuple[str, ...]:
    return site.drop.store.case(site.keys(codename_of(browser)).case).desks


# --- what is shown ------------------------------------------------------------------------------------------------


def test_a_question_that_nobody_asked_is_not_shown(site: Site, browser: Browser) -> None:
    site.reply(codename_of(browser), "Nothing asked.")
    assert "answer-consent-" not in browser.get("/case").text


def test_the_readers_and_their_whole_keys_are_shown_before_anybody_says_yes(site: Site, browser: Browser) -> None:
    cora = site.members.cora
    asks(site, browser, Ask(AskKind.DISCLOSE, NONCE, (Reader("the <works> council"), Reader("Cora", cora)), "ab" * 32))
    shown = text_of(browser.get("/case"))
    assert "the <works> council" in shown
    assert " ".join(cora[at : at + 4] for at in range(0, 40, 4)) in shown
    assert "May Confidential adviser give a part of your case to others?" in shown


def test_a_hand_over_names_both_desks_in_the_readers_language(site: Site, browser: Browser) -> None:
    asks(site, browser)
    assert "May Confidential adviser hand your case over to Integrity committee?" in text_of(browser.get("/case"))


def test_no_answer_is_chosen_for_the_reporter(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    page = browser.get("/case")
    assert dict(form_of(page).fields)[field(ask)] == ""
    browser.submit(form_of(page), {"message": "Something else."}, ())
    assert site.opened()["answers"] == {}
    assert desks_now(site, browser) == (CONFIDANT,)


def test_what_a_stranger_signed_asks_nothing(site: Site, browser: Browser) -> None:
    ask = asks(site, browser, signer=site.members.cora)
    page = browser.get("/case")
    assert ask not in page.text
    assert browser.post("/case", [*form_of(page).fields, (field(ask), "yes")], ()).status == 400
    assert sent(site, browser) == 1


def test_a_desk_that_is_not_there_can_get_no_case(site: Site, browser: Browser) -> None:
    ask = asks(site, browser, replace(MOVE, desk=DeskId("nowhere")))
    page = browser.get("/case")
    assert field(ask) not in page.text
    assert "cannot be answered any more" in text_of(page)
    assert browser.post("/case", [*form_of(page).fields, (field(ask), "yes")], ()).status == 409
    assert sent(site, browser) == 1


def test_a_withdrawn_case_is_asked_nothing(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    browser.submit(form_of(browser.get("/case")), {"withdraw": "withdraw"}, ())
    assert ask not in browser.get("/case").text


# --- what is taken ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["yes", "no"])
def test_an_answer_without_a_text_goes_sealed_to_the_readers(site: Site, browser: Browser, word: str) -> None:
    ask = asks(site, browser, Ask(AskKind.JOIN, NONCE))
    page = say(browser, ask, word)
    assert "Sent." in text_of(page)
    sealed = site.opened()
    assert (sealed["answers"], sealed["kind"], sealed["message"]) == ({f"consent-{ask}": word}, "message", "")


def test_an_answer_is_not_shown_to_who_finds_the_codename_later(site: Site, browser: Browser) -> None:
    ask = asks(site, browser, Ask(AskKind.JOIN, NONCE))
    say(browser, ask, "no")
    assert dict(form_of(browser.get("/case")).fields)[field(ask)] == ""


@pytest.mark.parametrize("name", ["answer-consent-" + "0" * 32, "answer-consent-", "answer-consent-<b>"])
def test_an_answer_to_what_was_not_asked_is_refused(site: Site, browser: Browser, name: str) -> None:
    asks(site, browser)
    fields = [*form_of(browser.get("/case")).fields, (name, "yes"), ("message", "")]
    assert browser.post("/case", [pair for pair in fields if pair != ("message", "")], ()).status == 400
    assert sent(site, browser) == 1


def test_another_word_than_yes_or_no_is_refused(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    assert say(browser, ask, "YES").status == 400
    fields = form_of(browser.get("/case")).fields
    assert browser.post("/case", [*fields, (field(ask), "yes")], ()).status == 400, "the field stood there twice"
    assert sent(site, browser) == 1


def test_more_answers_than_questions_can_be_are_refused_before_anything_is_opened(site: Site, browser: Browser) -> None:
    fields = [*form_of(browser.get("/case")).fields]
    fields += [(f"answer-consent-{number:032x}", "yes") for number in range(MAX_CONSENTS + 1)]
    assert browser.post("/case", fields, ()).status == 400


def test_a_question_to_another_reporter_cannot_be_answered_here(site: Site, browser: Browser) -> None:
    other = site.browser()
    site.report(other)
    ask = asks(site, other)
    page = browser.get("/case")
    assert browser.post("/case", [*form_of(page).fields, (field(ask), "yes")], ()).status == 400


def test_an_answer_survives_a_session_that_ended(site: Site, browser: Browser) -> None:
    ask = asks(site, browser, Ask(AskKind.JOIN, NONCE))
    codename = codename_of(browser)
    form = form_of(browser.get("/case"))
    site.drop.sessions.end(browser.cookie("session") or "")
    page = browser.submit(form, {field(ask): "yes"}, ())
    again = browser.submit(page.form("codename"), {"codename": codename})
    assert dict(form_of(again).fields)[field(ask)] == "yes"


def test_an_answer_is_still_chosen_when_the_form_comes_back(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    page = say(browser, ask, "no", token="0" * 40)
    assert page.status == 400
    assert dict(form_of(page).fields)[field(ask)] == "no"


def test_an_answer_with_a_withdrawal_hands_nothing_over(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    say(browser, ask, "yes", withdraw="withdraw")
    assert site.opened()["answers"] == {}
    assert desks_now(site, browser) == (CONFIDANT,)


# --- a case that goes to another desk -----------------------------------------------------------------------------


def test_a_no_leaves_the_case_where_it_is(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    say(browser, ask, "no")
    assert desks_now(site, browser) == (CONFIDANT,)
    assert "moved" not in site.opened()


def test_a_yes_is_sealed_to_both_desks_and_names_the_hand_over(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    page = say(browser, ask, "yes", message="Please do.")
    sealed = site.opened()
    assert sealed["desks"] == [COMMITTEE, CONFIDANT]
    assert sealed["moved"] == {"ask": ask, "origin": CONFIDANT, "to": COMMITTEE}
    assert desks_now(site, browser) == (COMMITTEE,)
    assert "you agreed that Confidential adviser hands your case over to Integrity committee" in text_of(page)


def test_what_comes_after_the_yes_goes_to_the_new_desk_alone(site: Site, browser: Browser) -> None:
    say(browser, asks(site, browser), "yes")
    browser.submit(form_of(browser.get("/case")), {"message": "For the committee."}, ())
    assert site.opened()["desks"] == [COMMITTEE]
    assert len(handed_out(site, browser, CONFIDANT)) == 3, "the report, the question and the yes"
    assert len(handed_out(site, browser, COMMITTEE)) == 2


def handed_out(site: Site, browser: Browser, desk: DeskId) -> list[ItemId]:
    case = site.keys(codename_of(browser)).case
    return [held.item for held in site.drop.store.pickup(desk, today()).items if held.case == case]


def test_each_desk_is_handed_the_roster_of_the_other(site: Site, browser: Browser) -> None:
    say(browser, asks(site, browser, replace(MOVE, desk=CLOSED)), "yes")
    for desk in (CONFIDANT, CLOSED):
        assert {CONFIDANT, CLOSED} <= set(site.drop.store.pickup(desk, today()).rosters)


def test_a_closed_desk_gets_a_case_that_is_handed_over(site: Site, browser: Browser) -> None:
    say(browser, asks(site, browser, replace(MOVE, desk=CLOSED)), "yes")
    assert desks_now(site, browser) == (CLOSED,)


def test_a_form_that_is_sent_twice_hands_over_once(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    form = form_of(browser.get("/case"))
    for _ in range(2):
        assert "Sent." in text_of(browser.submit(form, {field(ask): "yes", "message": "Yes."}, ()))
    assert sent(site, browser) == 2


def test_an_old_form_does_not_hand_the_case_over_again(site: Site, browser: Browser) -> None:
    ask = asks(site, browser)
    old, other = form_of(browser.get("/case")), form_of(browser.get("/case"))
    browser.submit(old, {field(ask): "yes"}, ())
    page = browser.submit(other, {field(ask): "yes", "message": "From another window."}, ())
    assert page.status == 409
    assert "Another desk has your case now" in text_of(page)
    assert "From another window." in page.text
    assert sent(site, browser) == 2


def test_a_yes_to_two_desks_hands_over_to_neither(site: Site, browser: Browser) -> None:
    first = asks(site, browser)
    second = asks(site, browser, Ask(AskKind.HAND_OVER, NONCE, desk=CLOSED))
    page = say(browser, first, "yes", **{field(second): "yes"})
    assert page.status == 400
    assert desks_now(site, browser) == (CONFIDANT,)


def test_a_case_of_two_desks_keeps_the_one_that_did_not_ask(site: Site) -> None:
    browser = site.browser()
    site.report(browser, desks=("confidant", "committee"))
    say(browser, asks(site, browser, replace(MOVE, desk=CLOSED)), "yes")
    assert desks_now(site, browser) == (CLOSED, COMMITTEE)


def test_a_key_that_is_missing_at_the_new_desk_leaves_the_case_where_it_is(members: Members) -> None:
    with new_site(members) as site:
        browser = site.browser()
        site.report(browser)
        ask = asks(site, browser)
        for path in (site.folder / "keys").glob(f"*{members.cora}*"):
            path.unlink()
        assert say(browser, ask, "yes").status == 503
        assert desks_now(site, browser) == (CONFIDANT,)
        assert sent(site, browser) == 1


def test_replies_of_the_old_desk_are_still_trusted_and_later_ones_are_not(members: Members) -> None:
    with new_site(members) as site:
        browser = site.browser()
        codename = site.report(browser)
        item = site.reply(codename, "Before the hand-over.")
        ask = asks(site, browser)
        say(browser, ask, "yes")
        site.reply(codename, "From the committee.", desk=COMMITTEE, author=members.cora)
        shown = browser.get("/case").text
        assert "Before the hand-over." in shown
        assert "From the committee." in shown
        case = site.keys(codename).case
        site.reply(codename, "Too late.", desk=CONFIDANT, desks=(CONFIDANT,))
        assert len(site.drop.store.case(case).replies) == 3, "skipped, and the rest of its bundle taken"
        state = site.drop.store.case(case)
        early = next(reply for reply in state.replies if reply.item == item)
        site.drop.opener.open(site.keys(codename), state, early)
        with pytest.raises((SignatureInvalid, EnvelopeError)):
            site.drop.opener.open(site.keys(codename), state, replace(early, day=today() + timedelta(days=1)))
