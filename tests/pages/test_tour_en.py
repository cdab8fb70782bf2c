"""No page in English is hard to use: axe finds no fault; the rest depends on colours and long words, seen in Dutch."""

from tests.pages.tour import Toured

LANGUAGE = "en"
LOOKS = ("light",)


class TestInEnglish(Toured):
    """The tour's tests, in this language."""
