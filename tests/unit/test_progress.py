"""How far an upload is: true numbers, an end that stays an end, and nothing that stays for ever."""

import pytest

from dropbox.server.progress import KEEP_SECONDS, RATE_SECONDS, STALL_SECONDS, Progress, Stage, Standing, Upload
from tests.clock import Clock

MB = 1_000_000
ANNA, BRAM = b"a" * 32, b"b" * 32


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def registry(clock: Clock) -> Progress:
    return Progress(clock)


def sent_at(upload: Upload, clock: Clock, rate: int, seconds: int, start: int = 0) -> int:
    """Let bytes arrive at a steady rate, ten times a second; return how many there are then."""
    for tenth in range(1, seconds * 10 + 1):
        clock.now += 0.1
        upload.count(start + rate * tenth // 10)
    return start + rate * seconds


def standing(registry: Progress, visit: bytes) -> Standing:
    found = registry.of(visit)
    assert found is not None
    return found


def test_nothing_is_told_of_a_visit_that_has_sent_nothing(registry: Progress) -> None:
    registry.begin(ANNA, MB)
    assert registry.of(BRAM) is None


def test_an_upload_goes_through_its_stages_and_no_further(registry: Progress, clock: Clock) -> None:
    upload = registry.begin(ANNA, MB)
    assert standing(registry, ANNA).stage is Stage.ARRIVING
    upload.count(MB - 1)
    assert standing(registry, ANNA) == Standing(Stage.ARRIVING, MB - 1, MB)
    upload.count(MB)
    assert standing(registry, ANNA).stage is Stage.SEALING
    upload.finish()
    upload.stop(["late"])
    clock.now += KEEP_SECONDS
    assert standing(registry, ANNA) == Standing(Stage.DONE, MB, MB)
    clock.now += 1
    assert registry.of(ANNA) is None


def test_an_upload_that_was_refused_is_never_shown_as_done_and_keeps_its_first_reasons(registry: Progress) -> None:
    upload = registry.begin(ANNA, MB)
    upload.stop()
    upload.stop(["Choose who may read this."])
    upload.stop(["Something else."])
    upload.count(MB)
    upload.finish()
    assert standing(registry, ANNA) == Standing(Stage.STOPPED, MB, MB, reasons=["Choose who may read this."])


def test_a_refusal_is_shown_as_long_as_its_bytes_still_come(registry: Progress, clock: Clock) -> None:
    upload = registry.begin(ANNA, 100 * MB)
    upload.stop()
    sent_at(upload, clock, MB, KEEP_SECONDS + 5)
    assert standing(registry, ANNA).stage is Stage.STOPPED
    clock.now += KEEP_SECONDS + 1
    assert registry.of(ANNA) is None


def test_the_time_left_follows_the_rate_of_the_last_seconds_not_of_the_whole(registry: Progress, clock: Clock) -> None:
    upload = registry.begin(ANNA, 100 * MB)
    arrived = sent_at(upload, clock, MB, 50)
    assert standing(registry, ANNA).seconds_left == pytest.approx(50, rel=0.02)
    arrived = sent_at(upload, clock, MB // 10, RATE_SECONDS + 2, arrived)
    assert standing(registry, ANNA).seconds_left == pytest.approx((100 * MB - arrived) / (MB // 10), rel=0.1)


def test_no_time_is_told_before_there_is_a_rate_nor_while_nothing_comes(registry: Progress, clock: Clock) -> None:
    upload = registry.begin(ANNA, 100 * MB)
    sent_at(upload, clock, MB, 1)
    assert standing(registry, ANNA).seconds_left is None
    sent_at(upload, clock, MB, 5, MB)
    assert standing(registry, ANNA).seconds_left is not None
    clock.now += STALL_SECONDS + 1
    stalled = standing(registry, ANNA)
    assert (stalled.stalled, stalled.seconds_left) == (True, None)


def test_an_upload_that_never_moved_is_not_divided_by_nothing(registry: Progress, clock: Clock) -> None:
    registry.begin(ANNA, MB)
    clock.now += 5
    assert standing(registry, ANNA) == Standing(Stage.ARRIVING, 0, MB)


def test_the_latest_upload_of_a_visit_is_the_one_that_is_shown(registry: Progress) -> None:
    first = registry.begin(ANNA, MB)
    registry.begin(ANNA, 2 * MB)
    first.count(MB)
    first.finish()
    assert standing(registry, ANNA) == Standing(Stage.ARRIVING, 0, 2 * MB)
    assert len(registry) == 1


def test_what_has_ended_does_not_stay_in_memory(registry: Progress, clock: Clock) -> None:
    registry.begin(ANNA, MB).finish()
    live = registry.begin(BRAM, MB)
    clock.now += KEEP_SECONDS + 1
    registry.tidy()
    assert len(registry) == 1
    live.stop()
    clock.now += KEEP_SECONDS + 1
    registry.tidy()
    assert len(registry) == 0


def test_the_registry_does_not_grow_and_ended_uploads_make_room_before_running_ones(clock: Clock) -> None:
    registry = Progress(clock, most=10)
    registry.begin(ANNA, MB)
    for number in range(100):
        registry.begin(b"%032d" % number, MB).stop()
    assert len(registry) == 10
    assert registry.of(ANNA) is not None
    for number in range(100):
        registry.begin(b"%032d" % number, MB)
    assert len(registry) == 10


def test_neither_a_visit_nor_what_is_sent_can_be_read_out_of_the_registry(registry: Progress) -> None:
    registry.begin(ANNA, MB)
    assert ANNA not in repr(vars(registry)).encode()
    assert all(ANNA not in index and len(index) == 16 for index in vars(registry)["_uploads"])
