"""How the states of keeping and erasing come about."""

from __future__ import annotations

from datetime import timedelta

from dropbox.envelope.account import Account, Erasure, ErasureStep
from dropbox.models import Kind
from dropbox.workstation.casebook import detail_of
from tests.factories_bundles import Held, write_as
from tests.pages.desk_room import DeskRoom
from tests.pages.desk_vaults import HOSTILE
from tests.pages.desk_ways import Make, imported
from tests.visitor import Page

WHY = "The reporter asked for it."
_FIELDS = {"until": "because-until", "hold": "because-hold", "lift": "because-hold"}


def decided(name: str, *steps: str, show: str = "/keep", why: str = WHY) -> Make:
    """Return what takes these decisions about a case one after the other, and shows a page of it or another one."""

    def make(room: DeskRoom) -> Page:
        for step in steps:
            values = {_FIELDS.get(step, "because-erase"): why}
            room.submit_on(room.path(name, "/keep"), values, to=room.path(name, f"/keep/{step}"))
        return room.get(show) if show == "/keeping" else room.case(name, show)

    return make


def postponed(room: DeskRoom) -> Page:
    day = (room.world.drop.day + timedelta(days=400)).isoformat()
    values = {"until": day, "because-until": WHY}
    return room.submit_on(room.path("advise", "/keep"), values, to=room.path("advise", "/keep/until"))


def seconding(room: DeskRoom) -> Page:
    """Show a colleague's proposal, to which this member can agree."""
    _proposed(room)
    return room.case("advise", "/keep")


def agreed(room: DeskRoom) -> Page:
    """Show the cases with a proposal that two have agreed to."""
    _agreed(room)
    return room.get("/")


def erased(room: DeskRoom) -> Page:
    """Have the days go by, and show what is left."""
    _agreed(room)
    room.world.drop.day += timedelta(days=14)
    imported(room, room.world.drop.pickup())
    return room.get("/keeping")


def _proposed(room: DeskRoom) -> Held:
    erasure = Erasure(ErasureStep.PROPOSE, because=HOSTILE.replace("\u202e", "").replace("\x1b", ""), number=9)
    return _bring(room, erasure, "bram")


def _agreed(room: DeskRoom) -> None:
    proposal = _proposed(room)
    with room.desk.reading() as vault:
        digest = detail_of(vault.casebook.items[proposal.item]).index_sha256
    _bring(room, Erasure(ErasureStep.SECOND, proposal=proposal.item, proposal_sha256=digest), "anna")


def _bring(room: DeskRoom, erasure: Erasure, who: str) -> Held:
    author = getattr(room.world, who)
    account = Account(erasure=erasure)
    held = write_as(room.world.drop, author, room.cases["advise"], Kind.NOTE, text="", account=account)
    imported(room, room.world.drop.pickup())
    return held
