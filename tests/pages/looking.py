"""A Firefox to look at pages with: its colour scheme and its zoom can be changed while a page stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.firefox import Firefox

SCHEMES = {"dark": 0, "light": 1}
_SCHEME_PREF = "layout.css.prefers-color-scheme.content-override"


@contextmanager
def firefox(**prefs: bool | int | str) -> Iterator[Firefox]:
    """Give a Firefox whose window obeys; scripts are off unless a preference says otherwise."""
    flags = ("--remote-allow-system-access",)
    with Firefox(None, flags=flags, **({"browser.zoom.siteSpecific": False} | prefs)) as browser:
        yield browser


def prefer(browser: Firefox, scheme: str) -> None:
    """Tell all pages, also the one that stands, that the reader likes this colour scheme."""
    _command(browser, f'Services.prefs.setIntPref("{_SCHEME_PREF}", {SCHEMES[scheme]});')


def zoom(browser: Firefox, factor: float) -> None:
    """Zoom the page as Ctrl and + do; a page of another site than the one before has to be zoomed again."""
    _command(browser, f"gBrowser.selectedBrowser.fullZoom = {factor};")


def _command(browser: Firefox, script: str) -> None:
    with browser.driver.using_context("chrome"):
        browser.driver.execute_script(script)
