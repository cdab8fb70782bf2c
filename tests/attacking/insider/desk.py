"""The ground where a workstation meets what an intruder made of the drop: real vaults, real gpg, real bundles.

The drop is the tests' simulated one: it signs with the drop's true key whatever the intruder wants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.attacking.insider.rows import CANARY, Seen
from tests.begun import Begun, begun
from tests.envelopes import Case
from tests.factories_bundles import Held, Investigator, People, World

MARKS = ("ALARM", "QUARANTINE", "GAP", "MISSING", "NEW HISTORY", "ROSTER CHANGED")


@dataclass
class Story:
    """Two true cases, of which anna has everything so far. `true`: what their reporters and the desk wrote."""

    here: World
    cases: list[Case]
    true: dict[str, list[str]]
    sent: list[Held] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """What anna has: a bundle that is refused takes nothing away, and brings nothing."""

    def send(self, case: Case, text: str) -> Held:
        """Let a reporter go on, or a new one begin."""
        self.true.setdefault(case.id, []).append(text)
        held = self.here.drop.send(case, text)
        self.sent.append(held)
        return held

    def fetch(self, *people: Investigator) -> None:
        for person in people or (self.here.anna,):
            person.ok("import", self.here.drop.pickup())
            if person.key == self.here.anna.key:
                self.held.update(text for texts in self.true.values() for text in texts)

    def go_on(self, chance: Random) -> None:
        """Let true things happen, as many as chance wants, with or without somebody who fetches them."""
        for number in range(chance.randrange(3)):
            if chance.random() < 0.3:
                self.here.next_day()
            self.send(chance.choice(self.cases), f"True, later, {number}.")
        if chance.random() < 0.5:
            self.fetch()

    def judge(
        self,
        *,
        bundle: Path | None = None,
        by: Investigator | None = None,
        gone: Collection[str] = (),
    ) -> Seen:
        """Have a member fetch, and look at what they are told, what they are shown, and what they still have.

        gone: true texts that the intruder took away before anybody had them.
        """
        person = by or self.here.anna
        result = person.run("import", bundle or self.here.drop.pickup())
        refused = result.code == 1 and "refused" in result.err
        owed = {text for texts in self.true.values() for text in texts if text not in gone}
        if refused:
            owed &= self.held if person.key == self.here.anna.key else set()
        threads = {case: person.run("read", case).out for case in self.true}
        told = result.out + result.err + "".join(threads.values())
        lost = sum(text not in threads[case] for case, texts in self.true.items() for text in texts if text in owed)
        return Seen(refused or any(mark in told for mark in MARKS), told.count(CANARY), lost)


class DeskGround:
    """Gives the same story anew for each try."""

    def __init__(self, begun_story: Begun[Story]) -> None:
        self._begun = begun_story

    def again(self, chance: Random) -> Story:
        story = self._begun.again()
        story.go_on(chance)
        return story


@contextmanager
def desk_ground(people: People) -> Iterator[DeskGround]:
    with begun(people, _begin) as made:
        yield DeskGround(made)


def _begin(here: World) -> Story:
    here.start(here.anna, here.bram)
    story = Story(here, [Case(), Case()], {})
    story.send(story.cases[0], "The true report.")
    story.send(story.cases[0], "And a true message.")
    story.send(story.cases[1], "Another true report.")
    here.next_day()
    story.fetch()
    return story
