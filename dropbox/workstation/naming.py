"""Which words of a text may be somebody's name: by how names are written in Dutch and English, not by understanding.

Knows only text: no case, no vault, no page. It errs on the side of pointing at a word too many in the middle of a
sentence, and of keeping silent where a sentence begins, where every word has a capital.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

PARTICLES, PLAIN_WORDS, TITLES = "particles.txt", "plain.txt", "titles.txt"
"""Lists that others read as well: what stands between a name's parts, everyday words, and what stands before one."""
_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_BEGINS = re.compile(r"[.!?…:\n\"“„‘«]")
_APART = re.compile(r"[^\S\n]{1,3}|-")
_PREPOSITIONS = frozenset({"in", "op", "onder", "over", "uit"})
"""Of a name only with an article behind them: Op den Kamp, and not "Op maandag"."""
_MOST_PARTS, _MOST_PARTICLES = 8, 4
_MANY_CAPITALS = 0.35
_ENOUGH_WORDS = 12


@dataclass(frozen=True)
class Name:
    """A stretch of text that may be a name. `sure`: it is written as only names are, or stands on the list of them."""

    start: int
    end: int
    sure: bool


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    begins: bool
    """It begins a sentence, so that its capital says nothing."""
    joined: bool
    """Only a space stands between it and the word before."""

    @property
    def plain(self) -> str:
        return self.text.casefold().replace("’", "'")

    @property
    def capital(self) -> bool:
        # GGD, AVG and EU-breed are no names; McDonald, El-Khatib and d'Hondt are
        head = self.text.partition("-")[0]
        if len(head) > 1 and head.isupper():
            return False
        letters = [each for each in self.text if each.isalpha()]
        first = next((at for at, each in enumerate(letters) if each.isupper()), len(letters))
        return first <= (1 if self.text[1:2] in "'’" else 0) and any(each.islower() for each in letters[1:])

    @property
    def initial(self) -> bool:
        return self.text[:1].isupper() and (len(self.text) == 1 or self.plain in _list("initials.txt"))


@dataclass(frozen=True)
class _Reading:
    """A text as it is read here. `known` and `common`: words, casefolded, that are names elsewhere or everyday ones."""

    words: list[_Word]
    common: frozenset[str]
    known: Collection[str]
    crowded: bool

    def names(self, word: _Word) -> bool:
        return word.plain in self.known or not _list("first_names.txt").isdisjoint((word.plain, *word.plain.split("-")))


def names_in(text: str, known: Collection[str] = ()) -> Iterator[Name]:
    """Yield what may be names, in order and apart. `known`: words (casefolded) that are part of somebody's name."""
    return (name for name, _ in _found(list(_words(text)), known))


def name_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words, casefolded, of every name in these texts that is worth finding again in another text."""
    found: set[str] = set()
    lower: set[str] = set()
    for text in texts:
        words = list(_words(text))
        lower |= {word.plain for word in words if word.text.islower()}
        for _, inside in _found(words, ()):
            found |= {word.plain for word in inside if word.capital and len(word.text) > 2}
    return frozenset(found - _list("plain.txt") - _list("titles.txt") - _list("particles.txt") - lower)


def word_list(name: str) -> frozenset[str]:
    """Return one of the lists above, casefolded."""
    return _list(name)


def _found(words: list[_Word], known: Collection[str]) -> Iterator[tuple[Name, list[_Word]]]:
    """Yield each name with the words it is made of."""
    common = _common(words)
    reading = _Reading(words, common, known, _is_crowded(words, common))
    at = 0
    while at < len(words):
        name, after = _name_at(reading, at)
        if name is not None:
            yield name, words[at:after]
        at = after


def _words(text: str) -> Iterator[_Word]:
    end, before = 0, ""
    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        if gap.startswith(".") and _abbreviates(before):
            gap = gap[1:]
        joined = bool(before) and (not gap or _APART.fullmatch(gap) is not None)
        yield _Word(match.group(), match.start(), match.end(), not before or bool(_BEGINS.search(gap)), joined)
        end, before = match.end(), match.group()


def _abbreviates(word: str) -> bool:
    plain = word.casefold()
    initial = word[:1].isupper() and (len(word) == 1 or plain in _list("initials.txt"))
    return initial or plain in _list("abbreviations.txt") | _list("titles.txt")


def _common(words: list[_Word]) -> frozenset[str]:
    """Return the words of this text that are everyday ones, because it also writes them without a capital."""
    return _list("plain.txt") | {word.plain for word in words if word.text.islower()}


def _is_crowded(words: list[_Word], common: frozenset[str]) -> bool:
    """Tell whether capitals mean little here: German, or a text that is written In Capitals Like A Title."""
    if len({word.text for word in words} & _list("german.txt")) > 1:
        return True
    inside = [word for word in words if not word.begins]
    capitals = sum(1 for word in inside if word.capital and word.plain not in common)
    return len(inside) >= _ENOUGH_WORDS and capitals > len(inside) * _MANY_CAPITALS


def _name_at(reading: _Reading, at: int) -> tuple[Name | None, int]:
    """Return the name that begins at this word, if one does, and where to look on."""
    words = reading.words
    if words[at].plain in reading.known and words[at].text.islower():
        return Name(words[at].start, words[at].end, True), at + 1
    begin = _lead_end(words, at)
    core = _past_particles(words, begin)
    if core >= len(words) or not _names_somebody(reading, at, begin, core):
        return None, at + 1
    end = _run_end(reading, core)
    listed = any(reading.names(word) for word in words[core:end])
    if reading.crowded and begin == at and not listed:
        return None, end
    return Name(words[at].start, words[end - 1].end, listed or begin > at or end - core > 1), end


def _lead_end(words: list[_Word], at: int) -> int:
    """Return where titles and initials end that begin here and make a name of what follows; `at` when none do."""
    end = at
    while end < len(words) and end - at < _MOST_PARTS and (end == at or words[end].joined):
        if words[end].plain not in _list("titles.txt") and not words[end].initial:
            break
        end += 1
    return end


def _past_particles(words: list[_Word], at: int) -> int:
    end = at
    while end < min(len(words) - 1, at + _MOST_PARTICLES) and words[end + 1].joined:
        if words[end].plain not in _list("particles.txt"):
            break
        if words[end].plain in _PREPOSITIONS and words[end + 1].plain not in _list("particles.txt"):
            break
        end += 1
    return end


def _names_somebody(reading: _Reading, at: int, begin: int, core: int) -> bool:
    """Tell whether the word at `core` is a name, given what stands before it: a lead, particles, or nothing."""
    word = reading.words[core]
    if not word.capital or (core > at and not word.joined):
        return False
    listed, common = reading.names(word), word.plain in reading.common
    if begin > at:
        return core > begin or listed or word.plain not in _list("plain.txt")
    if core > at:
        # "Van der Berg" and "De Vries" begin a sentence; "van Karin" only stands before a name
        return reading.words[at].capital and (listed or not common)
    if not word.begins:
        return listed or not common
    return not common and (listed or _goes_on(reading, core + 1))


def _goes_on(reading: _Reading, at: int) -> bool:
    """Tell whether a name goes on here: a further capital, or particles with one behind them, or an initial."""
    if at >= len(reading.words) or not reading.words[at].joined:
        return False
    core = _past_particles(reading.words, at)
    word = reading.words[core]
    if not word.joined or word.begins or not (word.capital or word.initial):
        return False
    return core > at or word.plain not in reading.common


def _run_end(reading: _Reading, core: int) -> int:
    """Return where the name ends whose first real word is at `core`."""
    end = core + 1
    while end - core < _MOST_PARTS and _goes_on(reading, end):
        end = _past_particles(reading.words, end) + 1
    return end


@cache
def _list(name: str) -> frozenset[str]:
    text = resources.files("dropbox.workstation").joinpath("pointing_words", name).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word.replace("’", "'") for line in lines for word in line.split())
