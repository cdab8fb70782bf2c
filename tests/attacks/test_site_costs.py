"""What one cheap request may cost: little more than a plain one, whatever its headers say."""

from unittest import mock

import pytest
from werkzeug.datastructures import LanguageAccept

from tests.site_room import Site

MOST_WISHES = ",".join(["x"] * 7500)
"""As many languages as fit into a head. To look through them once takes longer than to make a page."""


@pytest.mark.parametrize("path", ["/", "/report", "/return", "/keys", "/case", "/progress"])
def test_a_browser_that_wishes_for_thousands_of_languages_is_listened_to_once_a_page(site: Site, path: str) -> None:
    browser = site.browser(MOST_WISHES)
    with mock.patch.object(LanguageAccept, "best_match", autospec=True, side_effect=LanguageAccept.best_match) as look:
        assert browser.get(path).status in {200, 401}
    assert look.call_count == 1
