"""Every state of the site, captured once for each process that tests pages, and given again over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dropbox.workstation import speech
from tests.conftest import Members
from tests.factories_bundles import People
from tests.pages.album import Album
from tests.pages.desk_room import DeskRooms
from tests.pages.desk_states import STATES as DESK_STATES
from tests.pages.room import Rooms
from tests.pages.tour import LOOKS, Tour


@pytest.fixture(scope="session")
def album(members: Members) -> Iterator[Album]:
    with Rooms(members) as rooms, Album(rooms) as made:
        yield made


@pytest.fixture(scope="session")
def desk_rooms(people: People) -> Iterator[DeskRooms]:
    with DeskRooms(people) as rooms:
        yield rooms


@pytest.fixture(scope="session")
def desk_albums(request: pytest.FixtureRequest, desk_rooms: DeskRooms) -> Iterator[dict[str, Album]]:
    """The states of the desk page by language: each in one of them, turn about; with --slow all of them in both."""
    turns = 1 if request.config.getoption("--slow") else len(speech.LANGUAGES)
    with ExitStack() as stack:
        yield {
            code: stack.enter_context(Album(desk_rooms, tuple(DESK_STATES)[at % turns :: turns], DESK_STATES))
            for at, code in enumerate(speech.LANGUAGES)
        }


@pytest.fixture(scope="module")
def tour(request: pytest.FixtureRequest, album: Album) -> Tour:
    """One visit to every state in the file's LANGUAGE; what its LOOKS leave out is looked at with --slow."""
    slow = request.config.getoption("--slow")
    looks = LOOKS if slow else request.module.LOOKS
    return Tour(album, request.module.LANGUAGE, looks, brief=not slow and not {"light", "dark"} <= set(looks))
