"""Every marked name of a vault, found again by how it is spelled, shortened or heard, without comparing all with all.

Holds names and cases, and knows no mandate: whoever shows something of it asks `showing` first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from dropbox.envelope.account import Mark, MarkKind
from dropbox.models import CaseId
from dropbox.workstation.together.alike import Likeness, both_alike
from dropbox.workstation.together.kin import MAX_COMPARED, first_names, surnames
from dropbox.workstation.together.names import Given, PersonName, Surname, person, place_key

Occasion = tuple[str, str]
"""A place and a date that one case has together."""


@dataclass(frozen=True)
class Alike:
    """A name of another case (or the same one in other spelling), and how it is alike."""

    name: PersonName
    how: Likeness


@dataclass
class NameIndex:
    """Made once by `index_of`; `names` says which cases have a name, and how it is written there."""

    names: dict[PersonName, dict[CaseId, str]] = field(default_factory=dict)
    occasions: dict[Occasion, set[CaseId]] = field(default_factory=dict)
    places: dict[CaseId, dict[str, str]] = field(default_factory=dict)
    dates: dict[CaseId, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._surnames, self._first_names = surnames(), first_names()
        self._all_told = True
        self._named: dict[Surname, dict[Given, PersonName]] = {}
        self._of_case: dict[CaseId, list[PersonName]] = {}
        self._found: dict[PersonName, tuple[Alike, ...]] = {}

    @property
    def complete(self) -> bool:
        """Tell whether nothing that was looked up so far was too much to compare."""
        return self._all_told and self._surnames.complete and self._first_names.complete

    def names_of(self, case: CaseId) -> tuple[PersonName, ...]:
        return tuple(self._of_case.get(case, ()))

    def add(self, case: CaseId, marks: Iterable[Mark]) -> None:
        held = tuple(marks)
        for written in (name for mark in held if mark.kind is MarkKind.PERSON for name in mark.names):
            self._add_name(case, person(written), written)
        places = {place_key(mark.name): mark.name for mark in held if mark.kind is MarkKind.PLACE}
        self.places[case] = {key: name for key, name in places.items() if key}
        self.dates[case] = frozenset(mark.name for mark in held if mark.kind is MarkKind.DATE)
        for place in self.places[case]:
            for day in self.dates[case]:
                self.occasions.setdefault((place, day), set()).add(case)

    def alike(self, name: PersonName) -> tuple[Alike, ...]:
        """Return every other name that is like this one, what is surest first."""
        if name not in self._found:
            found = sorted(islice(self._alike(name), MAX_COMPARED), key=_place)
            self._all_told = self._all_told and len(found) < MAX_COMPARED
            self._found[name] = tuple(found)
        return self._found[name]

    def _add_name(self, case: CaseId, name: PersonName, written: str) -> None:
        if name.is_empty:
            return
        if name not in self.names:
            self._file(name)
        cases = self.names.setdefault(name, {})
        if case not in cases:
            cases[case] = written
            self._of_case.setdefault(case, []).append(name)

    def _file(self, name: PersonName) -> None:
        # a user name has no parts, and is like itself alone
        if name.handle:
            return
        surname, given = name.surname, name.first_names
        self._surnames.add(surname)
        self._first_names.add(given)
        self._named.setdefault(surname, {})[given] = name

    def _alike(self, name: PersonName) -> Iterator[Alike]:
        if name.handle:
            return
        like_first = self._first_names.of(name.first_names)
        for surname, how in self._surnames.of(name.surname).items():
            held = self._named[surname]
            for given in held.keys() & like_first.keys():
                both = both_alike(like_first[given], how)
                if both is not None and held[given] != name:
                    yield Alike(held[given], both)


def index_of(marks: Mapping[CaseId, Iterable[Mark]]) -> NameIndex:
    """Return the index of these cases' marks."""
    made = NameIndex()
    for case, held in marks.items():
        made.add(case, held)
    return made


def _place(alike: Alike) -> tuple[object, ...]:
    """Return what puts the surest first, and the same ones in the same order each time."""
    name = alike.name
    return alike.how.rank, name.surnames, name.given, name.particles, name.called
