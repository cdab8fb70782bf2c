"""A desk's log: its items numbered, hashed and chained, so that what is taken away or put in between is noticed.

Pure: nothing here reads a file. A vault compares what it knows with every bundle that arrives, in any order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from dropbox.errors import BundleError, BundleFork

FIRST_HEAD = bytes(32)
MAX_NUMBER = 1_000_000
"""More lines than the largest log.txt holds. Who reads a log counts up to its last number, so there must be one."""

_LINE = re.compile(rb"([1-9][0-9]{0,14}) ([0-9a-f]{64}) (here|received|withdrawn|erased)\n")


class LineState(StrEnum):
    """What became of a number: in this bundle, received by every member, withdrawn by its reporter, erased by two."""

    HERE = "here"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


@dataclass(frozen=True)
class LogLine:
    n: int
    sha256: str
    state: LineState


def dump_log(lines: Iterable[LogLine]) -> bytes:
    return b"".join(b"%d %s %s\n" % (line.n, line.sha256.encode(), line.state.encode()) for line in lines)


def load_log(data: bytes) -> tuple[LogLine, ...]:
    """Return the lines of a log.txt; raises BundleError for anything that `dump_log` does not write."""
    lines = []
    end = 0
    for found in _LINE.finditer(data):
        if found.start() != end:
            break
        end = found.end()
        lines.append(LogLine(int(found[1]), found[2].decode(), LineState(found[3].decode())))
    if end != len(data):
        raise BundleError
    return tuple(lines)


def head_after(before: bytes, epoch: str, lines: Iterable[LogLine]) -> bytes:
    """Return the head (32 bytes) that follows `before` when these lines are added in their order."""
    head = before
    epoch_bytes = bytes.fromhex(epoch)
    for line in lines:
        number = line.n.to_bytes(8, "big")
        head = blake2b(head + epoch_bytes + number + bytes.fromhex(line.sha256), digest_size=32).digest()
    return head


@dataclass(frozen=True)
class LogRange:
    """One desk's numbers `first` to `last` in one epoch (last = first - 1: none), and the heads around them."""

    epoch: str
    first: int
    last: int
    before: bytes
    after: bytes


def check_log(span: LogRange, lines: Sequence[LogLine], items: Mapping[int, str]) -> None:
    """Raise BundleError unless the lines fill the range, lead from head to head, and are `here` for just these items.

    `items` maps the numbers of a bundle's items to their SHA-256.
    """
    if span.last > MAX_NUMBER:
        raise BundleError
    if [line.n for line in lines] != list(range(span.first, span.last + 1)):
        raise BundleError
    if span.first == 1 and span.before != FIRST_HEAD:
        raise BundleError
    if head_after(span.before, span.epoch, lines) != span.after:
        raise BundleError
    if {line.n: line.sha256 for line in lines if line.state is LineState.HERE} != dict(items):
        raise BundleError


@dataclass(frozen=True)
class Continuity:
    """How a bundle's log continues what a vault knows.

    new: numbers that no bundle has named before. gaps: numbers below the highest known one that no bundle has named.
    passed: new numbers that were never offered here, because their line says `received` at their first appearance:
    the past, in a vault's first bundle; in a later one, something that the drop owes an answer for.
    """

    new_epoch: bool
    new: tuple[int, ...]
    gaps: tuple[int, ...]
    passed: tuple[int, ...]


def compare(known: Mapping[str, Mapping[int, str]], span: LogRange, lines: Sequence[LogLine]) -> Continuity:
    """Compare a verified bundle's log with what a vault knows (epoch -> number -> SHA-256), in any order of bundles.

    Raises BundleFork when the same epoch and number have another hash, or the head before the range is another one.
    """
    ours = known.get(span.epoch, {})
    if any(ours.get(line.n, line.sha256) != line.sha256 for line in lines) or not _follows(ours, span):
        raise BundleFork
    named = {line.n for line in lines} | set(ours)
    return Continuity(
        new_epoch=bool(known) and span.epoch not in known,
        new=tuple(line.n for line in lines if line.n not in ours),
        gaps=tuple(n for n in range(1, max(named, default=0)) if n not in named),
        passed=tuple(line.n for line in lines if line.n not in ours and line.state is LineState.RECEIVED),
    )


def _follows(ours: Mapping[int, str], span: LogRange) -> bool:
    """Tell whether the head before the range is ours; what we do not know in full cannot contradict it."""
    if any(n not in ours for n in range(1, span.first)):
        return True
    earlier = (LogLine(n, ours[n], LineState.HERE) for n in range(1, span.first))
    return head_after(FIRST_HEAD, span.epoch, earlier) == span.before
