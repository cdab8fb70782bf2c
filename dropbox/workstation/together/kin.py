"""Parts of names that are alike (surnames, or first names): each found by what it shares, and two compared only once.

Knows no whole name: many people have one surname, and what it is like is found out once for all of them.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import chain, islice
from typing import Generic, TypeVar

from dropbox.workstation.together.alike import How, given_alike, surnames_alike, written_together
from dropbox.workstation.together.names import Given, Surname
from dropbox.workstation.together.spelling import sound, with_letters_left_out

MAX_COMPARED = 20_000
"""What one is compared with: what one member can mark must not keep another waiting."""

Part = TypeVar("Part", bound=Hashable)
Keys = Callable[[Part], Iterable[str]]
Likes = Callable[[Part, Part], How | None]


class Kin(Generic[Part]):
    """The parts of one sort. Two that are alike share a key that one is filed under and the other looks up."""

    def __init__(self, filed_under: Keys[Part], looked_up: Keys[Part], like: Likes[Part]) -> None:
        self.complete = True
        self._filed_under, self._looked_up, self._like = filed_under, looked_up, like
        self._known: set[Part] = set()
        self._filed: dict[str, list[Part]] = {}
        self._found: dict[Part, dict[Part, How]] = {}

    def add(self, part: Part) -> None:
        """File a part. Nothing may have been looked up before the last one is."""
        if part in self._known:
            return
        self._known.add(part)
        for key in self._filed_under(part):
            self._filed.setdefault(key, []).append(part)

    def of(self, part: Part) -> dict[Part, How]:
        """Return every part that is like this one, itself among them, and how."""
        if part not in self._found:
            self._found[part] = self._compared(part)
        return self._found[part]

    def _compared(self, part: Part) -> dict[Part, How]:
        shares = dict.fromkeys(chain.from_iterable(self._filed.get(key, ()) for key in self._looked_up(part)))
        if len(shares) > MAX_COMPARED:
            self.complete = False
        found = ((other, self._once(part, other)) for other in islice(shares, MAX_COMPARED))
        return {other: how for other, how in found if how is not None}

    def _once(self, part: Part, other: Part) -> How | None:
        """Return what the two have in common; where the other one was looked up, all that is like it is known."""
        known = self._found.get(other) if self.complete else None
        return self._like(part, other) if known is None else known.get(part)


def surnames() -> Kin[Surname]:
    return Kin(_surname_keys, _surname_keys, surnames_alike)


def first_names() -> Kin[Given]:
    return Kin(_filed_under, _looked_up, given_alike)


def _surname_keys(surname: Surname) -> frozenset[str]:
    words = ("=" + word for word in (*surname.words, written_together(surname)))
    return frozenset((*words, *_spelled_or_heard(" ".join(surname.words))))


def _filed_under(given: Given) -> frozenset[str]:
    """Return "*", which stands for all, and what a first name is called, spelled like, and begins with."""
    if not given.names:
        return frozenset(("*", "none"))
    first = given.names[0]
    initial = ("1" if len(first) == 1 else "2") + first[0]
    return frozenset(("*", initial, *_called(given), *_spelled_or_heard(first)))


def _looked_up(given: Given) -> frozenset[str]:
    """Return the keys for what may be like it: an initial is like all that begin so, and no first name like all."""
    if not given.names:
        return frozenset("*")
    first = given.names[0]
    initials = ("1" + first[0], "2" + first[0]) if len(first) == 1 else ("1" + first[0],)
    return frozenset(("none", *initials, *_called(given), *_spelled_or_heard(first)))


def _called(given: Given) -> Iterable[str]:
    return ("=" + name for name in (given.names[0], given.called) if name)


def _spelled_or_heard(word: str) -> Iterable[str]:
    return ("~" + sound(word), *("-" + form for form in with_letters_left_out(word)))
