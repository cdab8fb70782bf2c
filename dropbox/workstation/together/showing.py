"""What may be shown of one case beside another: as much as both reporters' mandates allow, or both agreed to.

Every page and command that tells of links gets them from here and from nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

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


def links_of(casebook: Casebook, index: NameIndex, case: CaseId) -> CaseLinks:
    """Return what may be said of a case's links, what is joined and sure first."""
    own = acts.standing(casebook, case)
    if moves.is_away(casebook, case):
        return CaseLinks(shut=Shut.AWAY)
    if own.withdrawn is not None:
        return CaseLinks(shut=Shut.WITHDRAWN)
    join = join_state(casebook, case)
    mine = _as_allowed(own.mandate, join)
    found: list[Link] = []
    another = False
    for link in _touching(index, case):
        beside, joined = _beside(casebook, mine, join, link.case)
        another = another or beside is Beside.ANOTHER
        if beside in (Beside.ALL, Beside.DESK):
            found.append(replace(link, beside=beside, joined=joined))
    found.sort(key=lambda link: link.rank)
    return CaseLinks(tuple(found[:MAX_LINKS]), another, max(0, len(found) - MAX_LINKS), join, complete=index.complete)


def _beside(casebook: Casebook, own: Mandate, join: JoinState, other: CaseId) -> tuple[Beside, bool]:
    """Return what the page of a case with this mandate may show of another one, and whether the two are joined."""
    theirs = acts.standing(casebook, other)
    if theirs.withdrawn is not None or moves.is_away(casebook, other):
        return Beside.NOTHING, False
    their_join = join_state(casebook, other)
    allowed = mandate.beside(own, _as_allowed(theirs.mandate, their_join))
    joined = join is their_join is JoinState.AGREED
    return (Beside.DESK if joined and allowed is not Beside.ALL else allowed), joined


def _as_allowed(of_case: Mandate, join: JoinState) -> Mandate:
    """Return the mandate that counts between cases: a reporter who was asked and said no is kept apart from all."""
    return Mandate.LISTEN if join is JoinState.REFUSED else of_case


def _touching(index: NameIndex, case: CaseId) -> list[Link]:
    """Return the other cases that have a name like one of this case, or a place and a date that this one has too.

    Not yet what may be shown of them.
    """
    found: dict[CaseId, list[SharedName]] = {}
    for name in index.names_of(case):
        here = index.names[name][case]
        for other, how in _like(index, name):
            for there, written in index.names[other].items():
                if there != case:
                    found.setdefault(there, []).append(SharedName(here, written, how))
    for there in _same_occasions(index, case):
        found.setdefault(there, [])
    return [_link(index, case, other, names) for other, names in found.items()]


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


def _link(index: NameIndex, case: CaseId, other: CaseId, names: list[SharedName]) -> Link:
    here, there = index.places[case], index.places[other]
    dates = index.dates[case] & index.dates[other]
    return Link(
        case=other,
        names=tuple(sorted(names, key=lambda each: each.how.rank)),
        places=tuple(sorted(here[key] for key in here.keys() & there.keys())),
        dates=tuple(sorted(dates)),
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
    telling = _Telling(index, _open(casebook, index))
    by_size = sorted(index.names, key=lambda name: (-len(index.names[name]), name.surnames, name.given, name.handle))
    groups = [group for group in map(telling.group, by_size) if group is not None]
    return Overview(tuple(groups), tuple(_joined(casebook, index)), index.complete)


class _Telling:
    """Tells each name and each pair of names once."""

    def __init__(self, index: NameIndex, open_cases: frozenset[CaseId]) -> None:
        self._index = index
        self._open = open_cases
        self._pairs: set[frozenset[PersonName]] = set()
        self._known: dict[PersonName, tuple[CaseId, ...]] = {}

    def group(self, name: PersonName) -> Group | None:
        """Return a name and what is like it; None when that is one case's own affair, or was told already."""
        itself, cases = likeness(name, name), self._cases(name)
        if itself is None or not cases:
            return None
        others = tuple(self._others(name, cases))
        if len(cases) < 2 and not others:
            return None
        spellings = [self._index.names[name][case] for case in cases]
        written = _most(spellings)
        also = tuple(sorted({each for each in spellings if each.casefold() != written.casefold()}))
        return Group(written, also, cases, itself.sure, others)

    def _others(self, name: PersonName, cases: tuple[CaseId, ...]) -> Iterator[Alike]:
        for each in self._index.alike(name):
            theirs = self._cases(each.name)
            pair = frozenset({name, each.name})
            if theirs and pair not in self._pairs and (len(cases) > 1 or theirs != cases):
                self._pairs.add(pair)
                yield Alike(_most([self._index.names[each.name][case] for case in theirs]), each.how, theirs)

    def _cases(self, name: PersonName) -> tuple[CaseId, ...]:
        # asked for once for every name that is like it: a name's two words are a hash each
        if name not in self._known:
            # an intersection of the two would walk all open cases for each name
            cases = (case for case in self._index.names[name] if case in self._open)
            self._known[name] = tuple(sorted(cases, key=case_name))
        return self._known[name]


def _most(spellings: list[str]) -> str:
    """Return the spelling that most of these cases use."""
    return max(sorted(set(spellings)), key=spellings.count)


def _open(casebook: Casebook, index: NameIndex) -> frozenset[CaseId]:
    """Return the cases that may stand beside any other open one, within the desk."""
    cases = {case for held in index.names.values() for case in held}
    standings = acts.standings(casebook, cases)
    return frozenset(
        case
        for case, now in standings.items()
        if now.withdrawn is None
        and not moves.is_away(casebook, case)
        and _as_allowed(now.mandate, join_state(casebook, case)) is not Mandate.LISTEN
    )


def _joined(casebook: Casebook, index: NameIndex) -> Iterator[tuple[CaseId, CaseId]]:
    cases = {case for held in index.names.values() for case in held}
    agreed = sorted(case for case in cases if join_state(casebook, case) is JoinState.AGREED)
    for case in agreed:
        for link in links_of(casebook, index, case).links:
            if link.joined and case < link.case:
                yield case, link.case
