"""One visit to every state in one language, and all that is measured there: axe in both schemes, zoom, spaced text.

A page is loaded once and then changed while it stands, because loading is what takes the time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import pytest

from tests.firefox import Firefox
from tests.pages import axe, looking
from tests.pages.album import Album
from tests.pages.room import Captured

LOOKS = ("light", "dark", "zoomed", "spaced")
WIDTH, HEIGHT = 1280, 1024
_BARS = 86
ZOOM = 4
_WITH_FRAMES = {"report", "case"}
"""Where axe looks into the frames under a form as well: they say the same under all of them."""
_ALIKE, _SAMPLES = ("refusal-", "plain-"), {"refusal-busy", "plain-400"}
LOOKED_AT = {
    ("nl", "dark", "away"),
    ("en", "dark", "away"),
    ("ar", "dark", "away"),
    *(("ar", look, f"progress-{how}") for look in ("light", "dark") for how in ("begun", "arriving", "stalled")),
}
"""Language, look and state where axe is wrong or does not know, and a person has looked.

away: it has no style of its own, so its ground is the browser's; axe takes that for white, and in the dark it is not.
progress: two paragraphs share a line, which in Arabic makes axe think that one lies over the other; they stand side by
side, in the colours that it measures in the other languages.
"""
_IS_DARK = "return matchMedia('(prefers-color-scheme: dark)').matches"
_SPACED = """
for (const each of document.querySelectorAll("body *")) {
  const set = (name, value) => each.style.setProperty(name, value, "important");
  set("line-height", "1.5"); set("letter-spacing", "0.12em"); set("word-spacing", "0.16em");
  if (each.localName === "p") set("margin-block-end", "2em");
}
"""
# Fields of one line are left out: what is typed moves inside them, and a file field shortens names by itself.
_FAULTS = """
function faults(view, place) {
  const found = [], page = view.document, root = page.scrollingElement, width = root.clientWidth;
  const say = (what, each) => found.push(`${place}${what}: ${each.outerHTML.slice(0, 120)}`);
  if (root.scrollWidth > width) say(`scrolls sideways (${root.scrollWidth} of ${width})`, root);
  const scrolls = each => each && each !== page.body &&
    (/auto|scroll/.test(view.getComputedStyle(each).overflowX) || scrolls(each.parentElement));
  for (const each of page.body.querySelectorAll("*")) {
    const box = each.getBoundingClientRect(), style = view.getComputedStyle(each);
    if (!box.width || each.matches(".skip, input") || scrolls(each.parentElement)) continue;
    if (box.right > width + 1 || box.left < -1) say("stands outside", each);
    const cut = /hidden|clip/;
    if (cut.test(style.overflowX) && each.scrollWidth > each.clientWidth + 1) say("is cut off", each);
    if (cut.test(style.overflowY) && each.scrollHeight > each.clientHeight + 1) say("is cut off below", each);
    if (each.localName === "iframe") found.push(...faults(each.contentWindow, `in ${each.title}: `));
  }
  return found;
}
return faults(window, "");
"""


def one_a_template(states: Iterable[Captured]) -> list[Captured]:
    """Return the first state of each template, and the one refusal that has none."""
    first = {each.template or each.name: each for each in reversed(list(states))}
    return [each for each in first.values() if not each.name.startswith(_ALIKE) or each.name in _SAMPLES]


class Tour:
    """What was found on the way, by kind of look."""

    def __init__(self, album: Album, states: Iterable[Captured], looks: Collection[str] = LOOKS) -> None:
        """Visit these states in all of the looks."""
        self.looks = looks
        self._found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        with looking.firefox(**{"javascript.enabled": True}) as browser:
            browser.driver.set_window_rect(width=WIDTH, height=HEIGHT + _BARS)
            for state in states:
                if "dark" in looks:
                    looking.prefer(browser, "light")
                browser.driver.navigate(album.url_to_check(state))
                if {"light", "dark"} & set(looks):
                    self._ask_axe(browser, state)
                self._measure(browser, state)

    def told(self, look: str) -> str:
        """Return what one kind of look found, each with the states where it is; "" when there is nothing."""
        found = self._found[look].items()
        return "\n".join(f"{each}\n    in {len(names)} states: {', '.join(names[:8])}" for each, names in found)

    def _ask_axe(self, browser: Firefox, state: Captured) -> None:
        frames = state.framed or state.name in _WITH_FRAMES
        axe.bring(browser, frames=frames)
        if "light" in self.looks:
            self._note("light", state, axe.findings(browser, frames=frames))
        if "dark" in self.looks:
            looking.prefer(browser, "dark")
            _wait_for_dark(browser)
            self._note("dark", state, axe.findings(browser, *axe.COLOURS, frames=frames))

    def _measure(self, browser: Firefox, state: Captured) -> None:
        if "zoomed" in self.looks:
            looking.zoom(browser, ZOOM)
            assert _ask(browser, "return innerWidth") == WIDTH // ZOOM
            self._note("zoomed", state, _ask(browser, _FAULTS))
            if "light" in self.looks:
                self._note("zoomed", state, axe.findings(browser, *axe.SIZES))
            looking.zoom(browser, 1)
        if "spaced" in self.looks:
            _ask(browser, _SPACED)
            self._note("spaced", state, _ask(browser, _FAULTS))

    def _note(self, look: str, state: Captured, found: Iterable[object]) -> None:
        if (state.language, look, state.name) not in LOOKED_AT:
            for each in dict.fromkeys(map(str, found)):
                self._found[look][each].append(state.key)


def _ask(browser: Firefox, script: str) -> Any:
    """Run a script beside axe: a new sandbox would take the place of the one that axe is in."""
    return browser.driver.execute_script(script, new_sandbox=False)


def _wait_for_dark(browser: Firefox) -> None:
    for _ in range(1000):
        if _ask(browser, _IS_DARK):
            return
    raise AssertionError("the page never heard that the reader likes it dark")


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # Marionette's own sockets
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class Toured:
    """The tests of one language; each has a file that names it as LANGUAGE, so that two processes share the work."""

    def test_axe_finds_no_fault_of_wcag_2_2_aa_and_nothing_uncertain(self, tour: Tour) -> None:
        _judge(tour, "light")

    def test_no_contrast_is_too_weak_in_the_dark(self, tour: Tour) -> None:
        _judge(tour, "dark")

    def test_nothing_scrolls_sideways_is_cut_off_or_too_small_to_hit_at_400_percent(self, tour: Tour) -> None:
        _judge(tour, "zoomed")

    def test_nothing_is_cut_off_when_a_reader_spaces_the_text_out(self, tour: Tour) -> None:
        _judge(tour, "spaced")


def _judge(tour: Tour, look: str) -> None:
    if look not in tour.looks:
        pytest.skip("this language is looked at in this way with --slow")
    assert not tour.told(look), tour.told(look)
