"""Whether a text holds the reporter's own codename, known by a keyed mark: neither the mark nor its key yields a word.

Letters only, as a codename is read back: capitals, accents, numbering and whatever stands between the words are
nothing here. The work grows with the text's length and with nothing else, because anybody may send any text.
"""

import re
import secrets
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from dropbox.codename import WORD_COUNT, WORDS
from dropbox.models import Codename

MARK_KEY_BYTES = 32
_KNOWN = frozenset(WORDS)
_LABELS = frozenset({"word", "number", "name", "second", "fifth", "sixth", "seventh"})
"""Words of the list that people write before the words of a codename ("word 1: ...")."""
_OPENING_LETTERS = min(map(len, WORDS))
_LETTERS = re.compile("[a-z]+")
_ACCENTS = re.compile("[\u00ad\u0300-\u036f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
"""Combining marks, soft hyphens, marks without width and of direction: a word stays whole with them inside."""


def _lengths_by_opening() -> dict[str, frozenset[int]]:
    """Return how long the words are that open with the same letters: most openings in a text have none."""
    lengths = defaultdict(set)
    for word in WORDS:
        lengths[word[:_OPENING_LETTERS]].add(len(word))
    return {opening: frozenset(found) for opening, found in lengths.items()}


_LENGTHS = _lengths_by_opening()


@dataclass(frozen=True, repr=False)
class CodenameMark:
    """What a codename is known again by: H(key, person `drop1-own-words`, its letters without spaces)."""

    key: bytes
    digest: bytes

    @classmethod
    def of(cls, codename: Codename, key: bytes | None = None) -> "CodenameMark":
        key = key or secrets.token_bytes(MARK_KEY_BYTES)
        return cls(key, _digest(key, codename.reveal().replace(" ", "")))

    def found_in(self, text: str) -> bool:
        """Say whether the codename stands in a text, whatever stands between, before or after its words."""
        runs = _letter_runs(text)
        unlabelled = [run for run in runs if run not in _LABELS]
        found = {*_glued("".join(runs)), *_listed(runs), *_listed(unlabelled)}
        return any(self._is_mine(seven) for seven in found)

    def _is_mine(self, letters: str) -> bool:
        return compare_digest(self.digest, _digest(self.key, letters))


def _digest(key: bytes, letters: str) -> bytes:
    return blake2b(letters.encode(), key=key, digest_size=32, person=b"drop1-own-words").digest()


def _letter_runs(text: str) -> list[str]:
    """Return the text's runs of letters that words of the list are made of, in lower case."""
    if not text.isascii():
        text = _ACCENTS.sub("", _taken_apart(text))
    return _LETTERS.findall(text.lower())


def _taken_apart(text: str) -> str:
    """Return a text with each letter taken apart (NFKD) by itself: sorting a long row of accents takes its square."""
    return text.translate({ord(letter): unicodedata.normalize("NFKD", letter) for letter in set(text)})


def _glued(letters: str) -> Iterator[str]:
    """Yield every seven words of the list that follow each other without a letter between, wherever they start."""
    ends = _word_ends(letters)
    for start in ends:
        end: int | None = start
        for _ in range(WORD_COUNT):
            end = ends.get(end) if end is not None else None
        if end is not None:
            yield letters[start:end]


def _word_ends(letters: str) -> dict[int, int]:
    """Return where a word of the list starts and ends; no word begins another, so there is one end at most."""
    return {
        start: start + length
        for start in range(len(letters))
        for length in _LENGTHS.get(letters[start : start + _OPENING_LETTERS], ())
        if letters[start : start + length] in _KNOWN
    }


def _listed(runs: Iterable[str]) -> Iterator[str]:
    """Yield every seven words of the list that follow each other when all other words are left out ("first: ...")."""
    known = [run for run in runs if run in _KNOWN]
    for start in range(len(known) - WORD_COUNT + 1):
        yield "".join(known[start : start + WORD_COUNT])
