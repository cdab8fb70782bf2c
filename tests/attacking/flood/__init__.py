"""Floods over a real (private) Tor network: of reports, of codenames, of pages, and another reporter beside them.

One circuit at fifty requests a second, then many circuits; a letterbox that is filled; the operator's switch. What one
machine with a network of its own cannot show stands in the notes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from tests.attacking.flood import descriptor, room
from tests.attacking.flood.bystander import Bystander, Diary, lost
from tests.attacking.flood.kinds import KINDS
from tests.attacking.flood.measure import PAGE_SECONDS, RATE, Standing, kept_to_budget, left_behind, told
from tests.attacking.flood.stage import UNLIMITED, WIDE, Stage, stage
from tests.attacking.flood.tide import Sea, Tally, Tide
from tests.attacking.outcome import Figure, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan

PROMISE = "A flood over one circuit, or over some, makes no other reporter wait, loses nothing, leaves nothing behind."
_ONE_MACHINE = """\
All of it runs on one machine: three authorities, three relays, two clients and the drop share its cores, so times are \
longer, and paths shorter, than on the real network."""
_PROOF_OF_WORK = """\
That the onion service asks for proof of work when it is overrun is shown only by its descriptor, which offers it: tor \
raises the effort when introductions queue up, and this network has too few clients to make them."""
_MANY = """\
A flood over many circuits is the attacker's better way. Each costs them a rendezvous and, on the real network under \
load, a proof of work; here they are few and free."""
_FREE = "Without budget means the highest values that can be set; a circuit's share of threads and connections stays."
NOTES = (_ONE_MACHINE, _PROOF_OF_WORK, _MANY, _FREE)
SETTLE_SECONDS = 3
TRIES = 3
COSTLY = ("reports", "logins", "files")


def run(plan: Plan) -> Outcome:
    with stage(plan.folder) as here:
        figures = list(_floods(plan, here))
        figures += room.figures(here)
        figures += [none_of("descriptors without proof of work", not descriptor.offers_proof_of_work(here))]
        if plan.long:
            figures += _without_budget(plan, here)
    return Outcome(PROMISE, tuple(figures), notes=NOTES)


def _floods(plan: Plan, here: Stage) -> Iterator[Figure]:
    calm = _beside(here, plan.times(2, 20))
    yield count("calm: the other reporter's slowest page", calm.slowest, "seconds")
    before = _standing(here)
    acknowledged = 0
    for name in list(KINDS)[: plan.times(2, len(KINDS))]:
        for turn in range(plan.times(1, 10)):
            tally, diary = _flood(plan, here, name, [f"{name}-{turn}"], plan.times(6, 120))
            label = name if not turn else f"{name} {turn + 1}"
            yield from told(label, tally, diary, lost=lost(diary, here.drop.visitor))
            yield kept_to_budget(label, tally, costly=name in COSTLY)
            yield at_least(f"{label}: requests a second that were asked for", tally.offered / tally.seconds, RATE * 0.8)
            acknowledged += len(diary.words) + (tally.answers[303] if name in {"reports", "files"} else 0)
    circuits = [f"many-{number}" for number in range(plan.times(4, 12))]
    tally, diary = _flood(plan, here, "logins", circuits, plan.times(5, 300))
    yield from told(f"logins over {len(circuits)} circuits", tally, diary, lost=lost(diary, here.drop.visitor))
    acknowledged += len(diary.words)
    time.sleep(SETTLE_SECONDS)
    yield from left_behind(before, _standing(here), acknowledged)
    after = _beside(here, plan.times(2, 20))
    for _ in range(1, TRIES):
        if after.slowest > PAGE_SECONDS:
            after = after.followed_by(_beside(here, plan.times(2, 20)))
    yield from told("afterwards", Tally(seconds=1), after, lost=lost(after, here.drop.visitor))


def _flood(plan: Plan, here: Stage, name: str, circuits: list[str], seconds: float) -> tuple[Tally, Diary]:
    """Flood, and again over other circuits when a page was slow: a fault of ours stays, another program's work ends.

    The times are those of the last flood. What was refused, broken or promised counts in each of them.
    """
    tally, diary = _once(plan, here, name, circuits, seconds)
    for again in range(1, TRIES):
        if diary.slowest <= PAGE_SECONDS:
            break
        tally, later = _once(plan, here, name, [f"{circuit}-{again}" for circuit in circuits], seconds)
        diary = diary.followed_by(later)
    return tally, diary


def _once(plan: Plan, here: Stage, name: str, circuits: list[str], seconds: float) -> tuple[Tally, Diary]:
    make = KINDS[name](here, circuits[0], plan.random(f"{name} {circuits}"))
    sea = Sea(here.flood_socks, here.host)
    connections = max(2, 12 // len(circuits))
    with Bystander(here.visitor, WIDE) as other, Tide(sea, circuits, make, connections=connections) as tide:
        time.sleep(seconds)
    return tide.tally, other.diary


def _beside(here: Stage, seconds: float) -> Diary:
    with Bystander(here.visitor, WIDE) as other:
        time.sleep(seconds)
    return other.diary


def _standing(here: Stage) -> Standing:
    return Standing(here.memory_mib(), here.open_files(), here.items(), here.unfinished())


def _without_budget(plan: Plan, here: Stage) -> list[Figure]:
    """The same with budgets that nobody reaches, to compare with."""
    here.restarted(UNLIMITED)
    found: list[Figure] = []
    for name in KINDS:
        tally, diary = _flood(plan, here, name, [f"free-{name}"], 60)
        found += told(f"without budget, {name}", tally, diary, lost=lost(diary, here.drop.visitor), bounded=False)
    return found
