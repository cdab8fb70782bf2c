"""The receipt of a first report: the seven words, how to keep them, what happens next, and a check of what was written.

Only the session that began with the report has the codename; whoever comes back with it brings it, and is not shown it
again. The check is offered and never asked for: nothing depends on its outcome, and nothing remembers it.
"""

import secrets
from dataclasses import dataclass, field

from flask import Blueprint, Response

from dropbox.codename import WORD_COUNT, normalise_words
from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.errors import FormExpired, SessionEnded, WordsGone
from dropbox.models import CaseId, today
from dropbox.server.reporter_site.context import page, read_form, session, this_drop
from dropbox.server.reporter_site.problems import FieldError
from dropbox.server.reporter_site.returning import session_ended
from dropbox.server.reporter_site.speech import _
from dropbox.server.reporter_site.typed import one
from dropbox.server.sessions import Session
from dropbox.server.tokens import Stamp

site = Blueprint("receipt", __name__)
PURPOSE = "check"
CHECKED_WORDS = 2


@dataclass(frozen=True, repr=False)
class _Check:
    """Two places of the codename, and what was typed for each of them."""

    places: tuple[int, ...]
    typed: dict[int, str] = field(default_factory=dict)
    right: bool = False
    errors: tuple[FieldError, ...] = ()

    @classmethod
    def new(cls, *errors: FieldError) -> "_Check":
        places = secrets.SystemRandom().sample(range(1, WORD_COUNT + 1), CHECKED_WORDS)
        return cls(tuple(sorted(places)), errors=errors)


@site.get("/sent")
def show() -> Response:
    try:
        here = session()
    except SessionEnded:
        return session_ended(lost_receipt=True)
    return _receipt(here, _Check.new())


@site.post("/sent")
def take() -> Response:
    here = session()
    fields = read_form().fields
    try:
        stamp = this_drop().forms.read(PURPOSE, here.binding, one(fields, "token"))
    except FormExpired:
        line = FieldError("check", _("This took too long to be compared. Here are two other words, if you like."))
        return _receipt(here, _Check.new(line))
    places = tuple(map(int, stamp.note.split()))
    return _receipt(here, _compared(_words(here), {place: one(fields, f"word-{place}") for place in places}))


def receipt_number(case: CaseId) -> str:
    """Return what readers can find the case by, as two groups of four digits; it opens nothing."""
    return f"{case[:4]} {case[4:8]}".upper()


def _words(here: Session) -> list[str]:
    if here.codename is None:
        raise WordsGone
    return here.codename.reveal().split()


def _compared(words: list[str], typed: dict[int, str]) -> _Check:
    """Compare what stands on the paper, read as leniently as when its owner comes back."""
    wrong = [place for place, text in typed.items() if normalise_words(text) != words[place - 1]]
    lines = tuple(
        FieldError(
            f"word-{place}",
            _("Word %(number)s is not the same. Compare your paper with the words above.", number=place)
            if typed[place].strip()
            else _("Word %(number)s is still empty.", number=place),
        )
        for place in wrong
    )
    return _Check(tuple(typed), typed, not wrong, lines)


def _receipt(here: Session, check: _Check) -> Response:
    words = _words(here)
    drop = this_drop()
    received = drop.store.case(here.case).first_day
    stamp = Stamp.new(" ".join(map(str, check.places)))
    return page(
        "sent.html",
        400 if check.errors else 200,
        words=words,
        number=receipt_number(here.case),
        received=received,
        received_today=received == today(),
        acknowledge_by=acknowledge_by(received),
        answer_by=answer_by(received),
        idle_minutes=drop.settings.sessions.idle_minutes,
        check=check,
        errors=check.errors,
        token=drop.forms.issue(PURPOSE, here.binding, stamp),
    )
