"""Fixtures for all tests: short folders, GnuPG homes whose agents end with the test, and one shared set of keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import pytest

from dropbox.gpg import Gpg
from dropbox.models import Fingerprint
from tests import factories
from tests.remembered import remember_templates

if TYPE_CHECKING:
    from dropbox.server.store import Store
    from tests.factories_bundles import People, World
    from tests.site_room import Site


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the variants that take minutes")


remember_templates()
TESTS = Path(__file__).parent
LONGEST = (
    "journeys/test_over_tor.py",
    "pages/test_desk_pages.py",
    "journeys/test_loop.py",
    "unit/test_workstation_keeping.py",
    "journeys/test_kit.py",
    "journeys/test_handing_over.py",
    "attacks/test_redacting.py",
    "pages/test_tour_nl.py",
    "attacks/test_whole_planted.py",
    "journeys/test_intake.py",
    "journeys/test_desk_page.py",
    "journeys/test_frames.py",
    "journeys/test_seven_reports.py",
    "pages/test_markup.py",
)
"""These files come first, so that no worker waits at the end for one that began late."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first: each file runs on one worker."""
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run it with --slow"))
    places = {file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(TESTS).as_posix(), len(places)))


@dataclass(frozen=True)
class Members:
    """A home with the secret keys of three members, as on three workstations in one."""

    home: Path
    anna: Fingerprint
    bram: Fingerprint
    cora: Fingerprint

    @property
    def gpg(self) -> Gpg:
        return Gpg(self.home, agent=True)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    with factories.short_dir() as folder:
        yield folder


@pytest.fixture
def key_home(short_dir: Path) -> Path:
    """An empty GnuPG home of a test's own."""
    return factories.new_home(short_dir)


@pytest.fixture(scope="session")
def members() -> Iterator[Members]:
    """Three keys for the whole run: read with them, never change them."""
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        yield Members(home, *(factories.make_key(home, name) for name in ("anna", "bram", "cora")))


@pytest.fixture(scope="session")
def people() -> "Iterator[People]":
    """Four investigators' GnuPG homes for the whole run: read with them, never change them."""
    from tests import factories_bundles

    with factories_bundles.people() as homes:
        yield homes


@pytest.fixture(autouse=True)
def _clocks_run_again() -> "Iterator[None]":
    """Take away what a test's helpers put in the place of a clock."""
    yield
    mock.patch.stopall()


@pytest.fixture
def here(people: "People") -> "Iterator[World]":
    """A drop in memory with two desks, and investigators with empty vaults."""
    from tests import factories_bundles

    with factories_bundles.world(people) as world:
        yield world


@pytest.fixture
def store(tmp_path: Path) -> "Iterator[Store]":
    """An empty store under `tmp_path`, with the rosters of two desks."""
    from tests import store_room

    made = store_room.open_store(tmp_path)
    store_room.seat(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def site(members: Members) -> "Iterator[Site]":
    """A site with two open desks and a closed one, shared by the tests of a file."""
    from tests import site_room

    with site_room.new_site(members) as made:
        yield made
