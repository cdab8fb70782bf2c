"""Whom and what a case is about: its part of the case's page, and the page where it is marked and links are told.

And the page on which the reporter is asked whether the case may be joined with others.
"""

from collections.abc import Iterator

from flask import Blueprint, request
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.envelope.account import Mark, MarkKind
from dropbox.errors import DropboxError, MarkUnusable, NothingToChange, VaultBusy
from dropbox.models import Plaintext
from dropbox.workstation import acts, marks
from dropbox.workstation.casebook import Act
from dropbox.workstation.composing import beside, known_names
from dropbox.workstation.desk_site.case import case_part, printing
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.reading import ReadCase, read_case
from dropbox.workstation.speech import _
from dropbox.workstation.together import CaseLinks, ask_to_join, proposed, question, wording, write_marks
from dropbox.workstation.vault import Vault

pages = Blueprint("about", __name__)

_MARK = "mark-"
_FRESH = (("persons", MarkKind.PERSON), ("places", MarkKind.PLACE), ("dates", MarkKind.DATE))
"""The fields for new marks; each line of one is a mark."""
_PROPOSED = "proposed"


@case_part
def about_part(vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_about.html` shows."""
    case = shown.case.case
    return {"about_marks": marks.of_case(vault.casebook, case), "about_links": _links(vault, shown)}


@pages.get("/case/<case>/about")
def about(case: str) -> Page:
    """Show a case's marks, and as much of other cases as both mandates allow."""
    return _about_page(case, None)


@pages.post("/case/<case>/about")
def mark(case: str) -> Page | Response:
    """Seal one note with everything that was changed in the form."""
    form = Form()
    fresh = list(_typed_marks(form))
    gone = request.form.getlist("gone")
    rewrite = {name.removeprefix(_MARK): form.text(name) for name in request.form if name.startswith(_MARK)}
    if form.refused:
        return _about_page(case, form)
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            change = marks.change(vault.casebook, found.case, add=fresh, rewrite=rewrite, remove=gone)
            write_marks(vault, found, change)
    except VaultBusy:
        raise
    except NothingToChange:
        say(_("Nothing was changed, so nothing was written."))
        return go(f"/case/{case}/about")
    except DropboxError as error:
        form.refuse("about", error)
        return _about_page(case, form)
    say(_("This is sealed to your desk. It leaves with the next answer bundle."))
    return go(f"/case/{found.case}/about")


@pages.get("/case/<case>/join")
def join(case: str) -> Page:
    """Show the question as the reporter will get it."""
    return _join_page(case, None)


@pages.post("/case/<case>/join")
def ask(case: str) -> Page | Response:
    """Seal the question into a reply."""
    form = Form()
    text = form.required("text", _("Write something first."))
    if form.refused:
        return _join_page(case, form)
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            ask_to_join(vault, found, Plaintext(text))
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("text", error)
        return _join_page(case, form)
    say(_("The question is sealed. It leaves with the next answer bundle."))
    return go(f"/case/{found.case}/about")


def _about_page(case: str, form: Form | None) -> Page:
    desk = this_desk()
    with desk.reading() as vault:
        casebook = vault.casebook
        shown = read_case(vault, casebook.find_case(case))
        desk.finder.learn(*shown.opened)
        now = marks.of_case(casebook, shown.case.case)
        return show(
            "about.html",
            form=form,
            name=case_name(shown.case.case),
            case=shown.case.case,
            marks=[(each, str(marks.KINDS[each.kind]), marks.typed(each)) for each in now],
            proposed=proposed(shown, now, known_names(casebook)),
            picked=request.form.getlist(_PROPOSED),
            gone=request.form.getlist("gone"),
            told=_links(vault, shown),
            withdrawn=acts.standing(casebook, shown.case.case).withdrawn,
            wording=wording,
            case_name=case_name,
            **printing(vault, shown.case.case),
        )


def _join_page(case: str, form: Form | None) -> Page:
    with this_desk().reading() as vault:
        found = vault.casebook.find_case(case)
        acts.require(vault.casebook, found.case, Act.VIEW)
        told = this_desk().together.links(vault.casebook, found.case)
        text = "" if form is not None else question(beside(vault, found).theirs.language)
        return show(
            "join.html",
            form=form or Form(text=text),
            name=case_name(found.case),
            case=found.case,
            told=told,
            wording=wording,
            withdrawn=acts.standing(vault.casebook, found.case).withdrawn,
        )


def _links(vault: Vault, shown: ReadCase) -> CaseLinks:
    return this_desk().together.links(vault.casebook, shown.case.case)


def _typed_marks(form: Form) -> Iterator[Mark]:
    """Give what was typed as new marks; what cannot be one is told beside its field."""
    picked = [(_PROPOSED, MarkKind.PERSON, name) for name in request.form.getlist(_PROPOSED)]
    typed = [(field, kind, text) for field, kind in _FRESH for text in form.text(field).split("\n") if text.strip()]
    for field, kind, text in [*typed, *picked]:
        try:
            yield marks.read(kind, text)
        except MarkUnusable as error:
            form.refuse(field, error)
