"""The workstation's words in its reader's language: English in the code, Dutch from the catalogue `workstation`.

The lowest floor beside the records: it knows no case, no page and no terminal. Texts stand in the code as whole
sentences; what a sentence is filled with (names, words, days) never enters a catalogue. Where no catalogue is at hand,
everything is said in English.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from gettext import NullTranslations, translation
from pathlib import Path

from babel.dates import format_date, get_day_names
from babel.lists import format_list
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from dropbox.errors import DropboxError

DOMAIN = "workstation"
ENGLISH = "en"
LANGUAGES = ("en", "nl")
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"

_NAMES = {"en": "English", "nl": "Nederlands"}
_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
_COMMAND = re.compile(r"dropbox-workstation|(?<!gpg )--[a-z]")
_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """Return the code of the language that is spoken in this thread."""
    return _CURRENT.get()


def speak(code: str) -> None:
    """Speak this language from now on in this thread; one that is not there is English."""
    _CURRENT.set(code if code in LANGUAGES else ENGLISH)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language within the block, and what was spoken before after it."""
    token = _CURRENT.set(code if code in LANGUAGES else ENGLISH)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def from_environment(environment: Mapping[str, str] | None = None) -> str:
    """Return the language that the terminal's locale asks for, as far as it is there."""
    asked = os.environ if environment is None else environment
    locale = next((asked[name] for name in _VARIABLES if asked.get(name)), "")
    code = locale.replace("-", "_").replace(".", "_").split("_")[0].lower()
    return code if code in LANGUAGES else ENGLISH


def language_name(code: str) -> str:
    """Return a language's name in itself, as its readers look for it."""
    return _NAMES[code]


def _(text: str, **values: object) -> str:
    """Return a sentence in the reader's language, with its values filled in.

    With a value that is HTML already (`Markup`), so is what comes back: sentence and other values are escaped.
    """
    return _filled(_translations(language()).gettext(text) if text else "", values)


def ngettext(one: str, more: str, num: int, **values: object) -> str:
    """Return the sentence for this number, which it may name as %(num)s."""
    return _filled(_translations(language()).ngettext(one, more, num), {"num": num, **values})


@dataclass(frozen=True)
class Words:
    """A sentence that is translated when it is shown, by whoever reads it then: for constants and for fields."""

    english: str
    values: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return _(self.english, **dict(self.values))

    def __html__(self) -> str:
        return str(escape(_(self.english, **dict(self.values))))

    def __format__(self, form: str) -> str:
        return format(str(self), form)


def N_(text: str, **values: object) -> Words:  # noqa: N802 -- the name that every tool for catalogues looks for
    """Mark a sentence for the catalogue; it is translated when it is shown."""
    return Words(text, tuple(sorted(values.items())))


@dataclass(frozen=True)
class Said:
    """An error as its reader is told it: what happened, and what can be done about it ("" where nothing is known)."""

    message: str
    hint: str


def said(error: DropboxError) -> Said:
    """Return what an error says, in the reader's language."""
    return Said(error.told(_), _(error.hint))


def said_on_a_page(error: DropboxError) -> Said:
    """Return what an error says to somebody who types no commands: a hint that names one is left out."""
    told = said(error)
    return Said(told.message, "" if _COMMAND.search(error.hint) else told.hint)


def day_text(day: date | str) -> str:
    """Return a day (a date, or YYYY-MM-DD) as it is written in the middle of a sentence: 9 March 2026."""
    return str(format_date(_date(day), "d MMMM y", locale=language()))


def short_day_text(day: date | str) -> str:
    """Return a day for the column of a table: 9 Mar 2026."""
    return str(format_date(_date(day), "d MMM y", locale=language()))


def month_text(day: date | str) -> str:
    """Return the month that a day lies in: March 2026."""
    return str(format_date(_date(day), "LLLL y", locale=language()))


def weekday_names() -> list[str]:
    """Return the days of the week in short, from Monday on."""
    names = get_day_names("abbreviated", locale=language())
    return [str(names[number]) for number in range(7)]


def size_text(size_bytes: int) -> str:
    """Return a size as people say it: bytes, kB, MB or GB (powers of 1,000)."""
    if size_bytes < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size_bytes)
    if size_bytes < 1_000_000:
        return _("%(number)s kB", number=_decimal(size_bytes / 1000, "#,##0"))
    if size_bytes < 1_000_000_000:
        return _("%(number)s MB", number=_decimal(size_bytes / 1_000_000, "#,##0.#"))
    return _("%(number)s GB", number=_decimal(size_bytes / 1_000_000_000, "#,##0.#"))


def number_text(number: int) -> str:
    """Return a number with its thousands set apart."""
    return _decimal(number, "#,##0")


def list_text(names: Sequence[object]) -> str:
    """Return names as a language lists them: "a, b and c"."""
    return str(format_list([str(name) for name in names], locale=language()))


def choice_text(names: Sequence[object]) -> str:
    """Return names of which one is to be chosen as a language lists them: "a, b or c"."""
    return str(format_list([str(name) for name in names], style="or", locale=language()))


def _decimal(number: float, pattern: str) -> str:
    return str(format_decimal(number, pattern, locale=language()))


def _date(day: date | str) -> date:
    return day if isinstance(day, date) else date.fromisoformat(day)


def _filled(text: str, values: Mapping[str, object]) -> str:
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text) % values
    return text % values if values else text


@lru_cache(maxsize=len(LANGUAGES))
def _translations(code: str) -> NullTranslations:
    if code == ENGLISH:
        return NullTranslations()
    return translation(DOMAIN, TRANSLATIONS, [code], fallback=True)
