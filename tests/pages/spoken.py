"""What of a page is said by the program: its texts and what is read out, without names, files and others' words."""

from __future__ import annotations

import re
from collections.abc import Collection
from html.parser import HTMLParser

from dropbox.codename import WORDS
from tests.pages.room import Captured
from tests.visitor import VOID

SPOKEN_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "label", "aria-description", "aria-valuetext")
UNSPOKEN_TAGS = ("style", "script", "textarea", "code", "bdi")
UNSPOKEN_CLASSES = {"text", "fingerprint"}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
DAY = re.compile(
    rf"\b(?:(?:{'|'.join(_WEEKDAYS)}),? )?(?:\d{{1,2}} )?(?:{'|'.join(f'{m}|{m[:3]}' for m in _MONTHS)}|Sept) \d{{4}}\b"
)
RECEIPT_NUMBER = re.compile(r"\b[0-9A-F]{4} [0-9A-F]{4}\b")
SENTENCE = re.compile(r"⟦[^⟦⟧]*⟧")


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
