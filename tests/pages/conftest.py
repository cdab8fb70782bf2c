"""Every state of the site, captured once for each process that tests pages, and given again over loopback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from tests.conftest import Members
from tests.pages.replay import Replays
from tests.pages.room import LANGUAGES, Captured, Rooms
from tests.pages.states import capture

CHECKED = tuple(code for code in ("nl", "en", "ar") if code in LANGUAGES)
"""The languages that every check goes over: the first two, and one that runs from right to left."""


@pytest.fixture(scope="session")
def rooms(members: Members) -> Iterator[Rooms]:
    with Rooms(members) as made:
        yield made


@pytest.fixture(scope="session")
def captured(rooms: Rooms) -> Sequence[Captured]:
    return capture(rooms, CHECKED)


@pytest.fixture(scope="session")
def replays(rooms: Rooms, captured: Sequence[Captured]) -> Iterator[Replays]:
    with ExitStack() as stack:
        yield stack.enter_context(Replays(rooms, captured))
