"""How the states of showing a case to others come about: the steps of a plan, the question, the pack."""

from __future__ import annotations

import re

from tests.pages.desk_room import DeskRoom
from tests.pages.desk_ways import Make, Values, on_case
from tests.visitor import Page

DISCLOSE = "/disclose"
WRITTEN = "May we show this to the council? disclosure-plan.json reader-1.asc open-part.txt file-1-1.pdf"
"""What is written, and what the files of a question and of a plan are called."""
NAMES = "Jan Jansen; JJ; my manager\nAnna de Wit"


def step(name: str, address: str, values: Values | None = None) -> Make:
    """Return what chooses the case's first item, with its files drawn anew, and opens a step or sends its form."""

    def make(room: DeskRoom) -> Page:
        chosen(room, name)
        path = DISCLOSE + address
        return room.case(name, path) if values is None else on_case(name, path, values, of=path)(room)

    return make


def chosen(room: DeskRoom, name: str) -> None:
    page = room.case(name, DISCLOSE)
    files = [each for each in re.findall(r'<select id="(file-[^"]+)"', page.text) if each.endswith(("-1", "-2"))]
    room.submit(page.form_to(room.path(name, DISCLOSE)), dict.fromkeys(files, "redrawn"))
    on_case(name, f"{DISCLOSE}/names", {"persons": NAMES, "do": "go"}, of=f"{DISCLOSE}/names")(room)


def looked_over(name: str) -> Make:
    """Return what names two readers, one of them for the annex, and looks the open part over."""

    def make(room: DeskRoom) -> Page:
        chosen(room, name)
        path = f"{DISCLOSE}/readers"
        on_case(name, path, {"reader": "The council"}, of=path)(room)
        on_case(name, path, {"reader": "The mayor", "fingerprint": room.world.bram.key}, of=path)(room)
        return room.case(name, f"{DISCLOSE}/look")

    return make


def sent(name: str, to: str, values: Values | None = None) -> Make:
    """Return what sends one of the last step's forms."""

    def make(room: DeskRoom) -> Page:
        page = looked_over(name)(room)
        given = values if values is not None else {"folder": "other", "other": str(room.folder)}
        return room.submit(page.form_to(room.path(name, DISCLOSE + to)), given)

    return make


def kept(name: str) -> Make:
    """Return what seals a plan for the desk and shows the plans that are kept."""
    return sent(name, "/keep", {})
