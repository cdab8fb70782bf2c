"""Helps for the tests of keeping and erasing: a desk whose members all have one case, and the rounds of bundles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

from dropbox.models import Mandate
from dropbox.workstation.keeping import erasing
from tests.envelopes import Case, File
from tests.factories_bundles import Held, Investigator, World
from tests.store_room import bytes_under

DELAY_DAYS = 14
WHY = "The reporter asked for it."
TEXT = "Ik schrijf over de avond van het feest."
FILE: File = ("rooster-van-het-feest.txt", "text/plain", b"The rota of that evening.")
REPLY = "Thank you, we have read about the evening."


@dataclass
class Room:
    """Anna and bram, who have the same case with a file, a reply and a note; cora sits at another desk."""

    world: World
    case: Case = field(default_factory=Case)
    other: Case = field(default_factory=Case)
    sent: list[Held] = field(default_factory=list)

    @property
    def everybody(self) -> tuple[Investigator, ...]:
        return self.world.anna, self.world.bram

    def begin(self) -> Room:
        world = self.world
        world.start(*self.everybody)
        self.sent.append(world.drop.send(self.case, TEXT, [FILE], mandate=Mandate.ADVISE))
        world.drop.send(self.other, "Something else.")
        self.fetch()
        world.anna.ok("reply", self.case.id, "--text-file", world.text(REPLY))
        world.bram.ok("note", self.case.id, "--text-file", world.text("A note about the evening."))
        self.round()
        return self

    def bring(self, *people: Investigator) -> None:
        """Carry these members' answer bundles to the drop."""
        for person in people or self.everybody:
            target = self.world.text("").with_suffix(".tar")
            person.ok("export", target)
            self.world.drop.take(target, self.case)

    def fetch(self, *people: Investigator) -> list[Any]:
        """Carry one pickup bundle to these members, and return what each import said."""
        pickup = self.world.drop.pickup()
        return [person.ok("import", pickup) for person in people or self.everybody]

    def round(self) -> None:
        self.bring()
        self.fetch()

    def propose(self) -> None:
        self.world.anna.ok("erase", self.case.id, "--propose", "--because", WHY)
        self.round()

    def agree(self) -> None:
        """Have anna propose and bram agree, and everybody hear of it."""
        self.propose()
        self.world.bram.ok("erase", self.case.id, "--second")
        self.round()

    def later(self, days: int = DELAY_DAYS) -> None:
        """Let days pass, at the drop and on the members' machines."""
        self.only_the_drop_is_later(days)
        mock.patch.object(erasing, "today", return_value=self.world.drop.day).start()

    def only_the_drop_is_later(self, days: int = DELAY_DAYS) -> None:
        self.world.drop.day += timedelta(days=days)

    def cases(self, person: Investigator) -> set[str]:
        return {line["case"] for line in person.ok("cases")}

    def sealed_blocks(self) -> list[bytes]:
        """Return what the sealed items of the case are made of, in pieces that no two files share."""
        held = [each.data for each in self.world.drop.items.values() if each.case.id == self.case.id]
        return [data[at : at + 64] for data in held for at in range(2048, len(data) - 64, 4096)]

    def is_on_disk(self, person: Investigator) -> bool:
        found = bytes_under(person.vault)
        return any(block in found for block in self.sealed_blocks())
