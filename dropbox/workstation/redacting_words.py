"""How much of a page has to be covered: whole words, on a grid, so that a length tells little of what was there.

A pure room: words and boxes go in, boxes come out. What is looked for comes in as a function, and no name stays here.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from dropbox.workstation.redacting_boxes import WHOLE, Box
from dropbox.workstation.sandbox_frames import Word

Find = Callable[[str], Iterable[tuple[int, int]]]
"""Tells where in a text something stands that must not be read: from a character, up to another."""

GRID = 20
"""Covers begin and end at multiples of this many thousandths of the page's width."""
_AROUND = 3
"""Letters may lean out of the place that their word claims."""
_SAME_LINE = 0.5
_TOUCHED = 0.3
_Place = tuple[int, int, int, int]


def find_nothing(_text: str) -> Iterable[tuple[int, int]]:
    return ()


def text_of(words: Sequence[Word]) -> tuple[str, tuple[int, ...]]:
    """Return words as a text, line by line, and for each of its characters the number of its word (-1: between)."""
    text: list[str] = []
    owners: list[int] = []
    before: Word | None = None
    for number in _as_read(words):
        word = words[number]
        if before is not None:
            text.append(" " if _same_line(before, word) else "\n")
            owners.append(-1)
        text.append(_turned(word.text))
        owners += [number] * len(word.text)
        before = word
    return "".join(text), tuple(owners)


def words_found(words: Sequence[Word], find: Find) -> frozenset[int]:
    """Return the numbers of the words that something is found in."""
    text, owners = text_of(words)
    return frozenset(owners[at] for start, end in find(text) for at in range(start, end)) - {-1}


def covers(page: int, words: Sequence[Word], hit: Iterable[int], marked: Iterable[Box]) -> tuple[Box, ...]:
    """Return the boxes that cover these words and marks on a page, grown so that they end nowhere telling."""
    places = [_place_of(words[number]) for number in sorted(hit)]
    places += [(box.x, box.y, box.x + box.width, box.y + box.height) for box in marked if box.page == page]
    roomy = ((left, top - _AROUND, right, bottom + _AROUND) for left, top, right, bottom in places)
    return joined(_box(page, _to_whole_words(_to_grid(place), words)) for place in roomy)


def joined(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Return these boxes, those that lie over each other in one line made one."""
    done: list[Box] = []
    for box in boxes:
        met = [each for each in done if _meet(each, box)]
        done = [each for each in done if each not in met]
        done.append(reduce(_around, met, box))
    return tuple(done)


def _meet(one: Box, other: Box) -> bool:
    apart = one.x > other.x + other.width or other.x > one.x + one.width
    shared = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return one.page == other.page and not apart and shared > _SAME_LINE * min(one.height, other.height)


def _around(one: Box, other: Box) -> Box:
    left, top = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.width, other.x + other.width), max(one.y + one.height, other.y + other.height)
    return Box(one.page, left, top, right - left, bottom - top)


def _place_of(word: Word) -> _Place:
    return word.left, word.top, word.right, word.bottom


def _to_grid(place: _Place) -> _Place:
    left, top, right, bottom = place
    left, right = left - _AROUND, right + _AROUND
    return left - left % GRID, top, right + -right % GRID, bottom


def _to_whole_words(place: _Place, words: Sequence[Word]) -> _Place:
    """Cover no word by half, and go on to the grid, or up to the next word where that comes before it."""
    touched = [_place_of(word) for word in words if _touches(place, word)]
    whole = _to_grid(_bounds([place, *touched])) if touched else place
    beyond = [_place_of(word) for word in words if _touches(whole, word) and _place_of(word) not in touched]
    left = max([whole[0], *(each[2] for each in beyond if each[2] <= place[0])])
    right = min([whole[2], *(each[0] for each in beyond if each[0] >= place[2])])
    return left, whole[1], right, whole[3]


def _bounds(places: Sequence[_Place]) -> _Place:
    lefts, tops, rights, bottoms = zip(*places, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _touches(place: _Place, word: Word) -> bool:
    beside = word.right <= place[0] or word.left >= place[2]
    shared = min(place[3], word.bottom) - max(place[1], word.top)
    return not beside and shared > _TOUCHED * min(word.bottom - word.top, place[3] - place[1])


def _box(page: int, place: _Place) -> Box:
    left, top, right, bottom = (max(0, min(WHOLE, side)) for side in place)
    return Box(page, left, top, right - left, bottom - top)


def _same_line(before: Word, word: Word) -> bool:
    shared = min(before.bottom, word.bottom) - max(before.top, word.top)
    return shared > _SAME_LINE * min(before.bottom - before.top, word.bottom - word.top)


def _as_read(words: Sequence[Word]) -> list[int]:
    """Return the words' numbers in reading order: those in a row that are written from right to left are turned."""
    order: list[int] = []
    row: list[int] = []
    for number, word in enumerate(words):
        goes_on = _is_turned(word.text) and (not row or _same_line(words[row[-1]], word))
        if not goes_on:
            order += reversed(row)
            row = []
        if _is_turned(word.text):
            row.append(number)
        else:
            order.append(number)
    return [*order, *reversed(row)]


def _turned(text: str) -> str:
    """Return a word as it is typed: poppler gives the letters of such words from left to right."""
    return text[::-1] if _is_turned(text) else text


def _is_turned(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
