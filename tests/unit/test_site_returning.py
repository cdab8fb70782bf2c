"""Coming back: mistyped words are named, and a miss says nothing about anybody's case."""

import re

import pytest
from flask import template_rendered
from jinja2 import Template

from dropbox.codename import Derivation
from dropbox.errors import Busy
from dropbox.models import Codename
from dropbox.server.limits import ArrivalLimits
from tests.site_room import Browser, Site, text_of
from tests.visitor import Page, multipart

SMALL_BODY_BYTES = ArrivalLimits.small_body_bytes
UNKNOWN = "abacus abdomen abdominal abide abiding ability ablaze"
UNKNOWN_TOO = "zodiac zombie zone zoning zookeeper zoologist zoology"


@pytest.fixture(scope="module")
def codename(site: Site) -> str:
    return site.report(site.browser())


def attempt(site: Site, words: str, language: str = "en", **values: str) -> Page:
    browser = site.browser(language)
    return browser.submit(browser.get("/return").form("codename"), {"codename": words, **values})


def numbered(codename: str, between: str) -> str:
    return between.join(f"{number}. {word}" for number, word in enumerate(codename.split(), 1))


@pytest.mark.parametrize(
    "change",
    [
        str,
        str.upper,
        str.title,
        lambda text: text.replace(" ", "-"),
        lambda text: text.replace(" ", ", "),
        lambda text: text.replace(" ", "\r\n"),
        lambda text: text.replace(" ", ""),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: numbered(text, " "),
        lambda text: numbered(text, "\n"),
        lambda text: numbered(text, "").replace(". ", ""),
        lambda text: f"\u201c{text}\u201d",
        lambda text: f"\t{text}.\n",
    ],
)
def test_the_right_words_end_on_the_case_however_they_are_typed(site: Site, codename: str, change: object) -> None:
    assert callable(change)
    page = attempt(site, change(codename))
    assert (page.status, page.path.split("?")[0]) == (200, "/case")


def test_a_hit_renders_what_a_miss_renders_so_both_take_as_long(site: Site, codename: str) -> None:
    rendered: list[str | None] = []

    def note(_app: object, template: Template, **_values: object) -> None:
        rendered.append(template.name)

    for words, then in ((UNKNOWN, []), (codename, ["case.html"])):
        browser = site.browser()
        form = browser.get("/return").form("codename")
        rendered.clear()
        with template_rendered.connected_to(note, site.app):
            browser.submit(form, {"codename": words})
        assert rendered == ["return.html", *then]


def test_a_mistyped_word_is_named_with_near_ones_and_the_field_stays_filled_in(site: Site, codename: str) -> None:
    words = codename.split()
    wrong = " ".join([*words[:3], words[3] + "q", *words[4:]])
    page = attempt(site, wrong)
    assert page.status == 400
    assert f"Word 4, “{words[3]}q”, is not on the list." in text_of(page)
    assert words[3] in re.findall(r"<li><b[^>]*>([a-z]+)</b></li>", page.text)
    assert page.form("codename").fields[-1] == ("codename", wrong)
    assert 'aria-invalid="true"' in page.text


def numbers_and_words(page: Page) -> list[str]:
    found = re.search(r'(?s)<ol[^>]* id="read".*?</ol>', page.text)
    return re.findall("<li[^>]*>([^<]*)</li>", found[0]) if found else []


def test_the_words_are_shown_as_they_were_read_with_the_doubtful_one_marked(site: Site, codename: str) -> None:
    words = codename.split()
    page = attempt(site, numbered(" ".join([*words[:5], "qqqq", words[6]]), ", ").upper())
    assert numbers_and_words(page) == [*words[:5], "qqqq", words[6]]
    assert re.findall('<li class="doubtful">(.*?)</li>', page.text) == ["qqqq"]
    assert numbers_and_words(attempt(site, UNKNOWN)) == UNKNOWN.split()
    assert numbers_and_words(site.browser().get("/return")) == []


def test_two_things_that_are_wrong_are_both_said(site: Site, codename: str) -> None:
    page = attempt(site, " ".join(codename.split()[:5]) + " qqqq")
    assert "Word 6, “qqqq”, is not on the list. No word on the list is like it." in text_of(page)
    assert "We can read 6 of your seven words here." in text_of(page)


def test_a_page_of_words_is_not_shown_back_without_an_end(site: Site) -> None:
    assert len(numbers_and_words(attempt(site, "abacus " * 140))) == 14


def test_a_mistyped_word_asks_neither_the_store_nor_the_derivation(
    site: Site, codename: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(site.drop.store), "find_case")
    monkeypatch.delattr(Derivation, "derive")
    assert attempt(site, codename + "q").status == 400
    assert attempt(site, "").status == 400


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("", "Type the seven words"),
        ("   ", "Type the seven words"),
        ("12345 !!!", "Type the seven words"),
        ("abacus abdomen", "We can read 2 of your seven words here."),
        (UNKNOWN + " abdomen", "We can read 8 words here, and there must be seven."),
        ("x" * 5000, "seven words"),
        ("<script>alert(1)</script>", "is not on the list"),
        ("\u202e\0 abacus", "seven"),
    ],
)
def test_what_is_no_codename_gets_a_hint_and_never_an_error(site: Site, words: str, text: str) -> None:
    page = attempt(site, words)
    assert page.status == 400
    assert text in text_of(page)
    assert "<script" not in page.text


def without_what_varies(page: Page) -> str:
    """Leave out the tokens and what this person typed, which the page shows back to them."""
    fixed = re.sub(r'(name="(?:token|draft)" value)="[^"]*"', r"\1", page.text)
    fixed = re.sub(r'(?s)(<ol[^>]* id="read".*?>).*?</ol>', r"\1", fixed)
    return re.sub(r'(id="codename"[^>]* value)="[^"]*"', r"\1", fixed)


def test_all_misses_are_one_page(site: Site, codename: str) -> None:
    pages = [attempt(site, UNKNOWN), attempt(site, UNKNOWN_TOO), attempt(site, " ".join(reversed(codename.split())))]
    assert {page.status for page in pages} == {400}
    assert len({without_what_varies(page) for page in pages}) == 1
    assert len({tuple(name for name, _ in page.raw_headers) for page in pages}) == 1


def test_a_wrong_token_and_a_wrong_codename_look_the_same(site: Site, codename: str) -> None:
    missed = attempt(site, UNKNOWN)
    for wrong in (attempt(site, codename, token="x"), attempt(site, UNKNOWN, token="x")):
        assert (wrong.status, without_what_varies(wrong)) == (missed.status, without_what_varies(missed))


def test_a_miss_sets_no_session_and_a_hit_replaces_the_old_one(site: Site) -> None:
    browser = site.browser()
    site.sign_in(browser, UNKNOWN)
    assert browser.cookie("session") is None
    other = site.report(site.browser())
    site.report(browser)
    first, before = browser.cookie("session"), len(site.drop.sessions)
    site.sign_in(browser, other)
    assert browser.cookie("session") != first
    assert len(site.drop.sessions) == before, "the session before must be gone"


def test_without_cookies_the_form_comes_back_and_says_so(site: Site, codename: str) -> None:
    browser = site.browser()
    form = browser.get("/return").form("codename")
    browser.forget("visit")
    page = browser.submit(form, {"codename": codename})
    assert page.status == 400
    assert "allow cookies" in page.text
    assert browser.submit(page.form("codename")).path.startswith("/case"), "the field is filled in: one press is enough"


def test_when_it_is_busy_the_words_stay(site: Site, codename: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_self: Derivation, _codename: Codename) -> None:
        raise Busy

    monkeypatch.setattr(Derivation, "derive", busy)
    page = attempt(site, codename, "nl")
    assert page.status == 503
    assert "Er gebeurt te veel tegelijk" in page.text
    assert ("codename", codename) in page.form("codename").fields


def test_who_is_not_signed_in_is_asked_for_the_words(site: Site) -> None:
    for path in ("/case", "/sent", "/case/reply/" + "0" * 32 + "/1"):
        page = site.browser().get(path)
        assert page.status == 401
        assert page.form("codename")
        assert "not signed in" in page.text


# --- a session that ended while somebody typed --------------------------------------------------------------------


def ended(site: Site, browser: Browser, **values: str) -> Page:
    """Open the form, let the session end, and send it."""
    form = browser.get("/case").form("message", "mandate")
    site.drop.sessions.end(browser.cookie("session"))
    return browser.submit(form, values)


def test_a_follow_up_after_the_session_ended_is_kept_through_the_sign_in(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser, mandate="listen")
    before = len(site.items())
    page = ended(site, browser, message="line one\n<line> two", mandate="investigate")
    assert page.status == 401
    assert ("message", "line one\n<line> two") in page.form("codename").fields
    assert "has not been sent yet" in page.text
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert (page.status, page.path.split("?")[0]) == (200, "/case")
    form = page.form("message", "mandate")
    assert ("message", "line one\n<line> two") in form.fields
    assert ("mandate", "investigate") in form.fields
    assert (
        browser.get("/case").form("message").fields == form.fields or browser.get("/case").text.count("line one") == 1
    )
    assert len(site.items()) == before
    assert browser.submit(form).status == 200
    assert site.opened()["message"] == "line one\n<line> two"
    assert "line one" not in browser.get("/case").text


def test_typing_errors_on_the_way_back_lose_nothing(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser)
    page = ended(site, browser, message="long typed")
    for words in ("", "abacus", codename + "q", UNKNOWN):
        page = browser.submit(page.form("codename"), {"codename": words})
        assert page.status == 400
        assert ("message", "long typed") in page.form("codename").fields
    browser.forget("visit")
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert page.status == 400
    assert ("message", "long typed") in page.form("codename").fields
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert ("message", "long typed") in page.form("message", "mandate").fields


def test_a_follow_up_that_had_arrived_is_not_stored_twice_after_a_new_sign_in(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser)
    form = browser.get("/case").form("message", "mandate")
    browser.submit(form, {"message": "once"})
    before = len(site.items())
    site.drop.sessions.end(browser.cookie("session"))
    page = browser.submit(form, {"message": "once"})
    assert page.status == 401
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert browser.submit(page.form("message", "mandate")).status == 200
    assert len(site.items()) == before


@pytest.mark.parametrize("values", [{"mandate": "advise"}, {"mandate": "advise", "message": "and text"}])
def test_a_change_of_mandate_that_had_arrived_is_not_stored_twice_either(site: Site, values: dict[str, str]) -> None:
    browser = site.browser()
    codename = site.report(browser)
    form = browser.get("/case").form("message", "mandate")
    browser.submit(form, values)
    before = len(site.items())
    site.drop.sessions.end(browser.cookie("session"))
    page = browser.submit(form, values)
    page = browser.submit(page.form("codename"), {"codename": codename})
    page = browser.submit(page.form("message", "mandate"))
    assert page.status == 200
    assert ("mandate", "advise") in page.form("message", "mandate").fields
    assert len(site.items()) == before


def test_a_tampered_draft_is_refused_and_its_text_kept(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser)
    page = ended(site, browser, message="kept")
    page = browser.submit(page.form("codename"), {"codename": codename, "draft": "x.y.z"})
    assert page.status == 400
    assert ("message", "kept") in page.form("codename").fields


def test_a_follow_up_from_a_stranger_without_any_session_keeps_the_text(site: Site) -> None:
    page = site.browser().post("/case", [("message", "typed"), ("token", "zzz")])
    assert page.status == 401
    assert ("message", "typed") in page.form("codename").fields


@pytest.mark.parametrize("message", ["", "typed too"])
def test_what_was_ticked_and_chosen_waits_through_the_sign_in(site: Site, message: str) -> None:
    browser = site.browser()
    codename = site.report(browser, mandate="listen")
    before = len(site.items())
    page = ended(site, browser, message=message, mandate="advise", withdraw="withdraw")
    assert page.status == 401
    assert ("What you just typed" if message else "What you just chose") + " has not been sent yet." in text_of(page)
    for words in ("abacus", codename):
        page = browser.submit(page.form("codename"), {"codename": words})
    form = page.form("message", "mandate")
    assert {("message", message), ("mandate", "advise"), ("withdraw", "withdraw")} <= set(form.fields)
    assert len(site.items()) == before, "nothing happens without another press"
    browser.submit(form)
    assert site.opened()["kind"] == "withdrawal"
    page = ended_at(site, browser, "undo")
    assert "What you just chose has not been sent yet." in text_of(page)
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert ("withdraw", "undo") in page.form("message", "withdraw").fields
    assert '<details id="more" open>' in page.text


def ended_at(site: Site, browser: Browser, withdraw: str) -> Page:
    form = browser.get("/case").form("message", "withdraw")
    site.drop.sessions.end(browser.cookie("session"))
    return browser.submit(form, {"withdraw": withdraw})


def test_what_was_chosen_outlives_the_visit_too(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser, mandate="listen")
    page = ended(site, browser, message="kept", mandate="investigate", withdraw="withdraw")
    browser.forget("visit")
    page = browser.submit(page.form("codename"), {"codename": codename})
    assert page.status == 400
    page = browser.submit(page.form("codename"), {"codename": codename})
    fields = set(page.form("message", "mandate").fields)
    assert {("message", "kept"), ("mandate", "investigate"), ("withdraw", "withdraw")} <= fields


def test_a_message_whose_form_was_forgotten_is_not_taken_for_a_change_of_mandate(site: Site) -> None:
    browser = site.browser()
    codename = site.report(browser, mandate="advise")
    page = ended(site, browser, message="just this")
    browser.forget("visit")
    for _ in range(2):
        page = browser.submit(page.form("codename"), {"codename": codename})
    browser.submit(page.form("message", "mandate"))
    assert (site.opened()["kind"], site.opened()["mandate"]) == ("message", "advise")


@pytest.mark.parametrize("name", ["mandate", "withdraw"])
def test_a_choice_that_was_changed_on_the_way_is_refused(site: Site, name: str) -> None:
    browser = site.browser()
    codename = site.report(browser)
    page = ended(site, browser, message="kept", mandate="advise", withdraw="withdraw")
    answer = browser.submit(page.form("codename"), {"codename": codename, name: "burn"})
    assert answer.status == 400
    assert browser.get("/case").status == 401


@pytest.mark.parametrize(("kib", "carried"), [(60, True), (190, True), (300, False), (490, False)])
def test_a_text_that_is_too_long_to_wait_is_shown_and_said_to_be_so(site: Site, kib: int, carried: bool) -> None:
    """What the page cannot carry through the sign-in must not look as if it could."""
    browser = site.browser()
    codename = site.report(browser)
    text = "Line.\n" * (kib * 1024 // 7)
    page = ended(site, browser, message=text)
    assert page.status == 401
    assert text.strip() in page.text, "it can be copied"
    assert (("message", text) in page.form("codename").fields) is carried
    assert ("too long to wait here for you" in text_of(page)) is not carried
    assert len(as_sent(page)) < SMALL_BODY_BYTES, "arrival takes no more for this page"
    page = browser.submit(page.form("codename"), {"codename": codename}, [])
    assert page.path.startswith("/case")
    assert (("message", text) in page.form("message", "mandate").fields) is carried


def as_sent(page: Page) -> bytes:
    return multipart([(name, text.replace("\n", "\r\n")) for name, text in page.form("codename").fields], [])[0]
