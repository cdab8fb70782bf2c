"""Everything at once for tests of the whole: real server, real commands, three investigators, a search of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import factories
from tests.journeys.world import DESK_OF, Person, World

ALLOW = "allow_swap = true\nmin_free_mib = 16"


@contextmanager
def new_world(**overrides: str) -> Iterator[World]:
    """Give a drop whose server is not yet started, and its members' homes and vaults."""
    with factories.short_dir() as folder:
        homes = {name: factories.new_home(folder, f"gpg-{name}") for name in DESK_OF}
        people = {name: Person(home, factories.make_key(home, name)) for name, home in homes.items()}
        root = folder / "root"
        root.mkdir()
        world = World.make(root, people, **{"server": ALLOW, **overrides})
        world.drop.server("init")
        world.start_vaults()
        yield world


def files_with(words: Iterable[bytes], *folders: Path) -> list[str]:
    """Name every file under the folders that holds one of the words, or has one in its name."""
    wanted = [word.lower() for word in words]
    found = []
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        seen = (str(path).encode(errors="surrogateescape") + b"\0" + content).lower()
        found += [f"{path}: {word!r}" for word in wanted if word in seen]
    return found
