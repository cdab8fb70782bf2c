"""Mutants of everything that comes in from outside as a file: bundles, envelopes, archives, backups, keys and plans.

The mutator knows the grammars and holds the keys: what it bends it signs and seals once more, so that the lie is what a
reader has to find. Every mutant goes through a real reader in a worker of bounded memory; a share of them through whole
imports of real vaults and a real drop. Each ends in a refusal of ours or in exactly what its bytes say.
"""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp

from tests.attacking.bundles import bombs, envelopes, kept, small, stores, tar_bundles, vaults
from tests.attacking.bundles.covering import cover
from tests.attacking.bundles.measuring import MAX_MIB, MAX_SECONDS
from tests.attacking.bundles.pool import Make, Tally, Task, spread
from tests.attacking.bundles.pool import run as run_pool
from tests.attacking.bundles.samples import Sample
from tests.attacking.bundles.whole import MAX_EXTRA_SECONDS, WholeTally
from tests.attacking.led import Led
from tests.attacking.outcome import Figure, Finding, Outcome, at_least, at_most, count, none_of
from tests.attacking.plan import Plan

PROMISE = (
    "Nothing in a bundle, envelope, archive or file name writes outside its vault or runs (promise 7); what is bent is "
    "refused whole, or taken for exactly what it says, within 2 s and 200 MiB."
)
SHORT, LONG = 3_000, 100_000
WORKERS = 2
MAKERS: Sequence[tuple[Make, int]] = (
    (lambda chances: tar_bundles.Pickups(Sample(chances)), 22),
    (lambda chances: tar_bundles.answers(Sample(chances)), 16),
    (lambda chances: tar_bundles.reseals(Sample(chances)), 5),
    (lambda chances: tar_bundles.handovers(Sample(chances)), 5),
    (envelopes.Submissions, 18),
    (envelopes.Writings, 12),
    (envelopes.Containers, 8),
    (kept.Backups, 5),
    (kept.KeyBackups, 2),
    (small.Plans, 2),
    (small.Rosters, 2),
    (small.Canaries, 1),
    (small.ClientKeys, 1),
    (small.Framing, 2),
    (small.Configurations, 1),
)


def run(plan: Plan) -> Outcome:
    """Attack the readers, and whole imports beside them."""
    makers, shares = [make for make, _ in MAKERS], [share for _, share in MAKERS]
    tasks = [*spread(shares, plan.times(SHORT, LONG)), Task(len(makers), 0, plan.times(8, 400))]
    beside = [Beside(plan, vaults.attack, plan.times(12, 240)), Beside(plan, stores.attack, plan.times(12, 280))]
    tally = run_pool([*makers, bombs.Bombs], tasks, plan.seed, plan.folder, WORKERS)
    covered = cover(plan)
    whole = WholeTally()
    for each in beside:
        whole.take(each.ended())
    figures = (*_figures(plan, tally), *_whole_figures(plan, whole), *cover_figures(covered))
    findings = (*_findings(tally), *_whole_findings(plan, whole), *_cover_findings(covered))
    return Outcome(PROMISE, figures, findings, tuple(_notes(tally, whole)))


def cover_figures(covered: Sequence[Led]) -> list[Figure]:
    if not covered:
        return []
    inputs = at_least("inputs led by coverage", sum(each.inputs for each in covered), 100 * len(covered))
    # where what is read was loaded before it was watched, coverage leads nowhere, and says so by a nought
    return [inputs, *(at_least(f"places reached from the {each.name}", each.places, 4) for each in covered)]


def _cover_findings(covered: Sequence[Led]) -> list[Finding]:
    return [Finding(f"led by coverage, from the {each.name}: {each.fault}") for each in covered if each.fault]


class Beside:
    """Whole imports in a process of their own, while others are at work."""

    def __init__(self, plan: Plan, attack: Callable[..., WholeTally], count: int) -> None:
        self._told = Path(mkdtemp(prefix="w", dir=plan.folder))
        name = attack.__module__.rpartition(".")[2]

        def work() -> None:
            tally = attack(self._told, plan.random(f"bundles/{name}"), count)
            (self._told / "tally").write_bytes(pickle.dumps(tally))

        self._process = multiprocessing.get_context("fork").Process(target=work)
        self._process.start()

    def ended(self) -> WholeTally:
        self._process.join()
        if self._process.exitcode:
            raise RuntimeError(f"whole imports broke off ({self._process.exitcode})")
        tally: WholeTally = pickle.loads((self._told / "tally").read_bytes())
        return tally


def _whole_figures(plan: Plan, whole: WholeTally) -> list[Figure]:
    return [
        at_least("whole imports and restores", whole.imports, plan.times(24, 520)),
        count("of them refused, with nothing changed", whole.refused),
        count("of them taken in whole", whole.accepted),
        count("envelopes in them", whole.items),
        none_of("whole imports that ended in anything else", whole.broken),
        at_most("longest, more than an import that nobody bent", whole.seconds, MAX_EXTRA_SECONDS, "seconds"),
        at_most("most memory of a whole import", whole.mib, MAX_MIB, "MiB"),
    ]


def _whole_findings(plan: Plan, whole: WholeTally) -> list[Finding]:
    return [Finding(what, f"seed {plan.seed}, {how}") for what, how in whole.found]


def _figures(plan: Plan, tally: Tally) -> list[Figure]:
    return [
        at_least("mutants through a reader", tally.mutants, plan.times(SHORT, LONG) * 9 // 10),
        count("refused", tally.refused),
        count("accepted, and exactly what they say", tally.accepted),
        none_of("anything else", tally.broken),
        at_most("longest", tally.seconds, MAX_SECONDS, "seconds"),
        at_most("most memory", tally.mib, MAX_MIB, "MiB"),
    ]


def _findings(tally: Tally) -> list[Finding]:
    return [Finding(ended.finding, ended.recipe or ended.target) for ended in tally.found]


def _notes(tally: Tally, whole: WholeTally) -> list[str]:
    shares = ", ".join(f"{name} {number:,}" for name, number in sorted(tally.by_target.items()))
    refusals = ", ".join(f"{name} {number:,}" for name, number in tally.refusals.most_common())
    whole_refusals = ", ".join(f"{text} {number:,}" for text, number in whole.refusals.most_common())
    imports = f"Refusals of whole imports: {whole_refusals}."
    return [
        imports,
        f"Mutants: {shares}.",
        f"Refusals: {refusals}.",
        f"Longest: {tally.slowest}; most memory: {tally.largest}.",
    ]
