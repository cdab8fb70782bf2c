"""What every benchmark measures with: one line of a table, from rounds in which both sides ran in turn.

Every figure is the median of the rounds' ratios, because machines are noisy and absolute times are not worth keeping.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: str
    aim: str
    met: bool
    spread: str


def pairs_of(rounds: int, a: Work, b: Work) -> list[tuple[float, float]]:
    """Time both in turn, after a warm-up that is not counted."""
    a(), b()
    return [(timed(a), timed(b)) for _ in range(rounds)]


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def figure(what: str, pairs: Sequence[tuple[float, float]], aim: float) -> Figure:
    """Compare speeds: the peer's time over ours, so more than 1 means that we are faster."""
    ratios = [peer / ours for peer, ours in pairs]
    ratio = statistics.median(ratios)
    return Figure(what, f"{ratio:.2f}", f">= {aim:g}", ratio >= aim, spread(ratios))


def spread(ratios: Sequence[float]) -> str:
    return f"{min(ratios):.2f} to {max(ratios):.2f}"


def rows(figures: Sequence[Figure]) -> str:
    """Return the lines of a Markdown table."""
    return "\n".join(
        f"| {each.what} | {each.value} | {each.spread} | {each.aim} | {'yes' if each.met else '**no**'} |"
        for each in figures
    )


def machine() -> str:
    """Say in a few words what measured."""
    gpg = subprocess.run(["gpg", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {gpg}"


def notes_in(target: Path) -> str:
    """Return what was written by hand below an older table, to be kept."""
    old = target.read_text(encoding="utf-8") if target.exists() else ""
    _, mark, notes = old.partition("\n## ")
    return f"{mark}{notes}"
