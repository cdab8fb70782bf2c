"""What may be shown of one case beside another: as much as both reporters' mandates allow, or both agreed to.

Every page and command that tells of links gets them from here and from nowhere else.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from heapq import nsmallest

from dropbox.codename import case_name
from dropbox.models import CaseId, Mandate
from dropbox.workstation import acts, mandate, moves
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.mandate import Beside
from dropbox.workstation.together.alike import Likeness, likeness
from dropbox.workstation.together.index import NameIndex
from dropbox.workstation.together.joining import JoinState, join_state
from dropbox.workstation.together.names import PersonName

MAX_LINKS = 200
"""Links that are told of one case: more than that nobody reads."""


class Shut(StrEnum):
    """Why nothing is said of a case's links: its reporter took it back, or it was handed to another desk."""

    WITHDRAWN = "withdrawn"
    AWAY = "away"


@dataclass(frozen=True)
class SharedName:
    """A name of this case and one of the other, as each writes it, and how the two are alike."""

    here: str
    there: str
    how: Likeness


@dataclass(frozen=True)
class Link:
    """Another case that may be about the same: by names, or by one place on one date.

    places and dates: what both name, as this case writes it. joined: both reporters agreed to it.
    """

    case: CaseId
    names: tuple[SharedName, ...]
    places: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    beside: Beside = Beside.NOTHING
    joined: bool = False

    @property
    def sure(self) -> bool:
        return any(each.how.sure for each in self.names)

    @property
    def rank(self) -> tuple[bool, bool, int, CaseId]:
        return not self.joined, not self.sure, -len(self.names), self.case


@dataclass(frozen=True)
class CaseLinks:
    """What one case's own page says. `another`: there is more that the mandates keep apart, and no more is said of it.

    left_out: how many links there are beyond those that are told. complete: nothing was too much to compare.
    """

    links: tuple[Link, ...] = ()
    another: bool = False
    left_out: int = 0
    join: JoinState = JoinState.NOT_ASKED
    shut: Shut | None = None
    complete: bool = True


@dataclass(frozen=True)
class Terms:
    """What one case's reporter allows between cases: who was asked to be joined and said no is as one who listens."""

    mandate: Mandate
    join: JoinState
    shut: Shut | None

    def of_another(self, other: "Terms") -> tuple[Beside, bool]:
        """Return what this case's page may show of another one, and whether the two are joined."""
        if other.shut is not None:
            return Beside.NOTHING, False
        allowed = mandate.beside(self.mandate, other.mandate)
        joined = self.join is other.join is JoinState.AGREED
        return (Beside.DESK if joined and allowed is not Beside.ALL else allowed), joined


class Allowed:
    """What the reporter of each case allows, worked out once, for as long as the casebook is not changed."""

    def __init__(self, casebook: Casebook) -> None:
        self.casebook = casebook
        self._terms: dict[CaseId, Terms] = {}

    def by(self, case: CaseId) -> Terms:
        if case not in self._terms:
            self._terms[case] = self._worked_out(case)
        return self._terms[case]

    def _worked_out(self, case: CaseId) -> Terms:
        now, join = acts.standing(self.casebook, case), join_state(self.casebook, case)
        shut = Shut.WITHDRAWN if now.withdrawn is not None else None
        return Terms(
            mandate=Mandate.LISTEN if join is JoinState.REFUSED else now.mandate,
            join=join,
            shut=Shut.AWAY if moves.is_away(self.casebook, case) else shut,
        )


def links_of(casebook: Casebook, index: NameIndex, case: CaseId, allowed: Allowed | None = None) -> CaseLinks:
    """Return what may be said of a case's links, what is joined and sure first.

    allowed: what is known of this same casebook already, where more than one case is asked for.
    """
    known = Allowed(casebook) if allowed is None else allowed
    own = known.by(case)
    if own.shut is not None:
        return CaseLinks(shut=own.shut)
    found: list[Link] = []
    another = False
    for other, names in _touching(index, case).items():
        beside, joined = own.of_another(known.by(other))
        another = another or beside is Beside.ANOTHER
        if beside in (Beside.ALL, Beside.DESK):
            found.append(Link(other, tuple(names), beside=beside, joined=joined))
    told = nsmallest(MAX_LINKS, found, key=lambda link: link.rank)
    links = tuple(_in_full(index, case, link) for link in told)
    return CaseLinks(links, another, len(found) - len(links), own.join, complete=index.complete)


def _touching(index: NameIndex, case: CaseId) -> dict[CaseId, list[SharedName]]:
    """Return the other cases that have a name like one of this case, or a place and a date that this one has too.

    Not yet what may be shown of them.
    """
    found: dict[CaseId, list[SharedName]] = {}
    for name in index.names_of(case):
        here = index.names[name][case]
        for other, how in _like(index, name):
            cases = index.names[other]
            shared = {written: SharedName(here, written, how) for written in set(cases.values())}
            for there, written in cases.items():
                if there != case:
                    found.setdefault(there, []).append(shared[written])
    for there in _same_occasions(index, case):
        found.setdefault(there, [])
    return found


def _like(index: NameIndex, name: PersonName) -> Iterator[tuple[PersonName, Likeness]]:
    """Give the name itself, as other cases have it, and those that are like it."""
    itself = likeness(name, name)
    if itself is not None:
        yield name, itself
    yield from ((each.name, each.how) for each in index.alike(name))


def _same_occasions(index: NameIndex, case: CaseId) -> Iterator[CaseId]:
    for place in index.places.get(case, ()):
        for day in index.dates.get(case, ()):
            yield from index.occasions[place, day] - {case}


def _in_full(index: NameIndex, case: CaseId, link: Link) -> Link:
    """Return a link with its names in order, and with what else both cases name."""
    here, there = index.places[case], index.places[link.case]
    return replace(
        link,
        names=tuple(sorted(link.names, key=lambda each: each.how.rank)),
        places=tuple(sorted(here[key] for key in here.keys() & there.keys())),
        dates=tuple(sorted(index.dates[case] & index.dates[link.case])),
    )


# --- all cases at once --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alike:
    """Another name that is like the group's: how it is written, why, and the cases that have it."""

    name: str
    how: Likeness
    cases: tuple[CaseId, ...]


@dataclass(frozen=True)
class Group:
    """One name that open cases have, as most of them write it; `also`: other spellings of it. others: names like it."""

    name: str
    also: tuple[str, ...]
    cases: tuple[CaseId, ...]
    sure: bool
    others: tuple[Alike, ...]


@dataclass(frozen=True)
class Overview:
    """What touches in the whole vault. groups: of cases that may be shown side by side, the largest first."""

    groups: tuple[Group, ...]
    joined: tuple[tuple[CaseId, CaseId], ...]
    complete: bool


def overview(casebook: Casebook, index: NameIndex) -> Overview:
    """Return every name that more than one case has, or has one like it; listening cases stand in none of them."""
    allowed = Allowed(casebook)
    cases = {case for held in index.names.values() for case in held if case in casebook.cases}
    telling = _Telling(index, frozenset(case for case in cases if _is_open(allowed.by(case))))
    by_size = sorted(index.names, key=lambda name: (-len(index.names[name]), name.surnames, name.given, name.handle))
    groups = [group for group in map(telling.group, by_size) if group is not None]
    return Overview(tuple(groups), tuple(_joined(casebook, index, allowed, cases)), index.complete)


@dataclass(frozen=True)
class _Held:
    """The open cases that have one name; how most of them write it, and how others do."""

    cases: tuple[CaseId, ...]
    written: str = ""
    also: tuple[str, ...] = ()


class _Telling:
    """Tells each name and each pair of names once, and a name's cases together: many of them make no more pairs."""

    def __init__(self, index: NameIndex, open_cases: frozenset[CaseId]) -> None:
        self._index = index
        self._open = open_cases
        self._pairs: set[frozenset[PersonName]] = set()
        self._known: dict[PersonName, _Held] = {}

    def group(self, name: PersonName) -> Group | None:
        """Return a name and what is like it; None when that is one case's own affair, or was told already."""
        itself, held = likeness(name, name), self._held(name)
        if itself is None or not held.cases:
            return None
        others = tuple(self._others(name, held.cases))
        if len(held.cases) < 2 and not others:
            return None
        return Group(held.written, held.also, held.cases, itself.sure, others)

    def _others(self, name: PersonName, cases: tuple[CaseId, ...]) -> Iterator[Alike]:
        for each in self._index.alike(name):
            theirs = self._held(each.name)
            pair = frozenset({name, each.name})
            if theirs.cases and pair not in self._pairs and (len(cases) > 1 or theirs.cases != cases):
                self._pairs.add(pair)
                yield Alike(theirs.written, each.how, theirs.cases)

    def _held(self, name: PersonName) -> _Held:
        if name not in self._known:
            self._known[name] = self._gathered(self._index.names[name])
        return self._known[name]

    def _gathered(self, spellings: Mapping[CaseId, str]) -> _Held:
        # an intersection of the two would walk all open cases for each name
        cases = tuple(sorted((case for case in spellings if case in self._open), key=case_name))
        if not cases:
            return _Held(())
        counts = Counter(spellings[case] for case in cases)
        written = max(sorted(counts), key=counts.__getitem__)
        also = sorted(each for each in counts if each.casefold() != written.casefold())
        return _Held(cases, written, tuple(also))


def _is_open(terms: Terms) -> bool:
    """Tell whether a case may stand beside any other open one, within the desk."""
    return terms.shut is None and terms.mandate is not Mandate.LISTEN


def _joined(
    casebook: Casebook, index: NameIndex, allowed: Allowed, cases: Iterable[CaseId]
) -> Iterator[tuple[CaseId, CaseId]]:
    for case in sorted(case for case in cases if allowed.by(case).join is JoinState.AGREED):
        for link in links_of(casebook, index, case, allowed).links:
            if link.joined and case < link.case:
                yield case, link.case
