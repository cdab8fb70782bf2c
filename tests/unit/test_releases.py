"""Releases at fixed hours: nothing comes out in between, a missed one is made up for, no clock holds anything back."""

import math
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dropbox.server.courier import releases
from dropbox.server.store import Store
from tests.store_room import BOARD, BUREAU, DAY, Reporter, open_store, seat

TIMES = (7 * 60, 19 * 60)
NOON = datetime(2026, 3, 2, 12)  # noqa: DTZ001  # hours of the machine's own day
DESKS = (BOARD, BUREAU)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(tmp_path)
    seat(made)
    return made


def released(store: Store) -> int:
    return store.waiting(BOARD, released_only=True).items


def test_the_first_start_releases_nothing_and_the_next_time_everything(store: Store) -> None:
    Reporter(store).send()
    assert not releases.release_due(store, DESKS, NOON, TIMES)
    assert not releases.release_due(store, DESKS, NOON + timedelta(hours=6, minutes=59), TIMES)
    assert released(store) == 0
    assert releases.is_due(store, NOON + timedelta(hours=7), TIMES)
    assert releases.release_due(store, DESKS, NOON + timedelta(hours=7), TIMES)
    assert released(store) == 1


def test_nothing_is_released_twice_for_one_time(store: Store) -> None:
    releases.release_due(store, DESKS, NOON, TIMES)
    assert releases.release_due(store, DESKS, NOON + timedelta(hours=7), TIMES)
    Reporter(store).send()
    for minutes in (0, 1, 60, 719):
        assert not releases.release_due(store, DESKS, NOON + timedelta(hours=7, minutes=minutes), TIMES)
    assert released(store) == 0


def test_a_time_that_passed_while_the_drop_was_down_is_made_up_for(store: Store) -> None:
    releases.release_due(store, DESKS, NOON, TIMES)
    Reporter(store).send()
    assert releases.release_due(store, DESKS, NOON + timedelta(days=40), TIMES)
    assert released(store) == 1
    assert store.happenings.get(releases.LAST_RELEASE) == "2026-04-11T07:00"


def test_a_clock_that_ran_ahead_holds_nothing_back(store: Store) -> None:
    releases.release_due(store, DESKS, NOON + timedelta(days=4000), TIMES)
    Reporter(store).send()
    assert releases.release_due(store, DESKS, NOON, TIMES)
    assert released(store) == 1
    assert not releases.release_due(store, DESKS, NOON, TIMES)


def test_a_withdrawn_item_gets_no_number_at_a_release(store: Store) -> None:
    reporter = Reporter(store)
    reporter.send()
    reporter.send(DAY, withdraw="withdraw")
    store.release(DESKS)
    held = store.pickup(BOARD, DAY, number=False)
    assert len(held.log) == len(held.items) == 1


def test_a_pickup_without_numbering_hands_out_what_was_released_and_nothing_else(store: Store) -> None:
    early = Reporter(store).send()
    store.release(DESKS)
    Reporter(store).send()
    held = store.pickup(BOARD, DAY, number=False)
    assert [item.item for item in held.items] == [early]
    assert len(store.pickup(BOARD, DAY).items) == 2


@pytest.mark.parametrize(("hours", "left"), [(0, 7), (7, 12), (6.99, 0.01), (18.99, 0.01), (19.01, 11.99)])
def test_the_housekeeper_wakes_at_the_next_time(hours: float, left: float) -> None:
    assert releases.seconds_to_next(NOON + timedelta(hours=hours), TIMES) == pytest.approx(left * 3600, abs=1)


def test_without_times_nothing_waits_for_any(store: Store) -> None:
    Reporter(store).send()
    assert not releases.release_due(store, DESKS, NOON, ())
    assert releases.seconds_to_next(NOON, ()) == math.inf
    assert store.waiting(BOARD, released_only=False).items == 1
    assert store.happenings.get(releases.LAST_RELEASE) is None
