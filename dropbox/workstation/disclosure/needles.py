"""What must not be found: the names of a person in all their forms, and phrases; and where a text has them.

The same needles take out and check, so that a form that one of them knows the other knows as well. Better a word too
many than one too few: whoever makes the pack reads what is left.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from dropbox.workstation.disclosure.folding import Folded, fold, plain
from dropbox.workstation.disclosure.plan import Person
from dropbox.workstation.naming import PARTICLES, PLAIN_WORDS, TITLES, word_list

_LOOSE_LETTERS = 5
"""From so many on a name is also found inside a longer word: kberg is no word, but jansenbv is."""
_ACROSS_LETTERS = 10
"""From so many on it is also found across words that it does not fill, as in a name with a letter typed too many."""
_ENDED_LETTERS = 3
"""The same for scripts whose languages write "and", "to" or a case's ending in one word with a name."""
_SHORT_LETTERS = 2
_SPELLED_OUT = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe"))
# Greek to Georgian, Hebrew, Arabic and what lies between, and their forms for print
_ENDED = re.compile("[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\u2dff\ufb1d-\ufdff\ufe70-\ufefe]")
# whose it is, the number of a footnote, and what a name has behind it that somebody uses to log in
_REST = re.compile("s?[0-9]*")
_GAP = re.compile(r"[\s.,'’\u2010\-]{1,3}")


@dataclass(frozen=True)
class Needle:
    """Letters to look for, folded. `loose`: also inside longer words. capital: only where the word has one."""

    letters: str
    loose: bool = False
    capital: bool = False


@dataclass(frozen=True)
class Sought:
    """Everything that stands for one letter, or (letter "") that is left out."""

    letter: str
    needles: tuple[Needle, ...]
    beside: frozenset[str] = frozenset()
    """Words that belong to the name where they stand beside it: "van", "de", and initials."""


@dataclass(frozen=True)
class Found:
    """Words of a text, from number `first` to `last`, that stand for one of these letters."""

    first: int
    last: int
    letters: frozenset[str]


def person(found: Person) -> Sought:
    """Return how a person can be found: by each whole name, by its single words, and by initial and surname."""
    forms = [name for name in found.names if plain(name)]
    # of an address its whole and what stands before the @: where somebody works is often named on the cover sheet
    words = [[word for word in re.split(r"[\W_]+", name.partition("@")[0]) if word] for name in forms]
    cores = [[word for word in each if _is_core(word)] for each in words]
    needles = [
        *(_whole(name) for name in forms),
        *(needle for each in cores for word in each for needle in _single(word)),
    ]
    needles += [_whole("".join(each[1:])) for each in words if len(each) > 2]
    needles += [Needle(letters) for each in (*cores, *map(_with_small_words, words)) for letters in _run_together(each)]
    initials = {plain(word)[:1] for each in cores for word in each}
    initials |= {plain(word) for each in words for word in each if len(word) == 1}
    small = [plain(word) for each in words for word in each if _in(word, PARTICLES)]
    short = {each[:1] for each in small} | {"".join(each[:1] for each in small)}
    kept = tuple(dict.fromkeys(each for each in needles if each.letters))
    return Sought(found.letter, kept, frozenset({*initials, *small, *short} - {""}))


def phrase(text: str) -> Sought:
    """Return how a phrase can be found, however it is broken into words."""
    letters = plain(text)
    loose = len(letters) >= _ACROSS_LETTERS or (_ENDED.search(text) is not None and _is_long(text))
    return Sought("", (Needle(letters, loose=loose),) if letters else ())


def find(text: str, sought: Iterable[Sought]) -> tuple[Found, ...]:
    """Return what stands in a text, in order; each is grown by the initials and small words that belong to it."""
    folded = fold(text)
    spots = [spot for each in sought for spot in _spots(folded, each)]
    return tuple(_grown(text, folded, spots, {each.letter: each for each in sought}))


def names_anything(text: str, sought: Iterable[Sought]) -> frozenset[str]:
    """Return the letters whose names, or "" where phrases, can be read in a text."""
    folded = fold(text)
    return frozenset(each.letter for each in sought if next(_spots(folded, each), None) is not None)


def without_words_of(text: str, sought: Iterable[Sought]) -> tuple[Sought, ...]:
    """Return what is sought without those forms of it that stand in this text."""
    folded = fold(text)
    return tuple(
        replace(each, needles=tuple(needle for needle in each.needles if not _stands(folded, each, needle)))
        for each in sought
    )


def _stands(folded: Folded, sought: Sought, needle: Needle) -> bool:
    return next(_spots(folded, replace(sought, needles=(needle,))), None) is not None


def _is_core(word: str) -> bool:
    """Tell whether a word of a name stands for the person by itself: Karin does, and "my" in "my manager" does not."""
    everyday = _in(word, PARTICLES) or _in(word, TITLES) or (word.islower() and _in(word, PLAIN_WORDS))
    return len(word) > 1 and not everyday


def _in(word: str, which: str) -> bool:
    return word.casefold() in word_list(which)


def _whole(name: str) -> Needle:
    """Return a needle for a name as it was given; one that is an everyday word counts with a capital only."""
    letters, is_word = plain(name), re.fullmatch(r"[^\W_]+", name) is not None
    if is_word and name[0].isupper() and (_in(name, PLAIN_WORDS) or len(letters) <= _SHORT_LETTERS):
        return Needle(letters, capital=True)
    return Needle(letters, loose=_is_long(name) and not (is_word and _in(name, PLAIN_WORDS)))


def _is_long(name: str) -> bool:
    """Tell whether a name is also sought inside longer words."""
    return len(plain(name)) >= (_ENDED_LETTERS if _ENDED.search(name) else _LOOSE_LETTERS)


def _single(word: str) -> Iterator[Needle]:
    """Give a needle for one word of a name, and for its other spelling where it has letters with dots or rings."""
    yield _whole(word)
    spelled = word.casefold()
    for letter, plain_letters in _SPELLED_OUT:
        spelled = spelled.replace(letter, plain_letters)
    dotted = re.sub("(?<=[aou])e", "", word.casefold()) if len(word) > _LOOSE_LETTERS else spelled
    for other in {spelled, dotted} - {word.casefold()}:
        yield _whole(other)


def _with_small_words(words: Sequence[str]) -> list[str]:
    """Return a first name, and all that follows as one word."""
    return [words[0], "".join(words[1:])] if len(words) > 1 else []


def _run_together(cores: Sequence[str]) -> Iterator[str]:
    """Give what people make of a name in addresses: kberg, karinberg, bergk."""
    for first, last in pairwise(cores):
        first_letters, last_letters = plain(first), plain(last)
        for made in (first_letters[:1] + last_letters, first_letters + last_letters, last_letters + first_letters[:1]):
            if len(made) >= _LOOSE_LETTERS - 1:
                yield made


def _spots(folded: Folded, sought: Sought) -> Iterator[Found]:
    for needle in sought.needles:
        at = folded.letters.find(needle.letters)
        while at >= 0:
            first, last = folded.owners[at], folded.owners[at + len(needle.letters) - 1]
            if _counts(folded, needle, at, first, last):
                yield Found(first, last, frozenset({sought.letter}))
            at = folded.letters.find(needle.letters, at + 1)


def _counts(folded: Folded, needle: Needle, at: int, first: int, last: int) -> bool:
    """Tell whether letters that stand in a row are the name, and not by chance the end of one word and more."""
    if needle.capital and not folded.words[first].capital:
        return False
    begins = at == folded.starts[first]
    rest = folded.letters[at + len(needle.letters) : folded.end_of(last)]
    if begins and (not rest or (_REST.fullmatch(rest) and not needle.letters[-1].isdigit())):
        return True
    return needle.loose and (first == last or len(needle.letters) >= _ACROSS_LETTERS)


def _grown(text: str, folded: Folded, spots: Collection[Found], sought: dict[str, Sought]) -> Iterator[Found]:
    """Join what belongs together: spots that overlap, or that stand beside each other and are one person's."""
    held: Found | None = None
    for bare in sorted(_together(spots), key=lambda each: (each.first, -each.last)):
        spot = _with_neighbours(text, folded, bare, sought)
        if held is None:
            held = spot
            continue
        joined = _join(text, folded, held, spot)
        if joined is None:
            yield held
        held = joined or spot
    if held is not None:
        yield held


def _together(spots: Collection[Found]) -> Iterator[Found]:
    """Give each stretch of words once: a surname that two persons share may be either's."""
    letters: dict[tuple[int, int], frozenset[str]] = {}
    for spot in spots:
        place = spot.first, spot.last
        letters[place] = letters.get(place, frozenset()) | spot.letters
    return (Found(first, last, each) for (first, last), each in letters.items())


def _join(text: str, folded: Folded, held: Found, spot: Found) -> Found | None:
    both = held.letters & spot.letters
    if spot.first <= held.last:
        return Found(min(held.first, spot.first), max(held.last, spot.last), both or held.letters | spot.letters)
    small = all(_is_small(text, folded, word) for word in range(held.last + 1, spot.first))
    beside = small and all(_touch(text, folded, word) for word in range(held.last, spot.first))
    return Found(held.first, spot.last, both) if both - {""} and beside else None


def _is_small(text: str, folded: Folded, number: int) -> bool:
    """Tell whether a word can stand in the middle of a name: an initial, or "van" and its like."""
    word = folded.words[number]
    return word.end - word.start == 1 or _in(text[word.start : word.end], PARTICLES)


def _with_neighbours(text: str, folded: Folded, spot: Found, sought: dict[str, Sought]) -> Found:
    first, last = spot.first, spot.last
    beside = frozenset[str]().union(*(sought[letter].beside for letter in spot.letters))
    while first > 0 and folded.letters_of(first - 1) in beside and _touch(text, folded, first - 1):
        first -= 1
    follows = last + 1 < len(folded.words) and _is_initial(folded, last + 1, beside) and _touch(text, folded, last)
    return Found(first, last + 1 if follows else last, spot.letters)


def _is_initial(folded: Folded, word: int, beside: frozenset[str]) -> bool:
    """Tell whether a word is an initial behind a surname, as in a list: Berg, K."""
    letters = folded.letters_of(word)
    return len(letters) == 1 and folded.words[word].capital and letters in beside


def _touch(text: str, folded: Folded, word: int) -> bool:
    """Tell whether only blanks, a full stop or a hyphen stand between a word and the next one."""
    return _GAP.fullmatch(text, folded.words[word].end, folded.words[word + 1].start) is not None
