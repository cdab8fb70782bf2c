"""Each write, fsync, rename and commit of the store made to fail, one after the other, in the real server and commands.

A report is sent, or an answer taken in, while one system call of it fails; then once more when nothing fails any more.
Run as a process of its own, which may look into its server (see unshared).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.attacking.crash import unshared
from tests.attacking.crash.acts import (
    HALF_KIB,
    Act,
    Room,
    after_a_failed_commit,
    in_bringing,
    in_export,
    in_import,
    in_report,
    in_sealing,
    in_short_writes,
    send,
)
from tests.attacking.crash.investigators import ByCommand, BySite, Investigator
from tests.attacking.crash.ledger import Ledger
from tests.attacking.crash.reporters import Reporter
from tests.attacking.crash.served import Served, served
from tests.attacking.crash.strace import Failure, GpgInBetween
from tests.attacking.outcome import Finding, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan

PROMISE = "A failing system call loses nothing, leaves nothing half, and is over when it is over."
ERRORS = ("ENOSPC", "EIO")
KILL = "SIGKILL"
CALLS = ("fsync", "fdatasync", "pwrite64", "rename", "utimensat", "fchmod", "ftruncate", "unlink")
SECONDS = (150.0, 4 * 3600.0)
MOST = 60
"""Calls of one kind in one act; there are about twenty-five."""
ITEM_IS_GONE = 3
"""The unlink before which a failed report has lost its file: a kill comes before its call is carried out. Of the one
before it the file is still there, and a commit that comes back does no harm."""
SAMPLED = {"fsync": 3, "fdatasync": 2, "pwrite64": 24, "rename": 1, "write": 6}
"""The calls that a short run draws from, and how often a report makes each."""


def main() -> None:
    plan, out = unshared.told()
    outcome = attack(plan)
    part = out.with_suffix(".part")
    part.write_text(json.dumps(outcome.as_json()), encoding="utf-8")
    part.rename(out)


def attack(plan: Plan) -> Outcome:
    with room(plan, plan.folder / "r") as here:
        until = time.monotonic() + SECONDS[plan.long]
        for act in _each(here, plan.random("each")) if plan.long else _sample(here, plan.random("sample")):
            if time.monotonic() < until:
                act()
        figures = (
            at_least("system calls made to fail", sum(here.failed.values()), plan.times(5, 150)),
            *(count(f"of them {call}", number) for call, number in sorted(here.failed.items())),
            count("acts refused because of one", here.refused),
            none_of("what a failing call did harm to", len(here.wrong)),
        )
        notes = (f"Answers to reports that met a failing call, by status: {dict(sorted(here.statuses.items()))}.",)
    return Outcome(PROMISE, figures, tuple(Finding(each) for each in here.wrong), notes)


@contextmanager
def room(plan: Plan, folder: Path) -> Iterator[Room]:
    real = shutil.which("gpg")
    assert real is not None
    gpg = GpgInBetween(folder.parent / "bin", real)
    os.environ["PATH"] = f"{gpg.folder}:{os.environ['PATH']}"
    with served(folder) as drop:
        drop.drop.start()
        try:
            yield _furnished(plan, drop, gpg)
        finally:
            drop.drop.kill()


def _furnished(plan: Plan, drop: Served, gpg: GpgInBetween) -> Room:
    """Have a case there that the writer's vault knows."""
    ledger, root = Ledger(), drop.world.root
    reporter = Reporter("fr", plan.random("faults' reporter"), drop.drop.visitor, ledger)
    member = drop.world.members["carla"]
    way = ByCommand(drop.drop.config, member.desk, ledger)
    writer = Investigator("fv", member, way, plan.random("writer"), ledger, root)
    site = BySite(drop.courier(), "carla", drop.let_in("carla", member.desk), member.desk, ledger)
    here = Room(drop, ledger, drop.checker(ledger), reporter, writer, site, gpg)
    send(here)
    writer.fetch()
    here.look("at the beginning")
    return here


def _each(here: Room, chances: random.Random) -> Iterator[Callable[[], None]]:
    """Yield every failure of every call, until a call is not made so often; every other time the server is killed."""
    for call in CALLS:
        for error in (*ERRORS, KILL):
            for act in (in_report, in_bringing, in_import, in_export):
                yield partial(_until_unmet, here, act, call, error)
    for error in ERRORS:
        for act in (in_sealing, in_import):
            yield partial(_until_unmet, here, act, "write", error)
    for size in range(HALF_KIB, 400 * HALF_KIB, 7 * HALF_KIB):
        yield partial(in_short_writes, here, size + chances.randrange(HALF_KIB))
    for nth in (1, 2, 3):
        yield partial(after_a_failed_commit, here, nth)


def _until_unmet(here: Room, act: Act, call: str, error: str) -> None:
    for nth in range(1, MOST):
        if not act(here, Failure(call, error, nth), kill=bool(nth % 2)):
            return


def _sample(here: Room, chances: random.Random) -> Iterator[Callable[[], object]]:
    def failure(call: str) -> Failure:
        return Failure(call, chances.choice(ERRORS), chances.randint(1, SAMPLED[call]))

    yield partial(after_a_failed_commit, here, ITEM_IS_GONE)
    for call in ("fsync", "fdatasync", "pwrite64", "rename"):
        yield partial(in_report, here, failure(call), kill=chances.random() < 0.3)
        yield partial(chances.choice((in_bringing, in_import)), here, failure(call), kill=False)
    yield partial(in_sealing, here, failure("write"), kill=False)
    yield partial(in_short_writes, here, chances.randrange(1, 200) * HALF_KIB)
    yield partial(in_export, here, failure("pwrite64"), kill=False)


if __name__ == "__main__":
    main()
