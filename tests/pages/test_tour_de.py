"""No page in German is hard to use: 400 % zoom and spaced-out text with the longest words, once a template."""

from tests.pages.tour import Toured

LANGUAGE = "de"
LOOKS = ("zoomed", "spaced")


class TestInGerman(Toured):
    """The tour's tests, in this language."""
