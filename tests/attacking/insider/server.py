"""A real drop behind its real pages, with real gpg, whose folder an intruder has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dropbox.models import Fingerprint
from tests import factories
from tests.conftest import Members
from tests.site_room import Site, new_site


@dataclass
class ServerGround:
    """One site for all tries; those that change who sits at a desk get one of their own."""

    members: Members
    stranger: Fingerprint
    stranger_home: Path
    site: Site
    answers: int = 0

    def path(self) -> Path:
        self.answers += 1
        return self.site.folder / f"brought-{self.answers}.tar"


@contextmanager
def server_ground() -> Iterator[ServerGround]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder, "m")
        names = [factories.make_key(home, name) for name in ("anna", "bram", "cora")]
        apart = factories.new_home(folder, "s")
        stranger = factories.make_key(apart, "stranger")
        factories.run_gpg(home, "--import", data=factories.export_secret(apart, stranger))
        members = Members(home, *names)
        with new_site(members) as site:
            yield ServerGround(members, stranger, apart, site)
