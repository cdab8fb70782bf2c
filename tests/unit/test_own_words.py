"""A codename in a text: found however it is written, never found where it is not, and quick in any text."""

import time
from collections.abc import Callable
from random import Random

import pytest

from dropbox.codename import WORDS
from dropbox.models import Codename
from dropbox.server.own_words import CodenameMark

MINE = "abacus drizzle gothic unseen mug zoom evolution"
OTHER = "abacus drizzle gothic unseen mug zoom evoke"
MARK = CodenameMark.of(Codename(MINE))
_SEVEN = MINE.split()

WRITTEN: dict[str, str] = {
    "as shown": MINE,
    "in a sentence": f"My words are {MINE}, I think.",
    "capitals": MINE.upper(),
    "title": MINE.title(),
    "commas": ", ".join(_SEVEN),
    "hyphens": "-".join(_SEVEN),
    "underscores": "_".join(_SEVEN),
    "dots": ".".join(_SEVEN),
    "glued": "".join(_SEVEN),
    "camel case": "".join(word.title() for word in _SEVEN),
    "one a line": "\n".join(_SEVEN),
    "windows lines": "\r\n".join(_SEVEN),
    "numbered": " ".join(f"{number}. {word}" for number, word in enumerate(_SEVEN, 1)),
    "numbered lines": "\n".join(f"{number}) {word}" for number, word in enumerate(_SEVEN, 1)),
    "numbers glued on": "".join(f"{number}{word}" for number, word in enumerate(_SEVEN, 1)),
    "named numbers": "; ".join(f"word number {number}: {word}" for number, word in enumerate(_SEVEN, 1)),
    "counted out": " ".join(
        f"{nth} {word}"
        for nth, word in zip(("first", "second", "third", "fourth", "fifth", "sixth", "seventh"), _SEVEN, strict=True)
    ),
    "a list in HTML": "".join(f"<li>{word}</li>" for word in _SEVEN),
    "letter by letter": " ".join(MINE.replace(" ", "")),
    "cut at the end of a line": MINE.replace("evolution", "evo-\nlution"),
    "accents": MINE.replace("a", "á").replace("o", "ö"),
    "accents of their own": MINE.replace("u", "u\u0308"),
    "full width": "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in MINE),
    "soft hyphens": MINE.replace("b", "b\u00ad"),
    "no-break spaces": MINE.replace(" ", "\u00a0"),
    "marks without width": MINE.replace("zz", "z\u200bz"),
    "turned the other way": f"\u202e{MINE}\u202c",
    "Arabic numbers and words between": " ".join(f"{number}. كلمة {word}" for number, word in zip("١٢٣٤٥٦٧", _SEVEN)),  # noqa: B905
    "after another word of the list": f"zookeeper {MINE}",
    "after its own first words": f"abacus drizzle {MINE}",
    "before another codename": f"{MINE} {OTHER}",
    "glued into other letters": f"xx{''.join(_SEVEN)}yy",
    "at the end of a long text": "Er is veel gebeurd. " * 2000 + MINE,
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_codename_is_found_however_it_is_written(text: str) -> None:
    assert MARK.found_in(text)


NOT_MINE: dict[str, str] = {
    "nothing": "",
    "another codename": OTHER,
    "six of seven": " ".join(_SEVEN[:6]),
    "the last six": " ".join(_SEVEN[1:]),
    "another order": " ".join(reversed(_SEVEN)),
    "another word between": f"{' '.join(_SEVEN[:3])} zookeeper {' '.join(_SEVEN[3:])}",
    "words of the list in a story": "The abacus was on the table. I drank from a mug, and the zoom of the lens on. "
    "The evolution of this went unseen; a gothic drizzle fell.",
    "far more words of the list": " ".join(WORDS[:3000]),
    "no letters": "1234 5678 !!! ٤٥٦",
    "another script": "شكوى عن المدير " * 50,
}


@pytest.mark.parametrize("text", NOT_MINE.values(), ids=NOT_MINE.keys())
def test_a_text_without_the_codename_is_left_in_peace(text: str) -> None:
    assert not MARK.found_in(text)


def test_no_random_text_of_the_lists_own_words_is_mistaken_for_it() -> None:
    random = Random(7)
    for _ in range(20):
        assert not MARK.found_in(" ".join(random.choices(WORDS, k=500)))


def test_a_mark_is_different_each_time_and_holds_no_word() -> None:
    again = CodenameMark.of(Codename(MINE))
    assert again.digest != MARK.digest
    assert again.found_in(MINE)
    assert repr(MARK).count("abacus") == 0
    assert len(MARK.digest) == len(MARK.key) == 32
    assert CodenameMark.of(Codename(MINE), MARK.key) == MARK


_WORST: dict[str, Callable[[Random], str]] = {
    "prose": lambda _: "Iedereen zag het, en niemand zei iets over die avond. " * 1000,
    "words of the list": lambda random: " ".join(random.choices(WORDS, k=9000)),
    "words of the list, glued": lambda random: "".join(random.choices(WORDS, k=9000)),
    "the shortest words": lambda random: "".join(random.choices([word for word in WORDS if len(word) == 3], k=17000)),
    "the codename but for its last word": lambda _: (" ".join(_SEVEN[:6]) + " ") * 1500,
    "letters that become many": lambda _: "\ufdfa" * 16_384,
    "accents": lambda _: "e\u0301" * 16_384,
    "accents that stand the wrong way round": lambda _: "e" + "\u0301\u0323" * 12_288,
}


@pytest.mark.parametrize("make", _WORST.values(), ids=_WORST.keys())
def test_no_text_of_48_kib_costs_more_than_a_fraction_of_an_argon2id_run(make: Callable[[Random], str]) -> None:
    """Measured: 7 to 45 ms of one slow core. The bound here is wide, for a core that others use as well."""
    text = make(Random(3)).encode()[: 48 * 1024].decode(errors="ignore")
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.15


def _seconds(text: str) -> float:
    start = time.thread_time()
    MARK.found_in(text)
    return time.thread_time() - start


def test_a_codename_that_holds_a_label_is_found_too() -> None:
    mine = "second drizzle word unseen mug seventh evolution"
    assert CodenameMark.of(Codename(mine)).found_in(f"1. {mine.replace(' ', ', ')}")
