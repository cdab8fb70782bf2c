"""An intruder with the whole data folder: every row of the threat model's table, in ways that are drawn at random.

Each try begins with a drop that has true cases, does one thing to it, and then looks where a member or a reporter would
look: was it noticed, was a planted word shown, is a true text gone? Between them come untouched bundles, which nobody
may be warned of.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.attacking.insider import answers, attached, courier, items, key_files, members, planted, replies
from tests.attacking.insider.grounds import Grounds
from tests.attacking.insider.rows import Row, Seen
from tests.attacking.outcome import Finding, Outcome, at_least, count, none_of
from tests.attacking.plan import Plan

PROMISE = "What an intruder on the server adds, changes or removes is noticed, and no word of it is shown as true."
SHORT_SECONDS = 26
MORE = {
    "A planted reply": replies.PLANTED,
    "A replayed reply": replies.AGAIN,
    "A swapped reply key": answers.SWAPPED,
}
"""Ways of rows that the workstation meets as well."""
ROWS = tuple(
    Row(row.name, row.ways | MORE.get(row.name, {}))
    for part in (items, planted, answers, key_files, members, attached, courier)
    for row in part.ROWS
)


@dataclass
class Tally:
    """What was counted so far. `unnoticed`: of which row, how, and in which round."""

    tries: int = 0
    controls: int = 0
    shown: int = 0
    lost: int = 0
    false_alarms: int = 0
    rows: set[str] = field(default_factory=set)
    ways: set[tuple[str, str]] = field(default_factory=set)
    unnoticed: list[Finding] = field(default_factory=list)

    def add(self, row: Row, way: str, seen: Seen, draw: str) -> None:
        self.tries += 1
        self.rows.add(row.name)
        self.ways.add((row.name, way))
        self.shown += seen.shown
        self.lost += seen.lost
        if not seen.noticed or seen.shown or seen.lost:
            what = "not noticed" if not seen.noticed else "shown" if seen.shown else "a true text is gone"
            self.unnoticed.append(Finding(f"{row.name}, {way}: {what}", f"draw {draw}"))


def run(plan: Plan) -> Outcome:
    """Try each row once, then its other ways, for some seconds; all of them, many times, in the long form."""
    tally, until = Tally(), time.monotonic() + SHORT_SECONDS
    with Grounds(plan.folder) as grounds:
        for number in range(plan.times(1, 150)):
            for row in ROWS:
                ways = list(row.ways) if number or plan.long else [_drawn(plan, row, number)]
                for way in ways:
                    attempt(plan, grounds, tally, row, way, number)
            control(plan, grounds, tally, number)
        untried = [(row, way) for row in ROWS for way in row.ways if (row.name, way) not in tally.ways]
        plan.random("more").shuffle(untried)
        while not plan.long and untried and time.monotonic() < until:
            attempt(plan, grounds, tally, *untried.pop(), 1)
    return outcome(tally)


def attempt(plan: Plan, grounds: Grounds, tally: Tally, row: Row, way: str, number: int) -> None:
    draw = f"{row.name}/{way}/{number}"
    tally.add(row, way, row.ways[way](grounds, plan.random(draw)), draw)


def control(plan: Plan, grounds: Grounds, tally: Tally, number: int) -> None:
    """Let true things happen and fetch them untouched."""
    chance = plan.random(f"control {number}")
    story = grounds.desk.again(chance)
    for person in (story.here.anna, story.here.bram):
        seen = story.judge(by=person)
        tally.controls += 1
        tally.false_alarms += seen.noticed
        tally.lost += seen.lost


def outcome(tally: Tally) -> Outcome:
    figures = (
        at_least("rows of the table tried", len(tally.rows), len(ROWS)),
        count("ways tried", len(tally.ways)),
        count("tries", tally.tries),
        count("untouched bundles between them", tally.controls),
        none_of("not noticed", sum("not noticed" in each.what for each in tally.unnoticed)),
        none_of("planted words shown", tally.shown),
        none_of("true texts lost", tally.lost),
        none_of("warnings of untouched bundles", tally.false_alarms),
    )
    note = (
        "Each row stands in docs/threat-model.md, *An intruder with the data folder, line by line*, with its tests. "
        "That the courier cannot be reached without the client key is shown over a private Tor network in "
        "tests/journeys/test_courier_over_tor.py; here it is what tor is told."
    )
    return Outcome(PROMISE, figures, tuple(tally.unnoticed), (note,))


def _drawn(plan: Plan, row: Row, number: int) -> str:
    return plan.random(f"way {row.name} {number}").choice(list(row.ways))
