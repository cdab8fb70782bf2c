"""No page scrolls sideways or loses a part at 400 % zoom, nor when a reader spaces the text out.

WCAG 1.4.10 and 1.4.12. What somebody types into a field of one line moves inside it, so fields are left out.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.firefox import Firefox
from tests.pages import looking
from tests.pages.album import Album

pytestmark = looking.MARKS
LANGUAGES = ("nl", "de", "ar")
"""Long words, longer words, and the other way round."""
_SPACED = """
for (const each of document.querySelectorAll("body *")) {
  const set = (name, value) => each.style.setProperty(name, value, "important");
  set("line-height", "1.5"); set("letter-spacing", "0.12em"); set("word-spacing", "0.16em");
  if (each.localName === "p") set("margin-block-end", "2em");
}
"""
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


def faults(browser: Firefox, album: Album, *, factor: int, spaced: bool = False) -> str:
    browser.driver.set_window_rect(width=1280, height=1110)
    found: dict[str, list[str]] = defaultdict(list)
    for state in album.pages(*LANGUAGES):
        browser.driver.navigate(album.url_to_check(state))
        looking.zoom(browser, factor)
        if spaced:
            browser.driver.execute_script(_SPACED)
        assert browser.driver.execute_script("return innerWidth") == 1280 // factor
        told: list[Any] = browser.driver.execute_script(_FAULTS)
        for each in told:
            found[each].append(state.key)
    return "\n".join(f"{each}\n    in {len(keys)} states: {', '.join(keys[:6])}" for each, keys in found.items())


def test_nothing_scrolls_sideways_or_is_cut_off_at_400_percent(album: Album) -> None:
    with looking.firefox() as browser:
        found = faults(browser, album, factor=4)
    assert not found, found


def test_nothing_is_cut_off_when_a_reader_spaces_the_text_out(album: Album) -> None:
    with looking.firefox() as browser:
        found = faults(browser, album, factor=1, spaced=True)
    assert not found, found
