"""Which lists of members a desk's statements explain, and which days nobody may write into them by hand."""

from datetime import date, timedelta

import pytest

from dropbox.bundle import RosterStatement, StatedMember
from dropbox.models import DeskId, Fingerprint, Membership, Roster
from dropbox.workstation.roster_change import agrees, explained

ANNA, BRAM, CORA = (Fingerprint(letters * 20) for letters in ("A1", "B2", "C3"))
FIRST, CHANGE, TODAY = date(2026, 3, 1), date(2026, 3, 10), date(2026, 3, 20)


def stated(number: int, day: date, *members: StatedMember) -> RosterStatement:
    previous = None if number == 1 else "ab" * 32
    return RosterStatement("d0" * 32, DeskId("integrity"), number, day, previous, members)


def sits(key: Fingerprint, first: date = FIRST, last: date | None = None) -> Membership:
    return Membership(key, first, last)


A, B, C = StatedMember(ANNA), StatedMember(BRAM), StatedMember(CORA)
ONE = stated(1, FIRST, A, B)
BEFORE: Roster = (sits(ANNA), sits(BRAM))
JOINED = (ONE, stated(2, CHANGE, A, B, C))
LEFT = (ONE, stated(2, CHANGE, A))
LEAVING = (ONE, stated(2, CHANGE, A, StatedMember(BRAM, TODAY)))
BACK = (*LEFT, stated(3, TODAY, A, B))

GOOD = {
    "nothing changed": (BEFORE, (ONE,)),
    "joined on the day": ((*BEFORE, sits(CORA, CHANGE)), JOINED),
    "joined when the signature came": ((*BEFORE, sits(CORA, TODAY)), JOINED),
    "left on the day": ((sits(ANNA), sits(BRAM, last=CHANGE)), LEFT),
    "left when the signature came": ((sits(ANNA), sits(BRAM, last=TODAY)), LEFT),
    "left on the last day that was named": ((sits(ANNA), sits(BRAM, last=TODAY)), LEAVING),
    "came back": ((sits(ANNA), sits(BRAM, last=CHANGE), sits(BRAM, TODAY)), BACK),
}
BAD = {
    "joined before anybody said so": ((*BEFORE, sits(CORA, CHANGE - timedelta(days=1))), JOINED),
    "joined though nobody said so": ((*BEFORE, sits(CORA, CHANGE)), LEFT),
    "was there in the past": ((*BEFORE, sits(CORA, FIRST, FIRST)), (ONE,)),
    "was there in the past of the one who joins": ((*BEFORE, sits(CORA, FIRST, CHANGE), sits(CORA, CHANGE)), JOINED),
    "left before anybody said so": ((sits(ANNA), sits(BRAM, last=FIRST)), LEFT),
    "left though nobody said so": ((sits(ANNA, last=CHANGE), sits(BRAM)), JOINED),
    "left before the last day that was named": ((sits(ANNA), sits(BRAM, last=CHANGE)), LEAVING),
    "was never there": ((sits(ANNA),), LEFT),
    "came earlier than was known": ((sits(ANNA), sits(BRAM, FIRST - timedelta(days=9))), (ONE,)),
}


@pytest.mark.parametrize(("roster", "chain"), GOOD.values(), ids=GOOD)
def test_what_a_statement_brings_about_is_explained(roster: Roster, chain: tuple[RosterStatement, ...]) -> None:
    assert explained(BEFORE, roster, chain)


@pytest.mark.parametrize(("roster", "chain"), BAD.values(), ids=BAD)
def test_what_no_statement_brings_about_is_not(roster: Roster, chain: tuple[RosterStatement, ...]) -> None:
    assert not explained(BEFORE, roster, chain)


def test_a_day_that_is_over_cannot_be_moved() -> None:
    gone: Roster = (sits(ANNA), sits(BRAM, last=CHANGE))
    assert not explained(gone, (sits(ANNA), sits(BRAM, last=TODAY)), LEFT)
    assert not explained(gone, BEFORE, LEFT)
    assert explained(gone, BEFORE, BACK)


AGREES = {
    "the members": (BEFORE, ONE, True),
    "one more": ((*BEFORE, sits(CORA)), ONE, False),
    "one less": ((sits(ANNA),), ONE, False),
    "another": ((sits(ANNA), sits(CORA)), ONE, False),
    "one has gone": ((sits(ANNA), sits(BRAM, last=CHANGE)), LEFT[-1], True),
    "nobody": ((), ONE, False),
    "a last day to come": (BEFORE, LEAVING[-1], True),
    "a last day to come, on the list": ((sits(ANNA), sits(BRAM, last=TODAY)), LEAVING[-1], True),
    "gone before the last day": ((sits(ANNA), sits(BRAM, last=CHANGE)), LEAVING[-1], False),
}


@pytest.mark.parametrize(("roster", "last", "expected"), AGREES.values(), ids=AGREES)
def test_a_list_agrees_when_just_the_stated_members_sit_there(
    roster: Roster, last: RosterStatement, expected: bool
) -> None:
    assert agrees(roster, last, TODAY) is expected


def test_a_last_day_that_is_over_ends_the_seat() -> None:
    after = TODAY + timedelta(days=1)
    assert not agrees(BEFORE, LEAVING[-1], after)
    assert agrees((sits(ANNA), sits(BRAM, last=TODAY)), LEAVING[-1], after)
