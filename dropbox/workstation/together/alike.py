"""How two names are alike: the same once they are spelled in one way, or perhaps one person's, with the reason.

Never more than that: two people may have one name, and one person several. Whoever knows the people decides.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from dropbox.workstation.speech import N_
from dropbox.workstation.together.names import ANY_DE, Given, PersonName, Surname
from dropbox.workstation.together.spelling import is_near, sound


class How(StrEnum):
    """What one part of two names has in common."""

    SAME = "same"
    NO_FIRST_NAME = "no_first_name"
    INITIAL = "initial"
    FEWER = "fewer_first_names"
    CALLED = "called"
    PREFIX = "prefix"
    DOUBLE = "double_name"
    WRITTEN_TOGETHER = "written_together"
    NEAR = "near"
    SOUND = "sound"


HOW = {
    How.SAME: N_("the same name"),
    How.NO_FIRST_NAME: N_("there is no first name to go by"),
    How.INITIAL: N_("an initial fits"),
    How.FEWER: N_("one has more first names"),
    How.CALLED: N_("the name somebody is called by"),
    How.PREFIX: N_("another word before the surname"),
    How.DOUBLE: N_("one surname of a double name"),
    How.WRITTEN_TOGETHER: N_("written as one word"),
    How.NEAR: N_("a letter or two differ"),
    How.SOUND: N_("sounds alike"),
}
_DE = frozenset({"de", "den", "der"})
_CERTAIN = frozenset({How.SAME, How.WRITTEN_TOGETHER})


@dataclass(frozen=True)
class Likeness:
    """Why two names may be one person's. Where it is `sure`, they are the same name, and still perhaps two people's."""

    sure: bool
    reasons: tuple[How, ...]

    @property
    def rank(self) -> tuple[bool, int]:
        """What is to be shown first has the least."""
        return not self.sure, len(self.reasons)


_SAME = Likeness(True, (How.SAME,))


def likeness(one: PersonName, other: PersonName) -> Likeness | None:
    """Return how alike two names are, whichever of them comes first; None when they are not."""
    if one.is_empty or other.is_empty:
        return None
    if one.handle or other.handle:
        return _SAME if one.handle == other.handle else None
    given, surname = given_alike(one.first_names, other.first_names), surnames_alike(one.surname, other.surname)
    return None if given is None or surname is None else both_alike(given, surname)


@cache
def both_alike(given: How, surname: How) -> Likeness | None:
    """Return what first names and surnames come to that are each alike; None where it is too little."""
    if given is How.NO_FIRST_NAME and surname not in _CERTAIN:
        # every Smit would lead to every Schmidt
        return None
    if surname is given is How.SAME:
        return _SAME
    return Likeness(False, tuple(dict.fromkeys(how for how in (given, surname) if how is not How.SAME)))


def written_together(name: Surname) -> str:
    """Return a surname with what stands before it as one word, as Belgians and officials often write it."""
    before = "".join("de" if each == ANY_DE else each for each in name.particles)
    return (before + "".join(name.words)).replace("'", "")


def surnames_alike(one: Surname, other: Surname) -> How | None:
    if one == other:
        return How.SAME
    if set(one.words) == set(other.words):
        swapped = one.words != other.words
        return How.SAME if swapped or _same_particles(one, other) else How.PREFIX
    if set(one.words) & set(other.words):
        return How.DOUBLE
    if written_together(one) == written_together(other):
        return How.WRITTEN_TOGETHER
    return _words(" ".join(one.words), " ".join(other.words))


def given_alike(one: Given, other: Given) -> How | None:
    if not one.names or not other.names:
        return How.NO_FIRST_NAME
    if one.names == other.names:
        return How.SAME if any(len(each) > 1 for each in one.names) else How.INITIAL
    first, others_first = one.names[0], other.names[0]
    if first != others_first and ({first, one.called} & {others_first, other.called}) - {""}:
        return How.CALLED
    # whoever has more first names seldom gives them all, so the shorter one decides
    found = [_first_name(a, b) for a, b in zip(one.names, other.names, strict=False)]
    if None in found:
        return None
    worst = next((how for how in (How.NEAR, How.SOUND, How.INITIAL) if how in found), How.SAME)
    return How.FEWER if worst is How.SAME else worst


def _same_particles(one: Surname, other: Surname) -> bool:
    if len(one.particles) != len(other.particles):
        return False
    pairs = zip(one.particles, other.particles, strict=True)
    return all(a == b or (ANY_DE in (a, b) and {a, b} <= _DE | {ANY_DE}) for a, b in pairs)


def _first_name(one: str, other: str) -> How | None:
    if one == other:
        return How.SAME
    if 1 in (len(one), len(other)):
        return How.INITIAL if one[0] == other[0] else None
    return _words(one, other)


def _words(one: str, other: str) -> How | None:
    if sound(one) == sound(other):
        return How.SOUND
    return How.NEAR if is_near(one, other) else None
