"""Crashes: eight reporters, two couriers, exports and imports at once, and kills and failing system calls among them.

The drop is the real one: server, commands, gpg, tor, vaults. What people saw acknowledged is written down in memory,
and after each kill and each fault the data folder is held against that.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from statistics import median

from tests.attacking.crash import kills, unshared
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan

PROMISE = "Whatever is killed, whichever system call fails: what was acknowledged is there, whole, once, and unseals."
FAULTS = "tests.attacking.crash.faults"
KILL_SECONDS = (45.0, 3 * 3600.0)
START_SECONDS = 30.0
NOT_A_POWER_CUT = "A kill leaves what the kernel holds; what only a power cut loses is not tried here."
NOT_TRACED = "This user may look into no server: no system call was made to fail."


def run(plan: Plan) -> Outcome:
    """Kill beside making calls fail, each on a drop of its own; for hours one after the other."""
    with ThreadPoolExecutor(1 if plan.long else 2) as pool:
        failing = pool.submit(unshared.outcome_of, FAULTS, plan, plan.folder / "f", mounts=False)
        killing = pool.submit(kills.run_kills, plan, plan.folder, plan.times(15, 200), KILL_SECONDS[plan.long])
        faults, story = failing.result(), killing.result()
    figures = [*of_kills(plan, story), *(faults.figures if faults else ())]
    findings = [*(Finding(each) for each in story.wrong), *(faults.findings if faults else ())]
    notes = (NOT_A_POWER_CUT, *(faults.notes if faults else (NOT_TRACED,)))
    return Outcome(PROMISE, tuple(figures), tuple(findings), notes)


def of_kills(plan: Plan, story: kills.Story) -> list[Figure]:
    """Return what the kills came to."""
    answers = [answer for case in story.ledger.cases for answer in case.answers.values()]
    return [
        at_least("kills", sum(story.killed.values()), plan.times(kills.LEAST, 200)),
        *(count(f"kills of {kind}", story.killed[kind]) for kind in sorted(set(kills.MIX))),
        none_of("what was lost, half, double or in the wrong place", len(story.wrong)),
        count("submissions acknowledged", story.ledger.acknowledged),
        count("cases", len(story.ledger.cases)),
        count("items unsealed with gpg alone", story.unsealed),
        count("replies taken in", sum(answer.imported for answer in answers)),
        count("replies deleted", sum(answer.deleted for answer in answers)),
        count("refusals with our page (503)", story.statuses[503]),
        count("median start after a kill", median(story.starts), "seconds"),
        at_most("longest start after a kill", max(story.starts), START_SECONDS, "seconds"),
    ]
