"""No page in Arabic is hard to use: axe and 400 % zoom on pages that run from right to left."""

from tests.pages.tour import Toured

LANGUAGE = "ar"
LOOKS = ("light", "zoomed")


class TestInArabic(Toured):
    """The tour's tests, in this language."""
