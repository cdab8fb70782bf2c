"""No page in dark colours breaks a rule of WCAG 2.2 A and AA, or one of axe's best practices."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.pages import looking
from tests.pages.replay import Replays
from tests.pages.room import Captured


@pytest.mark.browser
def test_no_state_has_a_fault_that_axe_knows(replays: Replays, captured: Sequence[Captured]) -> None:
    with looking.firefox("dark") as browser:
        found = looking.findings(browser, replays, [each for each in captured if each.is_html])
    assert not found, looking.report(found)
