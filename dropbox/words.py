"""The word list, and finding its words in what somebody typed.

Letters only: no keys, no store. Work is bounded whatever is typed, because this runs before anything is known of
whoever types. The list is the EFF's long one without its four hyphenated words; no word is the beginning of another,
so a codename without any separators still reads in one way only.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources

MAX_TYPED_CHARACTERS = 1000  # a codename has at most 69, ten fingerprint words 99
MAX_HINTED_WORDS = 14
_LETTERS = re.compile(r"[^\W\d_]+")


def _read_words() -> tuple[str, ...]:
    return tuple(resources.files("dropbox").joinpath("data/eff_large_words.txt").read_text("ascii").split())


WORDS: tuple[str, ...] = _read_words()
_KNOWN = frozenset(WORDS)
_MIN_LENGTH = min(map(len, WORDS))
_MAX_LENGTH = max(map(len, WORDS))
_MAX_STRANGE = _MAX_LENGTH + 2  # nothing longer is within two slips of a word


@dataclass(frozen=True, repr=False)
class Word:
    """One word as it was found: lower case, without accents; `known` when it is on the list."""

    text: str
    known: bool


@dataclass(frozen=True, repr=False)
class WordHint:
    """A typed word outside the list, its place (from 1), and up to three words of the list that are near it."""

    position: int
    typed: str
    near: tuple[str, ...]


def find_words(text: str) -> tuple[Word, ...]:
    """Return the words of a text in order; () when it is too long to be words that somebody kept."""
    chunks = _letter_runs(text)
    whole = _segment("".join(chunks))
    if whole is not None:
        return tuple(Word(word, known=True) for word in whole)
    return tuple(word for chunk in chunks for word in _split(chunk))


def hints(text: str) -> tuple[WordHint, ...]:
    """Return a hint for each typed word outside the list; () when nothing can be said."""
    words = find_words(text)
    if len(words) > MAX_HINTED_WORDS:
        return ()
    return tuple(
        WordHint(position, word.text, near_words(word.text))
        for position, word in enumerate(words, start=1)
        if not word.known
    )


def normalise_words(text: str) -> str:
    """Return the words with single spaces, to compare what was read aloud; "" for a text that is too long."""
    return " ".join(word.text for word in find_words(text))


def _letter_runs(text: str) -> list[str]:
    text = text.strip()
    if len(text) > MAX_TYPED_CHARACTERS:
        return []
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(letter for letter in decomposed if unicodedata.category(letter) not in {"Mn", "Cf"})
    if len(bare) > MAX_TYPED_CHARACTERS:  # one letter may be written out as six
        return []
    return _LETTERS.findall(bare.lower())


def _word_at(letters: str, start: int) -> str | None:
    for length in range(_MIN_LENGTH, _MAX_LENGTH + 1):
        if letters[start : start + length] in _KNOWN:
            return letters[start : start + length]
    return None


def _segment(letters: str) -> list[str] | None:
    """Return the one way to read letters as words of the list, or None."""
    words, start = [], 0
    while word := _word_at(letters, start):
        words.append(word)
        start += len(word)
    return words if start == len(letters) else None


def _split(run: str) -> list[Word]:
    """Return a run of letters as one word, known or not, or as several that were written together."""
    whole = _segment(run)
    if whole is not None:
        return [Word(word, known=True) for word in whole]
    if len(run) <= _MAX_STRANGE:
        return [Word(run, known=False)]
    return _likeliest_split(run)


def _likeliest_split(run: str) -> list[Word]:
    """Read words written together, some of them wrong: few strange pieces, and few letters in them."""
    best: dict[int, tuple[int, tuple[Word, ...]]] = {len(run): (0, ())}
    for start in range(len(run) - 1, -1, -1):
        word = _word_at(run, start)
        ends = range(start + 1, min(start + _MAX_STRANGE, len(run)) + 1)
        ways = [(best[end][0] + 4 + end - start, end, False) for end in ends]
        if word:
            ways.append((best[start + len(word)][0], start + len(word), True))
        cost, end, known = min(ways)
        best[start] = (cost, (Word(run[start:end], known), *best[end][1]))
    return list(best[0][1])


def near_words(typed: str) -> tuple[str, ...]:
    """Return up to three words of the list within one slip (two from four letters on), the nearest first."""
    limit = 1 if len(typed) < 4 else 2
    mask = _letter_mask(typed)
    ranked = []
    for word, word_mask in _masks():
        # a slip changes at most two letters of the set: this leaves about one word in fifty for the slow comparison
        if abs(len(word) - len(typed)) <= limit and (mask ^ word_mask).bit_count() <= 2 * limit:
            distance = _slips(typed, word, limit)
            if distance <= limit:
                ranked.append((distance, word[0] != typed[0], abs(len(word) - len(typed)), word))
    return tuple(word for *_, word in sorted(ranked)[:3])


@cache
def _masks() -> tuple[tuple[str, int], ...]:
    return tuple((word, _letter_mask(word)) for word in WORDS)


def _letter_mask(text: str) -> int:
    mask = 0
    for letter in text:
        mask |= 1 << (ord(letter) % 61)
    return mask


def _slips(one: str, other: str, limit: int) -> int:
    """Return how many letters were left out, put in, exchanged or swapped with their neighbour; past `limit`, any
    number above it.
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one):
        row = [i + 1]
        for j, target in enumerate(other):
            cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter != target))
            if i and j and letter == other[j - 1] and one[i - 1] == target:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        if min(row) > limit and min(last) >= limit:  # a swap may still reach back over one row
            return limit + 1
        before, last = last, row
    return last[-1]
