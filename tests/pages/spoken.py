"""What of a page is said by the program: its texts and what is read out, without names, files and others' words."""

from __future__ import annotations

import re
from collections.abc import Collection
from gettext import NullTranslations
from html.parser import HTMLParser

from babel import Locale

from dropbox.codename import WORDS
from tests.pages.room import Captured
from tests.visitor import VOID

SPOKEN_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "label", "aria-description", "aria-valuetext")
UNSPOKEN_TAGS = ("style", "script", "textarea", "code", "bdi")
UNSPOKEN_CLASSES = {"text", "fingerprint", "as-reporter"}
_NAMES = [Locale(code) for code in ("en", "nl")]
_MONTHS = {
    name for each in _NAMES for width in ("wide", "abbreviated") for name in each.months["format"][width].values()
}
WEEKDAYS = {
    name for each in _NAMES for width in ("wide", "abbreviated") for name in each.days["stand-alone"][width].values()
}
DAY = re.compile(rf"\b(?:(?:{'|'.join(WEEKDAYS)}),? )?(?:\d{{1,2}} )?(?:{'|'.join(_MONTHS)}) \d{{4}}\b")
RECEIPT_NUMBER = re.compile(r"\b[0-9A-F]{4} [0-9A-F]{4}\b")
SENTENCE = re.compile(r"⟦[^⟦⟧]*⟧")


OPENS, CLOSES = "\u2063", "\u2064"
"""Marks that nobody sees, around each sentence of a catalogue."""


class Marked:
    """A catalogue whose sentences can be told from all else on a page, and which looks the same to a reader."""

    def __init__(self, said: NullTranslations) -> None:
        self._said = said

    def gettext(self, text: str) -> str:
        return f"{OPENS}{self._said.gettext(text)}{CLOSES}"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"{OPENS}{self._said.ngettext(one, many, number)}{CLOSES}"


class Bracketed:
    """Translations of no language: each sentence in brackets that no page has of its own."""

    def ugettext(self, text: str) -> str:
        return f"⟦{text}⟧"

    def ungettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"

    gettext, ngettext = ugettext, ungettext


def _is_data(tag: str, given: dict[str, str]) -> bool:
    """Tell whether an element holds what no translator translates: names, files, codename words, other languages."""
    named = UNSPOKEN_CLASSES & set(given.get("class", "").split())
    return bool(tag in UNSPOKEN_TAGS or named or given.get("translate") == "no" or "hreflang" in given)


class Texts(HTMLParser):
    """Collects what is read out or seen of a page, but for what the organisation, a reader or the reporter wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not any(self._open):
            self.texts += [given[name] for name in SPOKEN_ATTRIBUTES if name in given]
            if tag in {"input", "button"} and given.get("type") in {"submit", "button", "reset"}:
                self.texts.append(given.get("value", ""))
        if tag not in VOID:
            self._open.append(_is_data(tag, given))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.texts.append(data)


def bracketed(texts: str) -> str:
    """Return a marked page's texts with brackets that can be seen."""
    return texts.replace(OPENS, "⟦").replace(CLOSES, "⟧")


def outside(texts: str, data: Collection[str]) -> str:
    """Return what of a page's texts is neither a sentence of the catalogue nor somebody's data."""
    while SENTENCE.search(texts):
        texts = SENTENCE.sub(" ", texts)
    for known in data:
        texts = re.sub(rf"(?<!\w){re.escape(known)}(?!\w)", " ", texts)
    texts = RECEIPT_NUMBER.sub(" ", DAY.sub(" ", texts))
    return " ".join(word for word in re.findall(r"[^\W\d_]+", texts) if word not in WORDS)


def spoken(captured: Captured) -> str:
    parser = Texts()
    parser.feed(captured.page.text)
    return "\n".join(parser.texts)
