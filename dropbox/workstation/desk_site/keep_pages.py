"""Keeping and erasing: the list of what is due, and one case's page on which it is postponed, held, or proposed.

Nothing on these pages erases anything: an import does, after two members agreed and the days are over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from dropbox.bundle import Hold, Proposal
from dropbox.codename import case_name
from dropbox.deadlines import add_months
from dropbox.errors import DropboxError, KeepDayUnusable, ReasonUnusable, VaultBusy
from dropbox.models import CaseId, today
from dropbox.workstation.casebook import Casebook, CaseRecord, Erased
from dropbox.workstation.desk_site.case import case_part
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.keeping import KeptUntil, due_by, kept_until, opposable, state_of
from dropbox.workstation.keeping import deciding as decide
from dropbox.workstation.keeping.due import month_ends
from dropbox.workstation.keeping.standing import cases_with_proposals
from dropbox.workstation.keeping.words import basis_text, hold_lines, proposal_lines, rule_text
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import _
from dropbox.workstation.thread import author_name
from dropbox.workstation.vault import Vault

pages = Blueprint("keep", __name__)

Decide = Callable[[Vault, CaseRecord, Form], str]
_MAX_LISTED = 500
_FIELDS = {
    "until": "because-until",
    "hold": "because-hold",
    "lift": "because-hold",
    "propose": "because-erase",
    "second": "because-erase",
    "oppose": "because-erase",
}
"""Beside which field stands what is wrong with a decision."""


@dataclass(frozen=True)
class DueShown:
    case: CaseId
    name: str
    day: date
    why: str


@dataclass(frozen=True)
class UnderwayShown:
    """A case that somebody proposed to erase, and how it stands with that."""

    case: CaseId
    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ErasedShown:
    name: str
    erased: Erased
    by: str
    seconded_by: str


@case_part
def keep_part(vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_keep.html` shows."""
    kept, state = kept_until(vault.casebook, shown.case.case), state_of(vault.casebook, shown.case.case)
    return {
        "kept_day": kept.day if kept is not None else None,
        "kept_holds": [line for hold in state.holds for line in hold_lines(vault.casebook, hold)],
        "kept_erasing": [line for each in _open(state.proposals) for line in proposal_lines(vault.casebook, each)],
    }


@pages.get("/keeping")
def due() -> Page:
    """Show what is due by the end of a month, what is being erased, and what was."""
    month = _month(request.args.get("month", ""))
    with this_desk().reading() as vault:
        casebook, last = vault.casebook, month_ends(month)
        found = due_by(casebook, last)
        return show(
            "keeping.html",
            last=last,
            this_month=_month(""),
            later=[_after(month, months) for months in (1, 3, 12)],
            due=[_due_shown(kept) for kept in found[:_MAX_LISTED]],
            total=len(found),
            underway=_underway(casebook),
            erased=_erased(casebook),
        )


@pages.get("/case/<case>/keep")
def one(case: str) -> Page:
    return _one(case, Form())


@pages.post("/case/<case>/keep/<do>")
def decided(case: str, do: str) -> Page | Response:
    """Seal one note with what was decided."""
    form = Form()
    if do not in _DECISIONS:
        abort(404)
    for name in ("until", *dict.fromkeys(_FIELDS.values())):
        form.text(name)
    try:
        with this_desk().writing() as vault:
            done = _DECISIONS[do](vault, vault.casebook.find_case(case), form)
    except VaultBusy:
        raise
    except KeepDayUnusable as error:
        form.refuse("until", error)
    except ReasonUnusable as error:
        form.refuse(_FIELDS[do], error)
    except DropboxError as error:
        form.refuse("", error)
    if form.refused:
        return _one(case, form)
    say(done)
    say(_("It is sealed for your desk and leaves with the next answer bundle."))
    return go(f"/case/{case}/keep")


def _postpone(vault: Vault, case: CaseRecord, form: Form) -> str:
    try:
        until = date.fromisoformat(form.value("until").strip())
    except ValueError:
        raise KeepDayUnusable from None
    decide.postpone(vault, case, until, form.value("because-until"))
    return _("This case is kept longer.")


def _hold(vault: Vault, case: CaseRecord, form: Form) -> str:
    decide.hold(vault, case, form.value("because-hold"))
    return _("The hold is laid.")


def _lift(vault: Vault, case: CaseRecord, form: Form) -> str:
    lifted = decide.lift(vault, case, form.value("because-hold"))
    return _("The hold is lifted.") if lifted else _("It is lifted when another member agrees.")


def _propose(vault: Vault, case: CaseRecord, form: Form) -> str:
    decide.propose(vault, case, form.value("because-erase"))
    return _("It is proposed. Nothing is erased before another member agrees to it.")


def _second(vault: Vault, case: CaseRecord, _form: Form) -> str:
    decide.second(vault, case)
    return _("You agreed. The days count from when the drop has taken this in.")


def _oppose(vault: Vault, case: CaseRecord, form: Form) -> str:
    decide.oppose(vault, case, form.value("because-erase"))
    return _("You opposed it.")


_DECISIONS: dict[str, Decide] = {
    "until": _postpone,
    "hold": _hold,
    "lift": _lift,
    "propose": _propose,
    "second": _second,
    "oppose": _oppose,
}


def _one(wanted: str, form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook, case = vault.casebook, vault.casebook.find_case(wanted).case
        kept, state = kept_until(casebook, case), state_of(casebook, case)
        waiting = _open(state.proposals)
        return show(
            "keep.html",
            form=form,
            case=case,
            name=case_name(case),
            rule=rule_text(kept) if kept is not None else "",
            kept=kept,
            holds=[tuple(hold_lines(casebook, each)) for each in state.holds],
            lift_waits=_waits_for_others(casebook, state.holds),
            proposals=[tuple(proposal_lines(casebook, each)) for each in state.proposals],
            waiting=waiting,
            can_second=bool(waiting) and not state.holds and all(_may_second(casebook, each) for each in waiting),
            delay_days=casebook.keeping.erase_delay_days,
        )


def _open(proposals: Sequence[Proposal]) -> list[Proposal]:
    return [each for each in proposals if each.is_open]


def _may_second(casebook: Casebook, proposal: Proposal) -> bool:
    signed = {proposal.proposed.author, *(step.author for step in proposal.seconds)}
    return casebook.key not in signed


def _waits_for_others(casebook: Casebook, holds: Sequence[Hold]) -> bool:
    """Whether this member has proposed to lift every hold and can only wait."""
    return bool(holds) and all({step.author for step in each.lifting} == {casebook.key} for each in holds)


def _due_shown(kept: KeptUntil) -> DueShown:
    return DueShown(kept.case, case_name(kept.case), kept.day, basis_text(kept))


def _underway(casebook: Casebook) -> list[UnderwayShown]:
    return [
        UnderwayShown(case, case_name(case), tuple(proposal_lines(casebook, each)))
        for case in cases_with_proposals(casebook)
        if case in casebook.cases
        for each in opposable(casebook, case)
    ]


def _erased(casebook: Casebook) -> list[ErasedShown]:
    newest = sorted(casebook.erased.items(), key=lambda each: (each[1].day, each[0]), reverse=True)
    return [
        ErasedShown(case_name(case), each, author_name(casebook, each.by), author_name(casebook, each.seconded_by))
        for case, each in newest[:_MAX_LISTED]
    ]


def _month(typed: str) -> str:
    """Return a month as 2027-03; this one for anything that is none."""
    try:
        return month_ends(typed).isoformat()[:7]
    except ValueError:
        return today().isoformat()[:7]


def _after(month: str, months: int) -> tuple[str, date]:
    first = add_months(date.fromisoformat(f"{month}-01"), months)
    return first.isoformat()[:7], month_ends(first.isoformat()[:7])
