"""Whose drop this is and who sits at its desks: what was compared by voice, and what holds up answering until it is.

Reading and importing never wait for it. Words come in, words go out; nothing is asked here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from dropbox import models
from dropbox.errors import BundleForeign, RosterUnconfirmed, Unconfirmed, VaultEmpty, WordsDiffer, WordsMistyped
from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.trust_words import WORD_COUNT, drop_words, roster_words
from dropbox.words import find_words
from dropbox.workstation.casebook import Binding, Casebook, DeskRoster
from dropbox.workstation.speech import _


def bind(casebook: Casebook, binding: Binding) -> None:
    """Bind the vault at its first verified bundle; later ones must be of the same drop, desk and sort.

    Raises BundleForeign, or WordsDiffer when the vault was told to expect another key.
    """
    if casebook.binding is None:
        if casebook.expected_words is not None:
            _compare(casebook.expected_words, drop_words(binding.drop))
            casebook.confirmed = True
        casebook.binding = binding
    elif casebook.binding != binding:
        raise BundleForeign


def expect_drop(casebook: Casebook, words: str) -> None:
    """Remember the words that the operator named; where the drop is known already, compare them now."""
    if casebook.binding is not None:
        confirm_drop(casebook, words)
    casebook.expected_words = _ten_words(words)


def confirm_drop(casebook: Casebook, words: str) -> None:
    """Raises WordsDiffer, and VaultEmpty when there is nothing yet to compare with."""
    _compare(words, drop_words(casebook.bound.drop))
    casebook.confirmed = True


def confirm_roster(casebook: Casebook, words: str) -> DeskId:
    """Accept the changed roster that these words stand for, and return its desk. Raises WordsDiffer, VaultEmpty."""
    if not casebook.rosters:
        raise VaultEmpty
    typed = _ten_words(words)
    # a roster that is confirmed already may be confirmed again
    for desk in sorted(casebook.rosters, key=lambda desk: not casebook.rosters[desk].changed):
        known = casebook.rosters[desk]
        if typed == roster_words(desk, known.newest):
            casebook.rosters[desk] = replace(known, confirmed=known.newest)
            return desk
    raise WordsDiffer


def changed_rosters(casebook: Casebook) -> list[DeskId]:
    return sorted(desk for desk, known in casebook.rosters.items() if known.changed)


def require_trust(casebook: Casebook) -> None:
    """Raises Unconfirmed or RosterUnconfirmed while something must still be compared before anything is answered."""
    if not (casebook.confirmed or casebook.bound.trial):
        raise Unconfirmed
    if changed_rosters(casebook):
        raise RosterUnconfirmed


def take_rosters(casebook: Casebook, rosters: Mapping[DeskId, Roster], day: date, last: int) -> None:
    """Take what a bundle of this day and log number says of its desks, unless a newer one was seen before it."""
    for desk, roster in rosters.items():
        known = casebook.rosters.get(desk)
        if known is None:
            casebook.rosters[desk] = DeskRoster(roster, roster, day, last)
        elif (day, last) >= (known.day, known.last) and not (
            (day, last) == (known.day, known.last) and _continues(roster, known.newest)
        ):
            casebook.rosters[desk] = replace(known, newest=roster, day=day, last=last)


def newest_rosters(casebook: Casebook) -> dict[DeskId, Roster]:
    return {desk: known.newest for desk, known in casebook.rosters.items()}


def members_on(roster: Iterable[Membership], day: date) -> tuple[frozenset[Fingerprint], frozenset[Fingerprint]]:
    """Return who was surely a member all of that day, and who may have been one for a part of it."""
    roster = tuple(roster)
    surely = {m.fingerprint for m in roster if m.first_day < day and (m.last_day is None or m.last_day > day)}
    return frozenset(surely), models.members_on(roster, day)


def _continues(earlier: Roster, later: Roster) -> bool:
    """Tell whether `later` is `earlier` after members came or left, so that the two can be told apart on one day."""
    known = {(m.fingerprint, m.first_day): m.last_day for m in later}
    return all(
        (m.fingerprint, m.first_day) in known
        and (m.last_day is None or m.last_day == known[(m.fingerprint, m.first_day)])
        for m in earlier
    )


def _compare(words: str, actual: str) -> None:
    if _ten_words(words) != actual:
        raise WordsDiffer


def _ten_words(typed: str) -> str:
    """Return the words in their one spelling. A slip of the pen is no alarm: it raises WordsMistyped."""
    words = find_words(typed)
    for position, word in enumerate(words, start=1):
        if not word.known:
            raise WordsMistyped(_("word %(position)s is not on it", position=position))
    if len(words) != WORD_COUNT:
        raise WordsMistyped(_("there are %(number)s", number=len(words)))
    return " ".join(word.text for word in words)
