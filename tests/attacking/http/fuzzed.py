"""Runs the coverage-guided fuzzing of every reader and gathers what came of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.attacking.http.fuzz_targets import TARGETS
from tests.attacking.led import Readers, lead
from tests.attacking.outcome import Figure, Finding, at_least
from tests.attacking.plan import Plan

_WATCHED = (
    "dropbox.codename", "dropbox.file_names", "dropbox.server", "dropbox.words", "itsdangerous", "waitress",
    "werkzeug.datastructures", "werkzeug.http", "werkzeug.sansio", "werkzeug.wrappers",
)  # fmt: skip
READERS = Readers("tests.attacking.http.fuzz_targets", _WATCHED, 1024)
AT_ONCE = 2
SHORT_SECONDS, SHORT_READERS = 1, 3
LONG_SECONDS = 3600
_LEAST_RUNS = 100
_LEAST_PLACES = 4
"""Without coverage it would reach none, and lead nowhere."""
_SHARE = {"form": 2.0, "head": 2.0, "codename": 1.0, "tokens": 0.7, "names": 0.7, "ranges": 0.7, "proxy": 0.3}
"""How much of its time each reader gets: the ones with the most ways through them, the most."""


def fuzz_all(plan: Plan) -> tuple[list[Figure], list[Finding]]:
    """Fuzz readers for their time, some of them in the short form; a fault is a finding with the bytes that it takes.

    To make the watched code ready takes longer than the short form's fuzzing: so other readers with each seed.
    """
    chances = plan.random("fuzzing")
    seed = chances.randrange(1, 1 << 31)
    names = list(TARGETS) if plan.long else chances.sample(list(TARGETS), SHORT_READERS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        folders = {name: plan.folder / f"f-{name}" for name in names}
        all_ = list(pool.map(lambda name: lead(READERS, name, folders[name], _seconds(plan, name), seed), names))
    figures = [
        at_least("inputs led by coverage", sum(each.inputs for each in all_), _LEAST_RUNS * len(names), "inputs"),
        *(at_least(f"places reached in the reader of {each.name}", each.places, _LEAST_PLACES) for each in all_),
    ]
    return figures, [Finding(f"the reader of {each.name}: {each.fault}") for each in all_ if each.fault]


def _seconds(plan: Plan, name: str) -> int:
    return max(1, round(plan.times(SHORT_SECONDS, LONG_SECONDS) * _SHARE[name]))
