"""No template, refusal or state is left out of what the other checks of pages go over."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from dropbox.server import app
from dropbox.server.reporter_site.problems import PROBLEMS
from tests.pages.album import Album
from tests.pages.room import stable

TEMPLATES = Path(app.__file__).parent / "templates"
PARTS = ("_", "base.html", "courier/")
"""What is no page of its own, or another site's: see test_courier_pages."""
SAME = {"case-ended": "refusal-case_ended"}
"""States that are one page by design: what it says is the same however one comes to it."""


def test_no_template_is_in_no_state(album: Album) -> None:
    there = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert {name for name in there if not name.startswith(PARTS)} == {each.template for each in album.pages("en")} - {
        ""
    }


def test_no_refusal_is_in_no_state(album: Album) -> None:
    assert set(PROBLEMS) == {each.problem for each in album.pages("en")} - {""}


def test_no_state_is_a_fault_of_ours_but_the_page_for_it(album: Album) -> None:
    assert {each.name for each in album.pages("en") if each.page.status == 500} == {"refusal-server_error", "plain-500"}


def test_no_two_states_show_the_same_page(album: Album) -> None:
    """A state that fell back to the plain page, because the way to it has changed, checks nothing of its own."""
    shown: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in album.pages("en"):
        if each.name not in SAME:
            shown[each.kind, each.language, stable(each.page)].append(each.name)
    assert not [names for names in shown.values() if len(set(names)) > 1]
