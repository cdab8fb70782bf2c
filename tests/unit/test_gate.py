"""The gate: no more uploads, and no more of the disk, than there is room for."""

import pytest

from dropbox.errors import DiskLow, TooManyUploads
from dropbox.padding import bucket
from dropbox.server.gate import Gate, circuit_of
from dropbox.server.letterbox import reservation
from dropbox.server.limits import MIB
from tests.arrivals import limits


def gate(free_bytes: int = 1 << 40, **changes: int) -> Gate:
    return Gate(limits(**changes), lambda: free_bytes)


def test_no_upload_beyond_the_slots_is_admitted() -> None:
    full = gate(max_uploads=2)
    first = full.admit(MIB, None, slot=True)
    full.admit(MIB, None, slot=True)
    with pytest.raises(TooManyUploads):
        full.admit(MIB, None, slot=True)
    first.release()
    full.admit(MIB, None, slot=True)
    assert full.uploads == 2


def test_releasing_twice_does_not_make_a_slot() -> None:
    full = gate(max_uploads=1)
    first = full.admit(MIB, None, slot=True)
    first.release()
    first.release()
    full.admit(MIB, None, slot=True)
    first.release()
    with pytest.raises(TooManyUploads):
        full.admit(MIB, None, slot=True)


def test_small_forms_take_no_slot_and_are_admitted_when_all_are_taken() -> None:
    full = gate(max_uploads=1)
    full.admit(MIB, "a", slot=True)
    full.admit(1000, "a", slot=False)
    assert full.uploads == 1


def test_one_circuit_cannot_take_every_slot() -> None:
    shared = gate(max_uploads=9, max_uploads_per_circuit=2)
    for _ in range(2):
        shared.admit(MIB, "fc00::1", slot=True)
    with pytest.raises(TooManyUploads):
        shared.admit(MIB, "fc00::1", slot=True)
    shared.admit(MIB, "fc00::2", slot=True)


def test_an_upload_that_stalls_gives_its_slot_to_the_next_one_and_one_that_is_sent_does_not() -> None:
    full = gate(max_uploads=2, crowded_upload_seconds=2)
    first, second = (full.admit(1, None, slot=True) for _ in range(2))
    first.seconds_behind, second.seconds_behind = (lambda: 1.9), (lambda: -10)
    with pytest.raises(TooManyUploads):
        full.admit(1, None, slot=True)
    first.seconds_behind = lambda: 2
    assert full.admit(1, None, slot=True).slot
    assert (first.gave_way, second.gave_way) == (True, False)
    assert full.uploads == 2


def test_nobody_gives_way_to_a_circuit_that_has_its_share() -> None:
    full = gate(max_uploads=2, max_uploads_per_circuit=1)
    mine, other = full.admit(1, "mine", slot=True), full.admit(1, "other", slot=True)
    mine.seconds_behind = other.seconds_behind = lambda: 100
    with pytest.raises(TooManyUploads):
        full.admit(1, "mine", slot=True)
    assert (mine.gave_way, other.gave_way) == (False, False)


def test_without_circuit_ids_nobody_counts_as_one_circuit() -> None:
    shared = gate(max_uploads=9, max_uploads_per_circuit=2)
    for _ in range(9):
        shared.admit(MIB, None, slot=True)


def test_the_disk_is_never_promised_twice() -> None:
    tight = gate(free_bytes=3 * reservation(MIB) + 100, min_free_bytes=100)
    first = tight.admit(MIB, None, slot=True)
    tight.admit(MIB, None, slot=True)
    tight.admit(MIB, None, slot=False)
    with pytest.raises(DiskLow):
        tight.admit(MIB, None, slot=False)
    first.release()
    tight.admit(MIB, None, slot=True)


def test_a_refused_upload_keeps_no_share_of_the_disk() -> None:
    tight = gate(free_bytes=reservation(MIB), min_free_bytes=0)
    with pytest.raises(DiskLow):
        tight.admit(9 * MIB, None, slot=True)
    tight.admit(MIB, None, slot=True)


def test_what_has_arrived_is_not_counted_as_still_to_come() -> None:
    free = [2 * reservation(MIB)]
    shrinking = Gate(limits(min_free_bytes=0), lambda: free[0])
    first = shrinking.admit(MIB, None, slot=True)
    first.arrived_bytes = MIB
    free[0] -= MIB
    shrinking.admit(MIB, None, slot=True)


@pytest.mark.parametrize("length", [1, 65536, MIB, 10 * MIB + 1, 500 * MIB, 2000 * MIB])
def test_a_reservation_covers_padding_and_what_sealing_adds(length: int) -> None:
    envelope = bucket(length + 200_000)
    assert reservation(length) >= envelope + envelope // 8192 + 20_000


def test_only_the_line_of_our_tor_names_a_circuit() -> None:
    assert circuit_of(b"PROXY TCP6 fc00:dead:beef:4dad::0:68 ::1 104 80") == "fc00:dead:beef:4dad::0:68"
    for line in (
        b"",
        b"GET / HTTP/1.1",
        b"PROXY UNKNOWN",
        b"PROXY TCP6 ../../etc ::1 1 2",
        b"PROXY TCP6 ::1 ::1 1 2\n",
    ):
        assert circuit_of(line) is None
