"""No page of the desk page is hard to use: axe in light and dark, 400 % zoom (320 px), spaced-out text; in Firefox.

Each state is looked at in one of the two languages, turn about; with --slow all of them in both.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.album import Album
from tests.pages.desk_room import DeskRooms
from tests.pages.desk_states import STATES
from tests.pages.tour import LOOKS, Tour, Toured

LANGUAGES = ("nl", "en")


@pytest.fixture(scope="module", params=LANGUAGES)
def tour(request: pytest.FixtureRequest, desk_rooms: DeskRooms) -> Iterator[Tour]:
    turns = 1 if request.config.getoption("--slow") else len(LANGUAGES)
    names = tuple(STATES)[LANGUAGES.index(request.param) % turns :: turns]
    with Album(desk_rooms, names, STATES) as album:
        yield Tour(album, request.param, LOOKS)


class TestTheDeskPage(Toured):
    """The tour's tests, over the desk page."""
