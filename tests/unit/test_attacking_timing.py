"""The attack on time and size calls a branch that is slowed and an answer that is longer, and no equal ones."""

import random
import time

import pytest

from tests.attacking.seized import chances
from tests.attacking.timing import pairs as room
from tests.attacking.timing.pairs import INSIDE_US, WHOLE_US, Compared, P, compare, judge
from tests.attacking.timing.sizes import differences, shape

HEADERS = [("Content-Type", "text/html"), ("Set-Cookie", "visit=abcd; HttpOnly; Path=/; Max-Age=100")]


def _times(dice: random.Random, number: int, more_us: float = 0.0) -> list[float]:
    """Draw times as a server's are: a floor, a long tail."""
    return [3000 + more_us + dice.expovariate(1 / 400) for _ in range(number)]


def test_a_way_that_takes_longer_than_the_bound_is_told_apart() -> None:
    dice = random.Random(1)
    found = judge("slowed", _times(dice, 500, 1200), _times(dice, 500), WHOLE_US)
    assert found.is_told_apart
    assert found.gap_us == pytest.approx(1200, abs=150)


def test_a_difference_below_the_bound_is_seen_and_not_called() -> None:
    dice = random.Random(2)
    found = judge("slowed a little", _times(dice, 2000, 200), _times(dice, 2000), WHOLE_US)
    assert found.is_seen
    assert not found.is_told_apart


def test_equal_ways_are_seen_as_rarely_as_chance_has_it() -> None:
    dice = random.Random(3)
    found = [judge("equal", _times(dice, 100), _times(dice, 100), 0.0) for _ in range(200)]
    assert sum(each.welch_p < P for each in found) <= 6
    assert sum(each.smirnov_p < P for each in found) <= 6
    assert sum(each.smirnov_p < 0.5 for each in found) in range(60, 140)


def test_the_same_mean_with_another_spread_is_seen() -> None:
    dice = random.Random(4)
    narrow = [dice.gauss(3000, 10) for _ in range(400)]
    wide = [dice.gauss(3000, 300) for _ in range(400)]
    assert chances.kolmogorov_smirnov(narrow, wide).p < 1e-6
    assert judge("spread", narrow, wide, WHOLE_US).is_seen


@pytest.fixture
def stepped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A clock that goes on only when a way says so, in nanoseconds."""
    now = [0]
    monkeypatch.setattr(time, "perf_counter_ns", lambda: now[0])
    return now


def test_a_slowed_branch_is_called_through_the_whole_way_of_measuring(stepped: list[int]) -> None:
    dice = random.Random(5)

    def takes(more_us: float) -> None:
        stepped[0] += int(1000 * (50 + more_us + dice.expovariate(1 / 20)))

    found = compare("slowed", lambda: takes(150), lambda: takes(0), 300, INSIDE_US, random.Random(6))
    assert found.is_told_apart
    assert found.gap_us > INSIDE_US
    equal = compare("equal", lambda: takes(0), lambda: takes(0), 300, INSIDE_US, random.Random(7))
    assert not equal.is_told_apart


def test_what_is_seen_once_and_not_again_is_not_called(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Compared("lucky", 100, 2000.0, 1e-9, 1e-9, WHOLE_US)
    for again in (
        Compared("lucky", 100, 3.0, 0.4, 0.5, WHOLE_US),
        Compared("lucky", 100, -2000.0, 1e-9, 1e-9, WHOLE_US),
    ):
        answers = iter([seen, again])
        monkeypatch.setattr(room, "_once", lambda *_given, answers=answers: next(answers))
        assert not compare("lucky", lambda: None, lambda: None, 100, WHOLE_US, random.Random(8)).is_told_apart


def test_each_pair_is_taken_in_an_order_by_lot() -> None:
    taken: list[str] = []
    compare("order", lambda: taken.append("a"), lambda: taken.append("b"), 200, 1e9, random.Random(9))
    pairs = list(zip(taken[-400::2], taken[-399::2], strict=True))
    assert {("a", "b"), ("b", "a")} == set(pairs)
    assert 60 < pairs.count(("a", "b")) < 140


# --- shapes -------------------------------------------------------------------------------------------------------


def test_answers_that_differ_in_words_and_cookie_values_alone_are_alike() -> None:
    other = [HEADERS[0], ("Set-Cookie", "visit=wxyz; HttpOnly; Path=/; Max-Age=100")]
    assert differences({"hit": shape(400, HEADERS, b"these"), "miss": shape(400, other, b"those")}) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (shape(401, HEADERS, b"these"), "hit 400, miss 401"),
        (shape(400, HEADERS, b"longer"), "hit 5 bytes, miss 6"),
        (shape(400, [*HEADERS, ("Location", "/case")], b"these"), "hit or miss: location"),
        (
            shape(400, [HEADERS[0], ("Set-Cookie", "visit=abcde; HttpOnly; Path=/")], b"these"),
            "hit or miss: set-cookie",
        ),
    ],
)
def test_an_answer_that_differs_in_status_length_or_a_header_is_called(other: object, said: str) -> None:
    assert differences({"hit": shape(400, HEADERS, b"these"), "miss": other}) == [said]  # type: ignore[dict-item]
