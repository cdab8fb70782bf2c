"""What many tests of a file begin with, begun once: gpg needs a second or two for it each time.

The vaults and the drop lie in the same place for each test, as they were when all had begun. The people's GnuPG homes
hold their keys alone, and stay as they are.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from tests import factories, factories_bundles
from tests.factories_bundles import People, World

Made = TypeVar("Made")
State = TypeVar("State")
_STAYS = {"folder", "public"}


class Begun(Generic[Made]):
    """A world after its beginning, given out as new for one test after the other."""

    def __init__(self, world: World, made: Made, kept: Path) -> None:
        self.world = world
        self._kept = kept
        drop = {name: value for name, value in vars(world.drop).items() if name not in _STAYS}
        self._state = self._copied((drop, made))
        _copy(world.folder, kept)

    def again(self) -> Made:
        """Bring everything back to how it was, and return what the beginning made."""
        for path in self.world.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        _copy(self._kept, self.world.folder)
        drop, made = self._copied(self._state)
        vars(self.world.drop).update(drop)
        return made

    def _copied(self, state: State) -> State:
        return copy.deepcopy(state, {id(each): each for each in (self.world, self.world.drop)})


@contextmanager
def begun(people: People, begin: Callable[[World], Made]) -> Iterator[Begun[Made]]:
    """Let these people begin a world, with a vault and a drop of their own."""
    with factories_bundles.world(people) as world, factories.short_dir() as kept:
        yield Begun(world, begin(world), kept)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("S.*"))
