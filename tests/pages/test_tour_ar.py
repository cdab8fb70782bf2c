"""No page in Arabic is hard to use: 400 % zoom, from right to left, on a state of each template; axe with --slow."""

from tests.pages.tour import Toured

LANGUAGE = "ar"
LOOKS = ("zoomed",)


class TestInArabic(Toured):
    """The tour's tests, in this language."""
