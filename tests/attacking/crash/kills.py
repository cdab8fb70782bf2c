"""Everybody at work, and something killed at random moments; after each, the folder is held against the ledger."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.attacking.crash.checker import Checker
from tests.attacking.crash.gate import Gate
from tests.attacking.crash.investigators import ByCommand, BySite, Investigator
from tests.attacking.crash.ledger import Ledger
from tests.attacking.crash.reporters import Reporter
from tests.attacking.crash.served import Served, child_named, kill_child, kill_command, served
from tests.attacking.plan import Plan

REPORTERS = 8
COURIERS = {"anna": "advisers", "carla": "committee"}
BY_HAND = {"bob": "advisers"}
TOR_IS_BACK_SECONDS = 30.0
LOOKS_AFTER_A_KILL = 2
LEAST = 8
# a tor of the server's own that never gets a network: what is tried is whether the drop outlives it
NO_NETWORK = "DisableNetwork 1\n"
MIX = ("server",) * 7 + ("gpg",) * 4 + ("command",) * 2 + ("tor",) * 2
"""What fifteen kills are of."""


@dataclass
class Story:
    """What came of it all."""

    ledger: Ledger
    killed: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unsealed: int = 0
    fetched: int = 0
    checks: int = 0


@dataclass
class Crowd:
    """Everybody who works at once, each in a thread."""

    gate: Gate
    reporters: list[Reporter]
    investigators: list[Investigator]
    stopping: threading.Event = field(default_factory=threading.Event)
    broken: list[str] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        acts = [*(each.act for each in self.reporters), *(each.act for each in self.investigators)]
        threads = [threading.Thread(target=self._go_on, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join(120)

    def _go_on(self, act: Callable[[], None]) -> None:
        while not self.stopping.is_set():
            with self.gate.act():
                try:
                    act()
                except Exception as error:  # whatever it was, it is a finding
                    self.broken.append(f"{type(error).__name__}: {error}"[:300])
            self.stopping.wait(0.02)


def run_kills(plan: Plan, folder: Path, kills: int, seconds: float) -> Story:
    """Kill so many times, or for so long, whichever ends first; but a few times on the busiest machine."""
    story, chances = Story(Ledger()), plan.random("kills")
    (folder / "torrc-defaults").write_text(NO_NETWORK, encoding="utf-8")
    launched = f'mode = "launch"\ntorrc_defaults = "{folder / "torrc-defaults"}"'
    with served(folder / "r", onion=launched) as drop:
        _start(drop, story)
        crowd, checker = _crowd(plan, drop, story.ledger), drop.checker(story.ledger)
        try:
            with crowd.at_work():
                _kill_again_and_again(drop, crowd, checker, story, chances, kills, time.monotonic() + seconds)
            _settle(crowd)
            story.wrong += [f"at the end: {fault}" for fault in checker.faults()]
            _carry_and_compare(crowd, story)
        finally:
            drop.drop.kill()
            story.wrong += [*story.ledger.wrong, *crowd.broken]
            for reporter in crowd.reporters:
                story.statuses.update(reporter.statuses)
            story.unsealed, story.fetched = checker.unsealed, sum(each.fetched for each in crowd.investigators)
    return story


def _crowd(plan: Plan, drop: Served, ledger: Ledger) -> Crowd:
    reporters = [
        Reporter(f"r{chr(ord('a') + each)}", plan.random(f"reporter {each}"), drop.drop.visitor, ledger)
        for each in range(REPORTERS)
    ]
    investigators = []
    for name, desk in {**COURIERS, **BY_HAND}.items():
        way: BySite | ByCommand
        if name in COURIERS:
            way = BySite(drop.courier(), name, drop.let_in(name, desk), desk, ledger)
        else:
            way = ByCommand(drop.drop.config, desk, ledger)
        member, root = drop.world.members[name], drop.world.root
        investigators.append(Investigator(f"v{name[0]}", member, way, plan.random(name), ledger, root))
    return Crowd(Gate(), reporters, investigators)


def _kill_again_and_again(
    drop: Served, crowd: Crowd, checker: Checker, story: Story, chances: random.Random, kills: int, until: float
) -> None:
    kinds: list[str] = []
    while (done := sum(story.killed.values())) < kills and (done < LEAST or time.monotonic() < until):
        kinds = kinds or chances.sample(MIX, len(MIX))
        kind = kinds.pop()
        time.sleep(chances.uniform(0.05, 0.8))
        before = drop.drop.pid
        hit = _kill(drop, kind)
        (story.killed if hit else story.missed)[kind] += 1
        with crowd.gate.closed():
            if kind == "server":
                _start(drop, story)
            elif drop.drop.process is None or drop.drop.process.poll() is not None or drop.drop.pid != before:
                story.wrong.append(f"the server ended when {kind} was killed")
                _start(drop, story)
            story.checks += 1
            story.wrong += [f"after kill {sum(story.killed.values())} ({kind}): {each}" for each in checker.faults()]
            _look(crowd, chances)
        if kind == "tor" and hit and not _tor_is_back(drop):
            story.wrong.append("tor was killed, and not started again")


def _kill(drop: Served, kind: str) -> bool:
    if kind == "server":
        drop.drop.kill()
        return True
    if kind == "command":
        return kill_command(3)
    return kill_child(drop.drop.pid, kind, 3)


def _start(drop: Served, story: Story) -> None:
    began = time.monotonic()
    drop.drop.start()
    story.starts.append(time.monotonic() - began)


def _tor_is_back(drop: Served) -> bool:
    deadline = time.monotonic() + TOR_IS_BACK_SECONDS
    while time.monotonic() < deadline:
        if child_named(drop.drop.pid, "tor"):
            return True
        time.sleep(0.05)
    return False


def _look(crowd: Crowd, chances: random.Random) -> None:
    """Have some reporters with replies come back now."""
    for reporter in chances.sample(crowd.reporters, len(crowd.reporters))[:LOOKS_AFTER_A_KILL]:
        answered = [case for case in reporter.own if case.codename and case.must_show]
        if answered:
            reporter.look(chances.choice(answered))


def _settle(crowd: Crowd) -> None:
    """Have everybody end what they began; nothing is killed any more."""
    for reporter in crowd.reporters:
        for _ in range(10):
            if reporter.pending is None:
                break
            reporter.act()
        if reporter.pending is not None:
            reporter.ledger.complain(f"{reporter.pending.sent.mark}: could not be sent although nothing was killed")


def _carry_and_compare(crowd: Crowd, story: Story) -> None:
    """Carry everything once more, see each reply once at its reporter, and each report once in each vault."""
    for investigator in crowd.investigators:
        investigator.fetch()
        investigator.bring()
    for reporter in crowd.reporters:
        for case in reporter.own:
            if case.codename and case.answers:
                reporter.look(case)
    for investigator in crowd.investigators:
        story.wrong += _compare(investigator, story.ledger)


def _compare(investigator: Investigator, ledger: Ledger) -> list[str]:
    """Hold a vault's cases against what was acknowledged: as many cases, and as many submissions in each."""
    desk = investigator.member.desk
    wanted = [case for case in ledger.cases if desk in case.sent[0].desks and case.sent[0].acknowledged]
    rows = investigator.cases()
    wrong = []
    received = sum(row["submissions"] for row in rows)
    asked = sum(sent.acknowledged for case in wanted for sent in case.sent if not case.withdrawing)
    if len(rows) < len([case for case in wanted if not case.withdrawing]) or received < asked:
        wrong.append(f"vault {investigator.name}: {len(rows)} cases with {received} submissions, {asked} acknowledged")
    return wrong
