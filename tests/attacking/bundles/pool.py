"""Workers that take mutants by the hundred, each a process of its own: what kills one of them is found, too."""

from __future__ import annotations

import multiprocessing
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from tests.attacking.bundles.measuring import Cage, Ended, attempt, bound_memory
from tests.attacking.bundles.target import Target

CHUNK = 100
MAX_FINDINGS = 40
MAX_ALIKE = 3
Make = Callable[[Random], Target]


@dataclass
class Tally:
    """What all mutants came to. `found`: those that broke something, a few of each sort."""

    mutants: int = 0
    accepted: int = 0
    refused: int = 0
    broken: int = 0
    seconds: float = 0.0
    mib: float = 0.0
    slowest: str = ""
    largest: str = ""
    refusals: Counter[str] = field(default_factory=Counter)
    by_target: Counter[str] = field(default_factory=Counter)
    found: list[Ended] = field(default_factory=list)
    _alike: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, ended: Ended) -> None:
        self.mutants += 1
        self.by_target[ended.target] += 1
        if ended.finding:
            self.broken += 1
            self._alike[ended.target, ended.finding[:40]] += 1
            if self._alike[ended.target, ended.finding[:40]] <= MAX_ALIKE and len(self.found) < MAX_FINDINGS:
                self.found.append(ended)
        elif ended.refusal:
            self.refused += 1
            self.refusals[ended.refusal] += 1
        else:
            self.accepted += 1
        if ended.seconds > self.seconds:
            self.seconds, self.slowest = ended.seconds, f"{ended.target} {ended.number}"
        if ended.mib > self.mib:
            self.mib, self.largest = ended.mib, f"{ended.target} {ended.number}"


@dataclass(frozen=True)
class Task:
    """Mutants `first` to `last` (not included) of one target."""

    target: int
    first: int
    last: int


def spread(shares: Sequence[int], total: int) -> list[Task]:
    """Return tasks for so many mutants, each target its share, in turns."""
    tasks = []
    for target, share in enumerate(shares):
        count = max(1, total * share // sum(shares))
        tasks += [Task(target, at, min(at + CHUNK, count)) for at in range(0, count, CHUNK)]
    return sorted(tasks, key=lambda task: (task.first, task.target))


def run(makers: Sequence[Make], tasks: Sequence[Task], seed: int, folder: Path, workers: int) -> Tally:
    """Have so many workers take these tasks; a worker that dies is a finding, and another one goes on."""
    tally, waiting = Tally(), [*tasks][::-1]
    context = multiprocessing.get_context("fork")
    at_work: dict[Connection, tuple[multiprocessing.process.BaseProcess, Task | None, Ended | None]] = {}

    def start() -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, ours, makers, seed, folder), daemon=True)
        process.start()
        theirs.close()
        at_work[ours] = process, None, None

    def give(line: Connection) -> None:
        process, _, _ = at_work[line]
        if not waiting:
            line.send(None)
            at_work[line] = process, None, None
            return
        task = waiting.pop()
        line.send(task)
        at_work[line] = process, task, None

    for _ in range(workers):
        start()
    for each in list(at_work):
        give(each)
    while at_work:
        for ready in wait(list(at_work)):
            assert isinstance(ready, Connection)
            line: Connection = ready
            process, task, _ = at_work[line]
            try:
                said = line.recv()
            except EOFError:
                del at_work[line]
                process.join(10)
                if task is not None:
                    tally.add(
                        Ended(f"task {task}", 0, (), 0, 0, finding=f"the reader's process died ({process.exitcode})")
                    )
                    start()
                    give(list(at_work)[-1])
                continue
            if isinstance(said, Ended):
                tally.add(said)
            else:
                give(line)
    return tally


def _work(line: Connection, other: Connection, makers: Sequence[Make], seed: int, folder: Path) -> None:
    """Take tasks until there are none; every mutant's end is told at once."""
    other.close()
    try:
        targets = [make(Random(f"{seed}/bundles/sample/{place}")) for place, make in enumerate(makers)]
        cage = Cage(Path(mkdtemp(prefix="k", dir=folder)))
        os.chdir(cage.root / "a")
        bound_memory()
        while (task := line.recv()) is not None:
            for number in range(task.first, task.last):
                line.send(attempt(targets[task.target], seed, number, cage))
            line.send("done")
    except BaseException:
        traceback.print_exc(file=sys.stderr)
        os._exit(1)
    os._exit(0)
