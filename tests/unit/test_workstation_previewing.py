"""The preview is what the reporter's own page shows: no word, no day, no rule of style apart."""

import re
from collections.abc import Iterator
from datetime import date
from importlib import resources

import pytest
from flask import Flask, render_template_string

from dropbox.models import Mandate, today
from dropbox.workstation.previewing import Preview, preview, spoken_languages, theirs
from tests.site_room import Site

TEXT = "Dank je voor je bericht.\n\n- een <b>punt</b> & nog een\n\u202eomgekeerd"
FILES = {"advies.pdf": b"%PDF" * 3000, "a:b\u202e.txt": b"x" * 12, "groot.bin": bytes(1_500_000)}
DESK = {"en": "Confidential adviser", "nl": "Vertrouwenspersoon"}


@pytest.fixture(scope="module")
def codename(site: Site) -> str:
    codename = site.report(site.browser("nl"), "Er is iets gebeurd.")
    site.reply(codename, TEXT, FILES)
    return codename


@pytest.fixture(scope="module")
def desk_page() -> Iterator[Flask]:
    flask = Flask("dropbox.workstation")
    with flask.app_context():
        yield flask


def article(page: str) -> str:
    """Return the reply's box without what can be pressed in it: forms, addresses, and blanks between elements."""
    (box,) = re.findall(r'(?s)<article class="reply".*?</article>', page)
    box = re.sub(r"(?s)<form.*?<p>(.*?)</p>.*?</form>", r"<p>\1</p>", box)
    box = re.sub(r'<a href="[^"]*" download>(.*?)</a>', r'<span class="link">\1</span>', box)
    return re.sub(r">\s+<", "><", re.sub(r"\n", " ", box)).replace("</details> </article>", "</details></article>")


def rendered(seen: Preview) -> str:
    template = '{% from "preview.html" import as_reporter %}{{ as_reporter(seen) }}'
    return article(render_template_string(template, seen=seen))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_preview_does_not_differ_from_the_reporters_page(
    site: Site, codename: str, desk_page: Flask, language: str
) -> None:
    shown = site.sign_in(site.browser(language), codename)
    files = [(name, len(content)) for name, content in FILES.items()]
    seen = preview(language, DESK[language], today(), TEXT, files)
    assert article(shown.text) == rendered(seen)


def test_the_mandate_is_called_what_the_reporters_form_calls_it(site: Site) -> None:
    for language in ("en", "nl"):
        page = site.browser(language).get("/report").text
        assert all(theirs(language).mandate_name(mandate) in page for mandate in Mandate)


def test_every_rule_of_the_box_is_one_of_the_reporters_style_sheets() -> None:
    """Only the box itself and what stands for a link are ours."""
    server = resources.files("dropbox.server").joinpath("static")
    theirs_css = "".join(server.joinpath(name).read_text("utf-8") for name in ("look.css", "forms.css"))
    ours = resources.files("dropbox.workstation").joinpath("static", "reporter.css").read_text("utf-8")
    given = re.findall(r"(?m)^([^{}@/]+)(\{[^}]*\})", theirs_css)
    known = {(each, body) for selectors, body in given for each in selectors.split(",")}
    rules = re.findall(r"(?m)^\.as-reporter ([^{]+)(\{[^}]*\})", ours)
    assert len(rules) > 10
    assert {(selector, body) for selector, body in rules if selector != ".link"} <= known


def test_the_words_of_the_preview_are_in_the_reporters_catalogues() -> None:
    template = resources.files("dropbox.workstation").joinpath("templates", "preview.html").read_text("utf-8")
    words = re.findall(r'says\("([^"]+)"', template)
    assert len(words) == 4
    for word in words:
        assert theirs("nl").says(word) != word


@pytest.mark.parametrize(("asked", "spoken"), [("nl-BE", "nl"), ("NL", "nl"), ("ar", "ar"), ("xx", "en"), ("", "en")])
def test_a_language_that_the_pages_do_not_speak_is_english_there(asked: str, spoken: str) -> None:
    assert theirs(asked).language == spoken


@pytest.mark.parametrize("language", ["../nl", "messages", "nl/../../etc", "a" * 100])
def test_a_language_leads_to_no_other_file(language: str) -> None:
    assert theirs(language).language in spoken_languages()


def test_a_right_to_left_page_keeps_its_direction() -> None:
    seen = preview("ar", "integrity", date(2026, 3, 4), "x", [("a.pdf", 1500)])
    assert seen.theirs.direction == "rtl"
    assert "\u2068" in seen.files[0].size
