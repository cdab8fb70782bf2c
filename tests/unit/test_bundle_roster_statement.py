"""Who sits at a desk: a change that no earlier member signed counts for nothing, wherever in the chain it stands."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dropbox.bundle import RosterStatement, SignedStatement, StatedMember, StatementVote, verify_chain
from dropbox.bundle.roster_statement import SIGNED_LINE, read_chain
from dropbox.canonical import dump, load
from dropbox.errors import InvalidValue, SignatureInvalid
from dropbox.models import DeskId, Fingerprint

ANN, BOB, CIS = (Fingerprint(letter * 40) for letter in "ABC")
DAY = date(2026, 11, 22)
DESK = DeskId("board")


def members(*names: Fingerprint) -> tuple[StatedMember, ...]:
    return tuple(StatedMember(name) for name in names)


def after(before: RosterStatement, *, days: int = 1, who: tuple[StatedMember, ...]) -> RosterStatement:
    day = before.day + timedelta(days=days)
    return RosterStatement(before.drop, before.desk, before.number + 1, day, before.sha256, who)


FIRST = RosterStatement("12" * 32, DESK, 1, DAY, None, members(ANN))
SECOND = after(FIRST, who=members(ANN, BOB))
THIRD = after(SECOND, who=members(BOB, CIS))


def by(signer: Fingerprint, statement: RosterStatement) -> SignedStatement:
    """Sign as `verify` below reads it: who, over which bytes."""
    return SignedStatement(statement, f"{signer} {statement.sha256}")


def verify(signed: bytes, signature: bytes, allowed: Collection[Fingerprint], _day: date) -> Fingerprint:
    signer, digest = signature.decode().split()
    statement = RosterStatement.from_json(load(signed.removeprefix(SIGNED_LINE), 10_000))
    if signer not in allowed or digest != statement.sha256:
        raise SignatureInvalid
    return Fingerprint(signer)


CHAIN = (SignedStatement(FIRST, None), by(ANN, SECOND), by(BOB, THIRD))


def test_a_chain_comes_back_as_it_was_written() -> None:
    value = load(dump({"chain": [each.as_json() for each in CHAIN]}), 100_000)["chain"]
    assert read_chain(value) == CHAIN
    assert verify_chain(CHAIN, verify) == (None, ANN, BOB)


@pytest.mark.parametrize("signer", [BOB, CIS])
def test_nobody_signs_themselves_in(signer: Fingerprint) -> None:
    with pytest.raises(SignatureInvalid):
        verify_chain((CHAIN[0], by(signer, SECOND)), verify)


def test_who_has_left_signs_nothing_more() -> None:
    fourth = after(THIRD, who=members(ANN, BOB, CIS))
    with pytest.raises(SignatureInvalid):
        verify_chain((*CHAIN, by(ANN, fourth)), verify)


def test_who_leaves_on_a_day_signs_until_that_day_and_not_after_it() -> None:
    leaving = after(FIRST, who=(StatedMember(ANN, DAY + timedelta(days=5)), StatedMember(BOB)))
    for days, good in ((4, True), (5, False)):  # the fifth day after the second statement is the sixth after the first
        last = after(leaving, days=days, who=members(BOB, CIS))
        chain = (CHAIN[0], by(ANN, leaving), by(ANN, last))
        if good:
            assert verify_chain(chain, verify)[-1] == ANN
        else:
            with pytest.raises(SignatureInvalid):
                verify_chain(chain, verify)
    assert leaving.members_on(DAY + timedelta(days=5)) == {ANN, BOB}
    assert leaving.members_on(DAY + timedelta(days=6)) == {BOB}


@pytest.mark.parametrize(
    "chain",
    [
        CHAIN[1:],
        (CHAIN[0], CHAIN[2]),
        (CHAIN[0], CHAIN[1], CHAIN[1]),
        (CHAIN[0], by(ANN, replace(SECOND, previous="0" * 64))),
        (CHAIN[0], by(ANN, replace(SECOND, desk=DeskId("bureau")))),
        (CHAIN[0], by(ANN, replace(SECOND, drop="34" * 32))),
        (CHAIN[0], by(ANN, replace(SECOND, day=DAY - timedelta(days=1)))),
        (),
    ],
)
def test_a_chain_with_a_hole_is_refused(chain: tuple[SignedStatement, ...]) -> None:
    with pytest.raises(InvalidValue):
        read_chain([each.as_json() for each in chain])


def test_a_change_without_a_signature_is_no_statement() -> None:
    with pytest.raises(InvalidValue):
        SignedStatement(SECOND, None)
    with pytest.raises(InvalidValue):
        SignedStatement(FIRST, "signature")


@pytest.mark.parametrize("who", [(), members(BOB, ANN), members(ANN, ANN)])
def test_a_desk_of_nobody_or_one_spelled_in_two_ways_is_refused(who: tuple[StatedMember, ...]) -> None:
    with pytest.raises(InvalidValue):
        replace(FIRST, members=who)


def test_two_statements_never_have_one_hash() -> None:
    others = [
        replace(FIRST, drop="34" * 32),
        replace(FIRST, day=DAY + timedelta(days=1)),
        replace(FIRST, desk=DeskId("bureau")),
        replace(FIRST, members=(StatedMember(ANN, DAY),)),
    ]
    assert len({each.sha256 for each in (FIRST, SECOND, THIRD, *others)}) == 7


def test_a_vote_that_is_no_armour_is_refused() -> None:
    vote = StatementVote(DESK, SECOND.sha256, "-----BEGIN PGP SIGNATURE-----")
    assert StatementVote.from_json(vote.as_json()) == vote
    for signature in ("", "é", "x" * 20_000, 5):
        with pytest.raises(InvalidValue):
            StatementVote.from_json(vote.as_json() | {"signature": signature})
