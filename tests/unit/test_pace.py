"""The pace of an answer: slow readers are told from stalled ones, and neither from those who keep up."""

from dropbox.server.pace import OutputPace
from tests.arrivals import limits


def pace() -> OutputPace:
    return OutputPace(limits(min_rate_bytes=1000, start_seconds=30, stall_seconds=120))


def test_an_answer_that_is_fetched_is_never_late() -> None:
    steady = pace()
    assert not any(steady.is_late(float(second), 5000, second * 2000) for second in range(500))


def test_an_answer_that_drips_is_late_after_the_start() -> None:
    slow = pace()
    assert not any(slow.is_late(float(second), 5000, second * 100) for second in range(31))
    assert slow.is_late(31, 5000, 3100)


def test_what_the_kernel_took_at_first_does_not_excuse_a_reader_that_stopped() -> None:
    stalled = pace()
    assert not stalled.is_late(0, 5000, 0)
    assert not stalled.is_late(1, 5000, 9_000_000)
    assert not stalled.is_late(121, 5000, 9_000_000)
    assert stalled.is_late(122, 5000, 9_000_000)


def test_an_answer_that_went_out_whole_starts_no_clock() -> None:
    keep_alive = pace()
    assert not keep_alive.is_late(0, 5000, 10)
    assert not keep_alive.is_late(1, 0, 20)
    assert not keep_alive.is_late(5000, 5000, 30)
