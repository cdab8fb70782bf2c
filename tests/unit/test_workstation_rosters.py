"""Rosters that members sign: what follows by signatures counts, and what does not is held up until it is compared."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dropbox.bundle import PickupManifest, RosterStatement, SignedStatement
from dropbox.models import Membership
from dropbox.trust_words import roster_words, statement_words
from tests.envelopes import Case
from tests.factories_bundles import DESK, LONG_AGO, OTHER_DESK, Investigator, World
from tests.stated import SignedDesk, signature

HELD_UP = "ROSTER CHANGED"
ALARM = "another history of its members"
FORGED = "that no member signed"


@pytest.fixture
def desk(here: World) -> SignedDesk:
    """Anna's vault knows the desk's first statement, and a case that she could answer."""
    made = SignedDesk(here)
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    return made


def answer(here: World) -> bool:
    """Tell whether anna may answer now."""
    result = here.anna.run("export", here.folder / f"try-{len(list(here.folder.iterdir()))}.tar")
    assert result.code == 0 or "may be answered" in result.err
    return result.code == 0


def notices(of: Investigator) -> str:
    return " ".join(of.run("cases", columns=120).out.split())


def members_of(here: World) -> set[str]:
    return set(here.anna.ok("roster")["desks"][DESK]["members"])


# --- what follows -------------------------------------------------------------------------------------------------


def test_a_signed_change_counts_by_itself_and_is_told_with_who_signed_it(here: World, desk: SignedDesk) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    told = here.anna.run("import", here.drop.pickup(), columns=120).out
    assert f"dirk ({here.dirk.key[-16:]}) joined desk integrity" in told
    assert f"signed by bram ({here.bram.key[-16:]})" in told
    assert answer(here)
    assert HELD_UP not in notices(here.anna)
    assert f"dirk ({here.dirk.key[-16:]}) joined" in notices(here.anna)
    assert members_of(here) == {here.anna.key, here.bram.key, here.dirk.key}
    chain = here.anna.ok("roster")["desks"][DESK]["statements"]
    assert [each["signed_by"] for each in chain] == [None, here.bram.key]
    assert chain[1]["sha256"] == desk.last.sha256


def test_several_signed_changes_at_once_are_followed_one_by_one(here: World, desk: SignedDesk) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.dirk), here.bram))
    here.next_day()
    desk.take(desk.signed(desk.next(here.anna), here.dirk))
    news = here.anna.ok("import", here.drop.pickup())["rosters"]
    assert [(each["joined"], each["left"], each["signed_by"]) for each in news] == [
        ([here.dirk.key], [here.bram.key], here.bram.key),
        ([], [here.dirk.key], here.dirk.key),
    ]
    assert answer(here)


def test_a_last_day_that_was_signed_needs_no_second_signature(here: World, desk: SignedDesk) -> None:
    until = here.drop.day + timedelta(days=2)
    desk.take(desk.signed(desk.next(here.anna, here.bram, bram=until), here.anna))
    told = here.anna.run("import", here.drop.pickup(), columns=120).out
    assert f"bram ({here.bram.key[-16:]}) sits at desk integrity until" in told
    here.drop.day = until + timedelta(days=1)
    roster = here.drop.rosters[DESK]
    here.drop.rosters[DESK] = tuple(replace(m, last_day=until) if m.fingerprint == here.bram.key else m for m in roster)
    here.anna.ok("import", here.drop.pickup())
    assert answer(here)
    assert members_of(here) == {here.anna.key}


def test_the_same_bundle_again_and_an_older_one_late_change_nothing(here: World, desk: SignedDesk) -> None:
    older = here.drop.pickup()
    desk.take(desk.signed(desk.next(here.anna), here.anna))
    newer = here.drop.pickup()
    for bundle in (newer, older, newer, older):
        here.anna.ok("import", bundle)
        assert answer(here)
        assert members_of(here) == {here.anna.key}


def test_a_vault_that_starts_late_takes_the_whole_chain(here: World, desk: SignedDesk) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.anna))
    here.start(here.bram)
    here.bram.ok("import", here.drop.pickup())
    chain = here.bram.ok("roster")["desks"][DESK]
    assert (len(chain["statements"]), chain["confirmed"], chain["alarm"]) == (2, True, None)


def test_a_drop_that_states_nothing_is_held_up_as_it_always_was(here: World) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    here.drop.rosters[DESK] = (*here.drop.rosters[DESK], Membership(here.dirk.key, here.drop.day))
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    shown = notices(here.anna)
    assert HELD_UP in shown
    assert "No member of the desk has signed" not in shown
    here.anna.ok("confirm", "--roster", roster_words(DESK, here.drop.rosters[DESK]))
    assert answer(here)


# --- what does not ------------------------------------------------------------------------------------------------


def test_a_key_that_the_drop_seats_without_a_signature_is_held_up(here: World, desk: SignedDesk) -> None:
    desk.seat(frozenset({here.anna.key, here.bram.key, here.dirk.key}))
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert "No member of the desk has signed this change." in notices(here.anna)
    here.anna.ok("confirm", "--roster", roster_words(DESK, here.drop.rosters[DESK]))
    assert answer(here)


def test_a_proposal_alone_seats_nobody(here: World, desk: SignedDesk) -> None:
    desk.propose(here.anna, here.bram, here.dirk)
    here.anna.ok("import", here.drop.pickup())
    assert members_of(here) == {here.anna.key, here.bram.key}
    assert answer(here)
    desk.seat(here.drop.proposal.members_on(here.drop.day) if here.drop.proposal else frozenset())
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)


def _past_member(here: World, desk: SignedDesk) -> Investigator:
    """Let bram leave, and sign when he is gone."""
    desk.take(desk.signed(desk.next(here.anna), here.anna))
    here.next_day()
    return here.bram


def _stranger(here: World, _desk: SignedDesk) -> Investigator:
    return here.cora


def _newcomer(here: World, _desk: SignedDesk) -> Investigator:
    """Dirk signs for himself."""
    return here.dirk


def _leaver_after_the_day(here: World, desk: SignedDesk) -> Investigator:
    """Bram's last day is stated, and is over."""
    desk.take(desk.signed(desk.next(here.anna, here.bram, bram=here.drop.day), here.anna))
    here.next_day()
    return here.bram


@pytest.mark.parametrize("who", [_past_member, _stranger, _newcomer, _leaver_after_the_day])
def test_a_change_signed_by_nobody_who_may_sign_is_an_alarm(
    here: World, desk: SignedDesk, who: Callable[[World, SignedDesk], Investigator]
) -> None:
    signer = who(here, desk)
    known = desk.last
    desk.take(desk.signed(desk.next(here.anna, here.dirk), signer))
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert FORGED in notices(here.anna)
    held = here.anna.ok("roster")["desks"][DESK]
    assert (held["alarm"], held["confirmed"]) == ("unsigned", False)
    assert held["statements"][-1]["sha256"] == known.sha256


def test_a_signature_under_another_statement_carries_nothing(here: World, desk: SignedDesk) -> None:
    innocent = desk.next(here.anna, here.bram, bram=here.drop.day)
    desk.take(SignedStatement(desk.next(here.anna, here.bram, here.dirk), signature(here.bram, innocent)))
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert FORGED in notices(here.anna)


def _other_statement(here: World, desk: SignedDesk) -> None:
    """The same number, signed rightly, but not the one that anna's vault holds."""
    desk.chain.pop()
    desk.take(desk.signed(desk.next(here.anna, here.dirk), here.anna))


def _shorter(here: World, desk: SignedDesk) -> None:
    desk.chain.pop()
    here.drop.statements[DESK] = tuple(desk.chain)


@pytest.mark.parametrize("bend", [_other_statement, _shorter])
def test_a_chain_that_contradicts_the_vault_is_an_alarm_that_stays(
    here: World, desk: SignedDesk, bend: Callable[[World, SignedDesk], None]
) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    here.anna.ok("import", here.drop.pickup())
    good, roster = list(desk.chain), here.drop.rosters[DESK]
    here.next_day()
    bend(here, desk)
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert "ALARM. For desk integrity the drop shows another history" in notices(here.anna)
    # as if nothing had been: it stays all the same
    here.next_day()
    here.drop.statements[DESK], here.drop.rosters[DESK] = tuple(good), roster
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert "differ" in here.anna.refused("confirm", "--roster", roster_words(OTHER_DESK, roster))
    here.anna.ok("confirm", "--roster", statement_words(good[-1].statement.sha256))
    assert answer(here)


def test_members_may_agree_that_the_other_history_is_the_right_one(here: World, desk: SignedDesk) -> None:
    """After a drop was put back from a backup its desk goes on from there."""
    before = here.drop.rosters[DESK]
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    _shorter(here, desk)
    here.drop.rosters[DESK] = before
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    here.anna.ok("confirm", "--roster", statement_words(desk.last.sha256))
    here.anna.ok("confirm", "--roster", roster_words(DESK, before))
    assert answer(here)
    here.next_day()
    desk.take(desk.signed(desk.next(here.anna), here.bram))
    here.anna.ok("import", here.drop.pickup())
    assert answer(here)


def test_a_drop_that_keeps_a_signed_newcomer_off_its_list_is_held_up(here: World, desk: SignedDesk) -> None:
    roster = here.drop.rosters[DESK]
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    here.drop.rosters[DESK] = roster
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    here.anna.ok("confirm", "--roster", roster_words(DESK, roster))
    assert answer(here)


def test_a_signed_change_hides_no_unsigned_one_beside_it(here: World, desk: SignedDesk) -> None:
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.bram))
    here.drop.rosters[DESK] = (*here.drop.rosters[DESK], Membership(here.cora.key, LONG_AGO, LONG_AGO))
    here.anna.ok("import", here.drop.pickup())
    assert not answer(here)
    assert HELD_UP in notices(here.anna)


# --- proposals and votes ------------------------------------------------------------------------------------------


def test_a_proposal_is_shown_with_whole_fingerprints_and_its_words(here: World, desk: SignedDesk) -> None:
    proposal = desk.propose(here.anna, here.dirk)
    told = here.anna.run("import", here.drop.pickup(), columns=120).out
    assert "Nobody is added before a member signs" in told
    assert " ".join(here.dirk.key[at : at + 4] for at in range(0, 40, 4)) in told
    assert "leaves on" in told
    assert statement_words(proposal.sha256).split()[0] in told
    waiting = here.anna.ok("roster")["proposal"]
    assert (waiting["words"], waiting["signed"]) == (statement_words(proposal.sha256), False)
    assert waiting["change"]["joined"] == [here.dirk.key]


def test_a_vote_travels_until_the_drop_shows_the_change(here: World, desk: SignedDesk) -> None:
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("roster", "--sign", statement_words(proposal.sha256))
    case = Case()
    for name in ("1.tar", "2.tar"):
        assert here.anna.ok("export", here.folder / name)["votes"] == 1
        (vote,) = here.drop.take(here.folder / name, case).votes
        here.anna.ok("import", here.drop.pickup())
    here.next_day()
    desk.take_vote(vote)
    told = here.anna.run("import", here.drop.pickup(), columns=120).out
    assert "joined desk integrity" in told
    assert "signed by you" in told
    assert here.anna.ok("export", here.folder / "3.tar")["votes"] == 0
    assert here.anna.ok("roster")["proposal"] is None
    assert answer(here)


def test_two_vaults_see_one_vote_and_neither_is_held_up(here: World, desk: SignedDesk) -> None:
    here.start(here.bram)
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    bundle = here.drop.pickup()
    for person in (here.anna, here.bram):
        person.ok("import", bundle)
    here.anna.ok("roster", "--sign", statement_words(proposal.sha256))
    here.bram.ok("roster", "--sign", statement_words(proposal.sha256))
    here.anna.ok("export", here.folder / "a.tar")
    (vote,) = here.drop.take(here.folder / "a.tar", Case()).votes
    desk.take_vote(vote)
    for person in (here.anna, here.bram):
        person.ok("import", here.drop.pickup())
        assert person.ok("export", here.folder / f"{person.name}-after.tar")["votes"] == 0
        assert person.ok("roster")["desks"][DESK]["statements"][-1]["signed_by"] == here.anna.key


def test_a_vote_for_a_proposal_that_was_replaced_is_dropped(here: World, desk: SignedDesk) -> None:
    first = desk.propose(here.anna, here.bram, here.dirk)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("roster", "--sign", statement_words(first.sha256))
    here.next_day()
    second = desk.propose(here.anna, here.bram, here.cora)
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("export", here.folder / "1.tar")["votes"] == 0
    assert "differ" in here.anna.refused("roster", "--sign", statement_words(first.sha256))
    assert here.anna.ok("roster")["proposal"]["words"] == statement_words(second.sha256)


def test_an_older_bundle_brings_no_old_proposal_back(here: World, desk: SignedDesk) -> None:
    desk.propose(here.anna, here.bram, here.dirk)
    older = here.drop.pickup()
    here.next_day()
    here.drop.proposal = None
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("import", older)
    assert here.anna.ok("roster")["proposal"] is None
    assert "Nobody has proposed" in here.anna.refused("roster", "--sign", statement_words("ab" * 32))


def test_nothing_is_signed_with_other_words_than_the_proposals(here: World, desk: SignedDesk) -> None:
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    here.anna.ok("import", here.drop.pickup())
    words = statement_words(proposal.sha256).split()
    here.anna.refused("roster", "--sign", *reversed(words))
    here.anna.refused("roster", "--sign", *words[:9])
    here.anna.refused("roster", "--sign", roster_words(DESK, here.drop.rosters[DESK]))
    assert here.anna.ok("export", here.folder / "1.tar")["votes"] == 0


def test_nothing_is_signed_while_words_must_be_compared(here: World, desk: SignedDesk) -> None:
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    desk.seat(frozenset({here.anna.key, here.bram.key, here.cora.key}))
    here.anna.ok("import", here.drop.pickup())
    assert "roster has changed" in here.anna.refused("roster", "--sign", statement_words(proposal.sha256))


def test_whoever_is_no_member_signs_nothing(here: World, desk: SignedDesk) -> None:
    proposal = desk.propose(here.anna, here.bram, here.dirk)
    here.start(here.dirk)
    here.dirk.ok("import", here.drop.pickup())
    here.dirk.refused("roster", "--sign", statement_words(proposal.sha256))


def _of_another_desk(statement: RosterStatement) -> RosterStatement:
    return replace(statement, number=statement.number + 1)


def _of_another_past(statement: RosterStatement) -> RosterStatement:
    return replace(statement, previous="ab" * 32)


def _of_an_earlier_day(statement: RosterStatement) -> RosterStatement:
    return replace(statement, day=date(2020, 1, 1))


@pytest.mark.parametrize("bend", [_of_another_desk, _of_another_past, _of_an_earlier_day])
def test_a_proposal_that_does_not_follow_is_not_offered_for_signing(
    here: World, desk: SignedDesk, bend: Callable[[RosterStatement], RosterStatement]
) -> None:
    here.drop.proposal = bend(desk.next(here.anna, here.dirk))
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("roster")["proposal"] is None


def test_a_chain_of_another_desk_or_drop_is_refused_with_its_bundle(here: World, desk: SignedDesk) -> None:
    def borrowed(manifest: PickupManifest) -> PickupManifest:
        statement = replace(desk.last, drop="ab" * 32)
        return replace(manifest, statements={DESK: (SignedStatement(statement, None),)})

    with pytest.raises(Exception, match="exact form"):
        here.drop.pickup(bend=borrowed)


def test_what_a_vault_knew_before_there_were_statements_goes_on(here: World) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    desk = SignedDesk(here)
    desk.take(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.anna))
    here.anna.ok("import", here.drop.pickup())
    assert answer(here)
    assert len(here.anna.ok("roster")["desks"][DESK]["statements"]) == 2
