"""The courier's pages: no template and no refusal escapes the checks, every page is valid, and easy to use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.server import courier_site
from tests.conftest import Members
from tests.pages import nu
from tests.pages.album import Album
from tests.pages.courier_states import STATES, CourierRooms
from tests.pages.room import Captured, stable
from tests.pages.tour import Tour, Toured

TEMPLATES = Path(courier_site.__file__).parent.parent / "templates" / "courier"
LANGUAGES = ("en", "nl")


@pytest.fixture(scope="module")
def courier_album(members: Members) -> Iterator[Album]:
    with CourierRooms(members) as rooms, Album(rooms, (), STATES) as made:
        yield made


@pytest.fixture(scope="module")
def pages(courier_album: Album) -> list[Captured]:
    return courier_album.pages("en")


@pytest.fixture(scope="module")
def tour(courier_album: Album, pages: list[Captured]) -> Tour:
    first = {each.template: each for each in reversed(pages)}
    return Tour(courier_album, first.values(), ("light", "dark", "zoomed"))


class TestTheCouriersPages(Toured):
    """The tour's tests, over the courier's pages."""


def test_no_template_is_in_no_state(pages: list[Captured]) -> None:
    there = {f"courier/{path.name}" for path in TEMPLATES.glob("*.html")} - {"courier/base.html"}
    assert there == {each.template for each in pages}


def test_no_state_is_a_fault_of_ours_but_the_pages_for_it(pages: list[Captured]) -> None:
    faults = {each.name for each in pages if each.page.status == 500}
    assert faults == {"problem-server_error", "problem-damaged"}


def test_no_two_states_show_the_same_page(pages: list[Captured]) -> None:
    shown: dict[str, list[str]] = defaultdict(list)
    for each in pages:
        shown[stable(each.page)].append(each.name)
    assert not [names for names in shown.values() if len(names) > 1]


def test_no_page_has_an_error_or_a_warning(courier_album: Album, tmp_path: Path) -> None:
    said = nu.check(tmp_path, courier_album.pages(*LANGUAGES), {})
    assert not said, "\n".join(map(str, said))
