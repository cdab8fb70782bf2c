"""Passing cases on to a colleague whose key came later: to whom, which ones, and where the file is written."""

from dataclasses import dataclass

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dropbox.errors import DropboxError, FolderMissing, TargetExists, TargetUnusable
from dropbox.models import CaseId, Fingerprint, today
from dropbox.workstation import acts, addressing
from dropbox.workstation.casebook import Act, Casebook
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.desk_site.trust_pages import chosen_target
from dropbox.workstation.resealing import ResealReport, reseal
from dropbox.workstation.speech import _, ngettext, said
from dropbox.workstation.thread import summaries
from dropbox.workstation.vault import Vault

pages = Blueprint("reseal", __name__)


@dataclass(frozen=True)
class Choice:
    """One case, and why it cannot be passed on ("" when it can)."""

    case: CaseId
    name: str
    received: str
    shut: str


@dataclass(frozen=True)
class Colleague:
    """One other member: the key, who it says it is, and from which day on it reads this desk's items."""

    fingerprint: Fingerprint
    uid: str
    since: str


@pages.get("/reseal")
def choose() -> Page:
    """Show the desk's other members and the cases, each with whether it may be passed on."""
    return _choose(Form(name=f"passed-on-{today().isoformat()}.tar"), [])


@pages.post("/reseal")
def pass_on() -> Page | Response:
    """Write the reseal bundle."""
    form, picked = Form(), request.form.getlist("case")
    to = form.text("to")
    if not to:
        form.errors["to"] = _("Choose your colleague.")
    if not picked:
        form.errors["case"] = _("Choose at least one case.")
    if form.refused:
        form.text("folder"), form.text("other"), form.text("name")
        return _choose(form, picked)
    try:
        target = chosen_target(form)
        with this_desk().writing() as vault:
            report = reseal(vault, [vault.casebook.find_case(each) for each in picked], Fingerprint(to), target)
    except (FolderMissing, TargetExists, TargetUnusable) as error:
        form.refuse("other", error)
        return _choose(form, picked)
    except DropboxError as error:
        form.refuse("", error)
        return _choose(form, picked)
    say(_told(report, str(target)))
    return go("/reseal")


def _told(report: ResealReport, target: str) -> str:
    cases = ngettext("%(num)s case is sealed to that key.", "%(num)s cases are sealed to that key.", report.cases)
    wrote = _("Wrote %(file)s", file=target)
    return _("%(cases)s %(wrote)s. Give the file to your colleague, who imports it.", cases=cases, wrote=wrote)


def _choose(form: Form, picked: list[str]) -> Page:
    with this_desk().reading() as vault:
        return show(
            "reseal.html",
            form=form,
            picked=picked,
            colleagues=_colleagues(vault),
            choices=[_choice(vault.casebook, each.case, each.name, each.received.isoformat())
                     for each in summaries(vault.casebook)],
            folders=sticks(),
        )  # fmt: skip


def _choice(casebook: Casebook, case: CaseId, name: str, received: str) -> Choice:
    try:
        acts.require(casebook, case, Act.DISCUSS)
    except DropboxError as error:
        return Choice(case, name, received, said(error).message)
    return Choice(case, name, received, "")


def _colleagues(vault: Vault) -> list[Colleague]:
    """Return the other members, the newest first: it is them who lack something."""
    casebook = vault.casebook
    if casebook.binding is None:
        return []
    known = casebook.rosters.get(casebook.bound.desk)
    since = {m.fingerprint: m.first_day.isoformat() for m in (known.newest if known else ()) if m.last_day is None}
    listed = vault.members.keys()
    uids = {info.fingerprint: ", ".join(info.uids) for info in listed}
    found = [Colleague(each, uids.get(each, ""), since[each]) for each in addressing.colleagues(casebook)]
    return sorted(found, key=lambda each: each.since, reverse=True)
