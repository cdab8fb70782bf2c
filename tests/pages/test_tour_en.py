"""No page in English is hard to use: axe in light and dark, 400 % zoom, spaced-out text."""

from tests.pages.tour import Toured

LANGUAGE = "en"


class TestInEnglish(Toured):
    """The tour's tests, in this language."""
