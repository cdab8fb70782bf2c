"""What the case page shows of replies and desks. A reply that does not verify shows nothing but a warning."""

from dataclasses import dataclass
from datetime import date

from dropbox.envelope import Envelope
from dropbox.errors import DropboxError
from dropbox.models import ItemId
from dropbox.server.headers import harmless_name
from dropbox.server.reporter_site.context import desk_name, this_drop
from dropbox.server.reporter_site.speech import _, size_text
from dropbox.server.sessions import Session
from dropbox.server.store import CaseState, StoredReply


@dataclass(frozen=True)
class AttachmentView:
    name: str
    size: str


@dataclass(frozen=True, repr=False)
class ReplyView:
    """One reply; without `trusted`, only its day and id are there."""

    item: ItemId
    day: date
    trusted: bool = False
    desk: str = ""
    text: str = ""
    attachments: tuple[AttachmentView, ...] = ()


def replies_view(here: Session, case: CaseState) -> list[ReplyView]:
    """Return the replies, newest day first, each opened and verified now."""
    return [_reply_view(here, case, reply) for reply in reversed(case.replies)]


def desks_view(case: CaseState) -> list[dict[str, object]]:
    return [{"name": desk_name(desk), "fetched": case.fetched.get(desk)} for desk in case.desks]


def _reply_view(here: Session, case: CaseState, reply: StoredReply) -> ReplyView:
    try:
        envelope = this_drop().opener.open(here.keys, case, reply)
    except (DropboxError, OSError):
        return ReplyView(reply.item, reply.day)
    return ReplyView(reply.item, reply.day, True, _author(envelope), envelope.message.reveal(), _attachments(envelope))


def _author(envelope: Envelope) -> str:
    return desk_name(envelope.header.desk) if envelope.header.desk else ""


def _attachments(envelope: Envelope) -> tuple[AttachmentView, ...]:
    return tuple(
        AttachmentView(harmless_name(part.name) or _("File %(number)s", number=number), size_text(part.size))
        for number, part in enumerate(envelope.index.attachments, 1)
    )
