"""Two ways through the program, taken in turns by lot, and whether the time they take tells them apart.

The bound: a difference of medians of a millisecond in a whole answer. Through Tor a round trip to an onion service
varies by 20 ms and more from one to the next (that is little: six relays, queues, proof of work). To see a millisecond
in that, with 1 in 100 to be wrong and 4 in 5 to find it, takes 2 (2.33 + 0.84)^2 (20 / 1)^2, some 8,000 requests for
each side. For what is measured inside of the process, without noise, the bound is a tenth: 800,000 requests a side.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.attacking.seized import chances

WHOLE_US, INSIDE_US = 1000.0, 100.0
P = 0.01
_WARM_UP = 10

Way = Callable[[], object]


@dataclass(frozen=True)
class Compared:
    """`gap_us`: the first way's median less the second one's, in microseconds."""

    name: str
    samples: int
    gap_us: float
    welch_p: float
    smirnov_p: float
    bound_us: float

    @property
    def p(self) -> float:
        return min(self.welch_p, self.smirnov_p)

    @property
    def is_seen(self) -> bool:
        """Chance does not explain it, at 1 in 100; it may still be less than anybody could use."""
        return self.p < P

    @property
    def is_told_apart(self) -> bool:
        return self.is_seen and abs(self.gap_us) > self.bound_us


def compare(name: str, first: Way, second: Way, samples: int, bound_us: float, dice: random.Random) -> Compared:
    """Compare two ways; what looks told apart must do so again, in the same direction, with samples of its own."""
    found = _once(name, first, second, samples, bound_us, dice)
    if found.is_told_apart:
        again = _once(name, first, second, samples, bound_us, dice)
        if not again.is_told_apart or (again.gap_us > 0) is not (found.gap_us > 0):
            return again if not again.is_told_apart else _halfway(found, again)
    return found


def judge(name: str, first: list[float], second: list[float], bound_us: float) -> Compared:
    """Return what two lists of times, in microseconds, come to."""
    welch, smirnov = chances.welch(first, second), chances.kolmogorov_smirnov(first, second)
    return Compared(name, len(first), median(first) - median(second), welch.p, smirnov.p, bound_us)


def _once(name: str, first: Way, second: Way, samples: int, bound_us: float, dice: random.Random) -> Compared:
    ways = (first, second)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(min(_WARM_UP, samples)):
        first()
        second()
    gc.collect()
    gc.disable()
    try:
        for _ in range(samples):
            for which in dice.sample((0, 1), 2):
                begun = time.perf_counter_ns()
                ways[which]()
                times[which].append((time.perf_counter_ns() - begun) / 1000)
    finally:
        gc.enable()
    return judge(name, *times, bound_us)


def _halfway(one: Compared, other: Compared) -> Compared:
    """Of two that contradict each other neither says anything."""
    return Compared(one.name, one.samples, (one.gap_us + other.gap_us) / 2, 1.0, 1.0, one.bound_us)
