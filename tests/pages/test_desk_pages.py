"""The desk page: no template and no state escapes the checks, every page is valid, wholly translated, and easy to use.

Each state comes in one of the two languages, turn about; with --slow all of them in both. In Firefox one state of each
template is looked at by axe and at 400 % zoom; with --slow every one, in the dark and with spaced-out text too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from dropbox.colours import ACCENT, ACCENT_DARK, palette
from dropbox.workstation import desk_site, speech
from dropbox.workstation.terminal import visible
from tests.factories_bundles import DESK, OTHER_DESK
from tests.pages import desk_disclosing, desk_vaults, nu
from tests.pages import desk_ways as ways
from tests.pages.album import Album
from tests.pages.desk_states import SAME, STATES
from tests.pages.desk_vaults import FILES, HOSTILE, LONG_WORD, NOTES
from tests.pages.room import STORY, Captured, stable
from tests.pages.spoken import OPENS, WEEKDAYS, bracketed, outside, spoken
from tests.pages.tour import Tour, Toured

TEMPLATES = Path(desk_site.__file__).parent.parent / "templates"
STYLES = TEMPLATES.parent / "static"
PARTS = ("_", "base.html", "preview.html")
LANGUAGE_NAMES = {speech.language_name(code) for code in speech.LANGUAGES}
TEXTS = " ".join(
    (
        STORY,
        HOSTILE,
        visible(HOSTILE),
        LONG_WORD,
        ways.EXPLAINED,
        desk_vaults.WRITTEN,
        desk_disclosing.WRITTEN,
        *(name for name, _, _ in FILES),
        NOTES,
    )
)
NAMES = {"SHA", "PNG", "PDF", "GnuPG", DESK, OTHER_DESK, "bram", "and", "en", *WEEKDAYS, *LANGUAGE_NAMES}
"""What stands on a page in every language, and the word between the last two of a list."""
NAMES |= {*re.findall(r"[^\W\d_]+", TEXTS), *re.findall(r"\w+", TEXTS)}
IDS = re.compile(r"\b[0-9a-f]{8,}\b")
ODD = re.compile(r"<script|<style|<iframe| style=| on[a-z]+=|(?:src|href|action)=\"(?!/|#|\?)", re.IGNORECASE)
"""What no page of ours has: scripts, styles of its own, anything from elsewhere."""


@pytest.fixture(scope="session")
def pages(desk_album: Album) -> list[Captured]:
    return desk_album.pages(*speech.LANGUAGES)


@pytest.fixture(scope="module")
def tour(request: pytest.FixtureRequest, desk_album: Album, pages: list[Captured]) -> Tour:
    if request.config.getoption("--slow"):
        return Tour(desk_album, pages)
    first = {each.template: each for each in reversed(pages)}
    return Tour(desk_album, first.values(), ("light", "zoomed"))


class TestTheDeskPage(Toured):
    """The tour's tests, over the desk page."""


def test_no_template_is_in_no_state(pages: list[Captured]) -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert {name for name in there if not name.startswith(PARTS)} == {each.template for each in pages} - {""}


def test_no_state_is_a_fault_of_ours(pages: list[Captured]) -> None:
    assert [each.name for each in pages if each.page.status >= 500] == []


def test_no_two_states_show_the_same_page(pages: list[Captured]) -> None:
    """A state that fell back to another one, because the way to it has changed, checks nothing of its own."""
    shown: dict[str, list[str]] = defaultdict(list)
    for each in pages:
        shown[each.language + stable(each.page)].append(each.name)
    assert [names for names in shown.values() if len(names) > 1 and not set(names) <= SAME] == []


def test_no_page_holds_a_text_that_no_catalogue_has(pages: list[Captured]) -> None:
    found = {each.name: outside(IDS.sub(" ", bracketed(spoken(each))), NAMES) for each in pages}
    assert len(found) == len(STATES)
    assert not {name: rest for name, rest in found.items() if rest}


def test_a_forgotten_text_would_be_seen(pages: list[Captured]) -> None:
    assert all(OPENS in each.page.text for each in pages)


def test_no_page_has_a_script_a_style_of_its_own_or_anything_from_elsewhere(pages: list[Captured]) -> None:
    for each in pages:
        assert not ODD.search(re.sub(r'>[^<]*|value="[^"]*"', ">", each.page.text)), each.name


def test_no_page_speaks_another_language_than_it_says(pages: list[Captured]) -> None:
    for each in pages:
        assert f'<html lang="{each.language}">' in each.page.text, each.name


def test_no_page_and_no_style_sheet_has_an_error_or_a_warning(pages: list[Captured], tmp_path: Path) -> None:
    said = nu.check(tmp_path, pages, {path.name: path.read_bytes() for path in STYLES.glob("*.css")})
    assert not said, "\n".join(map(str, said))


def test_the_colours_are_those_of_the_reporters_site_and_can_be_told_apart() -> None:
    style = (STYLES / "desk.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+):([^;}]+)", part)) for part in style.split(":root{")[1:3])
    assert palette(ACCENT, dark=False).items() <= light.items()
    assert palette(ACCENT_DARK, dark=True).items() <= dark.items()
