"""What an intruder with the data folder may try, row by row as the threat model lists it, and what came of a try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attacking.insider.grounds import Grounds

CANARY = "PLANTED"
"""Stands in everything that is planted, and may be shown to nobody."""


@dataclass(frozen=True)
class Seen:
    """What came of one try. shown: planted words, as often as they were shown. lost: true texts that are not there."""

    noticed: bool
    shown: int = 0
    lost: int = 0

    def and_also(self, other: Seen) -> Seen:
        return Seen(self.noticed and other.noticed, self.shown + other.shown, self.lost + other.lost)


Try = Callable[["Grounds", Random], Seen]


@dataclass(frozen=True)
class Row:
    """`name` as the threat model's table has it; `ways` by what is done."""

    name: str
    ways: dict[str, Try]
