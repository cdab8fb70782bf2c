"""The desk's history as a vault is told it: forks are refused, what is missing stays missing until it is explained."""

from collections.abc import Sequence
from datetime import date

import pytest

from dropbox.bundle import FIRST_HEAD, LineState, LogLine, LogRange, head_after
from dropbox.errors import BundleFork
from dropbox.models import CaseId, Fingerprint, ItemId, SealedKind, VaultId
from dropbox.workstation.casebook import Casebook, ItemRecord, State
from dropbox.workstation.continuity import Gap, clashes, gaps, later_epochs, take_log

EPOCH = "e" * 32
DAY = date(2026, 3, 4)
HERE, RECEIVED, WITHDRAWN = LineState.HERE, LineState.RECEIVED, LineState.WITHDRAWN


def digest(n: int) -> str:
    return f"{n:064x}"


def lines_of(*states: LineState, first: int = 1) -> tuple[LogLine, ...]:
    return tuple(LogLine(n, digest(n), state) for n, state in enumerate(states, start=first))


def take(casebook: Casebook, lines: Sequence[LogLine], epoch: str = EPOCH, *, hold: bool = True) -> None:
    """Take a bundle's log, and hold what it says is in it."""
    first = lines[0].n if lines else 1
    before = head_after(FIRST_HEAD, epoch, lines_of(*[HERE] * (first - 1)))
    span = LogRange(epoch, first, first + len(lines) - 1, before, head_after(before, epoch, lines))
    take_log(casebook, span, tuple(lines), DAY)
    for entry in lines:
        if hold and entry.state is HERE:
            hold_item(casebook, entry.n)


def hold_item(casebook: Casebook, n: int) -> None:
    item, case = ItemId(f"{n:032x}"), CaseId("c" * 32)
    casebook.add(ItemRecord(item, case, SealedKind.SUBMISSION, DAY, digest(n), EPOCH, State.VERIFIED))


@pytest.fixture
def casebook() -> Casebook:
    return Casebook.new(VaultId("b" * 32), Fingerprint("A1" * 20))


def test_the_past_before_a_vaults_first_bundle_is_no_gap(casebook: Casebook) -> None:
    take(casebook, lines_of(RECEIVED, WITHDRAWN, HERE))
    assert gaps(casebook) == []


def test_a_bundle_that_begins_later_is_no_gap_for_a_new_vault(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE, HERE, first=5))
    assert gaps(casebook) == []


def test_a_number_that_is_nowhere_is_a_gap_until_it_appears(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE))
    take(casebook, lines_of(HERE, first=4))
    assert gaps(casebook) == [Gap(EPOCH, 2), Gap(EPOCH, 3)]
    take(casebook, lines_of(HERE, WITHDRAWN, HERE, HERE))
    assert gaps(casebook) == []


def test_an_item_that_counts_as_received_but_never_came_is_a_gap(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE))
    take(casebook, lines_of(HERE, RECEIVED))
    assert gaps(casebook) == [Gap(EPOCH, 2)]
    take(casebook, lines_of(HERE, HERE))
    assert gaps(casebook) == []


def test_what_a_reporter_withdrew_is_no_gap(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE))
    take(casebook, lines_of(HERE, WITHDRAWN))
    assert gaps(casebook) == []


def test_an_older_bundle_that_comes_late_takes_nothing_back(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE))
    take(casebook, lines_of(RECEIVED, HERE, WITHDRAWN))
    take(casebook, lines_of(HERE, HERE))
    assert [entry.state for entry in casebook.logs[EPOCH].lines.values()] == [RECEIVED, HERE, WITHDRAWN]
    assert gaps(casebook) == []


def test_another_hash_under_a_known_number_is_a_fork(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE, HERE))
    with pytest.raises(BundleFork):
        take(casebook, (LogLine(1, digest(1), HERE), LogLine(2, digest(7), HERE)))


def test_another_past_before_a_later_range_is_a_fork(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE, HERE))
    before = head_after(FIRST_HEAD, EPOCH, [LogLine(1, digest(1), HERE), LogLine(2, digest(9), HERE)])
    later = lines_of(HERE, first=3)
    span = LogRange(EPOCH, 3, 3, before, head_after(before, EPOCH, later))
    with pytest.raises(BundleFork):
        take_log(casebook, span, later, DAY)


def test_a_new_history_is_told_and_excuses_nothing(casebook: Casebook) -> None:
    take(casebook, lines_of(HERE))
    assert later_epochs(casebook) == []
    other = "f" * 32
    take(casebook, (LogLine(1, digest(31), RECEIVED),), other, hold=False)
    assert later_epochs(casebook) == [DAY]
    assert gaps(casebook) == [Gap(other, 1)]


def test_an_empty_bundle_is_a_history_too(casebook: Casebook) -> None:
    take(casebook, ())
    take(casebook, lines_of(HERE))
    assert gaps(casebook) == []


def test_other_bytes_under_a_held_id_clash(casebook: Casebook) -> None:
    hold_item(casebook, 1)
    assert clashes(casebook, ItemId(f"{1:032x}"), digest(2))
    assert not clashes(casebook, ItemId(f"{1:032x}"), digest(1))
    assert not clashes(casebook, ItemId(f"{2:032x}"), digest(2))
