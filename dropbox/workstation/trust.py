"""Whose drop this is and who sits at its desks: what was compared by voice, and what holds up answering until it is.

Reading and importing never wait for it. Words come in, words go out; nothing is asked here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from dropbox import models
from dropbox.bundle import SignedStatement
from dropbox.errors import (
    BundleForeign,
    RosterForked,
    RosterUnconfirmed,
    Unconfirmed,
    VaultEmpty,
    WordsDiffer,
    WordsMistyped,
)
from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.trust_words import WORD_COUNT, drop_words, roster_words, statement_words
from dropbox.words import find_words
from dropbox.workstation.casebook import Binding, Casebook, DeskRoster
from dropbox.workstation.roster_change import agrees, explained
from dropbox.workstation.speech import _
from dropbox.workstation.stated import DeskChain, DropKeys


def bind(casebook: Casebook, binding: Binding, keys: Sequence[str] = ()) -> None:
    """Bind the vault at its first verified bundle; later ones must be of the same drop, desk and sort.

    keys: the drop's keys as the bundle names them, its name first. Raises BundleForeign, or WordsDiffer when the vault
    was told to expect another key than the one that signs today.
    """
    if casebook.binding is None:
        if casebook.expected_words is not None:
            require_words(casebook.expected_words, drop_words(keys[-1] if keys else binding.drop))
            casebook.confirmed = True
        casebook.binding = binding
    elif casebook.binding != binding:
        raise BundleForeign


def drop_key(casebook: Casebook) -> str:
    """Return the key (hex) that signs for the drop today, as far as this vault has followed its successors."""
    return casebook.drop_keys.followed[-1] if casebook.drop_keys.followed else casebook.bound.drop


def follow_keys(casebook: Casebook, keys: Sequence[str]) -> bool:
    """Take the keys of a verified bundle, the drop's name first; tell whether a key is new that this vault followed."""
    was_known, followed = casebook.drop_keys.followed, tuple(keys[1:])
    casebook.drop_keys = DropKeys(followed)
    return casebook.binding is not None and len(followed) > len(was_known)


def offer_keys(casebook: Casebook, keys: Sequence[str]) -> None:
    """Keep which key a refused bundle was signed with, so that its words can be compared."""
    casebook.drop_keys = replace(casebook.drop_keys, offered=tuple(keys))


def expect_drop(casebook: Casebook, words: str) -> None:
    """Remember the words that the operator named; where the drop is known already, compare them now."""
    if casebook.binding is not None:
        confirm_drop(casebook, words)
    casebook.expected_words = _ten_words(words)


def confirm_drop(casebook: Casebook, words: str) -> None:
    """Confirm the key that signs, or the one that a refused bundle was signed with: from then on only that one counts.

    Raises WordsDiffer, and VaultEmpty when there is nothing yet to compare with.
    """
    current, offered = drop_words(drop_key(casebook)), casebook.drop_keys.offered
    if offered and _ten_words(words) == drop_words(offered[-1]):
        casebook.drop_keys = DropKeys(offered[1:])
    else:
        require_words(words, current)
    casebook.confirmed = True


def confirm_roster(casebook: Casebook, words: str) -> DeskId:
    """Accept the changed roster, or the chain of statements, that these words stand for, and return its desk.

    Raises WordsDiffer, VaultEmpty.
    """
    if not casebook.rosters:
        raise VaultEmpty
    typed = _ten_words(words)
    for desk, held in casebook.statements.items():
        for chain in (held.rival, held.chain):
            if held.rival and typed == statement_words(chain[-1].statement.sha256):
                _settle(casebook, desk, chain)
                return desk
    # a roster that is confirmed already may be confirmed again
    for desk in sorted(casebook.rosters, key=lambda desk: not _is_changed(casebook, desk)):
        known = casebook.rosters[desk]
        if typed == roster_words(desk, known.newest):
            casebook.rosters[desk] = replace(known, confirmed=known.newest)
            if desk in casebook.statements:
                casebook.statements[desk] = replace(casebook.statements[desk], differs=False)
            return desk
    raise WordsDiffer


def _settle(casebook: Casebook, desk: DeskId, chain: tuple[SignedStatement, ...]) -> None:
    """Keep the chain that members compared. Whoever signed what was not in ours is not known to this vault."""
    held = casebook.statements[desk]
    same = 0
    while same < min(len(chain), len(held.chain)) and chain[same].statement == held.chain[same].statement:
        same += 1
    signers = (*held.signers[:same], *(None for _each in chain[same:]))
    casebook.statements[desk] = DeskChain(chain, signers, differs=held.differs)
    compare_roster(casebook, desk, is_news=True)


def changed_rosters(casebook: Casebook) -> list[DeskId]:
    return sorted(desk for desk in casebook.rosters if _is_changed(casebook, desk))


def _is_changed(casebook: Casebook, desk: DeskId) -> bool:
    held = casebook.statements.get(desk)
    return casebook.rosters[desk].changed or (held is not None and held.differs)


def is_unsigned(casebook: Casebook, desk: DeskId) -> bool:
    """Tell whether a change of this desk's list is one that its members could have signed, and did not."""
    held = casebook.statements.get(desk)
    return held is not None and not held.rival


def forked_rosters(casebook: Casebook) -> list[DeskId]:
    """Return the desks of which a bundle showed another chain of statements than this vault holds."""
    return sorted(desk for desk, held in casebook.statements.items() if held.rival)


def require_trust(casebook: Casebook) -> None:
    """Raises Unconfirmed, RosterForked or RosterUnconfirmed while something must still be compared before answering."""
    if not (casebook.confirmed or casebook.bound.trial):
        raise Unconfirmed
    if forked_rosters(casebook):
        raise RosterForked
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


def compare_roster(casebook: Casebook, desk: DeskId, *, is_news: bool) -> None:
    """Count a desk's list as confirmed where its signed statements explain it, and mark it where they do not.

    is_news: the statements are not those of the last time. A list that people compared stays confirmed while nothing
    changes.
    """
    held, known = casebook.statements.get(desk), casebook.rosters[desk]
    if held is None or not (known.changed or held.differs or is_news):
        return
    chain = [each.statement for each in held.chain]
    followed = agrees(known.newest, chain[-1], known.day)
    if followed and (not known.changed or explained(known.confirmed, known.newest, chain)):
        casebook.rosters[desk] = replace(known, confirmed=known.newest)
        casebook.statements[desk] = replace(held, differs=False)
    else:
        casebook.statements[desk] = replace(held, differs=not followed and not known.changed)


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


def require_words(words: str, actual: str) -> None:
    """Raise WordsDiffer unless these are the ten words; WordsMistyped for a slip of the pen."""
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
