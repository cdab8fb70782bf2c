"""The desk log: nothing can be taken away, put in between or told twice in two ways without being seen."""

import random
from dataclasses import replace
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropbox.bundle.desk_log import (
    FIRST_HEAD,
    LineState,
    LogLine,
    LogRange,
    check_log,
    compare,
    dump_log,
    head_after,
    load_log,
)
from dropbox.errors import BundleError, BundleFork
from tests.bundles import hashed

EPOCH = "0123456789abcdef" * 2
HERE, RECEIVED, WITHDRAWN = LineState.HERE, LineState.RECEIVED, LineState.WITHDRAWN

Known = dict[str, dict[int, str]]


def line(n: int, state: LineState = HERE, content: bytes = b"") -> LogLine:
    return LogLine(n, hashed(content or b"item %d" % n), state)


def span_of(lines: list[LogLine], epoch: str = EPOCH, before: bytes = FIRST_HEAD) -> LogRange:
    first = lines[0].n if lines else 1
    return LogRange(epoch, first, first + len(lines) - 1, before, head_after(before, epoch, lines))


def part(lines: list[LogLine], first: int) -> tuple[LogRange, list[LogLine]]:
    """Return the log from `first` on, as a bundle with a shorter range has it."""
    before = head_after(FIRST_HEAD, EPOCH, lines[: first - 1])
    return span_of(lines[first - 1 :], before=before), lines[first - 1 :]


def here(lines: list[LogLine]) -> dict[int, str]:
    return {entry.n: entry.sha256 for entry in lines if entry.state is HERE}


def learn(known: Known, lines: list[LogLine], epoch: str = EPOCH) -> None:
    known.setdefault(epoch, {}).update({entry.n: entry.sha256 for entry in lines})


def test_the_head_is_the_one_that_the_format_describes() -> None:
    first = blake2b(
        bytes(32) + bytes.fromhex(EPOCH) + bytes(7) + b"\1" + bytes.fromhex(hashed(b"item 1")), digest_size=32
    )
    assert head_after(FIRST_HEAD, EPOCH, [line(1)]) == first.digest()
    assert head_after(first.digest(), EPOCH, [line(2)]) == head_after(FIRST_HEAD, EPOCH, [line(1), line(2)])
    assert head_after(FIRST_HEAD, EPOCH, []) == bytes(32)


def test_a_state_is_no_part_of_the_chain_because_it_changes() -> None:
    assert head_after(FIRST_HEAD, EPOCH, [line(1, HERE)]) == head_after(FIRST_HEAD, EPOCH, [line(1, RECEIVED)])


def test_a_log_that_was_written_is_read_back() -> None:
    lines = (line(1), line(2, RECEIVED), line(3, WITHDRAWN))
    assert load_log(dump_log(lines)) == lines
    assert load_log(b"") == ()


@pytest.mark.parametrize(
    "data",
    [
        b"1 %s here",
        b"\n1 %s here\n",
        b"1 %s here\n\n",
        b"1 %s here\r\n",
        b"01 %s here\n",
        b"0 %s here\n",
        b"-1 %s here\n",
        b"1  %s here\n",
        b"1 %s gone\n",
        b"1 %s HERE\n",
        b"1 %s\n",
        b"1 %s here \n",
        b"1 f%s here\n",
        b"1 %s here\n2 x here\n",
        b"99999999999999999 %s here\n",
    ],
)
def test_a_log_with_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        load_log(data.replace(b"%s", hashed(b"x").encode()))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_a_log_of_any_bytes_is_refused_or_read_exactly(data: bytes) -> None:
    try:
        lines = load_log(data)
    except BundleError:
        return
    assert dump_log(lines) == data


def test_a_log_that_fits_its_manifest_is_taken() -> None:
    lines = [line(1), line(2, RECEIVED), line(3, WITHDRAWN), line(4)]
    check_log(span_of(lines), lines, here(lines))
    check_log(span_of([]), [], {})
    shorter, rest = part(lines, 3)
    check_log(shorter, rest, here(rest))


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_log_with_a_line_missing_is_refused(cut: int) -> None:
    lines = [line(1), line(2), line(3)]
    fewer = lines[:cut] + lines[cut + 1 :]
    with pytest.raises(BundleError):
        check_log(span_of(lines), fewer, here(fewer))
    with pytest.raises(BundleError):
        check_log(replace(span_of(fewer), first=1, last=len(fewer)), fewer if cut < 2 else lines, here(fewer))


def test_a_log_in_another_order_or_with_a_number_twice_is_refused() -> None:
    for lines in ([line(2), line(1)], [line(1), line(1)], [line(1), line(3)]):
        with pytest.raises(BundleError):
            check_log(span_of(lines), lines, here(lines))


def test_a_log_with_another_hash_than_its_head_is_refused() -> None:
    lines = [line(1), line(2, RECEIVED)]
    other = [line(1), line(2, RECEIVED, b"other")]
    with pytest.raises(BundleError):
        check_log(span_of(lines), other, here(other))


def test_a_head_before_the_first_number_that_is_not_zero_is_refused() -> None:
    lines = [line(1)]
    with pytest.raises(BundleError):
        check_log(span_of(lines, before=b"\1" * 32), lines, here(lines))


def test_a_line_that_is_here_without_its_item_is_refused() -> None:
    lines = [line(1), line(2)]
    with pytest.raises(BundleError):
        check_log(span_of(lines), lines, {1: lines[0].sha256})


@pytest.mark.parametrize("state", [RECEIVED, WITHDRAWN])
def test_an_item_whose_line_is_not_here_is_refused(state: LineState) -> None:
    lines = [line(1), line(2, state)]
    with pytest.raises(BundleError):
        check_log(span_of(lines), lines, {entry.n: entry.sha256 for entry in lines})


def test_an_item_with_another_hash_than_its_line_is_refused() -> None:
    lines = [line(1)]
    with pytest.raises(BundleError):
        check_log(span_of(lines), lines, {1: hashed(b"other")})


def test_a_first_bundle_gives_its_numbers_and_its_past() -> None:
    lines = [line(1, RECEIVED), line(2, WITHDRAWN), line(3)]
    result = compare({}, span_of(lines), lines)
    assert (result.new, result.gaps, result.passed, result.new_epoch) == ((1, 2, 3), (), (1,), False)


def test_the_same_bundle_again_gives_nothing_new() -> None:
    lines = [line(1), line(2)]
    known = {EPOCH: here(lines)}
    result = compare(known, span_of(lines), lines)
    assert (result.new, result.gaps, result.passed, result.new_epoch) == ((), (), (), False)


def test_an_older_bundle_is_welcome() -> None:
    lines = [line(n) for n in range(1, 6)]
    result = compare({EPOCH: here(lines)}, span_of(lines[:2]), lines[:2])
    assert (result.new, result.gaps) == ((), ())


def test_a_number_that_is_nowhere_is_a_gap_until_a_bundle_names_it() -> None:
    lines = [line(n) for n in range(1, 7)]
    known: Known = {}
    learn(known, lines[:2])
    shorter, rest = part(lines, 5)
    assert compare(known, shorter, rest).gaps == (3, 4)
    learn(known, rest)
    assert compare(known, span_of(lines[:3]), lines[:3]).gaps == (4,)
    learn(known, lines[:3])
    assert compare(known, span_of(lines), lines).gaps == ()


def test_an_item_that_passed_unseen_is_named() -> None:
    """An intruder who takes an item away must call it received: this vault never had it offered."""
    lines = [line(1), line(2, RECEIVED), line(3, WITHDRAWN), line(4)]
    assert compare({EPOCH: {1: lines[0].sha256}}, span_of(lines), lines).passed == (2,)


def test_an_item_that_was_offered_before_did_not_pass_unseen() -> None:
    lines = [line(1, RECEIVED), line(2)]
    assert compare({EPOCH: {1: lines[0].sha256}}, span_of(lines), lines).passed == ()


def test_another_hash_under_a_known_number_is_a_fork() -> None:
    lines = [line(1), line(2)]
    other = [line(1), line(2, HERE, b"other")]
    with pytest.raises(BundleFork):
        compare({EPOCH: here(lines)}, span_of(other), other)


def test_another_past_before_the_range_is_a_fork_although_no_known_number_is_named() -> None:
    lines = [line(1), line(2), line(3)]
    forked = [line(1), line(2, HERE, b"other"), line(3)]
    span = span_of(forked[2:], before=head_after(FIRST_HEAD, EPOCH, forked[:2]))
    with pytest.raises(BundleFork):
        compare({EPOCH: here(lines[:2])}, span, forked[2:])


def test_a_new_epoch_is_told_and_is_no_fork() -> None:
    lines, others = [line(1)], [line(1, HERE, b"other")]
    result = compare({EPOCH: here(lines)}, span_of(others, epoch="f" * 32), others)
    assert result.new_epoch
    assert result.new == (1,)


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_order_of_bundles_of_one_history_is_welcome_and_ends_the_same(order: random.Random) -> None:
    lines = [line(n) for n in range(1, 13)]
    bundles = [span_and_lines for last in range(1, 13) for span_and_lines in (part(lines[:last], 1 + last // 3),)]
    order.shuffle(bundles)
    known: Known = {}
    for span, some in bundles:
        result = compare(known, span, some)
        assert set(result.new).isdisjoint(known.get(EPOCH, {}))
        learn(known, some)
    assert known == {EPOCH: here(lines)}
    assert compare(known, span_of(lines), lines).gaps == ()
