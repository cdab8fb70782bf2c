"""Whose drop, whose desks: nothing is answered before it was compared, and a slip of the pen is no alarm."""

from datetime import date, timedelta

import pytest

from dropbox.errors import (
    BundleForeign,
    RosterUnconfirmed,
    Unconfirmed,
    VaultEmpty,
    WordsDiffer,
    WordsMistyped,
)
from dropbox.models import DeskId, Fingerprint, Membership, Roster, VaultId
from dropbox.trust_words import drop_words, roster_words
from dropbox.workstation import trust
from dropbox.workstation.casebook import Binding, Casebook

DROP = "d0" * 32
DESK, OTHER = DeskId("integrity"), DeskId("bureau")
DAY = date(2026, 3, 4)
ANNA, BRAM, CORA = (Fingerprint(letters * 20) for letters in ("A1", "B2", "C3"))
ROSTER: Roster = (Membership(ANNA, DAY), Membership(BRAM, DAY))


@pytest.fixture
def casebook() -> Casebook:
    return Casebook.new(VaultId("e" * 32), ANNA)


def bind(casebook: Casebook, drop: str = DROP, *, desk: DeskId = DESK, trial: bool = False) -> None:
    trust.bind(casebook, Binding(drop, desk, trial))


def test_nothing_is_answered_before_the_words_were_compared(casebook: Casebook) -> None:
    with pytest.raises(VaultEmpty):
        trust.require_trust(casebook)
    bind(casebook)
    with pytest.raises(Unconfirmed):
        trust.require_trust(casebook)
    trust.confirm_drop(casebook, drop_words(DROP).upper().replace(" ", "\n - "))
    trust.require_trust(casebook)


def test_a_trial_drop_needs_no_words(casebook: Casebook) -> None:
    bind(casebook, trial=True)
    trust.require_trust(casebook)


def test_other_words_are_an_alarm_and_confirm_nothing(casebook: Casebook) -> None:
    bind(casebook)
    with pytest.raises(WordsDiffer):
        trust.confirm_drop(casebook, drop_words("d1" * 32))
    assert not casebook.confirmed


@pytest.mark.parametrize("typed", ["", "tassel", "xyzzy " * 10, "tassel " * 11])
def test_a_slip_of_the_pen_is_no_alarm(casebook: Casebook, typed: str) -> None:
    bind(casebook)
    with pytest.raises(WordsMistyped):
        trust.confirm_drop(casebook, typed)


def test_a_slip_is_shown_by_its_place_or_by_the_number_of_words(casebook: Casebook) -> None:
    bind(casebook)
    words = drop_words(DROP).split()
    with pytest.raises(WordsMistyped, match="there are 9"):
        trust.confirm_drop(casebook, " ".join(words[:9]))
    with pytest.raises(WordsMistyped, match="word 9 is not on it"):
        trust.confirm_drop(casebook, " ".join([*words[:8], "xyzzy", words[9]]))


def test_words_named_before_the_first_bundle_must_be_that_drops(casebook: Casebook) -> None:
    trust.expect_drop(casebook, drop_words(DROP))
    with pytest.raises(WordsDiffer):
        bind(casebook, "d1" * 32)
    assert casebook.binding is None
    bind(casebook)
    assert casebook.confirmed


def test_words_named_later_are_compared_at_once(casebook: Casebook) -> None:
    bind(casebook)
    with pytest.raises(WordsDiffer):
        trust.expect_drop(casebook, drop_words("d1" * 32))
    trust.expect_drop(casebook, drop_words(DROP))
    assert casebook.confirmed


@pytest.mark.parametrize(
    "other", [Binding("d1" * 32, DESK, False), Binding(DROP, OTHER, False), Binding(DROP, DESK, True)]
)
def test_a_vault_stays_with_its_drop_desk_and_sort(casebook: Casebook, other: Binding) -> None:
    bind(casebook)
    with pytest.raises(BundleForeign):
        trust.bind(casebook, other)


def ready(casebook: Casebook) -> None:
    bind(casebook)
    casebook.confirmed = True
    trust.take_rosters(casebook, {DESK: ROSTER}, DAY, 1)
    trust.require_trust(casebook)


CHANGES: dict[str, Roster] = {
    "somebody came": (*ROSTER, Membership(CORA, DAY)),
    "somebody left": (ROSTER[0], Membership(BRAM, DAY, DAY)),
    "another in their place": (ROSTER[0], Membership(CORA, DAY)),
    "another day": (ROSTER[0], Membership(BRAM, DAY - timedelta(days=1))),
    "nobody": (),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_of_a_roster_holds_up_answering_until_it_is_confirmed(casebook: Casebook, change: Roster) -> None:
    ready(casebook)
    trust.take_rosters(casebook, {DESK: change}, DAY + timedelta(days=1), 1)
    with pytest.raises(RosterUnconfirmed):
        trust.require_trust(casebook)
    with pytest.raises(WordsDiffer):
        trust.confirm_roster(casebook, roster_words(DESK, ROSTER))
    assert trust.confirm_roster(casebook, roster_words(DESK, change)) == DESK
    trust.require_trust(casebook)


def test_a_desk_never_seen_before_holds_nothing_up(casebook: Casebook) -> None:
    ready(casebook)
    trust.take_rosters(casebook, {OTHER: (Membership(CORA, DAY),)}, DAY, 2)
    trust.require_trust(casebook)


def test_an_older_bundle_does_not_bring_an_old_roster_back(casebook: Casebook) -> None:
    ready(casebook)
    newer = (ROSTER[0], Membership(BRAM, DAY, DAY))
    for day, last in ((DAY, 2), (DAY + timedelta(days=1), 2)):
        trust.take_rosters(casebook, {DESK: newer}, day, last)
        trust.confirm_roster(casebook, roster_words(DESK, newer))
        trust.take_rosters(casebook, {DESK: ROSTER}, DAY, 1)
        trust.require_trust(casebook)
        assert casebook.rosters[DESK].newest == newer


def test_an_earlier_bundle_of_the_same_day_and_number_is_told_apart(casebook: Casebook) -> None:
    ready(casebook)
    newer = (*ROSTER, Membership(CORA, DAY))
    trust.take_rosters(casebook, {DESK: newer}, DAY, 1)
    trust.confirm_roster(casebook, roster_words(DESK, newer))
    trust.take_rosters(casebook, {DESK: ROSTER}, DAY, 1)
    trust.require_trust(casebook)


def test_a_member_taken_off_within_the_day_is_noticed(casebook: Casebook) -> None:
    ready(casebook)
    trust.take_rosters(casebook, {DESK: (Membership(CORA, DAY),)}, DAY, 1)
    with pytest.raises(RosterUnconfirmed):
        trust.require_trust(casebook)


def test_words_of_two_desks_are_not_the_same(casebook: Casebook) -> None:
    assert roster_words(DESK, ROSTER) != roster_words(OTHER, ROSTER)


def test_a_day_on_which_somebody_came_or_left_is_no_certainty() -> None:
    roster = (
        Membership(ANNA, DAY - timedelta(days=2)),
        Membership(BRAM, DAY - timedelta(days=2), DAY),
        Membership(CORA, DAY),
    )
    surely = [sorted(trust.members_on(roster, DAY + timedelta(days=days))[0]) for days in (-2, 0, 1)]
    perhaps = [sorted(trust.members_on(roster, DAY + timedelta(days=days))[1]) for days in (-2, 0, 1)]
    assert surely == [[], [ANNA], [ANNA, CORA]]
    assert perhaps == [[ANNA, BRAM], [ANNA, BRAM, CORA], [ANNA, CORA]]
