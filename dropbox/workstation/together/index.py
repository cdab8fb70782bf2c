"""Every marked name of a vault, found again by how it is spelled, shortened or heard, without comparing all with all.

Holds names and cases, and knows no mandate: whoever shows something of it asks `showing` first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dropbox.envelope.account import Mark, MarkKind
from dropbox.models import CaseId
from dropbox.workstation.together.alike import Likeness, likeness, written_together
from dropbox.workstation.together.names import PersonName, person, place_key
from dropbox.workstation.together.spelling import sound, with_letters_left_out

MAX_COMPARED = 20_000
"""Names that one name is compared with: what one member can mark must not keep another waiting."""

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
    complete: bool = True

    def __post_init__(self) -> None:
        self._exact: dict[str, list[PersonName]] = {}
        self._sounds: dict[str, list[PersonName]] = {}
        self._near: dict[str, list[PersonName]] = {}
        self._of_case: dict[CaseId, list[PersonName]] = {}
        self._found: dict[PersonName, tuple[Alike, ...]] = {}

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
            self._found[name] = tuple(self._alike(name))
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
        for key in _exact_keys(name):
            self._exact.setdefault(key, []).append(name)
        if name.surnames:
            joined = " ".join(name.surnames)
            self._sounds.setdefault(sound(joined), []).append(name)
            for key in with_letters_left_out(joined):
                self._near.setdefault(key, []).append(name)

    def _alike(self, name: PersonName) -> list[Alike]:
        compared: set[PersonName] = {name}
        found: list[Alike] = []
        for other in self._candidates(name):
            if other in compared:
                continue
            if len(compared) > MAX_COMPARED:
                self.complete = False
                break
            compared.add(other)
            how = likeness(name, other)
            if how is not None:
                found.append(Alike(other, how))
        return sorted(found, key=lambda each: each.how.rank)

    def _candidates(self, name: PersonName) -> Iterator[PersonName]:
        for key in _exact_keys(name):
            yield from self._exact.get(key, ())
        if name.surnames:
            joined = " ".join(name.surnames)
            yield from self._sounds.get(sound(joined), ())
            for key in with_letters_left_out(joined):
                yield from self._near.get(key, ())


def index_of(marks: Mapping[CaseId, Iterable[Mark]]) -> NameIndex:
    """Return the index of these cases' marks."""
    made = NameIndex()
    for case, held in marks.items():
        made.add(case, held)
    return made


def _exact_keys(name: PersonName) -> frozenset[str]:
    return frozenset((*name.surnames, written_together(name))) if name.surnames else frozenset({"@" + name.handle})
