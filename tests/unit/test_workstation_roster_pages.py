"""Rosters on the desk page: who sits there is shown with who signed for it, and nothing is signed by accident."""

import html
from collections.abc import Iterator

import pytest

from dropbox.trust_words import roster_words, statement_words
from tests.desk_browser import DeskBrowser, desk_browser
from tests.envelopes import Case
from tests.factories_bundles import DESK, World
from tests.stated import SignedDesk


@pytest.fixture
def desk(here: World) -> SignedDesk:
    made = SignedDesk(here)
    here.start()
    here.drop.send(Case())
    return made


@pytest.fixture
def browser(here: World, desk: SignedDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeskBrowser]:
    with desk_browser(here.anna, monkeypatch) as browser:
        browser.import_bundle(here.drop.pickup())
        here.next_day()
        yield browser


def text_of(page: str) -> str:
    return " ".join(html.unescape(page).split())


def sign(words: str, compared: str = "yes") -> dict[str, str]:
    return {"words": words, "compared": compared}


def test_a_proposal_is_signed_with_its_words_and_a_tick_and_travels(
    here: World, desk: SignedDesk, browser: DeskBrowser
) -> None:
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    words = statement_words(proposal.sha256)
    assert "Nobody is added before a member signs" in text_of(browser.import_bundle(here.drop.pickup()))
    page = text_of(browser.get("/roster"))
    assert " ".join(here.dirk.key[at : at + 4] for at in range(0, 40, 4)) in page
    assert 'href="/roster"' in browser.get("/")
    for fields in (sign(words, ""), sign(""), sign(words.split()[0]), sign(roster_words(DESK, ()))):
        browser.refused("/roster", fields)
    assert "You signed it" in text_of(browser.post("/roster", sign(words)))
    assert "Sign the proposed roster" not in browser.get("/roster")
    assert "Signed rosters" in browser.get("/export")
    here.anna.ok("export", here.folder / "1.tar")
    (vote,) = here.drop.take(here.folder / "1.tar", Case()).votes
    desk.take_vote(vote)
    assert "joined desk integrity" in text_of(browser.import_bundle(here.drop.pickup()))
    page = text_of(browser.get("/roster"))
    assert "signed by you" in page
    assert "Sign the proposed roster" not in page
    browser.refused("/roster", sign(words))


def test_whoever_may_not_sign_is_given_no_form(here: World, desk: SignedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.propose(here.anna, here.bram, here.dirk)
    here.start(here.dirk)
    with desk_browser(here.dirk, monkeypatch) as browser:
        browser.import_bundle(here.drop.pickup())
        page = browser.get("/roster")
        assert "Only a member of the desk can sign this" in page
        assert "Sign the proposed roster" not in page


def test_an_unsigned_change_says_so_where_it_is_compared(here: World, desk: SignedDesk, browser: DeskBrowser) -> None:
    desk.seat(frozenset({here.anna.key, here.bram.key, here.dirk.key}))
    browser.import_bundle(here.drop.pickup())
    assert "No member of the desk has signed this change." in browser.get("/confirm/roster")
    assert "must be compared with another member" in browser.get("/roster")
    browser.post("/confirm/roster", {"words": roster_words(DESK, here.drop.rosters[DESK])})
    assert "No roster has changed" in browser.get("/confirm/roster")


def test_a_forked_history_shuts_the_desk_until_members_agree(
    here: World, desk: SignedDesk, browser: DeskBrowser
) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    browser.import_bundle(here.drop.pickup())
    ours, roster = desk.last, here.drop.rosters[DESK]
    here.next_day()
    desk.chain.pop()
    desk.take(desk.signed(desk.next(here.anna), here.anna))
    browser.import_bundle(here.drop.pickup())
    page = text_of(browser.get("/confirm/roster"))
    assert "another history of this desk's members" in page
    for sha256 in (ours.sha256, desk.last.sha256):
        assert statement_words(sha256).split()[0] in page
    assert "ALARM" in text_of(browser.get("/export"))
    assert "Write the answer bundle" not in browser.get("/export")
    here.next_day()
    desk.chain[:], here.drop.rosters[DESK] = [], roster
    browser.post("/confirm/roster", {"words": statement_words(ours.sha256)})
    assert "another history" not in text_of(browser.get("/confirm/roster"))


def test_a_key_that_nobody_signed_for_is_compared_on_the_page(
    here: World, desk: SignedDesk, browser: DeskBrowser
) -> None:
    here.drop.succeed(lost=True)
    bundle = here.drop.pickup()
    browser.send("/import", {"path": str(bundle), "found": ""})
    browser.desk.jobs.wait(30)
    refused = browser.get("/import/done", status=409)
    assert 'href="/confirm"' in refused
    assert "did not sign for" in text_of(refused)
    page = text_of(browser.get("/confirm"))
    assert all(word in page for word in here.drop.words.split())
    browser.refused("/confirm", {"words": statement_words("ab" * 32)})
    browser.post("/confirm", {"words": here.drop.words})
    assert "Nothing in it was new to you" in browser.import_bundle(bundle)
