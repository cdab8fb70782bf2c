"""Buckets: nothing is cut off, little is added, and all short texts look alike."""

import pytest

from dropbox.padding import DEFAULT_FLOOR_BYTES, bucket

SIZES = [
    *range(1, 5000),
    65_536,
    65_537,
    10**6,
    10**9,
    2**31 - 1,
    *(2**n + d for n in range(12, 40) for d in (-1, 0, 1)),
]


@pytest.mark.parametrize(
    ("size", "padded"),
    [(1, 1), (8, 8), (9, 10), (15, 16), (17, 18), (100, 104), (1000, 1024), (65_537, 67_584), (10**9, 1_006_632_960)],
)
def test_buckets_never_leave_padme(size: int, padded: int) -> None:
    assert bucket(size, 0) == padded


@pytest.mark.parametrize("floor", [0, 1, 4096, DEFAULT_FLOOR_BYTES, 70_000])
def test_a_bucket_never_cuts_off_and_never_shrinks(floor: int) -> None:
    padded = [bucket(size, floor) for size in sorted(SIZES)]
    assert all(have >= size for have, size in zip(padded, sorted(SIZES), strict=True))
    assert padded == sorted(padded)
    assert min(padded) >= floor


def test_padding_never_adds_twelve_percent_above_the_floor() -> None:
    assert all(bucket(size, 0) < size * 1.12 for size in SIZES if size > 100)


def test_a_bucket_is_its_own_bucket() -> None:
    assert all(bucket(bucket(size)) == bucket(size) for size in SIZES)


@pytest.mark.parametrize("size", [0, 1, 500, 48 * 1024, 65_536])
def test_texts_below_the_floor_never_differ_in_size(size: int) -> None:
    assert bucket(size) == 65_536


def test_few_sizes_are_left_to_be_told_apart() -> None:
    assert len({bucket(size) for size in range(65_537, 2**24, 997)}) <= 8 * 32  # 32 for each doubling


def test_a_floor_that_is_no_bucket_still_holds() -> None:
    assert bucket(1, 100_001) == 100_001
    assert bucket(100_002, 100_001) == bucket(100_002, 0)
