"""No page in Dutch is hard to use: axe in light and dark, 400 % zoom, spaced-out text."""

from tests.pages.tour import Toured

LANGUAGE = "nl"
LOOKS = ("light", "dark", "zoomed", "spaced")


class TestInDutch(Toured):
    """The tour's tests, in this language."""
