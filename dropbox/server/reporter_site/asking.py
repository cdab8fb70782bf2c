"""What readers ask a reporter to agree to: shown from the question's own terms, answered in the case's one form.

Only a question in a reply that was opened and verified now can be answered; any other field is no form of ours. What
was answered before is sealed to the readers, and cannot be shown here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from dropbox.envelope import ANSWER_PREFIX, YES, AskKind, Envelope, Moved, Reader
from dropbox.errors import BadForm, Busy, CaseMoved, DropboxError, TwoHandOvers
from dropbox.models import DeskId
from dropbox.server.opening import is_passing
from dropbox.server.reporter_site.context import this_drop
from dropbox.server.reporter_site.showing import desk_name, in_groups
from dropbox.server.reporter_site.typed import TypedFollowUp
from dropbox.server.sessions import Session
from dropbox.server.store import CaseState


@dataclass(frozen=True)
class ReaderView:
    """Somebody who would read; `key` is empty for who does not get the confidential part."""

    name: str
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class AskView:
    """One question. `desk` asks; `to` is the other desk of a hand-over. `is_open`: it can still be answered."""

    id: str
    kind: AskKind
    desk: str
    readers: tuple[ReaderView, ...] = ()
    to: str = ""
    is_open: bool = True


@dataclass(frozen=True, repr=False)
class Answered:
    """What goes sealed into a submission: answers by their names, and where the case goes if it is handed over."""

    answers: Mapping[str, str] = field(default_factory=dict)
    moved: Moved | None = None


def ask_view(envelope: Envelope, case: CaseState) -> AskView | None:
    """Return the question that a verified reply asks, if it asks one."""
    header = envelope.header
    if header.ask is None or header.desk is None:
        return None
    ask = header.ask
    return AskView(
        id=_id(envelope),
        kind=ask.kind,
        desk=desk_name(header.desk),
        readers=tuple(_reader_view(each) for each in ask.readers),
        to=desk_name(ask.desk) if ask.desk else "",
        is_open=header.desk in case.desks and (ask.desk is None or _may_get(ask.desk, case)),
    )


def _reader_view(reader: Reader) -> ReaderView:
    return ReaderView(reader.name, tuple(in_groups(reader.fingerprint)) if reader.fingerprint else ())


def verified(here: Session, typed: TypedFollowUp) -> Answered:
    """Return what was answered, each to a question that a trusted reply of this case asks.

    Raises BadForm for any other, Busy when a reply cannot be looked at just now, TwoHandOvers, or CaseMoved when the
    desk that would get it is there no more.
    """
    if not typed.consents or typed.withdraw:
        return Answered()
    case = this_drop().store.case(here.case)
    asked = {_id(envelope): envelope for envelope in _trusted(here, case) if envelope.header.ask is not None}
    if not set(typed.consents) <= set(asked):
        raise BadForm
    moving = [asked[ask] for ask, said in typed.consents.items() if said == YES and _hands_over(asked[ask])]
    if len(moving) > 1:
        raise TwoHandOvers
    answers = {ANSWER_PREFIX + ask: said for ask, said in typed.consents.items()}
    return Answered(answers, _moved(moving[0]) if moving else None)


def sealed_to(desks: Collection[DeskId], moved: Moved | None) -> tuple[DeskId, ...]:
    """Return the desks of a submission: with a hand-over the desk that had the case, and the one that gets it.

    The same when the form is sent once more after it was stored: that is how the second is known again.
    """
    return tuple(sorted({*desks, *((moved.origin, moved.to) if moved is not None else ())}))


def _trusted(here: Session, case: CaseState) -> Iterator[Envelope]:
    for reply in case.replies:
        try:
            yield this_drop().opener.open(here.keys, case, reply)
        except (DropboxError, OSError) as error:
            if is_passing(error):  # an answer to its question would be refused as one to nobody's
                raise Busy from None


def _id(envelope: Envelope) -> str:
    header = envelope.header
    return header.ask.id_in(header.drop, header.case, header.item) if header.ask is not None else ""


def _hands_over(envelope: Envelope) -> bool:
    return envelope.header.ask is not None and envelope.header.ask.kind is AskKind.HAND_OVER


def _moved(envelope: Envelope) -> Moved | None:
    ask, origin = envelope.header.ask, envelope.header.desk
    if ask is None or ask.desk is None or origin is None:
        return None
    if ask.desk not in {desk.id for desk in this_drop().settings.desks}:
        raise CaseMoved
    return Moved(_id(envelope), origin, ask.desk)


def _may_get(desk: DeskId, case: CaseState) -> bool:
    return desk not in case.desks and desk in {each.id for each in this_drop().settings.desks}
