"""The case page: where it stands, the replies, and one form for a message, the mandate or a withdrawal.

What the reporter sent is never shown here. One POST makes one item: a withdrawal (or its undoing), else a change of
mandate, else a message.
"""

from flask import Blueprint, Response, request

from dropbox.errors import CaseEnded, DropboxError, FormExpired, OverBudget, SessionEnded, StoreError
from dropbox.models import Kind, Mandate, Plaintext, today
from dropbox.sealed_mandate import open_mandate
from dropbox.server import headers
from dropbox.server.form import Form
from dropbox.server.intake import Draft
from dropbox.server.reporter_site import asking
from dropbox.server.reporter_site.case_view import RepliesView, asks_view, desks_view, moves_view, replies_view
from dropbox.server.reporter_site.clock import legal_days
from dropbox.server.reporter_site.context import (
    error_line,
    error_page,
    form_page,
    framed,
    go,
    language,
    note_fault,
    read_form,
    require_budget,
    sends_in_frames,
    session,
    session_cookie,
    this_drop,
)
from dropbox.server.reporter_site.problems import FieldError, status_of
from dropbox.server.reporter_site.receipt import receipt_number
from dropbox.server.reporter_site.returning import session_ended
from dropbox.server.reporter_site.showing import mandate_name
from dropbox.server.reporter_site.speech import _
from dropbox.server.reporter_site.steps import case_steps
from dropbox.server.reporter_site.typed import TypedFollowUp, one, read_follow_up
from dropbox.server.sessions import SavedDraft, Session
from dropbox.server.store import CaseState
from dropbox.server.tokens import Stamp

site = Blueprint("case", __name__)
PURPOSE = "case"
DELETE_PURPOSE = "delete"
HIDE_PURPOSE = "hide"


@site.get("/case")
def show() -> Response:
    here = session()
    draft = here.draft
    typed = _typed(draft) if draft else TypedFollowUp()
    if here.notice:
        this_drop().sessions.note(here, "")
    return case_page(here, typed, stamp=draft.stamp if draft else None, notice=here.notice)


@site.post("/case")
def take() -> Response:
    form = read_form()
    typed = read_follow_up(form.fields)
    token = one(form.fields, "token")
    try:
        require_budget()
    except OverBudget as error:  # the case's own page would cost what is to be saved
        return error_page(error, typed.message)
    try:
        here = session()
    except SessionEnded:
        return session_ended(_kept(typed, token))
    try:
        stamp = this_drop().forms.read(PURPOSE, here.binding, token)
    except FormExpired as error:
        return case_page(here, typed, (error_line(error),), status_of(error))
    try:
        return _send(form, here, typed, stamp)
    except CaseEnded as error:
        return _ended(error)
    except DropboxError as error:
        note_fault(error)
        return case_page(here, typed, (error_line(error),), status_of(error), stamp=stamp)


def case_page(
    here: Session,
    typed: TypedFollowUp,
    errors: tuple[FieldError, ...] = (),
    status: int = 200,
    *,
    stamp: Stamp | None = None,
    notice: str = "",
) -> Response:
    """Render the case with the form filled in; `stamp` goes on when what was sent may have been stored."""
    drop = this_drop()
    try:
        case = drop.store.case(here.case)
    except CaseEnded as error:
        return _ended(error)
    current = _mandate(here, case)
    replies = _replies(here, case, errors)
    sends_in_frames()
    return form_page(
        "case.html",
        status,
        case=case,
        way=case_steps(case),
        case_desks=desks_view(case),
        legal_days=legal_days(case, today()),
        replies=replies,
        asks=asks_view(replies),
        moves=moves_view(case),
        withdrawn=case.withdrawn_day is not None,
        undo_is_over=case.erased_on is not None and case.erased_on <= today(),
        receipt=receipt_number(here.case),
        has_words=here.codename is not None,
        mandate_name=mandate_name(current) if current else "",
        typed=typed,
        chosen_mandate=typed.mandate or current,
        token=drop.forms.issue(PURPOSE, here.binding, _stamp(stamp, current)),
        undo_token=drop.forms.issue(PURPOSE, here.binding, Stamp.new(current or "")),
        delete_token=drop.forms.issue(DELETE_PURPOSE, here.binding),
        hide_token=drop.forms.issue(HIDE_PURPOSE, here.binding),
        errors=errors,
        expired=stamp is None,
        notice=_notice_text(notice),
    )


def _replies(here: Session, case: CaseState, errors: tuple[FieldError, ...]) -> RepliesView | None:
    """Return the replies; in a frame only a form that comes back needs them, for what they ask."""
    if framed() and not errors:
        return None
    return replies_view(here, case, unhide=request.args.get("show") == "all", shown=not framed())


def _typed(draft: SavedDraft) -> TypedFollowUp:
    return TypedFollowUp(draft.text.reveal(), draft.mandate, draft.withdraw, draft.consents)


def _stamp(kept: Stamp | None, current: Mandate | None) -> Stamp:
    """Return the form's stamp; one that was kept without its note says what the form shows now."""
    stamp = kept or Stamp.new()
    return Stamp(stamp.nonce, stamp.note or current or "")


def _mandate(here: Session, case: CaseState) -> Mandate | None:
    """Return the mandate as it stands, or None when somebody has put another byte in its place."""
    try:
        return open_mandate(case.sealed_mandate, here.keys.reply_key)
    except StoreError:
        return None


def _kept(typed: TypedFollowUp, token: str) -> SavedDraft:
    """Return what was typed without a session. The form's stamp goes on if the cookie shows that it was theirs."""
    bound = this_drop().sessions.binding(session_cookie())
    try:
        stamp = this_drop().forms.read(PURPOSE, bound or b"", token)
    except FormExpired:
        stamp = Stamp.new()
    return SavedDraft(Plaintext(typed.message), typed.mandate, stamp, typed.withdraw, typed.consents)


def _send(form: Form, here: Session, typed: TypedFollowUp, stamp: Stamp) -> Response:
    """Seal and store one item. What changed is judged by what the form showed, so that a resend says the same."""
    drop = this_drop()
    case = drop.store.case_terms(here.case)
    if case.withdrawn_day is not None and not typed.withdraw:
        line = FieldError("withdraw", _("You withdrew this case. Undo that first, then your message can be sent."))
        return case_page(here, typed, (line,), 400, stamp=stamp)
    answered = asking.verified(here, typed)
    shown = Mandate(stamp.note) if stamp.note else None
    kind = _kind(typed, shown)
    draft = Draft(
        keys=here.keys,
        kind=kind,
        desks=asking.sealed_to(case.desks, answered.moved),
        mandate=typed.mandate or shown or Mandate.LISTEN,
        mandate_changed=typed.mandate not in {None, shown},
        undo=typed.withdraw == "undo",
        message=Plaintext(typed.message),
        answers=answered.answers,
        language=language(),
        nonce=stamp.nonce,
        binding=bytes.fromhex(here.case),
        form=form,
        marks=here.marks,
        length=request.content_length or 0,
        moved=answered.moved,
    )
    drop.intake.submit(draft)
    done = "moved" if answered.moved is not None else typed.withdraw or kind.value
    drop.sessions.drop_draft(here)
    drop.sessions.note(here, done)
    try:
        session()
    except SessionEnded:  # an upload may take longer than a session lasts without a click
        return session_ended(sent=_notice_text(done))
    return go("/case")


def _kind(typed: TypedFollowUp, shown: Mandate | None) -> Kind:
    if typed.withdraw:
        return Kind.WITHDRAWAL
    return Kind.MESSAGE if typed.mandate in {None, shown} else Kind.MANDATE


def _notice_text(notice: str) -> str:
    texts = {
        Kind.MESSAGE.value: _("Sent. Your readers get it when they next pick up the post."),
        Kind.MANDATE.value: _("Sent. Your readers are told what may be done with your case from now on."),
        "moved": _("Sent. Your case goes to its new readers. From now on what you write here goes to them."),
        "withdraw": _("Your case is withdrawn. For 7 days you can undo that here."),
        "undo": _("The withdrawal is undone."),
        "deleted": _("Deleted for good."),
        "hide-on": _("From your next visit on, replies that you have read are hidden."),
        "hide-off": _("All replies are shown again."),
    }
    return texts.get(notice, "")


def _ended(error: CaseEnded) -> Response:
    this_drop().sessions.end(session_cookie())
    response = error_page(error)
    headers.expire_cookie(response, headers.SESSION_COOKIE)
    return response
