"""Every state of the site, captured once for each process that tests pages, and given again over loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dropbox.workstation import speech
from tests.conftest import Members
from tests.factories_bundles import People
from tests.pages.album import Album
from tests.pages.desk_room import DeskRooms
from tests.pages.desk_states import STATES as DESK_STATES
from tests.pages.room import Rooms
from tests.pages.tour import Tour, one_a_template


@pytest.fixture(scope="session")
def album(members: Members) -> Iterator[Album]:
    with Rooms(members) as rooms, Album(rooms) as made:
        yield made


@pytest.fixture(scope="session")
def desk_rooms(people: People) -> Iterator[DeskRooms]:
    with DeskRooms(people, marked=True) as rooms:
        yield rooms


@pytest.fixture(scope="session")
def desk_album(request: pytest.FixtureRequest, desk_rooms: DeskRooms) -> Iterator[Album]:
    """The states of the desk page: each in one of the languages, turn about; with --slow all of them in both."""
    turns = () if request.config.getoption("--slow") else speech.LANGUAGES
    with Album(desk_rooms, (), DESK_STATES, turns=turns) as made:
        yield made


@pytest.fixture(scope="module")
def tour(request: pytest.FixtureRequest, album: Album) -> Tour:
    """One visit to a state of each template in the file's LANGUAGE and LOOKS; with --slow to all, in all looks."""
    states = album.pages(request.module.LANGUAGE)
    if request.config.getoption("--slow"):
        return Tour(album, states)
    return Tour(album, one_a_template(states), request.module.LOOKS)
