"""Words that are nearly or to the ear the same: a bounded edit distance, and what a Dutch reader hears in a name.

A pure room over single words in the spelling of `names.plain`. The rules for sounds are few and our own: there is no
well kept library for Dutch, and what they find is never more than "perhaps".
"""

import re
from collections.abc import Iterator
from functools import lru_cache

SHORT, LONG = 4, 9
"""Letters from which on one mistake is near, and from which on two are: in shorter names it would be another name."""

_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        # consonants that are written in more than one way
        (r"^dj", "j"), (r"tsj|tch|sj|sh", "S"), (r"ph", "f"), (r"th|dt", "t"), (r"ck|q(?!u)", "k"),
        (r"qu", "kw"), (r"x", "ks"), (r"c(?=[eiy])", "s"), (r"s?sch$|ssch", "s"), (r"[ckg]h|g+", "G"), (r"c", "k"),
        (r"sz|ts|tz|cz|z", "s"), (r"v", "f"), (r"(?<=[^aeiouy])h|h(?=[^aeiouy]|$)", ""),
        # vowels: what sounds alike in Dutch, and whether they are written once or twice
        (r"u[iy]", "Q"), (r"a[iy]e?|e[iy]e?|y[ie]?", "Y"), (r"[oa]uw?", "W"), (r"oe", "U"), (r"ie|ee?a|i+", "i"),
        (r"eu", "E"), (r"aa|ae", "a"), (r"ee", "e"), (r"oo", "o"), (r"uu|ue", "u"),
        # the end of a word: no d, b or final n is heard
        (r"d$", "t"), (r"b$", "p"), (r"(?<=e)n$", ""),
        (r"Yj", "Y"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return how a word sounds; two that sound alike have the same."""
    heard = word
    for pattern, into in _SOUNDS:
        heard = pattern.sub(into, heard)
    return heard


def mistakes_allowed(word: str) -> int:
    """Return how many letters may differ for a word to be near this one."""
    return 0 if len(word) < SHORT else 1 if len(word) < LONG else 2


@lru_cache(maxsize=65536)
def is_near(one: str, other: str) -> bool:
    """Tell whether two different words are a slip of the pen apart; the shorter one decides how much that may be."""
    allowed = mistakes_allowed(min(one, other, key=len))
    if one == other or not allowed or abs(len(one) - len(other)) > allowed:
        return False
    return _distance(*_apart(one, other), allowed) <= allowed


def with_letters_left_out(word: str) -> Iterator[str]:
    """Give the word with up to as many letters left out as may differ: two words that are near share one of these."""
    forms = {word}
    for _ in range(mistakes_allowed(word)):
        forms |= {form[:at] + form[at + 1 :] for form in forms for at in range(len(form))}
    return iter(forms)


def _apart(one: str, other: str) -> tuple[str, str]:
    """Return two different words without the letters that both begin and end with: what differs is seldom long."""
    while one[:1] == other[:1] and one:
        one, other = one[1:], other[1:]
    while one[-1:] == other[-1:] and one:
        one, other = one[:-1], other[:-1]
    return one, other


def _distance(one: str, other: str, allowed: int) -> int:
    """Count letters put in, left out, changed, or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        this = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(last[column] + 1, this[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            this.append(cost)
        if min(this) > allowed:
            return allowed + 1
        before, last = last, this
    return last[-1]
