"""The part of a case's page about its work: who has it, how it stands, its tags; what was done with it, what is closed.

And the page on what reporters took back, until somebody says that they have read it.
"""

from dataclasses import dataclass

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.envelope import WorkState
from dropbox.errors import (
    DropboxError,
    MandateForbids,
    NothingToChange,
    TagUnusable,
    TooManyTags,
    VaultBusy,
)
from dropbox.models import CaseId, Fingerprint, Kind, Plaintext
from dropbox.workstation import acts, addressing, mandate, telling, work
from dropbox.workstation.casebook import Act, Casebook, Narrowed
from dropbox.workstation.desk_site.case import case_page, case_part
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import N_, _, said
from dropbox.workstation.thread import member_name
from dropbox.workstation.vault import Vault

pages = Blueprint("work", __name__)

_SEPARATOR = ","
_CLOSED = (
    (Act.DISCUSS, N_("passing the case on to a colleague, and printing it")),
    (Act.TAKE_FURTHER, N_("setting its state to “investigating”")),
)


@dataclass(frozen=True)
class Closed:
    """What the mandate does not allow, for one and the same reason."""

    why: str
    what: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """One time that a reporter took something back, and what had happened by then."""

    title: str
    happened: tuple[str, ...]


@dataclass(frozen=True)
class TakenBack:
    """One case on the page of what reporters took back."""

    case: CaseId
    name: str
    told: tuple[Told, ...]


@case_part
def work_part(vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_work.html` and `_case_acts.html` show."""
    casebook, case = vault.casebook, shown.case.case
    now = work.of_items(casebook, shown.records)
    standing = acts.standing(casebook, case)
    return {
        "work": now,
        "work_state": work.state_text(now.state),
        "work_members": [(each, _label(casebook, each)) for each in addressing.members(casebook)],
        "work_assignee": _label(casebook, now.assignee) if now.assignee else "",
        "work_states": [(each, work.state_text(each), _is_open(standing, each)) for each in WorkState],
        "work_closed": closed(standing),
        "work_told": telling.told(casebook, shown.records),
        "work_acts": acts.sentences(casebook, acts.of_case(casebook, case)),
        "work_withdrawn": standing.withdrawn,
    }


@pages.post("/case/<case>/work")
def arrange(case: str) -> Page | Response:
    """Seal one note with everything that was changed in the form."""
    form = Form()
    assignee = form.text("assignee")
    state = form.choice("state", [each.value for each in WorkState])
    add = [tag for tag in form.text("tags").split(_SEPARATOR) if tag.strip()]
    remove = request.form.getlist("gone")
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            change = work.change(
                vault.casebook, found.case, assignee=assignee, state=WorkState(state), add=add, remove=remove
            )
            write_to_case(vault, found, Draft(Kind.NOTE, Plaintext(""), work=change))
            told = work.sentences(vault.casebook, change)
    except VaultBusy:
        raise
    except NothingToChange:
        say(_("Nothing was changed, so nothing was written."))
        return go(f"/case/{case}")
    except DropboxError as error:
        form.refuse(_field_of(error), error)
        return case_page(case, form=form)
    say(" ".join([*told, _("It leaves with the next answer bundle.")]))
    return go(f"/case/{found.case}#work")


@pages.get("/narrowed")
def narrowed() -> Page:
    """Show what reporters took back and nobody has said to have read."""
    with this_desk().reading() as vault:
        return show("narrowed.html", taken_back=_taken_back(vault.casebook))


@pages.post("/narrowed")
def have_read() -> Response:
    """Take a case's banners away."""
    case = request.form.get("case", "")
    with this_desk().writing() as vault:
        if case not in vault.casebook.narrowed:
            abort(400)
        acts.have_read(vault.casebook, CaseId(case))
        vault.save()
        left = len(vault.casebook.narrowed)
    say(_("You have read what the reporter of %(name)s took back.", name=case_name(CaseId(case))))
    return go("/narrowed" if left else f"/case/{case}")


def closed(standing: acts.Standing) -> list[Closed]:
    """Return what the reporter's mandate closes, each with the reason; a withdrawal has a sentence of its own."""
    if standing.withdrawn is not None:
        return []
    reasons: dict[str, list[str]] = {}
    for act, what in _CLOSED:
        try:
            mandate.require(standing.mandate, act)
        except MandateForbids as error:
            reasons.setdefault(said(error).message, []).append(str(what))
    return [Closed(why, tuple(what)) for why, what in reasons.items()]


def _label(casebook: Casebook, member: Fingerprint) -> str:
    if member == casebook.key:
        return _("you (%(key)s)", key=f"{member[-8:-4]} {member[-4:]}")
    return member_name(casebook, member)


def _is_open(standing: acts.Standing, state: WorkState) -> bool:
    return state is not WorkState.INVESTIGATING or mandate.allows(standing.mandate, Act.TAKE_FURTHER)


def _field_of(error: DropboxError) -> str:
    if isinstance(error, TagUnusable | TooManyTags):
        return "tags"
    return "state" if isinstance(error, MandateForbids) else "work"


def _taken_back(casebook: Casebook) -> list[TakenBack]:
    return [
        TakenBack(case, case_name(case), tuple(_told(casebook, case, each) for each in every))
        for case, every in casebook.narrowed.items()
    ]


def _told(casebook: Casebook, case: CaseId, each: Narrowed) -> Told:
    return Told(acts.narrowed_title(case, each), tuple(acts.sentences(casebook, each.happened)))
