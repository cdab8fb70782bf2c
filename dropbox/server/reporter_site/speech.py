"""The site's words in the reader's language: English in the code, the rest from dropbox/translations.

The one door to Flask-Babel here. Texts stand in the code as whole sentences; `scripts/catalogues` brings them into the
catalogues. What a sentence is filled with (names, words, days) never enters a catalogue.
"""

from dataclasses import dataclass
from datetime import date

from babel import Locale
from flask_babel import format_date, gettext


def _(text: str, **values: object) -> str:
    """Return a text in the reader's language, with its values filled in."""
    return str(gettext(text, **values))


@dataclass(frozen=True)
class Lazy:
    """A text that is looked up when it is shown, by whoever reads it then."""

    english: str

    def __str__(self) -> str:
        return _(self.english)


_l = Lazy


def day_text(day: date) -> str:
    return str(format_date(day, "d MMMM y"))


def language_name(code: str) -> str:
    """Return a language's name in itself, as its readers look for it."""
    return (Locale.parse(code).get_display_name(code) or code).capitalize()


def direction(code: str) -> str:
    """Return the way a language runs, as HTML's `dir` says it: "ltr" or "rtl"."""
    return str(Locale.parse(code).text_direction)
