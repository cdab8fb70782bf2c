"""Every state of the site, captured once for each process that tests pages, and given again over loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Members
from tests.pages.album import Album
from tests.pages.room import Rooms


@pytest.fixture(scope="session")
def album(members: Members) -> Iterator[Album]:
    with Rooms(members) as rooms, Album(rooms) as made:
        yield made
