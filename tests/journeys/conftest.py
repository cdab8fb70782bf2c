"""Three investigators, each with a GnuPG home of their own, for all; one Tor network for those that need it."""

from collections.abc import Iterator

import pytest

from scripts.private_tor import PrivateTor
from tests import factories
from tests.journeys.world import DESK_OF, Person


@pytest.fixture(scope="session")
def people() -> Iterator[dict[str, Person]]:
    with factories.short_dir() as folder:
        homes = {name: factories.new_home(folder, name) for name in DESK_OF}
        yield {name: Person(home, factories.make_key(home, name)) for name, home in homes.items()}


@pytest.fixture(scope="session")
def network() -> Iterator[PrivateTor]:
    with PrivateTor() as running:
        yield running
