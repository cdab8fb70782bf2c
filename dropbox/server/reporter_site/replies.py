"""What a reporter does with replies: take a file out of one, delete one, delete all, hide those that were read."""

from pathlib import PurePosixPath

from flask import Blueprint, Response, request

from dropbox.errors import BadForm, DropboxError, InvalidValue, ItemUnknown
from dropbox.models import ItemId, parse_item_id
from dropbox.server import headers
from dropbox.server.opening import is_passing
from dropbox.server.reporter_site.case import DELETE_PURPOSE, HIDE_PURPOSE, case_page
from dropbox.server.reporter_site.context import error_line, go, problem_page, read_form, session, this_drop
from dropbox.server.reporter_site.problems import PROBLEMS
from dropbox.server.reporter_site.typed import Fields, TypedFollowUp, one
from dropbox.server.sessions import Session
from dropbox.shown import Shown, open_shown, seal_shown

site = Blueprint("replies", __name__)


@site.get("/case/reply/<item>/<int:number>")
def download(item: str, number: int) -> Response:
    """Hand out one attachment, verified before its first byte goes out and hashed again on the way."""
    here = session()
    drop = this_drop()
    case = drop.store.case(here.case)
    reply = next((each for each in case.replies if each.item == item), None)
    if reply is None:
        raise ItemUnknown
    try:
        attachment, chunks = drop.opener.attachment(here.keys, case, reply, number)
    except ItemUnknown:
        raise
    except (DropboxError, OSError) as error:
        return problem_page(PROBLEMS["reply_unread" if is_passing(error) else "reply_untrusted"])
    response = Response(() if request.method == "HEAD" else chunks)
    response.headers["Content-Length"] = str(attachment.size)
    return headers.as_download(response, attachment.name, PurePosixPath(attachment.path).name)


@site.post("/case/delete")
def delete() -> Response:
    here = session()
    fields = read_form().fields
    _verify_token(here, fields)
    drop = this_drop()
    try:
        drop.store.delete_reply(here.case, _own_reply(here, fields))
    except ItemUnknown as error:
        return case_page(here, TypedFollowUp(), (error_line(error),), 400)
    drop.sessions.note(here, "deleted")
    return go("/case")


@site.post("/case/delete-all")
def delete_all() -> Response:
    here = session()
    _verify_token(here, read_form().fields)
    this_drop().store.delete_replies(here.case)
    this_drop().sessions.note(here, "deleted")
    return go("/case")


@site.post("/case/hide")
def hide() -> Response:
    """Turn hiding on or off. What the next page shows is noted by that page."""
    here = session()
    fields = read_form().fields
    _verify_token(here, fields, HIDE_PURPOSE)
    choice = one(fields, "hide")
    if choice not in {"on", "off"}:
        raise BadForm
    drop = this_drop()
    key = here.keys.reply_key
    box = open_shown(drop.store.case(here.case).sealed_view, key)
    drop.store.set_view(here.case, seal_shown(Shown(True, box.replies) if choice == "on" else Shown(), key))
    if choice == "off":
        drop.sessions.hide(here, frozenset())
    drop.sessions.note(here, f"hide-{choice}")
    return go("/case")


def _verify_token(here: Session, fields: Fields, purpose: str = DELETE_PURPOSE) -> None:
    this_drop().forms.read(purpose, here.binding, one(fields, "token"))


def _own_reply(here: Session, fields: Fields) -> ItemId:
    """Return the reply that the form names; it must be one of this case's."""
    try:
        item = parse_item_id(one(fields, "item"))
    except InvalidValue:
        raise BadForm from None
    if item not in {reply.item for reply in this_drop().store.case(here.case).replies}:
        raise ItemUnknown
    return item
