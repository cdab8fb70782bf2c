"""The pages for requests that cannot be read or that broke: fixed texts in every language of the drop, made at start.

A request that cannot be read has no language, so nothing of what was sent enters here, and nothing is looked up while
one is answered.
"""

from collections.abc import Mapping, Sequence
from gettext import translation
from pathlib import Path

from babel import Locale
from markupsafe import escape

from dropbox.server import headers

TRANSLATIONS = Path(__file__).parent.parent / "translations"


def _l(english: str) -> str:
    """Mark a text for the catalogues."""
    return english


_TITLE = _l("That did not work")
_TEXTS: Mapping[int, tuple[str, str]] = {
    400: (
        "400 Bad Request",
        _l("This request could not be read. Nothing was stored. Go back and try again."),
    ),
    413: (
        "413 Content Too Large",
        _l("This is larger than is allowed. Nothing was stored. Go back and send fewer or smaller files."),
    ),
    431: (
        "431 Request Header Fields Too Large",
        _l("Your browser sent too much along. Nothing was stored. Close Tor Browser completely, start it again and "
           "try once more."),
    ),
    500: (
        "500 Internal Server Error",
        _l("Something went wrong on our side. What you sent before is safe. Go back and send this again: what did "
           "arrive is not stored twice."),
    ),
}  # fmt: skip


class PlainPages:
    """Every such page, in the drop's languages: the first one first."""

    def __init__(self, languages: Sequence[str] = ("en",)) -> None:
        self._pages = {code: (status, _page(languages, text)) for code, (status, text) in _TEXTS.items()}

    def answer(self, code: int) -> tuple[str, list[tuple[str, str]], bytes]:
        """Return status line, headers and body for a request that could not be handed to the app."""
        status, body = self._pages[code if code in self._pages else 500]
        return status, [("Content-Type", "text/html; charset=utf-8"), *headers.plain()], body


def _page(languages: Sequence[str], english: str) -> bytes:
    said = {code: translation("messages", TRANSLATIONS, [code], fallback=True).gettext for code in languages}
    sections = "".join(
        f'<section lang="{code}" dir="{_direction(code)}">\n'
        f"<h{level}>{escape(say(_TITLE))}</h{level}>\n<p>{escape(say(english))}</p>\n</section>\n"
        for code, say in said.items()
        for level in (1 if code == languages[0] else 2,)
    )
    first = languages[0]
    return (
        f'<!doctype html>\n<html lang="{first}" dir="{_direction(first)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(said[first](_TITLE))}</title>\n</head>\n<body>\n<main>\n{sections}</main>\n</body>\n</html>\n"
    ).encode()


def _direction(code: str) -> str:
    return str(Locale.parse(code).text_direction)
