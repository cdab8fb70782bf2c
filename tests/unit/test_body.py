"""The body between socket and reader: bounded, never taken for whole when it is not, and no wake-up is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from dropbox.errors import RequestError, UploadCutOff, UploadTooSlow
from dropbox.server.body import Body
from dropbox.server.gate import Gate
from dropbox.server.limits import KIB, MIB
from tests.arrivals import limits
from tests.clock import Clock


class Rig:
    """A body with a clock in hand and its wake-ups counted."""

    def __init__(self, length: int | None, **changes: Any) -> None:
        self.clock = Clock()
        self.wakes = 0
        self.body = Body(length, limits(**changes), wake=self.wake, clock=self.clock)

    def wake(self) -> None:
        self.wakes += 1


def is_paused(body: Body) -> bool:
    return body.paused


def in_thread(work: Callable[[], bytes]) -> Callable[[], bytes | BaseException]:
    """Start `work` in a thread; the result waits for it and returns what it returned or raised."""
    result: list[bytes | BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except RequestError as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def wait() -> bytes | BaseException:
        thread.join(5)
        assert not thread.is_alive()
        return result[0]

    return wait


def test_bytes_behind_the_body_are_left_for_the_next_request() -> None:
    body = Rig(5).body
    assert body.received(b"abc") == 3
    assert body.received(b"deGET /") == 2
    assert body.completed
    assert body.read() == b"abcde"
    assert body.read() == b""


def test_reads_give_no_more_than_was_asked_for() -> None:
    body = Rig(10).body
    body.received(b"0123456789")
    assert [body.read(4), body.read(4), body.read(4), body.read(4)] == [b"0123", b"4567", b"89", b""]


def test_a_reader_waits_for_what_is_still_on_its_way() -> None:
    body = Rig(4).body
    reading = in_thread(body.read)
    body.received(b"ab")
    body.received(b"cd")
    assert reading() == b"abcd"


def test_a_full_body_pauses_and_its_reader_wakes_the_socket_again() -> None:
    rig = Rig(10 * MIB, buffer_bytes=MIB)
    for _ in range(16):
        assert not is_paused(rig.body)
        rig.body.received(bytes(64 * KIB))
    assert is_paused(rig.body)
    while is_paused(rig.body):
        assert rig.wakes == 0
        rig.body.read(64 * KIB)
    assert rig.wakes == 1


def test_a_completed_body_is_never_left_paused() -> None:
    rig = Rig(2 * MIB, buffer_bytes=MIB)
    rig.body.received(bytes(2 * MIB))
    assert not is_paused(rig.body)


def test_no_wake_up_is_lost_between_two_busy_threads() -> None:
    limit, total = 64 * KIB, 8 * MIB
    readable = threading.Event()
    body = Body(total, limits(buffer_bytes=limit), wake=readable.set)
    reading = in_thread(body.read)
    sent = 0
    while sent < total:
        if body.paused:
            assert readable.wait(5), "the reader drained the body and told nobody"
            readable.clear()
            continue
        sent += body.received(bytes(4 * KIB))
    assert reading() == bytes(total)


def test_a_cut_off_body_raises_even_when_bytes_are_left_to_read() -> None:
    body = Rig(10).body
    body.received(b"abc")
    body.fail(UploadCutOff())
    for _ in range(2):
        with pytest.raises(UploadCutOff):
            body.read(1)


def test_a_waiting_reader_learns_that_the_body_was_cut_off() -> None:
    body = Rig(10).body
    reading = in_thread(body.read)
    body.fail(UploadCutOff())
    assert isinstance(reading(), UploadCutOff)


def test_a_body_that_had_arrived_whole_is_not_lost_to_a_closed_connection() -> None:
    body = Rig(3).body
    body.received(b"abc")
    body.fail(UploadCutOff())
    assert body.read() == b"abc"


def test_the_first_failure_is_the_one_that_is_told() -> None:
    body = Rig(3).body
    body.fail(UploadTooSlow())
    body.fail(UploadCutOff())
    with pytest.raises(UploadTooSlow):
        body.read()


def test_a_dropped_body_keeps_nothing_and_cannot_be_read() -> None:
    rig = Rig(10 * MIB, buffer_bytes=MIB)
    rig.body.received(bytes(MIB))
    rig.body.discard()
    assert rig.wakes == 1
    assert not is_paused(rig.body)
    rig.body.received(bytes(MIB))
    assert not is_paused(rig.body)
    with pytest.raises(UploadCutOff):
        rig.body.read()


def test_a_body_is_ready_only_when_a_thread_has_something_to_do() -> None:
    body = Rig(MIB, dispatch_bytes=64 * KIB).body
    body.received(bytes(64 * KIB - 1))
    assert [body.ready, body.received(b"x"), body.ready] == [False, 1, True]
    small = Rig(1).body
    small.received(b"x")
    assert small.ready


def test_a_sender_below_the_least_rate_is_late_after_the_start() -> None:
    rig = Rig(MIB, min_rate_bytes=1000, start_seconds=30)
    rig.clock.now += 30
    assert not rig.body.is_late()
    rig.body.received(bytes(31_000))
    rig.clock.now += 1
    assert not rig.body.is_late()
    rig.clock.now += 1
    assert rig.body.is_late()


def test_a_burst_does_not_buy_an_endless_stall() -> None:
    rig = Rig(100 * MIB, stall_seconds=120)
    rig.body.received(bytes(512 * KIB))
    rig.clock.now += 121
    assert rig.body.is_late()


def test_a_sender_is_not_late_while_we_do_not_read() -> None:
    rig = Rig(10 * MIB, buffer_bytes=MIB, stall_seconds=120)
    rig.body.received(bytes(MIB))
    rig.clock.now += 4000
    assert not rig.body.is_late()
    while is_paused(rig.body):
        rig.body.read(64 * KIB)
    assert not rig.body.is_late()


def test_no_upload_lasts_longer_than_the_longest_time() -> None:
    rig = Rig(10 * MIB, buffer_bytes=MIB, max_upload_seconds=3600)
    rig.body.received(bytes(MIB))
    rig.clock.now += 3601
    assert rig.body.is_late()


def test_one_burst_buys_no_more_than_the_credit_and_steady_sending_keeps_it() -> None:
    rig = Rig(None, min_rate_bytes=1000, credit_seconds=10)
    rig.body.received(bytes(500_000))
    assert rig.body.seconds_behind() == -10
    for _ in range(100):
        rig.clock.now += 1
        rig.body.received(bytes(2000))
        assert rig.body.seconds_behind() == -10
    for _ in range(30):
        rig.clock.now += 1
        rig.body.received(b"x")
    assert 19 < rig.body.seconds_behind() < 20


def test_nobody_is_behind_whose_bytes_wait_for_a_reader() -> None:
    rig = Rig(MIB, min_rate_bytes=1000, buffer_bytes=KIB, credit_seconds=1)
    rig.body.received(bytes(KIB))
    rig.clock.now += 100
    assert rig.body.paused
    assert rig.body.seconds_behind() < 0


def test_an_upload_that_has_to_give_way_is_ended_as_too_slow() -> None:
    ticket = Gate(limits(), lambda: 1 << 40).admit(MIB, None, slot=True)
    body = Body(MIB, limits(), wake=lambda: None, ticket=ticket)
    assert not body.is_late()
    ticket.give_way()
    assert body.is_late()


def test_whoever_has_sent_everything_is_not_late() -> None:
    rig = Rig(3)
    rig.body.received(b"abc")
    rig.clock.now += 1_000_000
    assert not rig.body.is_late()


def test_dropping_ends_with_the_body_and_with_our_patience() -> None:
    rig = Rig(1000, drain_bytes=500, drain_seconds=100, drain_idle_seconds=10)
    assert not rig.body.is_drained()
    rig.body.discard()
    assert not rig.body.is_drained()
    rig.body.received(bytes(1000))
    assert rig.body.is_drained()
    for step, count in ((5, 40), (11, 1), (0, 501)):
        rig = Rig(None, drain_bytes=500, drain_seconds=100, drain_idle_seconds=10)
        rig.body.discard()
        for _ in range(count):
            rig.clock.now += step
            if step != 11:
                rig.body.received(b"x")
        assert rig.body.is_drained()
        assert not rig.body.completed


def test_a_ticket_knows_how_much_of_its_upload_has_arrived() -> None:
    ticket = Gate(limits(), lambda: 1 << 40).admit(MIB, None, slot=True)
    body = Body(MIB, limits(), wake=lambda: None, ticket=ticket)
    body.received(bytes(1000))
    assert ticket.arrived_bytes == 1000
