"""No page in German, whose words are the longest, scrolls sideways or loses a part; axe looks in other languages."""

from tests.pages.tour import Toured

LANGUAGE = "de"
WITH_AXE = False


class TestInGerman(Toured):
    """The tour's tests, in this language."""
