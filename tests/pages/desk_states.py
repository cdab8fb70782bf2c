"""Every page and state of the desk page: a new one is one line here.

Whatever goes over pages (axe, the HTML checker, zoom, pictures) goes over all of these in both languages.
test_desk_states.py fails when a template is in none of them.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.pages.desk_room import DeskRoom
from tests.visitor import Page

SAME: set[str] = set()
"""States that are one page by design."""

Make = Callable[[DeskRoom], Page]


def at(path: str) -> Make:
    return lambda room: room.get(path)


def case(name: str, more: str = "") -> Make:
    return lambda room: room.case(name, more)


STATES: dict[str, Make] = {
    # --- the cases ---
    "cases": at("/"),
    "cases-none@fresh": at("/"),
    # --- one case ---
    "case": case("advise"),
    "case-listen": case("listen"),
    "case-investigate": case("investigate"),
    "case-narrowed": case("narrowed"),
    "case-withdrawn": case("withdrawn"),
    "case-hostile": case("hostile"),
    "case-late": case("late"),
    "case-both": case("both"),
    "case-long": case("long"),
    # --- refusals ---
    "refused-no-page": at("/nowhere"),
    "refused-no-case": at("/case/ffffffff"),
}
"""How each state comes about. After an @ stands the kind of vault, where it is not the usual one."""
