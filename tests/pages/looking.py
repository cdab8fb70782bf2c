"""Looking at all states with a real Firefox: in one colour scheme, at one zoom, with scripts on to look with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.firefox import Firefox
from tests.pages.album import Album
from tests.pages.axe import Axe, Finding

MARKS = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Marionette's own sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCHEMES = {"dark": 0, "light": 1}
CHECKED = ("nl", "en", "ar")
"""The languages that axe goes over: the first two, and one that runs from right to left."""


@contextmanager
def firefox(scheme: str = "light", **prefs: bool | int | str) -> Iterator[Firefox]:
    """Give a Firefox whose pages are told that the reader likes this scheme; its window's zoom may be set."""
    wished: dict[str, bool | int | str] = {
        "javascript.enabled": True,
        "layout.css.prefers-color-scheme.content-override": SCHEMES[scheme],
        "browser.zoom.siteSpecific": False,
    }
    with Firefox(None, flags=("--remote-allow-system-access",), **(wished | prefs)) as browser:
        yield browser


def zoom(browser: Firefox, factor: float) -> None:
    """Zoom the page as Ctrl and + do; a page of another site than the one before has to be zoomed again."""
    with browser.driver.using_context("chrome"):
        browser.driver.execute_script(f"gBrowser.selectedBrowser.fullZoom = {factor};")


def findings(browser: Firefox, album: Album) -> str:
    """Return everything that axe finds or cannot judge, each with the states where it is; "" when there is nothing."""
    axe = Axe(browser)
    found: dict[Finding, list[str]] = defaultdict(list)
    for state in album.pages(*CHECKED):
        for finding in axe.look(album.url_to_check(state)):
            found[finding].append(state.key)
    return "\n".join(f"{each}\n    in {len(keys)} states: {', '.join(keys[:6])}" for each, keys in found.items())
