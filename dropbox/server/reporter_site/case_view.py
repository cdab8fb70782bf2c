"""What the case page shows of replies and desks. A reply that does not verify shows nothing but a warning.

Replies that were read in an earlier session are counted and not opened, when the reporter chose so. What is shown here
is noted for the sessions to come; if that fails, more is shown next time and never less.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from flask import request

from dropbox.envelope import Envelope
from dropbox.errors import DropboxError
from dropbox.file_names import harmless_name
from dropbox.models import ItemId
from dropbox.server.opening import is_passing
from dropbox.server.reporter_site.asking import AskView, ask_view
from dropbox.server.reporter_site.context import this_drop
from dropbox.server.reporter_site.showing import desk_name
from dropbox.server.reporter_site.speech import _, size_text
from dropbox.server.sessions import Session
from dropbox.server.store import CaseState, StoredReply
from dropbox.shown import Shown, note_shown, open_shown, seal_shown, short_id


@dataclass(frozen=True)
class AttachmentView:
    name: str
    size: str


@dataclass(frozen=True, repr=False)
class ReplyView:
    """One reply; without `trusted`, only its day and id are there. `is_passing`: it could not be looked at just now."""

    item: ItemId
    day: date
    trusted: bool = False
    desk: str = ""
    text: str = ""
    attachments: tuple[AttachmentView, ...] = ()
    ask: AskView | None = None
    is_passing: bool = False


@dataclass(frozen=True, repr=False)
class RepliesView:
    """The replies in sight, newest day first. `read_before`: how many were read in an earlier session and would be
    hidden; `unhidden`: they are in sight all the same, on this page. `hide`: the reporter's choice.
    """

    in_sight: tuple[ReplyView, ...]
    read_before: int
    unhidden: bool
    hide: bool


def replies_view(here: Session, case: CaseState, *, unhide: bool = False, shown: bool = True) -> RepliesView:
    """Return the replies, each that is in sight opened and verified now; replies of one day keep their order.

    shown: their texts go onto the page, and count as read.
    """
    box = open_shown(case.sealed_view, here.keys.reply_key)
    before = _hidden_in_session(here, box)
    read_before = [reply for reply in case.replies if short_id(reply.item) in before]
    in_sight = [reply for reply in reversed(case.replies) if unhide or short_id(reply.item) not in before]
    views = tuple(_reply_view(here, case, reply) for reply in in_sight)
    if shown and box.hide and request.method != "HEAD":
        _remember(here, case, box, views)
    return RepliesView(views, len(read_before), unhide and bool(read_before), box.hide)


def asks_view(replies: RepliesView | None) -> list[AskView]:
    """Return the questions of the replies in sight that can still be answered, oldest first."""
    views = reversed(replies.in_sight) if replies is not None else ()
    return [view.ask for view in views if view.ask is not None and view.ask.is_open]


def moves_view(case: CaseState) -> list[dict[str, object]]:
    return [{"desk": desk_name(each.desk), "to": desk_name(each.to), "day": each.last_day} for each in case.former]


def desks_view(case: CaseState) -> list[dict[str, object]]:
    return [
        {"name": desk_name(desk), "fetched": case.fetched.get(desk), "erased_on": case.erasures.get(desk)}
        for desk in case.desks
    ]


def _hidden_in_session(here: Session, box: Shown) -> frozenset[str]:
    """Return what this session hides: what had been shown when its case page was first opened."""
    if here.hidden is not None:
        return here.hidden
    this_drop().sessions.hide(here, box.replies)
    return box.replies


def _remember(here: Session, case: CaseState, box: Shown, views: tuple[ReplyView, ...]) -> None:
    """Note what is shown. A reply that cannot be trusted was not read: it may be whole again the next time."""
    read = [view.item for view in views if view.trusted]
    noted = note_shown(box, [reply.item for reply in case.replies], read)
    if noted != box:
        with suppress(DropboxError):
            this_drop().store.set_view(here.case, seal_shown(noted, here.keys.reply_key))


def _reply_view(here: Session, case: CaseState, reply: StoredReply) -> ReplyView:
    try:
        envelope = this_drop().opener.open(here.keys, case, reply)
    except (DropboxError, OSError) as error:
        return ReplyView(reply.item, reply.day, is_passing=is_passing(error))
    return ReplyView(
        reply.item,
        reply.day,
        True,
        _author(envelope),
        envelope.message.reveal(),
        _attachments(envelope),
        ask_view(envelope, case),
    )


def _author(envelope: Envelope) -> str:
    return desk_name(envelope.header.desk) if envelope.header.desk else ""


def _attachments(envelope: Envelope) -> tuple[AttachmentView, ...]:
    return tuple(
        AttachmentView(harmless_name(part.name) or _("File %(number)s", number=number), size_text(part.size))
        for number, part in enumerate(envelope.index.attachments, 1)
    )
