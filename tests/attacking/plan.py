"""What an attack is told: how long it may take, from which seed it draws, and the folder that is its own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """`long`: for hours instead of a minute. `folder`: empty, on a short path, removed afterwards."""

    long: bool
    seed: int
    folder: Path

    def random(self, what: str) -> random.Random:
        """Return the chances of one part: the same for the same seed, whatever the other parts drew."""
        return random.Random(f"{self.seed}/{what}")

    def times(self, short: int, long: int) -> int:
        return long if self.long else short
