"""The last step of showing a case: the open part as it would be, what allows it, the question, and the pack itself."""

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.errors import DropboxError, PlanOutdated, TargetExists, TargetUnusable, VaultBusy
from dropbox.models import Mandate, Plaintext, today
from dropbox.workstation import alarms, mandate
from dropbox.workstation.desk_site.disclose_place import Place
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.desk_site.trust_pages import chosen_target
from dropbox.workstation.disclosure import releasing, wording
from dropbox.workstation.disclosure.leave import require_leave
from dropbox.workstation.disclosure.plan import FileHow, Plan
from dropbox.workstation.disclosure.proposals import still_standing
from dropbox.workstation.speech import Said, _, said_on_a_page
from dropbox.workstation.terminal import line
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault

pages = Blueprint("release", __name__)


@pages.get("/case/<case>/disclose/look")
def look(case: str) -> Page | Response:
    """Show the open part's texts as they would be, and what may be done with them."""
    return _look(case, None)


@pages.post("/case/<case>/disclose/make")
def make(case: str) -> Page | Response:
    """Write the pack, as it was looked over."""
    form = Form()
    try:
        target = chosen_target(form)
        with this_desk().writing() as vault, alarms.kept(vault):
            place = _place(vault, case, form)
            made = releasing.release(vault, place.shown, place.plan, target, place.keys)
    except (TargetExists, TargetUnusable) as error:
        form.refuse("other", error)
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("make", error)
    if form.refused:
        return _look(case, form)
    this_desk().plans.drop(place.shown.case.case)
    say(
        _(
            "The pack is written: %(folder)s. Read the open part yourself before you hand it over.",
            folder=line(str(target)),
        )
    )
    for each in made.unread:
        say(wording.unread_text(*each))
    return go(place.path.removesuffix("/disclose"))


@pages.post("/case/<case>/disclose/ask")
def ask(case: str) -> Page | Response:
    """Seal the plan for the desk and the question for the reporter."""
    form = Form()
    text = form.required("text", _("Write what you ask."))
    if form.refused:
        return _look(case, form)
    try:
        with this_desk().writing() as vault, alarms.kept(vault):
            place = _place(vault, case, form)
            releasing.ask(vault, place.shown, place.plan, Plaintext(text), place.keys)
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("ask", error)
        return _look(case, form)
    this_desk().plans.drop(place.shown.case.case)
    say(_("The question is sealed, and the plan for your desk. Both leave with the next answer bundle."))
    return go(place.path.removesuffix("/disclose"))


@pages.post("/case/<case>/disclose/keep")
def keep(case: str) -> Page | Response:
    """Seal the plan into a note, for a colleague or for later."""
    form = Form()
    try:
        with this_desk().writing() as vault:
            place = _place(vault, case, form)
            releasing.keep(vault, place.shown.case, place.plan, place.keys)
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("keep", error)
        return _look(case, form)
    say(_("The plan is sealed for your desk. It leaves with the next answer bundle."))
    return go(place.path)


def _place(vault: Vault, case: str, form: Form) -> Place:
    """Return where the plan is, unless it is another one by now than the page showed. Raises PlanOutdated."""
    place = Place.of(vault, case)
    if form.text("plan") != place.plan.sha256:
        raise PlanOutdated
    return place


def _look(case: str, form: Form | None) -> Page | Response:
    with this_desk().reading() as vault:
        place = Place.of(vault, case)
        plan = place.plan
        try:
            shown = releasing.preview(place.shown, plan)
        except PlanOutdated as error:
            this_desk().plans.drop(plan.case)
            say(said_on_a_page(error).message)
            return go(place.path)
        return show(
            "disclose_look.html",
            form=form or Form(text=wording.question(plan), name=_folder_name(plan)),
            **place.around("/look"),
            shown=shown,
            standing=still_standing([each.text.text for each in shown], [each.letter for each in plan.persons]),
            redrawn=[(each.part, choice) for each in shown for choice, _file in each.part.files(FileHow.REDRAWN)],
            obstacle=_obstacle(vault, plan),
            by_mandate=mandate.in_force(items_of(vault.casebook, plan.case)) is Mandate.INVESTIGATE,
            folders=sticks(),
        )


def _obstacle(vault: Vault, plan: Plan) -> Said | None:
    """Return why no pack can be made now."""
    try:
        plan.require_complete()
        require_leave(vault.casebook, plan)
    except DropboxError as error:
        return said_on_a_page(error)
    return None


def _folder_name(plan: Plan) -> str:
    return f"pack-{case_name(plan.case).replace(' ', '-')}-{today().isoformat()}"
