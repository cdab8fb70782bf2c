"""The site's words in the reader's language: English in the code, the rest from dropbox/translations.

The one door to Flask-Babel here. Texts stand in the code as whole sentences; `scripts/catalogues` brings them into the
catalogues. What a sentence is filled with (names, words, days) never enters a catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.lists import format_list
from flask_babel import format_date, format_decimal, format_percent, get_locale, gettext
from flask_babel import ngettext as _plural

_DAY_PATTERNS = {"de": "d. MMMM y"}
"""Where a day in the middle of a sentence is written otherwise than as in English (day, month, year)."""
_APART = "\u2068{}\u2069"
"""A value in marks of Unicode that keep its direction to itself: "Party (NL)." in Arabic would lose its brackets."""


def _(text: str, **values: object) -> str:
    """Return a text in the reader's language, with its values filled in."""
    if values and direction(str(get_locale() or "en")) == "rtl":
        values = {name: _APART.format(value) for name, value in values.items()}
    return str(gettext(text, **values))


def ngettext(one: str, more: str, num: int) -> str:
    """Return the text for this number, which it may name as %(num)s: some languages have six forms for it."""
    return str(_plural(one, more, num))


@dataclass(frozen=True)
class Lazy:
    """A text that is looked up when it is shown, by whoever reads it then."""

    english: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return _(self.english, **dict(self.values))

    def filled(self, values: Mapping[str, object]) -> "Lazy":
        """Return the text with values for its names; what it does not name is left out."""
        named = tuple((name, value) for name, value in values.items() if f"%({name})" in self.english)
        return Lazy(self.english, named)


_l = Lazy


class Said(str):
    """A text that the organisation wrote, which knows its language: not always the page's."""

    language: str

    def __new__(cls, text: str, language: str) -> "Said":
        made = super().__new__(cls, text)
        made.language = language
        return made


def day_text(day: date) -> str:
    return str(format_date(day, _DAY_PATTERNS.get(str(get_locale()), "d MMMM y")))


def size_text(size_bytes: int) -> str:
    """Return a size as people say it: bytes, kB or MB."""
    if size_bytes < 1000:
        return _("%(number)s bytes", number=size_bytes)
    if size_bytes < 1_000_000:
        return _("%(number)s kB", number=_number(size_bytes / 1000, "#,##0"))
    return _("%(number)s MB", number=_number(size_bytes / 1_000_000, "#,##0.#"))


def share_text(part: float) -> str:
    """Return a part of the whole as a percentage."""
    return str(format_percent(part))


def number_text(number: int) -> str:
    return str(format_decimal(number))


def _number(number: float, pattern: str) -> str:
    return str(format_decimal(number, pattern))


def list_text(names: Sequence[str]) -> str:
    """Return names as a language lists them: "a, b and c"."""
    return str(format_list(list(names), locale=get_locale() or "en"))


def language_name(code: str) -> str:
    """Return a language's name in itself, as its readers look for it."""
    return (Locale.parse(code).get_display_name(code) or code).capitalize()


def direction(code: str) -> str:
    """Return the way a language runs, as HTML's `dir` says it: "ltr" or "rtl"."""
    return str(Locale.parse(code).text_direction)
