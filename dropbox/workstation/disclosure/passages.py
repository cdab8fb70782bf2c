"""One text of the open part: names are letters in it, and what is left out is one fixed mark, whatever its length.

Nothing in what is put instead depends on what stood there: no length, no gender, no order of names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dropbox.workstation.disclosure.folding import Word, fold
from dropbox.workstation.disclosure.needles import Sought, find
from dropbox.workstation.disclosure.plan import Cut
from dropbox.workstation.speech import N_

LEFT_OUT = N_("[left out]")
ONE_OF_THEM = N_("[name]")
"""Stands for a name that two persons of the plan share, so that nobody can tell which of them it is."""


@dataclass(frozen=True)
class Taken:
    """What was taken out of a text, from `start` up to `end`. letters: who it names; empty where it was left out."""

    start: int
    end: int
    text: str = field(repr=False)
    letters: frozenset[str]


@dataclass(frozen=True)
class OpenText:
    """A text as it is shown, and what it was made without."""

    text: str = field(repr=False)
    taken: tuple[Taken, ...]


def open_text(text: str, sought: Sequence[Sought], cuts: Iterable[Cut] = ()) -> OpenText:
    """Return a text without these passages, and without what else is sought."""
    words = fold(text).words
    spans = [_Span(cut.start, min(cut.end, len(text)), frozenset()) for cut in cuts]
    spans += [_span(words, each.first, each.last, each.letters) for each in find(text, sought)]
    taken = [Taken(each.start, each.end, text[each.start : each.end], each.letters) for each in _merged(text, spans)]
    parts = [text[before.end : after.start] for before, after in pairwise([_edge(0), *taken, _edge(len(text))])]
    marks = [*(_mark(each.letters) for each in taken), ""]
    return OpenText("".join(part + mark for part, mark in zip(parts, marks, strict=True)), tuple(taken))


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    letters: frozenset[str]
    """Empty for what is left out: that is stronger than a letter."""


def _span(words: Sequence[Word], first: int, last: int, letters: frozenset[str]) -> _Span:
    return _Span(words[first].start, words[last].end, frozenset() if "" in letters else letters)


def _merged(text: str, spans: Iterable[_Span]) -> list[_Span]:
    """Join what overlaps, and what is left out with only blanks between: how many sentences it was tells something."""
    merged: list[_Span] = []
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        held = merged[-1] if merged else None
        if held is not None and _belongs(text, held, span):
            letters = held.letters | span.letters if held.letters and span.letters else frozenset[str]()
            merged[-1] = _Span(held.start, max(held.end, span.end), letters)
        elif span.start < span.end:
            merged.append(span)
    return merged


def _belongs(text: str, held: _Span, span: _Span) -> bool:
    between = text[held.end : span.start]
    return span.start < held.end or (not held.letters and not span.letters and not between.strip(" \t\r\n.,;:!?"))


def _mark(letters: frozenset[str]) -> str:
    if not letters:
        return str(LEFT_OUT)
    return next(iter(letters)) if len(letters) == 1 else str(ONE_OF_THEM)


def _edge(at: int) -> Taken:
    return Taken(at, at, "", frozenset())
