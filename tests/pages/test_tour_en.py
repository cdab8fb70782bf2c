"""No page in English is hard to use: axe, on a state of each template. Dutch has every look, long words are German."""

from tests.pages.tour import Toured

LANGUAGE = "en"
LOOKS = ("light",)


class TestInEnglish(Toured):
    """The tour's tests, in this language."""
