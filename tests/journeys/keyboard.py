"""Somebody who has no mouse: Tab, Shift and Tab, Space, Enter and arrows in a real Firefox with scripts off.

At every stop it is looked at whether the focus can be seen; a stop whose focus shows nowhere fails.
"""

from __future__ import annotations

from typing import Any

from marionette_driver.by import By
from marionette_driver.keys import Keys

from tests.firefox import Firefox

MOST_STOPS = 120
LEAST_OUTLINE_PX = 2.0


class Keyboard:
    """One keyboard at one Firefox; `stops` are the places that it came by, as a person would name them."""

    def __init__(self, browser: Firefox) -> None:
        self._browser = browser
        self._driver = browser.driver
        self.stops: list[str] = []

    def press(self, key: str, *, shift: bool = False) -> None:
        sequence = self._driver.actions.sequence("key", "keyboard")
        if shift:
            sequence.key_down(Keys.SHIFT)
        sequence.key_down(key).key_up(key)
        if shift:
            sequence.key_up(Keys.SHIFT)
        sequence.perform()

    def write(self, text: str) -> None:
        self._driver.actions.sequence("key", "keyboard").send_keys(text).perform()

    def tab(self, *, back: bool = False) -> Any:
        """Go one stop on (or back) and return it, having looked whether it can be seen."""
        self.press(Keys.TAB, shift=back)
        stop = self.focus()
        self.stops.append(_named(stop))
        if stop.tag_name not in {"body", "html", "iframe"}:
            assert self.is_seen(stop), f"the focus on {self.stops[-1]} cannot be seen"
        return stop

    def tab_to(self, selector: str, *, frame: str = "", back: bool = False) -> None:
        """Go on until this element has the focus; AssertionError when it never has."""
        self.stops = []
        for _ in range(MOST_STOPS):
            self._driver.switch_to_frame()
            stop = self.tab(back=back)
            if stop.tag_name == "body":
                break
            if frame and stop.tag_name == "iframe" and stop == self._browser.find(frame):
                self._driver.switch_to_frame(stop)
                stop = self.focus()
            if stop.tag_name not in {"body", "html", "iframe"} and stop in self._browser.find_all(selector):
                return
        raise AssertionError(f"{selector} is never reached, only {self.stops}")

    def follow(self, selector: str, *, frame: str = "") -> None:
        self.tab_to(selector, frame=frame)
        self.press(Keys.ENTER)
        self._driver.switch_to_frame()

    def focus(self) -> Any:
        return self._driver.get_active_element()

    def is_seen(self, stop: Any) -> bool:
        """Tell whether this element, or the card that it is in, has an outline now."""
        return any(
            map(_is_outlined, stop.find_elements(By.XPATH, "ancestor-or-self::*[not(self::html or self::body)]"))
        )


def _is_outlined(element: Any) -> bool:
    if element.value_of_css_property("outline-style") in {"none", ""}:
        return False
    return float(element.value_of_css_property("outline-width").removesuffix("px")) >= LEAST_OUTLINE_PX


def _named(element: Any) -> str:
    said = element.get_attribute("id") or element.get_attribute("href") or element.text.split("\n")[0]
    return f"{element.tag_name} {said}".strip()
