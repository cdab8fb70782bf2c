"""The receipt: the words for their session alone, days that do not move, and a check that never stands in the way."""

import re
from datetime import timedelta

import pytest

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.models import today
from dropbox.server.reporter_site.receipt import receipt_number
from tests.site_room import Browser, Site, text_of
from tests.visitor import Page


def reported(site: Site, language: str = "en") -> tuple[Browser, str]:
    browser = site.browser(language)
    return browser, site.report(browser)


def places_of(page: Page) -> list[int]:
    return [int(name.removeprefix("word-")) for name, _ in page.form("token").fields if name.startswith("word-")]


def checked(browser: Browser, page: Page, **words: str) -> Page:
    return browser.submit(page.form("token"), {name.replace("_", "-"): word for name, word in words.items()})


def typed(words: list[str], places: list[int]) -> dict[str, str]:
    return {f"word_{place}": words[place - 1] for place in places}


# --- whose it is --------------------------------------------------------------------------------------------------


def test_a_receipt_is_shown_to_its_session_only(site: Site) -> None:
    browser, codename = reported(site)
    assert browser.get("/sent").codename == codename
    assert site.browser().get("/sent").status == 401
    assert site.sign_in(browser, codename).status == 200
    page = browser.get("/sent")
    assert page.status == 410
    assert "We do not keep them" in text_of(page)
    assert codename.split()[0] not in text_of(page).split()


def test_the_receipt_can_be_looked_at_again_as_long_as_its_session_lasts(site: Site) -> None:
    browser, codename = reported(site)
    first = browser.get("/sent")
    browser.get("/case")
    again = browser.get("/sent")
    assert (again.status, again.codename) == (200, codename)
    without_check = [re.sub(r'(?s)<h2 id="check">.*?<h2 id="next">', "", page.text) for page in (first, again)]
    assert without_check[0] == without_check[1]


def test_no_copy_of_the_words_stays_in_a_browser(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    wrong = checked(browser, page, **{f"word_{place}": "abacus" for place in places_of(page)})
    for each in (page, wrong, browser.get("/sent?frame=1")):
        assert each.codename == codename
        assert each.headers["cache-control"] == "no-store"


def test_whoever_lost_the_session_hears_how_to_get_the_same_words_again(site: Site) -> None:
    browser = site.browser()
    form = browser.get("/report").form("message")
    sent = {"message": "It was today.", "desk": "confidant"}
    codename = browser.submit(form, sent).codename
    before = len(site.items())
    site.drop.sessions.end(browser.cookie("session"))
    page = browser.get("/sent")
    assert page.status == 401
    assert "You get the same seven words, and nothing is stored twice" in text_of(page)
    assert browser.submit(form, sent).codename == codename, "what the page promises must be so"
    assert len(site.items()) == before


# --- what it says -------------------------------------------------------------------------------------------------


def test_a_later_look_does_not_move_the_day_of_arrival_nor_the_days_of_the_law(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = reported(site)
    page = text_of(browser.get("/sent"))
    later = today() + timedelta(days=1)
    monkeypatch.setattr("dropbox.server.reporter_site.receipt.today", lambda: later)
    shown = text_of(browser.get("/sent"))
    for day in (acknowledge_by(today()), answer_by(today())):
        text = f"By {day.day} {day.strftime('%B %Y')}"
        assert text in page
        assert text in shown
    assert "Today Your report has arrived" in page
    assert "Today" not in shown


def test_the_receipt_number_is_of_the_case_and_opens_nothing(site: Site) -> None:
    browser, codename = reported(site)
    case = site.keys(codename).case
    number = receipt_number(case)
    assert re.fullmatch("[0-9A-F]{4} [0-9A-F]{4}", number)
    assert number.replace(" ", "").lower() == case[:8]
    assert number in text_of(browser.get("/sent"))
    page = site.sign_in(site.browser(), number)
    assert page.status == 400
    assert "seven words" in text_of(page)


def test_in_a_frame_the_words_stand_alone_with_a_way_out_of_the_frame(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent?frame=1")
    assert page.codename == codename
    assert '<base target="_top">' in page.text
    assert "<nav" not in page.text
    assert page.forms == []
    assert re.search(r'<a class="go" href="/sent\?l=en">', page.text)
    assert "paper" in text_of(page)


# --- the check ----------------------------------------------------------------------------------------------------


def test_the_right_words_are_called_right_however_they_are_typed(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    places = places_of(page)
    assert len(set(places)) == 2
    right = {name: f" {word.upper()}. " for name, word in typed(codename.split(), places).items()}
    page = checked(browser, page, **right)
    assert page.status == 200
    assert f"Words {places[0]} and {places[1]} are right" in text_of(page)
    assert page.codename == codename


@pytest.mark.parametrize("word", ["abacus", "abacuss", "x" * 5000, "<b>", "the right word twice"])
def test_a_wrong_word_is_named_and_never_called_right(site: Site, word: str) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    places = places_of(page)
    if word == "the right word twice":
        word = f"{codename.split()[places[0] - 1]} {codename.split()[places[0] - 1]}"
    answer = checked(browser, page, **{**typed(codename.split(), places), f"word_{places[0]}": word})
    assert answer.status == 400
    assert f"Word {places[0]} is not the same." in text_of(answer)
    assert f"Word {places[1]} is not the same." not in text_of(answer)
    assert places_of(answer) == places, "the same two are asked until they are right"
    assert answer.codename == codename
    assert ("word-" + str(places[0]), word) in answer.form("token").fields


def test_words_in_each_others_place_are_both_wrong(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    first, second = places_of(page)
    words = codename.split()
    answer = checked(browser, page, **{f"word_{first}": words[second - 1], f"word_{second}": words[first - 1]})
    assert text_of(answer).count("is not the same.") >= 2


def test_an_empty_word_is_not_called_wrong(site: Site) -> None:
    browser, _ = reported(site)
    answer = checked(browser, browser.get("/sent"))
    assert "is still empty" in text_of(answer)
    assert "is not the same" not in text_of(answer)


def test_no_number_of_wrong_answers_stands_in_the_way(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    for _ in range(12):
        page = checked(browser, page, **{f"word_{place}": "zoom" for place in places_of(page)})
    assert checked(browser, page, **typed(codename.split(), places_of(page))).status == 200
    assert browser.get("/case").status == 200


@pytest.mark.parametrize("token", ["", "x.y.z", "another form"])
def test_a_foreign_token_compares_nothing_and_asks_anew(site: Site, token: str) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    if token == "another form":
        token = dict(browser.get("/case").form("message").fields)["token"]
    values = {f"word-{place}": codename.split()[place - 1] for place in range(1, 8)}
    answer = browser.submit(page.form("token"), {**values, "token": token})
    assert answer.status == 400
    assert "are right" not in text_of(answer)
    assert answer.codename == codename
    assert len(places_of(answer)) == 2


def test_every_word_is_asked_for_some_time(site: Site) -> None:
    browser, _ = reported(site)
    assert {place for _ in range(60) for place in places_of(browser.get("/sent"))} == set(range(1, 8))


def test_a_check_without_a_session_asks_for_the_words(site: Site) -> None:
    page = site.browser().post("/sent", [("token", "x"), ("word-1", "abacus")])
    assert page.status == 401
    assert page.form("codename")


def test_every_description_of_a_field_is_on_the_page(site: Site) -> None:
    browser, codename = reported(site)
    page = browser.get("/sent")
    first, second = places_of(page)
    wrong = checked(browser, page, **{**typed(codename.split(), [first]), f"word_{second}": "abacus"})
    for each in (page, wrong):
        for ids in re.findall('aria-describedby="([^"]*)"', each.text):
            assert all(f'id="{name}"' in each.text for name in ids.split()), ids
    invalid = re.findall(r'<input[^>]*name="(word-\d)"[^>]*aria-invalid', wrong.text)
    assert invalid == [f"word-{second}"]
