"""Days, sizes and directions, each as a language's own readers write them."""

import re
from datetime import date

import pytest
from flask import render_template_string
from flask_babel import force_locale

from dropbox.server.reporter_site import speech
from dropbox.settings import LANGUAGES
from tests import site_room
from tests.conftest import Members
from tests.pages.room import configurations
from tests.site_room import Site

DAY = date(2026, 3, 9)


def spoken(site: Site, code: str) -> tuple[str, str, str]:
    """Return a day and two sizes in a language, digits and units as they stand on the page."""
    with site.app.test_request_context("/"), force_locale(code):
        texts = speech.day_text(DAY), speech.size_text(1_540_000), speech.size_text(36_700)
    day, large, small = (re.sub("[\u2068\u2069]", "", text) for text in texts)
    return day, large, small


@pytest.mark.parametrize(
    ("code", "day", "decimals"),
    [
        ("en", "9 March 2026", "1.5"),
        ("nl", "9 maart 2026", "1,5"),
        ("de", "9. März 2026", "1,5"),
        ("fr", "9 mars 2026", "1,5"),
        ("ar", "9 مارس 2026", "1.5"),
    ],
)
def test_no_day_or_size_is_written_as_in_another_language(site: Site, code: str, day: str, decimals: str) -> None:
    written, large, small = spoken(site, code)
    assert written == day
    assert large.split() == [decimals, large.split()[-1]]
    assert small.split()[0] == "37"


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_digit_of_a_day_or_size_differs_from_those_of_112(site: Site, code: str) -> None:
    assert all(letter.isascii() for text in spoken(site, code) for letter in text if letter.isdigit())


def test_a_size_under_a_thousand_is_counted_in_bytes(site: Site) -> None:
    with site.app.test_request_context("/?l=en"):
        assert speech.size_text(0) == "0 bytes"
        assert speech.size_text(999) == "999 bytes"
        assert speech.size_text(1000) == "1 kB"
        assert speech.size_text(5_000_000) == "5 MB"


def test_arabic_runs_from_the_right_and_no_other_language_does() -> None:
    assert {code for code in LANGUAGES if speech.direction(code) == "rtl"} == {"ar"}


def test_a_name_that_runs_the_other_way_keeps_its_brackets_in_a_sentence(site: Site) -> None:
    template = '{{ _("%(desk)s has not picked up the post yet.", desk="Desk (<NL>)") }}'
    with site.app.test_request_context("/"):
        assert render_template_string(template) == "Desk (&lt;NL&gt;) has not picked up the post yet."
        with force_locale("ar"):
            shown = render_template_string(template)
            assert "\u2068Desk (&lt;NL&gt;)\u2069" in shown
            assert speech._("File %(number)s", number=3).count("\u20683\u2069") == 1
            assert "\u2068" not in speech._("Files"), "a sentence without values needs no marks"


def test_a_text_of_the_organisation_in_another_language_says_which(members: Members) -> None:
    with site_room.new_site(members, configurations(members)["usual"]) as site:
        for path in ("/", "/report", "/keys"):
            assert '<bdi lang="nl">Drie leden' in site.browser("de").get(path).text, path
            assert "<bdi>Drie leden" in site.browser("nl").get(path).text, (
                "the page's own language needs no word about it"
            )


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_is_named_in_itself(code: str) -> None:
    names = {"en": "English", "nl": "Nederlands", "de": "Deutsch", "fr": "Français", "ar": "العربية"}
    assert speech.language_name(code) == names[code]
