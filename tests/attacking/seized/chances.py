"""Exact and asymptotic tests without a library: how likely is what was seen, if there were nothing to see?

All are two-sided, take ties into account, and work within strata: only what is alike otherwise is compared.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import TypeVar


@dataclass(frozen=True)
class Verdict:
    """`effect`: from -1 to 1, 0 for nothing. `z`: in standard deviations. `p`: two-sided. `count`: things looked at."""

    effect: float
    z: float
    p: float
    count: int


NOTHING = Verdict(0.0, 0.0, 1.0, 0)


def two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def order(rows: Iterable[tuple[Hashable, float, float]]) -> Verdict:
    """Compare two orders within each stratum: Kendall's S, its variance for ties in either (rows: stratum, x, y)."""
    total, pairs, spread, seen = 0, 0, 0.0, 0
    for group in _strata(rows).values():
        if len(group) < 2:
            continue
        s, most = _kendall(group)
        total, pairs = total + s, pairs + most
        spread += _kendall_variance(group)
        seen += len(group)
    if spread <= 0 or not pairs:
        return NOTHING
    z = total / math.sqrt(spread)
    return Verdict(total / pairs, z, two_sided(z), seen)


def classes(rows: Iterable[tuple[Hashable, float, bool]]) -> Verdict:
    """Tell whether a feature differs between two classes within each stratum: van Elteren's way of Mann and Whitney.

    effect: by how much a pair, one of each class, is told apart better than by chance (rows: stratum, feature, class).
    """
    total, spread, pairs, wins, seen = 0.0, 0.0, 0, 0.0, 0
    for group in _strata(rows).values():
        ours = [value for value, is_one in group if is_one]
        others = sorted(value for value, is_one in group if not is_one)
        if not ours or not others:
            continue
        won = sum((bisect_left(others, value) + bisect_right(others, value)) / 2 for value in ours)
        half, n = len(ours) * len(others), len(group)
        ties = sum(count**3 - count for count in Counter(value for value, _ in group).values())
        total += won - half / 2
        spread += half / 12 * ((n + 1) - ties / (n * (n - 1)))
        pairs, wins, seen = pairs + half, wins + won, seen + n
    if spread <= 1e-9 or not pairs:
        return NOTHING
    z = total / math.sqrt(spread)
    return Verdict(2 * wins / pairs - 1, z, two_sided(z), seen)


def guesses(right: int, tried: int, chance: float) -> float:
    """Return how likely it is to be right at least so often by chance (binomial, one-sided)."""
    if not tried:
        return 1.0
    logs = [
        math.lgamma(tried + 1)
        - math.lgamma(k + 1)
        - math.lgamma(tried - k + 1)
        + k * math.log(chance)
        + (tried - k) * math.log1p(-chance)
        for k in range(right, tried + 1)
    ]
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def welch(a: Sequence[float], b: Sequence[float]) -> Verdict:
    """Compare two means; from some hundred samples on the normal distribution is as good as Student's."""
    error = math.sqrt(variance(a) / len(a) + variance(b) / len(b))
    difference = fmean(a) - fmean(b)
    if error == 0:
        return Verdict(difference, 0.0, 1.0 if difference == 0 else 0.0, len(a) + len(b))
    z = difference / error
    return Verdict(difference, z, two_sided(z), len(a) + len(b))


def kolmogorov_smirnov(a: Sequence[float], b: Sequence[float]) -> Verdict:
    """Compare two distributions; effect: the greatest distance between them."""
    first, second = sorted(a), sorted(b)
    distance = max(
        abs(bisect_right(first, value) / len(first) - bisect_right(second, value) / len(second))
        for value in (*first, *second)
    )
    n = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    t = (n + 0.12 + 0.11 / n) * distance
    p = 1.0 if t < 0.2 else 2 * math.fsum((-1) ** (k - 1) * math.exp(-2 * k * k * t * t) for k in range(1, 101))
    return Verdict(distance, t, min(1.0, max(0.0, p)), len(first) + len(second))


K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
B = TypeVar("B")


def _strata(rows: Iterable[tuple[K, A, B]]) -> dict[K, list[tuple[A, B]]]:
    found: dict[K, list[tuple[A, B]]] = defaultdict(list)
    for stratum, x, y in rows:
        found[stratum].append((x, y))
    return found


def _kendall(group: Sequence[tuple[float, float]]) -> tuple[int, int]:
    s = 0
    for i, (x, y) in enumerate(group):
        for other_x, other_y in group[:i]:
            s += _sign(x - other_x) * _sign(y - other_y)
    return s, len(group) * (len(group) - 1) // 2


def _kendall_variance(group: Sequence[tuple[float, float]]) -> float:
    n = len(group)
    tied = [[count for count in Counter(column).values() if count > 1] for column in zip(*group, strict=True)]

    def both(power: int) -> float:
        a, b = (sum(_falling(t, power) for t in column) for column in tied)
        return a * b / (2 * n * (n - 1) if power == 2 else 9 * n * (n - 1) * (n - 2))

    whole = n * (n - 1) * (2 * n + 5)
    less = sum(t * (t - 1) * (2 * t + 5) for column in tied for t in column)
    return (whole - less) / 18 + both(2) + (both(3) if n > 2 else 0.0)


def _falling(t: int, power: int) -> int:
    return t * (t - 1) * (t - 2 if power == 3 else 1)


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
