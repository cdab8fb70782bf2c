"""What in a text could tell who somebody is: pointed at before it is sealed, never changed, never a reason to refuse.

A pure room: a text goes in, points come out. It knows forms and word lists, not people: it overlooks some, and points
at words that name nobody. Whoever writes decides.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import phonenumbers

from dropbox.workstation.naming import name_words, names_in
from dropbox.workstation.speech import N_, Words

REGION = "NL"
"""Where a telephone number without a country's code is taken to be."""


class PointKind(StrEnum):
    EMAIL = "email"
    LINK = "link"
    ACCOUNT = "account"
    PHONE = "phone"
    NUMBER = "number"
    PLATE = "plate"
    ADDRESS = "address"
    USERNAME = "username"
    NAME = "name"
    BLANK = "blank"


LABELS = {
    PointKind.EMAIL: N_("e-mail address"),
    PointKind.LINK: N_("web address"),
    PointKind.ACCOUNT: N_("bank account"),
    PointKind.PHONE: N_("phone number"),
    PointKind.NUMBER: N_("personal number"),
    PointKind.PLATE: N_("number plate"),
    PointKind.ADDRESS: N_("address"),
    PointKind.USERNAME: N_("user name"),
    PointKind.NAME: N_("name"),
    PointKind.BLANK: N_("still open"),
}
_WHY = {
    PointKind.EMAIL: N_("This is an e-mail address."),
    PointKind.LINK: N_("This is a web address. It can lead to a person, and opening it leaves traces."),
    PointKind.ACCOUNT: N_("This is the number of a bank account."),
    PointKind.PHONE: N_("This is a phone number."),
    PointKind.NUMBER: N_("This may be a citizen service number (BSN)."),
    PointKind.PLATE: N_("This looks like a number plate."),
    PointKind.ADDRESS: N_("This looks like somebody's address."),
    PointKind.USERNAME: N_("This looks like somebody's name on a website."),
    PointKind.NAME: N_("This looks like somebody's name."),
    PointKind.BLANK: N_("This place of the letter is still to be filled in or taken out."),
}
_MAYBE = N_("This may be the name of a person, a place or an organisation.")
_IN_CASE = N_("This name also stands in the case.")


@dataclass(frozen=True)
class Point:
    """A stretch of the text, from `start` up to `end`, and why it is pointed at."""

    kind: PointKind
    start: int
    end: int
    text: str = field(repr=False)
    why: Words

    @property
    def label(self) -> Words:
        return LABELS[self.kind]


_Stretch = tuple[int, int]

_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|\s?(?:\(at\)|\[at\])\s?)[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}", re.IGNORECASE)
_LINK = re.compile(
    r"(?:[Hh]ttps?://|[Ww]ww\.)[^\s<>\"]{1,500}(?<![.,;:!?)\]])"
    r"|(?<![\w@.-])(?:[\w-]{1,63}\.){1,4}(?:nl|com|org|net|eu|be|de|info|io|onion|me|uk|fr)\b(?:/[^\s<>\"]{0,500})?"
)
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_NUMBER = re.compile(r"(?<![\d.,/-])(?:\d{9}|\d{8}|\d{4}[. ]\d{2}[. ]\d{3}|\d{3}[. ]\d{3}[. ]\d{3})(?![\d/-]|[.,]\d)")
_PLATE = re.compile(
    r"\b(?=(?:[A-Z0-9]-?){6}\b)(?:"
    r"[A-Z]{2}-\d\d-\d\d|\d\d-\d\d-[A-Z]{2}|\d\d-[A-Z]{2}-\d\d|[A-Z]{2}-\d\d-[A-Z]{2}|[A-Z]{2}-[A-Z]{2}-\d\d"
    r"|\d\d-[A-Z]{2}-[A-Z]{2}|\d\d-?[A-Z]{3}-?\d|\d-?[A-Z]{3}-?\d\d|[A-Z]{2}-?\d{3}-?[A-Z]|[A-Z]-?\d{3}-?[A-Z]{2}"
    r"|[A-Z]{3}-?\d\d-?[A-Z]|[A-Z]-?\d\d-?[A-Z]{3}|\d-[A-Z]{2}-\d{3}|\d{3}-[A-Z]{2}-\d)\b",
    re.IGNORECASE,
)
_POSTCODE = re.compile(r"\b[1-9]\d{3} ?(?!SA|SD|SS|EU\b|NL\b|EN\b)[A-Z]{2}\b(?:[ ,]{1,2}\d{1,5}(?: ?[a-zA-Z]\b)?)?")
_STREET = re.compile(
    r"\b(?:[A-Z][\w'’]{1,30}\s){0,2}[^\W\d_][^\W\d_'’-]{1,40}(?:straat|weg|laan|plein|gracht|kade|singel|dijk|steeg|plantsoen|park|hof|dreef|str\."
    r")\s\d{1,5}(?:\s?-\s?\d{1,4})?(?:\s?[a-zA-Z]\b)?"
    r"|\b\d{1,5}[a-zA-Z]?\s(?:[A-Z][\w'’-]{1,40}\s){1,3}(?:Street|Road|Avenue|Lane|Square|Drive|Close)\b"
)
_USERNAME = re.compile(r"(?<![\w@./])@[A-Za-z0-9_][\w.]{1,38}\w|(?<![\w/])u/[\w-]{3,20}\b")
_BLANK = re.compile(r"\[[^\[\]\n]{1,120}\]|\{[a-z_]{1,40}\}")


def points_in(text: str, *, case_texts: Iterable[str] = (), quiet: Collection[str] = ()) -> tuple[Point, ...]:
    """Return what could tell who somebody is, in order, no two overlapping.

    case_texts: what stands in the case already; a name from there is found wherever it stands. quiet: phrases that are
    known to name nobody in particular, such as the organisation and its desks.
    """
    taken = bytearray(len(text))
    for start, end in (found for phrase in quiet if phrase.strip() for found in _phrase(text, phrase.strip())):
        taken[start:end] = b"x" * (end - start)
    points: list[Point] = []
    for kind, find in _FINDERS:
        for start, end in find(text):
            if not any(taken[start:end]):
                taken[start:end] = b"x" * (end - start)
                points.append(Point(kind, start, end, text[start:end], _WHY[kind]))
    points += _names(text, taken, name_words(case_texts))
    return tuple(sorted(points, key=lambda point: point.start))


def _names(text: str, taken: bytearray, in_case: frozenset[str]) -> Iterator[Point]:
    # what is known already counts as a plain word: a name beside it is found, and does not reach into it
    rest = "".join("x" if known else each for each, known in zip(text, taken, strict=True))
    for name in names_in(rest, in_case):
        named = text[name.start : name.end]
        words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", named.casefold().replace("’", "'"))
        why = _IN_CASE if in_case & set(words) else _WHY[PointKind.NAME] if name.sure else _MAYBE
        yield Point(PointKind.NAME, name.start, name.end, named, why)


def _phrase(text: str, phrase: str) -> Iterator[_Stretch]:
    return _matches(re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE))(text)


def _matches(pattern: re.Pattern[str], accept: Callable[[str], bool] = bool) -> Callable[[str], Iterator[_Stretch]]:
    def find(text: str) -> Iterator[_Stretch]:
        return (match.span() for match in pattern.finditer(text) if accept(match.group()))

    return find


def _phones(text: str) -> Iterator[_Stretch]:
    return ((found.start, found.end) for found in phonenumbers.PhoneNumberMatcher(text, REGION))


def _is_account(text: str) -> bool:
    """Check an IBAN's two digits (ISO 13616, remainder 1 of 97)."""
    plain = text.replace(" ", "")
    return 15 <= len(plain) <= 34 and int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _is_bsn(text: str) -> bool:
    """Check by the elfproef: the digits weigh 9 down to 2, the last one -1, and 11 divides the sum."""
    digits = [int(each) for each in text if each.isdigit()]
    digits = [0] * (9 - len(digits)) + digits
    return (
        any(digits)
        and sum(n * weight for n, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0
    )


def _is_plate(text: str) -> bool:
    # without hyphens, small letters make an ordinary word of it
    return any(each.isdigit() for each in text) and ("-" in text or text.isupper())


_FINDERS: tuple[tuple[PointKind, Callable[[str], Iterator[_Stretch]]], ...] = (
    (PointKind.BLANK, _matches(_BLANK)),
    (PointKind.EMAIL, _matches(_EMAIL)),
    (PointKind.LINK, _matches(_LINK)),
    (PointKind.ACCOUNT, _matches(_ACCOUNT, _is_account)),
    (PointKind.PHONE, _phones),
    (PointKind.NUMBER, _matches(_NUMBER, _is_bsn)),
    (PointKind.PLATE, _matches(_PLATE, _is_plate)),
    (PointKind.ADDRESS, _matches(_POSTCODE)),
    (PointKind.ADDRESS, _matches(_STREET)),
    (PointKind.USERNAME, _matches(_USERNAME)),
)
