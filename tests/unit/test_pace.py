"""The pace of an answer: slow readers are told from stalled ones, and neither from those who keep up."""

from dataclasses import dataclass

from dropbox.server.arrival.pace import OutputPace, furthest_behind, too_costly
from dropbox.server.limits import ArrivalLimits
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


@dataclass(frozen=True)
class Connection:
    name: str
    total_outbufs_len: int = 0
    behind: float = 0.0
    is_unserved: bool = False

    def seconds_behind(self) -> float:
        return self.behind


def let_go(*connections: Connection, limits: ArrivalLimits) -> list[str]:
    return [each.name for each in too_costly(connections, limits)]


def test_the_largest_answers_go_first_and_only_as_many_as_it_takes() -> None:
    small, large, middle = Connection("small", 10), Connection("large", 90), Connection("middle", 50)
    assert let_go(small, large, middle, limits=limits(max_total_output_bytes=60)) == ["large"]
    assert let_go(small, large, middle, limits=limits(max_total_output_bytes=150)) == []


def test_whoever_sends_or_is_at_work_never_makes_room_and_the_slowest_goes_first() -> None:
    working, sending = Connection("working", behind=100), Connection("sending", behind=-3, is_unserved=True)
    stalled, resting = (
        Connection("stalled", behind=9, is_unserved=True),
        Connection("resting", behind=2, is_unserved=True),
    )
    everybody = (working, resting, sending, stalled)
    for count, gone in ((0, []), (1, ["stalled"]), (2, ["stalled", "resting"]), (9, ["stalled", "resting"])):
        assert [each.name for each in furthest_behind(everybody, limits(crowded_seconds=1), count)] == gone
