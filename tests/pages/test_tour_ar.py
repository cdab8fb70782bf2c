"""No page in Arabic is hard to use: axe in light and dark, 400 % zoom, spaced-out text."""

from tests.pages.tour import Toured

LANGUAGE = "ar"


class TestInArabic(Toured):
    """The tour's tests, in this language."""
