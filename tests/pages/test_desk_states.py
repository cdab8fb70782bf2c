"""No template and no state of the desk page escapes the checks; every page is valid HTML and wholly translated."""

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
from tests.pages.room import stable
from tests.pages.spoken import Bracketed, outside, spoken

TEMPLATES = Path(desk_site.__file__).parent.parent / "templates"
STYLE = TEMPLATES.parent / "static" / "desk.css"
LATIN = {"SHA", "PNG", "PDF", "Nederlands", "English"}
"""What stands on a page in every language."""


def test_no_template_is_in_no_state(desk_album: Album) -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    shown = {each.template for each in desk_album.pages("en")}
    assert {name for name in there if not name.startswith(("_", "base.html"))} == shown - {""}


def test_no_state_is_a_fault_of_ours(desk_album: Album) -> None:
    assert [each.name for each in desk_album.pages("en", "nl") if each.page.status >= 500] == []


def test_no_two_states_show_the_same_page(desk_album: Album) -> None:
    """A state that fell back to the plain page, because the way to it has changed, checks nothing of its own."""
    shown: dict[str, list[str]] = defaultdict(list)
    for each in desk_album.pages("en"):
        shown[stable(each.page)].append(each.name)
    assert [names for names in shown.values() if len(names) > 1 and not set(names) <= SAME] == []


def test_no_page_names_another_language_than_it_speaks(desk_album: Album) -> None:
    for code in speech.LANGUAGES:
        for each in desk_album.pages(code):
            assert f'<html lang="{code}">' in each.page.text, each.name


def test_no_page_has_a_script_a_style_of_its_own_or_anything_from_elsewhere(desk_album: Album) -> None:
    odd = re.compile(
        r"<script|<style|<iframe| style=| on[a-z]+=|(?:src|href|action)=\"(?!/|#|\?|data:image/)", re.IGNORECASE
    )
    for each in desk_album.pages("en"):
        assert not odd.search(re.sub(r">[^<]*", ">", each.page.text)), each.name


def test_no_page_and_no_style_sheet_has_an_error_or_a_warning(desk_album: Album, tmp_path: Path) -> None:
    said = nu.check(tmp_path, desk_album.pages("en", "nl"), {"desk.css": STYLE.read_bytes()})
    assert not said, "\n".join(map(str, said))


def test_the_colours_are_those_of_the_reporters_site_and_can_be_told_apart() -> None:
    light, dark = (dict(re.findall(r"--([\w-]+):([^;}]+)", part)) for part in STYLE.read_text().split(":root{")[1:3])
    assert palette(ACCENT, dark=False).items() <= light.items()
    assert palette(ACCENT_DARK, dark=True).items() <= dark.items()


# --- translated -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bracketed(people: People) -> Iterator[Album]:
    """Every page again in a language in which each sentence is ⟦so⟧."""
    with (
        mock.patch.object(speech, "_translations", return_value=Bracketed()),
        DeskRooms(people) as rooms,
        Album(rooms, (), STATES) as album,
    ):
        album.pages("en")
        yield album


def test_no_page_holds_a_text_that_no_catalogue_has(bracketed: Album) -> None:
    found = {each.name: outside(spoken(each), LATIN) for each in bracketed.pages("en")}
    assert len(found) >= len(STATES)
    assert not {name: rest for name, rest in found.items() if rest}
