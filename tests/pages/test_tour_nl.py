"""No page in Dutch is hard to use: axe, light and dark, 400 % zoom and spaced-out text.

On one state a template; with --slow on every state.
"""

from tests.pages.tour import Toured

LANGUAGE = "nl"
LOOKS = ("light", "dark", "zoomed", "spaced")


class TestInDutch(Toured):
    """The tour's tests, in this language."""
