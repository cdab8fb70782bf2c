"""No page in dark colours breaks a rule of WCAG 2.2 A and AA, or one of axe's best practices."""

from __future__ import annotations

from tests.pages import looking
from tests.pages.album import Album

pytestmark = looking.MARKS


def test_no_state_has_a_fault_that_axe_knows_or_a_place_that_it_cannot_judge(album: Album) -> None:
    with looking.firefox("dark") as browser:
        found = looking.findings(browser, album)
    assert not found, found
