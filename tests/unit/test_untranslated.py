"""No page holds a text that a translator never sees: every page again in a language in which each sentence is ⟦so⟧."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unittest import mock

import flask_babel
import pytest

from dropbox.server import plain_page
from tests.conftest import Members
from tests.pages.room import Captured, Rooms, configurations
from tests.pages.spoken import Bracketed, Texts, outside, spoken
from tests.pages.states import capture

LATIN_NAMES = {
    *("Tor", "Browser", "Onion", "onion", "torproject", "org", "Android", "iPhone", "GnuPG", "sealed", "gpg"),
    *("scripts", "cookie", "cookies", "SHA", "jq"),
}
"""What stays as it is in a language with other letters."""


def configured(members: Members) -> list[str]:
    """Return every text of the drops' configurations, the longest first."""
    found = {text for lines in configurations(members).values() for text in re.findall(r'"([^"\n]+)"', lines)}
    return sorted(found, key=len, reverse=True)


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
    parser = Texts()
    parser.feed('<p title="Hint">⟦Chosen: ⟦Only listen⟧.⟧ Forgotten <b>3</b><bdi>a.pdf</bdi></p><img alt="Logo">')
    assert outside("\n".join(parser.texts), configured(members)) == "Hint Forgotten Logo"
