"""A text in pieces that somebody can leave out one by one: its sentences, and what was marked in it before."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dropbox.workstation.disclosure.plan import Cut

_ENDS = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\n+\s*")


@dataclass(frozen=True)
class Stretch:
    """A piece of a text without the blanks around it; out: it is left out."""

    start: int
    end: int
    text: str = field(repr=False)
    out: bool


def stretches(text: str, cuts: Sequence[Cut] = ()) -> tuple[Stretch, ...]:
    """Cut a text into its sentences, and each of these where a passage that is left out begins or ends."""
    edges = {0, len(text), *(match.end() for match in _ENDS.finditer(text))}
    edges |= {each for cut in cuts for each in (cut.start, min(cut.end, len(text)))}
    found = []
    for start, end in pairwise(sorted(edges)):
        piece = text[start:end]
        if piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            last = first + len(piece.strip())
            out = any(cut.start <= first and last <= cut.end for cut in cuts)
            found.append(Stretch(first, last, text[first:last], out))
    return tuple(found)


def cuts_of(pieces: Sequence[Stretch], chosen: Iterable[int]) -> tuple[Cut, ...]:
    """Return the passages that leave these pieces out, by their numbers (from 0)."""
    wanted = set(chosen)
    return tuple(Cut(each.start, each.end) for number, each in enumerate(pieces) if number in wanted)
