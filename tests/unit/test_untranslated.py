"""No page holds a text that a translator never sees: every page again in a language in which each sentence is ⟦so⟧."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from unittest import mock

import flask_babel
import pytest

from dropbox.codename import WORDS
from dropbox.server import plain_page
from tests.conftest import Members
from tests.pages.room import Captured, Rooms, configurations
from tests.pages.states import capture
from tests.visitor import VOID

SPOKEN_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "label", "aria-description", "aria-valuetext")
UNSPOKEN_TAGS = ("style", "script", "textarea", "code", "bdi")
UNSPOKEN_CLASSES = {"text", "fingerprint"}
DAY = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}\b"
)
RECEIPT_NUMBER = re.compile(r"\b[0-9A-F]{4} [0-9A-F]{4}\b")
LATIN_NAMES = {
    *("Tor", "Browser", "Onion", "onion", "torproject", "org", "Android", "iPhone", "GnuPG", "sealed", "gpg"),
    *("scripts", "cookie", "cookies"),
}
"""What stays as it is in a language with other letters."""
SENTENCE = re.compile(r"⟦[^⟦⟧]*⟧")


class Bracketed:
    """Translations of no language: each sentence in brackets that no page has of its own."""

    def ugettext(self, text: str) -> str:
        return f"⟦{text}⟧"

    def ungettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"

    gettext, ngettext = ugettext, ungettext


def _is_data(tag: str, given: dict[str, str]) -> bool:
    """Tell whether an element holds what no translator translates: names, files, codename words, other languages."""
    named = UNSPOKEN_CLASSES & set(given.get("class", "").split())
    return bool(tag in UNSPOKEN_TAGS or named or given.get("translate") == "no" or "hreflang" in given)


class _Texts(HTMLParser):
    """Collects what is read out or seen of a page, but for what the organisation, a reader or the reporter wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not any(self._open):
            self.texts += [given[name] for name in SPOKEN_ATTRIBUTES if name in given]
            if tag in {"input", "button"} and given.get("type") in {"submit", "button", "reset"}:
                self.texts.append(given.get("value", ""))
        if tag not in VOID:
            self._open.append(_is_data(tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.texts.append(data)


def configured(members: Members) -> list[str]:
    """Return every text of the drops' configurations, the longest first."""
    found = {text for lines in configurations(members).values() for text in re.findall(r'"([^"\n]+)"', lines)}
    return sorted(found, key=len, reverse=True)


def outside(texts: str, data: list[str]) -> str:
    """Return what of a page's texts is neither a sentence of the catalogue nor somebody's data."""
    while SENTENCE.search(texts):
        texts = SENTENCE.sub(" ", texts)
    for known in data:
        texts = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", " ", texts)
    texts = RECEIPT_NUMBER.sub(" ", DAY.sub(" ", texts))
    return " ".join(word for word in re.findall(r"[^\W\d_]+", texts) if word not in WORDS)


def spoken(captured: Captured) -> str:
    parser = _Texts()
    parser.feed(captured.page.text)
    return "\n".join(parser.texts)


@pytest.fixture(scope="module")
def pages(members: Members) -> Iterator[list[Captured]]:
    with (
        mock.patch.object(flask_babel.Domain, "get_translations", return_value=Bracketed()),
        mock.patch.object(plain_page, "translation", return_value=Bracketed()),
        Rooms(members) as rooms,
    ):
        yield capture(rooms, ["en"])


def test_no_page_holds_a_text_that_no_catalogue_has(members: Members, pages: list[Captured]) -> None:
    data = configured(members)
    found = {}
    for captured in pages:
        if captured.is_html:
            found[captured.name] = outside(spoken(captured), data)
    assert len(found) > 60, "not one page that this test is about"
    assert not {name: rest for name, rest in found.items() if rest}


def test_no_page_in_arabic_runs_the_wrong_way_or_holds_a_latin_word_that_is_no_name(members: Members) -> None:
    data = configured(members)
    with Rooms(members) as rooms:
        for captured in capture(rooms, ["ar"]):
            if captured.is_html and not captured.name.startswith("plain-"):
                assert '<html lang="ar" dir="rtl">' in captured.page.text, captured.name
                words = set(re.findall("[A-Za-z]+", outside(spoken(captured), data)))
                assert words <= LATIN_NAMES, captured.name


def test_the_brackets_are_on_every_page(pages: list[Captured]) -> None:
    assert all("⟦" in captured.page.text for captured in pages if captured.is_html)


def test_a_forgotten_text_would_be_seen(members: Members) -> None:
    parser = _Texts()
    parser.feed('<p title="Hint">⟦Chosen: ⟦Only listen⟧.⟧ Forgotten <b>3</b><bdi>a.pdf</bdi></p><img alt="Logo">')
    assert outside("\n".join(parser.texts), configured(members)) == "Hint Forgotten Logo"
