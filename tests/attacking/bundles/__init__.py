"""Mutants of everything that comes in from outside as a file: bundles, envelopes, archives, backups, keys and plans.

The mutator knows the grammars and holds the keys: what it bends it signs and seals once more, so that the lie is what a
reader has to find. Every mutant goes through a real reader in a worker of bounded memory; a share of them through whole
imports of real vaults and a real drop. Each ends in a refusal of ours or in exactly what its bytes say.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.attacking.bundles import envelopes, kept, small, tar_bundles
from tests.attacking.bundles.measuring import MAX_MIB, MAX_SECONDS
from tests.attacking.bundles.pool import Make, Tally, spread
from tests.attacking.bundles.pool import run as run_pool
from tests.attacking.bundles.samples import Sample
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
    """Attack the readers, then whole imports."""
    makers, shares = [make for make, _ in MAKERS], [share for _, share in MAKERS]
    tally = run_pool(makers, spread(shares, plan.times(SHORT, LONG)), plan.seed, plan.folder, WORKERS)
    return Outcome(PROMISE, tuple(_figures(plan, tally)), tuple(_findings(tally)), tuple(_notes(tally)))


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


def _notes(tally: Tally) -> list[str]:
    shares = ", ".join(f"{name} {number:,}" for name, number in sorted(tally.by_target.items()))
    refusals = ", ".join(f"{name} {number:,}" for name, number in tally.refusals.most_common())
    return [f"Mutants: {shares}.", f"Refusals: {refusals}.", f"Longest: {tally.slowest}; most memory: {tally.largest}."]
