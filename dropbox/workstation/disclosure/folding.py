"""A text as it is compared: without capitals, accents, look-alikes of other alphabets, or anything between its letters.

Every letter of the folded text knows which word it came from, so that what is found can be taken out whole.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# letters that NFKD leaves as they are, and those of other alphabets that look like ours
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "n", "ħ": "h"}
_CYRILLIC = dict(zip("аеорсухіјѕԁкмтвнѵ", "aeopcyxijsdkmtbhv", strict=True))
_GREEK = dict(zip("αονρικτυχεη", "aovpiktuxen", strict=True))
# one letter on two keyboards, and the stroke that makes a word longer
_ARABIC = {"ی": "ي", "ى": "ي", "ک": "ك", "ة": "ه", "ـ": ""}
# an apostrophe and its like that count as letters
_MARKS = {"ʼ": "", "ʻ": "", "ʹ": "", "ʾ": "", "ʿ": ""}
_SAME = str.maketrans(_LETTERS | _CYRILLIC | _GREEK | _ARABIC | _MARKS)
# Thai, Lao, Myanmar, Khmer, kana, and Chinese characters: written without blanks between the words
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
# a word that is broken at the end of a line: its second half begins with a small letter
_BROKEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u00ad][^\S\n]*\r?\n[^\S\n]*(?=[^\W\d_])")


@dataclass(frozen=True)
class Word:
    """A word as it stands in a text, from `start` up to `end`. capital: it begins with a capital."""

    start: int
    end: int
    capital: bool


@dataclass(frozen=True)
class Folded:
    """All letters and digits of a text in a row; `owners`: for each of them, the number of its word."""

    letters: str
    owners: tuple[int, ...]
    words: tuple[Word, ...]
    starts: tuple[int, ...]
    """Where each word begins in `letters`."""

    def end_of(self, word: int) -> int:
        """Return where a word ends in `letters`."""
        return self.starts[word + 1] if word + 1 < len(self.starts) else len(self.letters)

    def letters_of(self, word: int) -> str:
        return self.letters[self.starts[word] : self.end_of(word)]


def fold(text: str) -> Folded:
    """Fold a text. Words are runs of letters, digits, and what cannot be seen between them."""
    words = _words(text)
    letters: list[str] = []
    owners: list[int] = []
    starts: list[int] = []
    kept: list[Word] = []
    for word in words:
        folded = plain(text[word.start : word.end])
        if not folded:
            continue
        starts.append(len(owners))
        letters.append(folded)
        owners += [len(kept)] * len(folded)
        kept.append(word)
    return Folded("".join(letters), tuple(owners), tuple(kept), tuple(starts))


def plain(text: str) -> str:
    """Return only the letters and digits of a text, as they are compared; a Dutch y and ij are the same."""
    return "".join(_plain_character(each) for each in text)


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    apart = unicodedata.normalize("NFKD", character).casefold().translate(_SAME)
    apart = unicodedata.normalize("NFKD", apart)
    digits = (str(unicodedata.decimal(each, each)) for each in apart if each.isalnum())
    return "".join(digits).replace("y", "ij")


def _words(text: str) -> list[Word]:
    """Cut a text into words; what is invisible, or an accent of its own, belongs to the word it stands in.

    Where a script has no blanks between its words, each letter is one: a name may begin and end at any of them.
    """
    broken = {at for match in _BROKEN.finditer(text) for at in range(*match.span())}
    words: list[Word] = []
    start: int | None = None
    for at, character in enumerate(text):
        if _is_letter(character):
            if start is not None and (_is_unspaced(character) or _is_unspaced(text[start])):
                words.append(_word(text, start, at))
                start = None
            start = at if start is None else start
        elif start is not None and at not in broken and not _is_hidden(character):
            words.append(_word(text, start, at))
            start = None
    return words if start is None else [*words, _word(text, start, len(text))]


def _word(text: str, start: int, end: int) -> Word:
    return Word(start, end, text[start].isupper() or text[start].istitle())


@lru_cache(maxsize=4096)
def _is_letter(character: str) -> bool:
    """Tell whether it is a letter or digit, or a picture of one, such as a letter in a circle."""
    return character.isalnum() or (unicodedata.category(character) == "So" and len(_plain_character(character)) == 1)


@lru_cache(maxsize=4096)
def _is_unspaced(character: str) -> bool:
    return _UNSPACED.fullmatch(character) is not None


@lru_cache(maxsize=4096)
def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in ("Cf", "Mn", "Mc", "Me")
