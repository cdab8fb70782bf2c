"""One look of axe at all states in one colour scheme: what the tests of both schemes share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.firefox import Firefox
from tests.pages.axe import Axe, Finding
from tests.pages.replay import Replays
from tests.pages.room import Captured

SCHEMES = {"dark": 0, "light": 1}
UNCERTAIN: dict[str, str] = {}
"""Rules that axe leaves to a person at some places: what a person saw there. A new place is not covered by it."""


@contextmanager
def firefox(scheme: str, **prefs: bool | int | str) -> Iterator[Firefox]:
    """Give a Firefox whose pages are told that the reader likes this scheme; scripts are on, to look with."""
    scheme_pref = {"layout.css.prefers-color-scheme.content-override": SCHEMES[scheme]}
    with Firefox(None, **({"javascript.enabled": True} | scheme_pref | prefs)) as browser:
        yield browser


def findings(browser: Firefox, replays: Replays, captured: Sequence[Captured]) -> dict[Finding, list[str]]:
    """Return everything that axe finds or cannot judge, each with the states where it is."""
    axe = Axe(browser)
    found: dict[Finding, list[str]] = defaultdict(list)
    for state in captured:
        for finding in axe.look(replays.url(state)):
            found[finding].append(state.key)
    return found


def report(found: dict[Finding, list[str]]) -> str:
    return "\n".join(f"{finding}\n    in {len(keys)} states: {', '.join(keys[:6])}" for finding, keys in found.items())
