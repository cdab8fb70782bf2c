"""What a member may want to take out: names and numbers that word lists point at, and persons that the desk marked.

Proposals only. They overlook some and name words that are nobody's; the member who makes the pack decides.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from dropbox.workstation.disclosure.folding import plain
from dropbox.workstation.disclosure.needles import names_anything, person
from dropbox.workstation.disclosure.passages import LEFT_OUT, ONE_OF_THEM, open_text
from dropbox.workstation.disclosure.plan import MAX_NAME_CHARACTERS, MIN_NAME_LETTERS, Person, letters
from dropbox.workstation.pointing import Point, PointKind, points_in

MAX_PROPOSED = 60
_NO_PROPOSAL = frozenset({PointKind.NAME, PointKind.BLANK})
Names = tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """Something in the open part that may still tell who somebody is. number: the item's place in the pack."""

    number: int
    text: str
    label: str


def proposed_persons(texts: Iterable[str], marked: Iterable[Names] = (), taken: Iterable[Names] = ()) -> list[Names]:
    """Return persons by their names: those that are marked, then names in the texts that none of these covers.

    taken: the persons of the plan so far, who are proposed no more.
    """
    known = [*taken]
    found = [names for names in marked if not is_covered(names[0], known)]
    known += found
    points = [_words(point.text) for text in texts for point in points_in(text) if point.kind is PointKind.NAME]
    for name in sorted(dict.fromkeys(points), key=lambda each: (-len(each), each)):
        if len(plain(name)) >= MIN_NAME_LETTERS and len(name) <= MAX_NAME_CHARACTERS and not is_covered(name, known):
            known.append((name,))
            found.append((name,))
    return found[:MAX_PROPOSED]


def proposed_phrases(texts: Iterable[str], taken: Collection[str] = ()) -> list[str]:
    """Return numbers, addresses and the like that are to be left out, as they stand in the texts."""
    points = [_words(point.text) for text in texts for point in points_in(text) if point.kind not in _NO_PROPOSAL]
    known = {plain(each) for each in taken}
    return [each for each in dict.fromkeys(points) if plain(each) and plain(each) not in known][:MAX_PROPOSED]


def still_standing(texts: Sequence[str], letters_used: Collection[str]) -> list[Standing]:
    """Return what still looks like a name or a number in texts of the open part, for somebody to look at again."""
    quiet = [*letters_used, str(LEFT_OUT), str(ONE_OF_THEM)]
    return [
        Standing(number, point.text, str(point.label))
        for number, text in enumerate(texts, start=1)
        for point in points_in(text, quiet=quiet)
        if not _is_ours(point, quiet)
    ][:MAX_PROPOSED]


def _is_ours(point: Point, quiet: Collection[str]) -> bool:
    return point.kind is PointKind.BLANK or point.text in quiet


def is_covered(name: str, known: Iterable[Sequence[str]]) -> bool:
    """Tell whether nothing is left of a name once one of these persons has become a letter."""
    for names in known:
        sought = [person(Person(letters(1)[0], tuple(names)))]
        if names_anything(name, sought) and open_text(name, sought).text == letters(1)[0]:
            return True
    return False


def _words(text: str) -> str:
    return " ".join(text.split())
