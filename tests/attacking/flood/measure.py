"""What a flood comes to in figures: how long another reporter waited, what was lost, what stayed behind."""

from __future__ import annotations

from dataclasses import dataclass

from tests.attacking.flood.bystander import Diary
from tests.attacking.flood.tide import Tally
from tests.attacking.outcome import Figure, at_least, at_most, count, none_of

PAGE_SECONDS = 3.0
RATE = 50
PAGES = 8, 120
COSTLY = 0.1, 10
"""What a circuit's budget gives: so many a second, and at once."""
WAIT_SECONDS = 20
MEMORY_MIB = 96
"""Argon2id alone has 64 MiB at work."""
FILES = 40


@dataclass(frozen=True)
class Standing:
    """The server at one moment."""

    memory_mib: float
    open_files: int
    items: int
    unfinished: int


def told(name: str, tally: Tally, diary: Diary, *, lost: int, bounded: bool = True) -> list[Figure]:
    """Return one flood's figures. `bounded`: the promise holds for it; else they are there to compare with."""
    told = [
        count(f"{name}: offered a second", tally.offered / max(tally.seconds, 0.001), "requests"),
        count(f"{name}: worked on", tally.worked, "requests"),
        count(f"{name}: refused as over the budget", tally.refused, "requests"),
        count(f"{name}: could not even be sent", tally.held_back, "requests"),
        count(f"{name}: the other reporter's typical page", diary.typical, "seconds"),
        count(f"{name}: pages of the other reporter", len(diary.seconds), "pages"),
        count(f"{name}: reports of the other reporter", len(diary.words), "reports"),
        count(f"{name}: times that it was repeated, because a page was slow", diary.earlier, "times"),
    ]
    slowest, refused = f"{name}: the other reporter's slowest page", f"{name}: the other reporter was refused"
    if not bounded:
        return [*told, count(slowest, diary.slowest, "seconds"), count(refused, diary.refused, "times")]
    return [
        *told,
        at_most(slowest, diary.slowest, PAGE_SECONDS, "seconds"),
        none_of(refused, diary.refused),
        none_of(f"{name}: pages of the other reporter that never came", diary.broken),
        none_of(f"{name}: codenames of the other reporter that open nothing", lost),
        at_least(f"{name}: the other reporter's reports that arrived", len(diary.words), 1),
    ]


def kept_to_budget(name: str, tally: Tally, *, costly: bool) -> Figure:
    """Return how far one circuit got beyond what its budget gives it."""
    a_second, at_once = COSTLY if costly else PAGES
    most = at_once + a_second * (tally.seconds + WAIT_SECONDS)
    return none_of(f"{name}: worked on beyond the circuit's budget", max(0, round(tally.worked - most)))


def left_behind(before: Standing, after: Standing, acknowledged: int) -> list[Figure]:
    """Return what a flood left: `acknowledged` items were promised to somebody since `before`."""
    return [
        at_most("memory that the floods left taken", after.memory_mib - before.memory_mib, MEMORY_MIB, "MiB"),
        at_most("open files that the floods left", after.open_files - before.open_files, FILES),
        none_of("half items", after.unfinished),
        none_of("acknowledged reports that are not there", max(0, acknowledged - (after.items - before.items))),
    ]
