"""A reply as its reporter will see it: in the words, days and sizes of the reporter's own page, in their language.

Says again what the drop's page says, out of the drop's own catalogues; a test holds the two together. Nothing is sealed
or unsealed here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from gettext import NullTranslations, translation

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from dropbox.file_names import harmless_name
from dropbox.models import Mandate
from dropbox.workstation.speech import ENGLISH, TRANSLATIONS

DOMAIN = "messages"
_DAY_PATTERNS = {"de": "d. MMMM y"}
_APART = "\u2068{}\u2069"
_MANDATES = {
    Mandate.LISTEN: "Only listen",
    Mandate.ADVISE: "Give me advice",
    Mandate.INVESTIGATE: "Investigate",
}


@dataclass(frozen=True)
class Theirs:
    """The reporter's language, as the drop's pages speak it. Made by `theirs`."""

    language: str

    @property
    def direction(self) -> str:
        return str(Locale.parse(self.language).text_direction)

    @property
    def name(self) -> str:
        """What this language calls itself."""
        return (Locale.parse(self.language).get_display_name(self.language) or self.language).capitalize()

    def name_in(self, language: str) -> str:
        """What this language is called in another one."""
        return Locale.parse(self.language).get_display_name(language) or self.language

    def says(self, text: str, **values: object) -> str:
        """Return a sentence of the reporter's pages, with its values filled in."""
        if self.direction == "rtl":
            values = {name: _APART.format(value) for name, value in values.items()}
        said = _catalogue(self.language).gettext(text)
        return said % values if values else said

    def day_text(self, day: date) -> str:
        return str(format_date(day, _DAY_PATTERNS.get(self.language, "d MMMM y"), locale=self.language))

    def size_text(self, size_bytes: int) -> str:
        if size_bytes < 1000:
            return self.says("%(number)s bytes", number=size_bytes)
        if size_bytes < 1_000_000:
            return self.says("%(number)s kB", number=self._number(size_bytes / 1000, "#,##0"))
        return self.says("%(number)s MB", number=self._number(size_bytes / 1_000_000, "#,##0.#"))

    def mandate_name(self, mandate: Mandate) -> str:
        return self.says(_MANDATES[mandate])

    def _number(self, number: float, pattern: str) -> str:
        return str(format_decimal(number, pattern, locale=self.language))


@dataclass(frozen=True)
class FilePreview:
    name: str = field(repr=False)
    size: str


@dataclass(frozen=True)
class Preview:
    """One reply on the reporter's page. `desk` is called as the reporter knows it, and no person is named."""

    theirs: Theirs
    desk: str
    day: date
    text: str = field(repr=False)
    files: tuple[FilePreview, ...] = ()

    @property
    def day_text(self) -> str:
        return self.theirs.day_text(self.day)

    @property
    def says(self) -> Callable[..., str]:
        return self.theirs.says


def theirs(language: str) -> Theirs:
    """Return how the reporter's pages speak this language; one that they do not speak is English there."""
    code = language.partition("-")[0].lower()
    return Theirs(code if code in spoken_languages() else ENGLISH)


@lru_cache(maxsize=1)
def spoken_languages() -> frozenset[str]:
    return frozenset({ENGLISH, *(path.parent.parent.name for path in TRANSLATIONS.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))})


def preview(language: str, desk: str, day: date, text: str, files: Sequence[tuple[str, int]] = ()) -> Preview:
    """Return a reply as its reporter will see it; `files`: the true name and the size in bytes of each."""
    spoken = theirs(language)
    shown = (
        FilePreview(harmless_name(name) or spoken.says("File %(number)s", number=number), spoken.size_text(size))
        for number, (name, size) in enumerate(files, 1)
    )
    return Preview(spoken, desk, day, text, tuple(shown))


@lru_cache(maxsize=8)
def _catalogue(language: str) -> NullTranslations:
    return translation(DOMAIN, TRANSLATIONS, [language], fallback=True)
