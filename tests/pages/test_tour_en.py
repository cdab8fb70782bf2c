"""No page in English is hard to use: axe in light and dark. What depends on long words is seen in Dutch and German."""

from tests.pages.tour import Toured

LANGUAGE = "en"
LOOKS = ("light", "dark")


class TestInEnglish(Toured):
    """The tour's tests, in this language."""
