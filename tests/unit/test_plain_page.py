"""The pages without the app: in every language of the drop, made once, and nothing of a request in them."""

import html
import re
from gettext import translation
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dropbox.server import plain_page
from dropbox.server.plain_page import PlainPages
from dropbox.settings import LANGUAGES
from tests.arrivals import EchoApp, limits
from tests.site_room import compile_catalogues

CODES = (400, 413, 431, 500)


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def body(code: int, *languages: str) -> str:
    return PlainPages(languages).answer(code)[2].decode()


@pytest.fixture(scope="module", autouse=True)
def _catalogues() -> None:
    compile_catalogues()


@pytest.mark.parametrize("code", CODES)
def test_every_language_of_the_drop_gets_its_section_the_first_one_first(code: int) -> None:
    tags = _Tags(body(code, *LANGUAGES))
    assert tags.open == []
    sections = [attributes["lang"] for tag, attributes in tags.seen if tag == "section"]
    assert sections == list(LANGUAGES)
    whole = next(attributes for tag, attributes in tags.seen if tag == "html")
    assert whole["lang"] == LANGUAGES[0]
    assert [tag for tag, _ in tags.seen if re.fullmatch("h[1-6]", tag)] == ["h1"] + ["h2"] * (len(LANGUAGES) - 1)


def test_a_language_that_runs_from_right_to_left_says_so_wherever_it_stands() -> None:
    assert '<section lang="ar" dir="rtl">' in body(400, "en", "ar")
    assert '<html lang="en" dir="ltr">' in body(400, "en", "ar")
    assert '<html lang="ar" dir="rtl">' in body(400, "ar")


@pytest.mark.parametrize("code", CODES)
def test_no_text_stays_out_of_the_catalogues(code: int) -> None:
    """That a catalogue is complete is another test; here: what it says is what stands in the page."""
    page = html.unescape(body(code, "nl"))
    say = translation("messages", plain_page.TRANSLATIONS, ["nl"]).gettext
    shown = re.findall("<(?:h1|p)>(.*?)</", page)
    assert shown == [say("That did not work"), say(html.unescape(re.findall("<p>(.*?)</p>", body(code, "en"))[0]))]
    assert shown[0] == "Dat ging niet"


def test_no_other_language_than_the_drops_is_spoken() -> None:
    assert re.findall(r'lang="(\w+)"', body(413, "en")) == ["en", "en"]


def test_an_unknown_status_gets_the_page_for_a_failure() -> None:
    status, _, page = PlainPages().answer(599)
    assert status.startswith("500 ")
    assert b"not stored twice" in page


@pytest.mark.parametrize("code", CODES)
def test_every_page_says_what_was_stored_and_what_to_do(code: int) -> None:
    text = body(code, "en")
    assert re.search("Nothing was stored|is safe", text)
    assert re.search("Go back|start", text)


def test_no_catalogue_is_read_while_one_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = PlainPages(("nl", "en"))
    monkeypatch.setattr(plain_page, "TRANSLATIONS", Path("/nonexistent"))
    monkeypatch.delattr(plain_page, "translation")
    assert all(pages.answer(code)[2] for code in CODES)


def test_the_server_speaks_the_languages_that_were_configured(tmp_path: Path) -> None:
    from dropbox.server.arrival import ArrivalServer
    from tests.arrivals import Site

    server = ArrivalServer(EchoApp(), limits(), tmp_path, local=("127.0.0.1", 0), plain_pages=PlainPages(("nl", "en")))
    site = Site(server)
    try:
        answer = site.request(b"GARBAGE\r\n\r\n")
    finally:
        site.close()
    assert (answer.status, b'<html lang="nl" dir="ltr">' in answer.body) == (400, True)
    assert b'<section lang="en" dir="ltr">' in answer.body
