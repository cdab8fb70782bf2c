"""Where the tries happen, each made when it is first needed and kept for all of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType

from tests import factories_bundles
from tests.attacking.insider.desk import DeskGround, desk_ground
from tests.attacking.insider.server import ServerGround, server_ground


@dataclass
class Grounds:
    """`folder`: empty, on a short path, this run's own."""

    folder: Path
    _held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Grounds:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._held.close()

    @cached_property
    def people(self) -> factories_bundles.People:
        return self._held.enter_context(factories_bundles.people())

    @cached_property
    def desk(self) -> DeskGround:
        return self._held.enter_context(desk_ground(self.people))

    @cached_property
    def server(self) -> ServerGround:
        return self._held.enter_context(server_ground())
