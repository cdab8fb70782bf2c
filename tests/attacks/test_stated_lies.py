"""A live server that states things of its desk and its restores, under its own good key, to get round a vault."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dropbox.bundle import EpochStart, LineState, SignedStatement
from dropbox.errors import BundleError
from dropbox.models import ItemId
from tests.envelopes import Case
from tests.factories_bundles import DESK, LONG_AGO, World, head_of
from tests.stated import SignedDesk, signature


def may_answer(here: World) -> bool:
    result = here.anna.run("export", here.folder / f"try-{len(list(here.folder.iterdir()))}.tar")
    assert result.code == 0 or "may be answered" in result.err
    return result.code == 0


# --- seats --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("links", [1, 2], ids=["in the first statement", "who signs for everybody"])
def test_a_vault_older_than_statements_takes_no_stranger_from_a_first_one_that_nobody_signed(
    here: World, links: int
) -> None:
    here.start()
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    desk = SignedDesk(here)
    chain: list[SignedStatement] = []
    if links == 1:
        chain.append(SignedStatement(desk.statement(1, None, LONG_AGO, [here.anna, here.bram, here.dirk]), None))
    else:
        chain.append(SignedStatement(desk.statement(1, None, LONG_AGO, [here.dirk]), None))
        desk.chain = chain
        chain.append(desk.signed(desk.next(here.anna, here.bram, here.dirk), here.dirk))
    here.drop.statements[DESK] = tuple(chain)
    desk.seat(frozenset({here.anna.key, here.bram.key, here.dirk.key}))
    for _again in range(2):
        here.anna.ok("import", here.drop.pickup())
        assert not may_answer(here)
        assert "ROSTER CHANGED" in here.anna.run("cases", columns=120).out
        here.next_day()


def test_whose_last_day_is_over_cannot_sign_as_if_it_were_not(here: World) -> None:
    desk = SignedDesk(here)
    here.start()
    day = here.drop.day
    desk.take(desk.signed(desk.next(here.anna, here.bram, bram=day), here.anna))
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    here.next_day()
    roster = here.drop.rosters[DESK]
    here.drop.rosters[DESK] = tuple(replace(m, last_day=day) if m.fingerprint == here.bram.key else m for m in roster)
    here.anna.ok("import", here.drop.pickup())
    assert may_answer(here)
    here.next_day()
    backdated = replace(desk.next(here.anna, here.dirk), day=day)
    desk.take(SignedStatement(backdated, signature(here.bram, backdated)))
    here.anna.ok("import", here.drop.pickup())
    assert not may_answer(here)
    assert "no member signed" in here.anna.run("cases", columns=120).out


def test_a_change_under_an_old_day_is_no_less_told(here: World) -> None:
    desk = SignedDesk(here)
    here.start()
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    old = here.drop.day
    here.drop.day += timedelta(days=30)
    here.anna.ok("import", here.drop.pickup())
    statement = replace(desk.next(here.anna, here.bram, here.dirk), day=old)
    desk.take(SignedStatement(statement, signature(here.bram, statement)))
    for told in (True, False):
        here.anna.ok("import", here.drop.pickup())
        assert ("dirk" in here.anna.run("cases", columns=120).out) is told
        here.drop.day += timedelta(days=30)


# --- restores -----------------------------------------------------------------------------------------------------


def _start(here: World, number: int, epoch: str, previous: str) -> EpochStart:
    drop = here.drop
    lines = drop._lines(DESK)
    logs = {DESK: (len(lines), head_of(previous, lines))}
    made = EpochStart(drop.drop, number, drop.day, drop.day, epoch, previous, logs)
    return made.signed_by(drop.signing_key)


def test_no_gap_is_hidden_behind_restores_that_go_round_in_a_circle(here: World) -> None:
    here.start()
    drop = here.drop
    drop.send(Case())
    here.anna.ok("import", drop.pickup())
    missing = drop.send(Case())
    drop.send(Case())
    drop.pickup()
    drop.logs[DESK].gone[ItemId(missing.item)] = LineState.RECEIVED
    here.anna.ok("import", drop.pickup())
    assert "GAP" in here.anna.run("cases").out
    first, other = drop.epoch, "ab" * 16
    drop.epochs = (_start(here, 1, other, first), _start(here, 2, first, other))
    with pytest.raises(BundleError):
        drop.pickup()
    drop.epochs = (_start(here, 1, first, other),)
    assert "another history" in here.anna.refused("import", drop.pickup())
    assert "GAP" in here.anna.run("cases").out


def test_a_known_epoch_is_never_said_to_come_from_another(here: World) -> None:
    here.start()
    drop = here.drop
    drop.send(Case())
    here.anna.ok("import", drop.pickup())
    backup = drop.back_up()
    drop.restore(backup)
    here.anna.ok("import", drop.pickup())
    drop.epochs = (_start(here, 1, drop.epoch, "cd" * 16),)
    assert "another history" in here.anna.refused("import", drop.pickup())
