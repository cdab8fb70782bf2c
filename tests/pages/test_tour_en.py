"""No page in English is hard to use: axe. What depends on long words is seen in Dutch and German, the dark in Dutch."""

from tests.pages.tour import Toured

LANGUAGE = "en"
LOOKS = ("light",)


class TestInEnglish(Toured):
    """The tour's tests, in this language."""
