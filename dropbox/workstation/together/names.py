"""A person's name taken apart: first names or initials, what stands between, surnames; in one spelling.

Knows how names are written in the Netherlands, and takes others as they come. A pure room: no case and no vault, and
nothing here says that two names are one person's.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

ANY_DE = "de*"
"""What an abbreviated "d." stands for: de, den or der."""

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n"})
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"'})
_DASH = re.compile(r"\s*[-\u2010-\u2015/]\s*")
_CALLED = re.compile(r"\(([^()]*)\)|\"([^\"]*)\"")
_WORD = re.compile(r"'?[^\W\d_]+(?:'[^\W\d_]+)*'?")
_HANDLE = re.compile(r"[@\d_]")
_VOWELS = frozenset("aeiouy")
_SPELLED_OUT = (
    (re.compile(r"\bv\s?[./]\s?d\b\.?"), "vd "),
    (re.compile(r"\b([eg])\s?[./]\s?v\b\.?"), r"\1v "),
    (re.compile(r"\b([dl])'(?=\w)"), r"\1' "),
)
_TITLE_WORDS = (
    "dhr heer mevr mevrouw mw meneer mynheer juffrouw juf mr mrs ms miss mister sir dr drs ir ing prof "
    "professor doctor doctorandus ds dominee pastoor pater zuster imam rabbyn jhr jkvr mej meester bsc msc phd "
    "llm jr sr"
)
_PARTICLE_WORDS = (
    "van de der den het 't ten ter te op onder over in von vom zu zum zur du la le les da dos del della di el al ben "
    "bin ibn ould abu ap 's d' l' af vd vdr vdn"
)
_TITLES = frozenset(_TITLE_WORDS.split())
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_GIVEN_TOO = frozenset({"ben", "di", "al", "ap"})
"""At the beginning of a name these are somebody's first name."""
_ABBREVIATED = {"vd": ("van", ANY_DE), "vdr": ("van", "der"), "vdn": ("van", "den"), "v": ("van",), "'t": ("het",)}
_BEFORE = _PARTICLES | frozenset(_ABBREVIATED)
_MARRIED = frozenset({"geb", "geboren", "ev", "gv", "nee", "born"})

Words = list[str]


class Given(NamedTuple):
    """What a person's own part of a name says: first names or initials, and what they are called by."""

    names: tuple[str, ...]
    called: str


class Surname(NamedTuple):
    """What a family's part of a name says: what stands before it, and its words."""

    particles: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True)
class PersonName:
    """A name in parts: small letters, no diacritics, `ij` written `y`.

    given: first names in their order, an initial as its one letter. called: a name in brackets or quotation marks.
    particles: what stands before the first surname, abbreviations spelled out. surnames: one, or all of a double name.
    handle: a user name or an address, which has no parts.
    """

    given: tuple[str, ...] = ()
    particles: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    called: str = ""
    handle: str = ""

    def __post_init__(self) -> None:
        parts = (self.given, self.particles, self.surnames, self.called, self.handle)
        # names are looked up in sets more often than anything else is done with them
        object.__setattr__(self, "_hash", hash(parts))

    def __hash__(self) -> int:
        made: int = self.__dict__["_hash"]
        return made

    @property
    def first_names(self) -> Given:
        return Given(self.given, self.called)

    @property
    def surname(self) -> Surname:
        return Surname(self.particles, self.surnames)

    @property
    def is_empty(self) -> bool:
        return not self.surnames and not self.handle


def plain(text: str) -> str:
    """Return a text in the spelling in which words are compared: no case, no diacritics, single spaces."""
    # letters that only look wide or joined become the usual ones before their case does
    usual = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    return " ".join((usual if usual.isascii() else _without_marks(usual)).split())


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(_LETTERS)


def place_key(text: str) -> str:
    """Return what two spellings of one place have in common: its letters and figures."""
    return " ".join(re.findall(r"[^\W_]+", plain(text))).replace("ij", "y")


@lru_cache(maxsize=65536)
def person(text: str) -> PersonName:
    """Take a name apart. Every text comes out as something; what has no letters comes out empty."""
    spelled = plain(text)
    if _HANDLE.search(spelled):
        return PersonName(handle="".join(spelled.split()).lstrip("@"))
    spelled = spelled.replace("ij", "y")
    called = [word for found in _CALLED.finditer(spelled) for word in _WORD.findall(found[1] or found[2] or "")]
    for short, whole in _SPELLED_OUT:
        spelled = short.sub(whole, spelled)
    name = _parts(list(_segments(_turned(_CALLED.sub(" ", spelled)))))
    if called and name.is_empty:
        return person(" ".join(called))
    return PersonName(name.given, name.particles, name.surnames, called[0] if called else "")


def _turned(spelled: str) -> str:
    """Return "Berg, Jan van den" the other way round."""
    last, comma, first = spelled.partition(",")
    return f"{first} {last}" if comma and last.strip() else spelled


def _segments(spelled: str) -> Iterator[Words]:
    """Give the words, cut where a hyphen parts two surnames; one within a first name is as good as a space."""
    parts = [[word for word in _WORD.findall(part) if word not in _TITLES] for part in _DASH.split(spelled)]
    parts = [part for part in parts if part]
    held: Words = []
    for part in parts:
        joins = held and held[-1] not in _PARTICLES and not _is_whole(part)
        if joins:
            yield held
        held = list(part) if joins else [*held, *part]
    if held:
        yield held


def _is_whole(part: Words) -> bool:
    """Tell whether these words are more than a surname: then the hyphen before them stood in a first name."""
    core = [word for word in part if word not in _PARTICLES]
    return len(core) > 1 and not _MARRIED & set(part)


def _parts(segments: list[Words]) -> PersonName:
    if not segments:
        return PersonName()
    first, *others = segments
    married = next((at for at, word in enumerate(first) if at and word in _MARRIED), len(first))
    others = [first[married:], *others]
    first = first[:married]
    begin = _surname_begins(first)
    particles = tuple(_spelled_out(first[begin:]))
    surnames = _core(first[begin:]) or _core(first)
    more = [word for part in others for word in _core(part)]
    given = tuple(each for word in first[:begin] for each in _given(word))
    return PersonName(given, particles, tuple(dict.fromkeys([*surnames, *more])))


def _surname_begins(words: Words) -> int:
    """Return the place of the particles before the surname, or of the surname where there are none."""
    for at, word in enumerate(words[:-1]):
        short = at and len(word) == 1 and word in _ABBREVIATED
        if (word in _PARTICLES or short) and (at or word not in _GIVEN_TOO):
            return at
    return len(words) - 1


def _spelled_out(words: Words) -> Iterator[str]:
    for word in words[:-1]:
        if word not in _BEFORE:
            return
        yield from _ABBREVIATED.get(word, (word,))


def _core(words: Sequence[str]) -> Words:
    """Return the words of a surname without what stands before it."""
    last = len(words) - 1
    kept = [word for at, word in enumerate(words) if at == last or word not in _BEFORE]
    return [word.replace("'", "") for word in kept if word not in _MARRIED]


def _given(word: str) -> Iterator[str]:
    """Give a first name as it is, and initials one by one: "th" is one, "jp" are two."""
    letters = word.replace("'", "")
    if len(letters) > 3 or not letters.isascii() or _VOWELS & set(letters):
        yield letters
    elif letters.endswith(("h", "hr")):
        yield letters[:1]
    else:
        yield from letters
