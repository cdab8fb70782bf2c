"""Writing to a case: a letter to begin with, files, a look over as its reporter will see it, and then the seal.

Every POST keeps what was typed before anything else can fail; drafts and their files are in memory only. What is sealed
is what was looked over: a draft or a case that went on in between is looked over once more.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from dropbox.codename import case_name
from dropbox.colours import ACCENT, ACCENT_DARK, style_variables
from dropbox.errors import CaseWentOn, DraftChanged, DropboxError, LetterUnknown, SignatureTooLong, VaultBusy
from dropbox.models import CaseId, Kind
from dropbox.workstation.composing import beside
from dropbox.workstation.desk_site.forms import MAX_REQUEST_BYTES, Form, kept_when_late, takes
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk, this_session
from dropbox.workstation.desk_site.writing_place import Place
from dropbox.workstation.drafts import Typed
from dropbox.workstation.letters import Shelf, read_shelf
from dropbox.workstation.pointing import Point
from dropbox.workstation.previewing import theirs
from dropbox.workstation.speech import _
from dropbox.writing import HeldFile

pages = Blueprint("writing", __name__)
_PATH = "/case/<case>/<any(reply, note):kind>"
_SEALED = "sealed writing"
_LATER = (VaultBusy, DraftChanged, CaseWentOn)

Answer = Page | AnyResponse


@dataclass(frozen=True)
class Segment:
    """A stretch of the text that is looked over; `number` counts the points from 1."""

    text: str
    point: Point | None = None
    number: int = 0


@pages.app_template_global("begun_here")
def begun_here(case: CaseId) -> frozenset[str]:
    """Return the kinds of writing that were begun for this case and are not sealed yet."""
    return frozenset(kind.value for each, kind in this_desk().drafts.waiting() if each == case)


@pages.app_template_global("begun_anywhere")
def begun_anywhere() -> list[tuple[CaseId, str, str]]:
    """Return the case, its name and the kind of every draft that waits."""
    return [(case, case_name(case), kind.value) for case, kind in this_desk().drafts.waiting()]


@pages.get("/reporter-colours.css")
def reporter_colours() -> Response:
    """Return the colours of the reporter's pages, for the preview alone."""
    style = style_variables(ACCENT, ACCENT_DARK).replace(":root", ".as-reporter")
    return Response(style, content_type="text/css; charset=utf-8")


# --- the form -----------------------------------------------------------------------------------------------------


@pages.get(_PATH)
def write(case: str, kind: str) -> Answer:
    """Show the form with what was typed so far, or begun with the letter that the address names."""
    with this_desk().reading() as vault:
        place = Place.of(vault, case, kind)
        draft = place.draft
        letter = request.args.get("letter", "")
        if letter and draft.text.strip():
            draft = replace(draft, letter=letter)
        elif letter:
            with suppress(LetterUnknown):
                draft = _with_letter(place, replace(draft, letter=letter, language=""))
        return _form_page(place, draft, Form())


def _keep_late(case: str, kind: str) -> None:
    """Keep what was typed by somebody whose session had ended meanwhile."""
    with suppress(DropboxError), this_desk().reading() as vault:
        place = Place.of(vault, case, kind)
        _with_files(place, place.keep(_typed(place, Form())))


@pages.post(_PATH)
@takes(MAX_REQUEST_BYTES)
@kept_when_late(_keep_late)
def take(case: str, kind: str) -> Answer:
    """Keep what was typed, then do what its button says."""
    form = Form()
    with this_desk().reading() as vault:
        place = Place.of(vault, case, kind)
        draft = _typed(place, form)
        try:
            draft = _with_files(place, place.keep(draft))
        except DropboxError as error:
            form.refuse("files", error)
            form.errors["files"] += " " + _("The files that you chose last were not added; choose again.")
            return _form_page(place, draft, form)
        return _do(place, draft, form, request.form.get("do", "look"))


def _typed(place: Place, form: Form) -> Typed:
    """Return the draft with the form's fields as they are, whatever is wrong with them."""
    before = place.draft
    return replace(
        before,
        text=form.text("text"),
        sign=form.text("sign"),
        letter=form.text("letter"),
        language=form.text("language"),
        seen=before.seen or place.items,
    )


def _with_files(place: Place, draft: Typed) -> Typed:
    """Add the files that were chosen, in memory. Raises TooLarge or DraftsFull."""
    chosen = (each for each in request.files.getlist("files") if each.filename)
    more = tuple(HeldFile(_own_name(each.filename or ""), each.stream.read()) for each in chosen)
    if not more or place.kind is not Kind.REPLY:
        return draft
    return place.keep(draft.with_files(more))


def _do(place: Place, draft: Typed, form: Form, what: str) -> Answer:
    if what == "drop":
        place.drop()
        say(_("What you had begun is thrown away."))
        return go(place.case_path)
    if what == "keep":
        say(_("What you wrote is kept until this program stops. It is not sealed yet."))
        return go(place.case_path)
    try:
        if what == "look":
            draft.require_sealable()
            return go(f"{place.path}/look")
        if what == "letter":
            place.keep(_with_letter(place, draft))
        elif what.startswith("remove-") and what[7:].isascii() and what[7:].isdigit():
            place.keep(draft.without_file(int(what[7:11])))
    except DropboxError as error:
        form.refuse(_field_of(error), error)
        return _form_page(place, draft, form)
    return go(place.path)


def _field_of(error: DropboxError) -> str:
    if isinstance(error, LetterUnknown):
        return "letter"
    return "sign" if isinstance(error, SignatureTooLong) else "text"


def _with_letter(place: Place, draft: Typed) -> Typed:
    """Put the chosen letter under what is there already. Raises LetterUnknown."""
    here = beside(place.vault, place.case)
    letter = here.letter(read_shelf(place.vault.folder), draft.letter, draft.language)
    text = "\n\n".join(part for part in (draft.text.rstrip(), here.begin(letter)) if part)
    return replace(draft, text=text + "\n")


def _form_page(place: Place, draft: Typed, form: Form) -> Page:
    shelf = read_shelf(place.vault.folder) if place.kind is Kind.REPLY else Shelf({})
    form.values |= {"text": draft.text, "sign": draft.sign, "letter": draft.letter, "language": draft.language}
    values = {
        "letters": [(name, str(shelf.find(name, "").title)) for name in shelf.names],
        "letter_languages": [("", _("the reporter's")), *((code, theirs(code).name) for code in shelf.languages())],
    }
    return show("write.html", form=form, status=200, **values, **place.around(draft))


def _own_name(given: str) -> str:
    # some browsers send a whole path, and one's own folders are nobody's business
    return given.replace("\\", "/").rsplit("/", 1)[-1]


# --- the look over, and the seal ----------------------------------------------------------------------------------


@pages.get(_PATH + "/look")
def look(case: str, kind: str) -> Answer:
    """Show the draft as it will be sealed: to the reporter's eyes, and with what could tell who somebody is."""
    with this_desk().reading() as vault:
        place = Place.of(vault, case, kind)
        draft = place.draft
        try:
            draft.require_sealable()
        except DropboxError:
            return go(place.path)
        return _look_page(place, draft)


@pages.post(_PATH + "/look")
def seal(case: str, kind: str) -> Answer:
    """Seal what was looked over. On any refusal the same page comes back, and the draft stays."""
    desk = this_desk()
    try:
        with desk.writing() as vault:
            place = Place.of(vault, case, kind)
            if not place.draft.empty:  # else the button was pressed twice, and the first time sealed it
                place.seal(request.form.get("mark", ""), request.form.get("seen", ""))
    except DropboxError as error:
        with desk.reading() as vault:
            return _not_sealed(Place.of(vault, case, kind), error)
    this_session().kept[_SEALED] = place.path
    return go(f"{place.path}/sealed")


def _not_sealed(place: Place, error: DropboxError) -> Page:
    """Show the same page again, or the form, where the draft was changed meanwhile into what cannot be sealed."""
    draft, form = place.draft, Form()
    try:
        draft.require_sealable()
    except DropboxError as unfit:
        form.refuse(_field_of(unfit), unfit)
        return _form_page(place, draft, form)
    return _look_page(place, draft, error)


def _look_page(place: Place, draft: Typed, error: DropboxError | None = None) -> Page:
    here = beside(place.vault, place.case)
    points = here.points(draft.text, draft.sign)
    form = Form()
    if error is not None:
        form.refuse("", error)
    values = {
        "preview": here.preview(draft.whole, [(file.name, file.size) for file in draft.files]),
        "whole": here.whole,
        "points": points,
        "segments": _segments(draft.whole, points),
        "mark": draft.mark,
        "seen": place.seen,
    }
    status = 409 if isinstance(error, _LATER) else 200
    return show("write_look.html", form=form, status=status, **values, **place.around(draft))


def _segments(text: str, points: Sequence[Point]) -> list[Segment]:
    parts, at = [], 0
    for number, point in enumerate(points, 1):
        parts += [Segment(text[at : point.start]), Segment(point.text, point, number)]
        at = point.end
    return [*parts, Segment(text[at:])]


@pages.get(_PATH + "/sealed")
def sealed(case: str, kind: str) -> Answer:
    """Say what happens now, once."""
    if this_session().kept.pop(_SEALED, None) != f"/case/{case}/{kind}":
        return go(f"/case/{case}")
    return show("write_sealed.html", case=case, name=case_name(CaseId(case)), kind=kind)
