"""No page in Arabic is hard to use: 400 % zoom on pages that run from right to left; axe looks at them with --slow."""

from tests.pages.tour import Toured

LANGUAGE = "ar"
LOOKS = ("zoomed",)


class TestInArabic(Toured):
    """The tour's tests, in this language."""
