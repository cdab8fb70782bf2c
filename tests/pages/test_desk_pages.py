"""The desk page: no template and no state escapes the checks, every page is valid, wholly translated, and easy to use.

Each state is looked at in one of the two languages, turn about; with --slow all of them in both. Firefox does the
looking: axe in light and dark, 400 % zoom (320 px), spaced-out text.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from dropbox.colours import ACCENT, ACCENT_DARK, palette
from dropbox.workstation import desk_site, speech
from tests.factories_bundles import People
from tests.pages import nu
from tests.pages.album import Album
from tests.pages.desk_room import DeskRooms
from tests.pages.desk_states import SAME, STATES
from tests.pages.room import Captured, stable
from tests.pages.spoken import Bracketed, outside, spoken
from tests.pages.tour import LOOKS, Tour, Toured

TEMPLATES = Path(desk_site.__file__).parent.parent / "templates"
STYLES = TEMPLATES.parent / "static"
PARTS = ("_", "base.html", "preview.html")
NAMES = {"SHA", "PNG", "PDF", "GnuPG"}
"""What stands on a page in every language."""
ODD = re.compile(r"<script|<style|<iframe| style=| on[a-z]+=|(?:src|href|action)=\"(?!/|#|\?)", re.IGNORECASE)
"""What no page of ours has: scripts, styles of its own, anything from elsewhere."""


@pytest.fixture(scope="session")
def pages(desk_albums: dict[str, Album]) -> list[Captured]:
    return [each for code, album in desk_albums.items() for each in album.pages(code)]


@pytest.fixture(scope="session")
def bracketed(people: People) -> Iterator[list[Captured]]:
    """Every state in a language in which each sentence is ⟦so⟧."""
    with (
        mock.patch.object(speech, "_translations", return_value=Bracketed()),
        DeskRooms(people) as rooms,
        Album(rooms, (), STATES) as album,
    ):
        yield album.pages("en")


@pytest.fixture(scope="module", params=speech.LANGUAGES)
def tour(request: pytest.FixtureRequest, desk_albums: dict[str, Album]) -> Tour:
    return Tour(desk_albums[request.param], request.param, LOOKS)


class TestTheDeskPage(Toured):
    """The tour's tests, over the desk page."""


def test_no_template_is_in_no_state(bracketed: list[Captured]) -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert {name for name in there if not name.startswith(PARTS)} == {each.template for each in bracketed} - {""}


def test_no_state_is_a_fault_of_ours(bracketed: list[Captured]) -> None:
    assert [each.name for each in bracketed if each.page.status >= 500] == []


def test_no_two_states_show_the_same_page(bracketed: list[Captured]) -> None:
    """A state that fell back to another one, because the way to it has changed, checks nothing of its own."""
    shown: dict[str, list[str]] = defaultdict(list)
    for each in bracketed:
        shown[stable(each.page)].append(each.name)
    assert [names for names in shown.values() if len(names) > 1 and not set(names) <= SAME] == []


def test_no_page_holds_a_text_that_no_catalogue_has(bracketed: list[Captured]) -> None:
    found = {each.name: outside(spoken(each), NAMES) for each in bracketed}
    assert len(found) == len(STATES)
    assert not {name: rest for name, rest in found.items() if rest}


def test_a_forgotten_text_would_be_seen(bracketed: list[Captured]) -> None:
    assert all("⟦" in each.page.text for each in bracketed)


def test_no_page_has_a_script_a_style_of_its_own_or_anything_from_elsewhere(pages: list[Captured]) -> None:
    for each in pages:
        assert not ODD.search(re.sub(r">[^<]*", ">", each.page.text)), each.name


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
