"""The first report: one page, one form, and the session that can show its codename."""

from flask import Blueprint, Response, request

from dropbox.codename import generate
from dropbox.errors import DeskFull, DropboxError, FormExpired, ReportsClosed, SessionEnded
from dropbox.models import DeskId, Kind, Plaintext
from dropbox.server import headers
from dropbox.server.form import Form
from dropbox.server.happened import takes_new_reports
from dropbox.server.intake import Draft
from dropbox.server.own_words import CodenameMark
from dropbox.server.reporter_site.context import (
    error_line,
    error_page,
    go,
    language,
    note_fault,
    read_form,
    require_budget,
    sends_in_frames,
    session,
    session_cookie,
    this_drop,
    visit,
    with_visit,
)
from dropbox.server.reporter_site.problems import FieldError, status_of
from dropbox.server.reporter_site.showing import desk_name, open_desk_views, said
from dropbox.server.reporter_site.speech import _, list_text
from dropbox.server.reporter_site.typed import TypedReport, empty_report, one, read_report
from dropbox.server.tokens import Stamp

site = Blueprint("report", __name__)
PURPOSE = "report"
REPORT_WAIT_SECONDS = 30.0
"""Longer than a sign-in may wait: files that were on their way would have to be chosen again."""


@site.get("/report")
def show() -> Response:
    if not takes_new_reports(this_drop().store.happenings):
        raise ReportsClosed
    return _form(empty_report(this_drop().settings))


@site.post("/report")
def take() -> Response:
    form = read_form()
    typed = read_report(form.fields, this_drop().settings, language())
    try:
        bound, stamp = _verify_token(form)
    except FormExpired as error:
        return _form(typed, (error_line(error), *typed.errors), status_of(error))
    if typed.errors:
        return _form(typed, typed.errors, 400, stamp)
    try:
        return _send(form, typed, bound, stamp)
    except ReportsClosed as error:
        return error_page(error, _all_text(typed))
    except DeskFull as error:
        return _form(typed, (_full_line(error),), status_of(error), stamp)
    except DropboxError as error:
        note_fault(error)
        return _form(typed, (error_line(error),), status_of(error), stamp)


def _verify_token(form: Form) -> tuple[bytes, Stamp]:
    bound = visit()
    if bound is None:
        raise FormExpired
    return bound, this_drop().forms.read(PURPOSE, bound, one(form.fields, "token"))


def _send(form: Form, typed: TypedReport, bound: bytes, stamp: Stamp) -> Response:
    """Seal and store the report, then start a session that can show its codename."""
    require_budget()
    drop = this_drop()
    codename = generate(drop.identity.secret, stamp.nonce, bound, typed.desks)
    mark = CodenameMark.of(codename)
    keys = drop.derivation.derive(codename, REPORT_WAIT_SECONDS)
    # what is sent once more because its answer was lost is no new report
    if not takes_new_reports(drop.store.happenings) and drop.store.find_case(keys.lookup_id) is None:
        raise ReportsClosed
    draft = Draft(
        keys=keys,
        kind=Kind.REPORT,
        desks=typed.desks,
        mandate=typed.mandate,
        mandate_changed=False,
        undo=False,
        message=Plaintext(typed.message),
        answers=typed.answers,
        language=language(),
        nonce=stamp.nonce,
        binding=bound,
        form=form,
        marks=(mark, *_mark_of_session()),
        length=request.content_length or 0,
        in_reserve=bool(request.environ.get("dropbox.in_reserve")),
    )
    drop.intake.submit(draft)
    drop.sessions.end(session_cookie())
    response = go("/sent")
    headers.set_cookie(response, headers.SESSION_COOKIE, drop.sessions.begin(keys, codename, mark=mark))
    return response


def _mark_of_session() -> tuple[CodenameMark, ...]:
    """Return the mark of whoever is signed in: that codename must not stand in a new report either."""
    try:
        return session().marks
    except SessionEnded:
        return ()


def _all_text(typed: TypedReport) -> str:
    """Return all that was typed, to be copied: the text, and each answer under its question."""
    questions = this_drop().settings.questions
    answered = [(said(each.text), typed.answers[each.id]) for each in questions if each.id in typed.answers]
    return "\n\n".join([*([typed.message] if typed.message else []), *(f"{asked}\n{text}" for asked, text in answered)])


def _full_line(error: DeskFull) -> FieldError:
    """Name the desks whose letterbox is full, and those that still have room."""
    still = {desk for desk, room in this_drop().intake.letterboxes.look().items() if not room.is_full_for_new}
    others = [desk.id for desk in this_drop().settings.desks if desk.id in still - set(error.desks) and not desk.closed]
    full = list_text([str(desk_name(DeskId(desk))) for desk in error.desks])
    if not others:
        text = _(
            "The letterbox of %(desks)s is full for new reports. Nothing was stored. Try again tomorrow.",
            desks=full,
        )
        return FieldError("desk", text)
    text = _(
        "The letterbox of %(desks)s is full for new reports. Nothing was stored. There is room with %(others)s: "
        "you may choose again who reads it. Or try again tomorrow.",
        desks=full,
        others=list_text([str(desk_name(desk)) for desk in others]),
    )
    return FieldError("desk", text)


def _form(
    typed: TypedReport, errors: tuple[FieldError, ...] = (), status: int = 200, stamp: Stamp | None = None
) -> Response:
    """Render the form filled in; `stamp` goes on when what was sent may have been stored after all."""
    sends_in_frames()
    questions = [{"id": each.id, "text": said(each.text)} for each in this_drop().settings.questions]
    return with_visit(
        "report.html",
        PURPOSE,
        status,
        stamp=stamp,
        typed=typed,
        errors=errors,
        expired=stamp is None,
        open_desks=open_desk_views(),
        questions=questions,
    )
