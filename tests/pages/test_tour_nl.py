"""No page in Dutch is hard to use: axe and 400 % zoom on every state, dark and spaced-out text on one a template."""

from tests.pages.tour import Toured

LANGUAGE = "nl"
LOOKS = ("light", "dark", "zoomed", "spaced")


class TestInDutch(Toured):
    """The tour's tests, in this language."""
