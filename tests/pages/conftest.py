"""Every state of the site, captured once for each process that tests pages, and given again over loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Members
from tests.pages.album import Album
from tests.pages.room import Rooms
from tests.pages.tour import Tour


@pytest.fixture(scope="session")
def album(members: Members) -> Iterator[Album]:
    with Rooms(members) as rooms, Album(rooms) as made:
        yield made


@pytest.fixture(scope="module")
def tour(request: pytest.FixtureRequest, album: Album) -> Tour:
    """One visit to every state in the language that the test's file names."""
    return Tour(album, request.module.LANGUAGE, with_axe=getattr(request.module, "WITH_AXE", True))
