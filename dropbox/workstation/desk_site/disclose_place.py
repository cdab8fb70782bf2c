"""Where a pack is planned: one case, opened, and the plan that is kept for it in memory; shared by the steps' pages."""

from dataclasses import dataclass, replace
from typing import Any

from flask import abort

from dropbox.codename import case_name
from dropbox.envelope.account import LogAct
from dropbox.models import ItemId
from dropbox.workstation.desk_site.looking import looking
from dropbox.workstation.desk_site.showing import this_desk
from dropbox.workstation.disclosure.beginning import can_be_shown, choice_of, first_plan
from dropbox.workstation.disclosure.gathering import Part, gather
from dropbox.workstation.disclosure.open_part import KINDS
from dropbox.workstation.disclosure.plan import Plan
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import ReadCase, read_case
from dropbox.workstation.redrawing import can_redraw
from dropbox.workstation.speech import N_, language
from dropbox.workstation.vault import Vault

STEPS = (
    ("", N_("What is shown")),
    ("/text", N_("Passages")),
    ("/names", N_("Names")),
    ("/readers", N_("Readers")),
    ("/look", N_("Look it over")),
)
"""The steps' addresses behind the case's, and what they are called."""


@dataclass(frozen=True)
class Place:
    vault: Vault
    shown: ReadCase

    @classmethod
    def of(cls, vault: Vault, case: str) -> "Place":
        """Open the case, which its log tells of. Raises CaseUnknown or CaseAmbiguous."""
        found = vault.casebook.find_case(case)
        shown = read_case(vault, found)
        this_desk().looked(found.case, LogAct.OPENED)
        return cls(vault, shown)

    @property
    def path(self) -> str:
        return f"/case/{self.shown.case.case}/disclose"

    @property
    def plan(self) -> Plan:
        """The plan that is kept; a first one where there is none, which is kept from then on. Raises DraftsFull."""
        plans = this_desk().plans
        plan = plans.get(self.shown.case.case)
        if plan is None:
            plan = first_plan(self.vault.casebook, self.shown, language())
            plans.keep(plan.case, plan)
        return plan

    def keep(self, plan: Plan) -> None:
        this_desk().plans.keep(self.shown.case.case, plan)

    @property
    def keys(self) -> tuple[bytes, ...]:
        return this_desk().plans.keys(self.shown.case.case)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The chosen items. Raises PlanOutdated."""
        return gather(self.shown, self.plan)

    @property
    def showable(self) -> list[tuple[int, Opened]]:
        """Every item that can be shown, with its place in the thread (from 1)."""
        return [
            (place, each) for place, each in enumerate(self.shown.opened, 1) if each is not None and can_be_shown(each)
        ]

    @property
    def drawable(self) -> dict[ItemId, list[bool]]:
        """Tell of each file of each item whether it can be drawn anew, by its first bytes."""
        opened = [each for _place, each in self.showable]
        return {each.record.item: [can_redraw(true) for true in looking().types(self.vault, each)] for each in opened}

    def opened(self, item: str) -> Opened:
        """Return an item of the case; 404 for one that is not there."""
        found = next((each for each in self.shown.opened if each is not None and each.record.item == item), None)
        return found or abort(404)

    def with_items(self, chosen: set[str]) -> Plan:
        """Return the plan with these items; what was marked in one that stays is kept."""
        kept = {each.item: each for each in self.plan.items}
        wanted = [each for _place, each in self.showable if each.record.item in chosen]
        return self.plan.with_items(kept.get(each.record.item) or choice_of(each) for each in wanted)

    def without_reader(self, number: int) -> Plan:
        """Return the plan without one reader, counted from 1."""
        left = tuple(each for at, each in enumerate(self.plan.readers, start=1) if at != number)
        return replace(self.plan, readers=left)

    def around(self, step: str) -> dict[str, Any]:
        """Return what every step shows around its form."""
        names = [address for address, _title in STEPS]
        return {
            "case": self.shown.case.case,
            "name": case_name(self.shown.case.case),
            "path": self.path,
            "plan": self.plan,
            "kinds": KINDS,
            "steps": STEPS,
            "at": names.index(step),
        }
