"""Coming back: from seven words to a session, without saying to anybody else whether a case exists.

A wrong codename and an expired or foreign form get one and the same page. Words outside the list are named before
anything is derived or looked up. The field stays filled in: comparing it with one's paper is the only way to find the
mistake, and the page is kept by nobody. For the same reason the words are shown as they were read, with numbers.
"""

from dataclasses import dataclass

from flask import Blueprint, Response

from dropbox.codename import WORD_COUNT, WordHint, hints, parse
from dropbox.errors import Busy, CodenameError, FormExpired, OverBudget
from dropbox.models import Codename, Plaintext
from dropbox.server import headers
from dropbox.server.own_words import CodenameMark
from dropbox.server.reporter_site.context import (
    current_visit,
    error_line,
    go,
    read_form,
    require_budget,
    session_cookie,
    this_drop,
    visit,
    with_visit,
)
from dropbox.server.reporter_site.problems import FieldError, status_of
from dropbox.server.reporter_site.speech import _
from dropbox.server.reporter_site.typed import Fields, one, read_follow_up
from dropbox.server.sessions import SavedDraft
from dropbox.server.tokens import Stamp
from dropbox.words import MAX_HINTED_WORDS, find_words

site = Blueprint("returning", __name__)
PURPOSE = "return"
DRAFT_PURPOSE = "draft"
MAX_CARRIED_BYTES = 200 * 1024
"""The longest text that waits for a new sign-in, as a browser sends it: this form's whole body may have 256 KiB."""


@dataclass(frozen=True, repr=False)
class _Attempt:
    """What was typed into the form: the words, and a follow-up that was kept over the end of a session."""

    words: str = ""
    draft: SavedDraft | None = None


@site.get("/return")
def show() -> Response:
    return _form(_Attempt())


@site.post("/return")
def take() -> Response:
    fields = read_form().fields
    words = one(fields, "codename")
    try:
        attempt = _Attempt(words, _read_draft(fields))
        codename = parse(words)
        this_drop().forms.read(PURPOSE, visit() or b"", one(fields, "token"))
        return _sign_in(attempt, codename)
    except FormExpired:
        return _no_case(_Attempt(words, _rescued_draft(fields)))
    except CodenameError:
        return _not_seven_words(attempt)
    except (Busy, OverBudget) as error:
        return _form(attempt, status_of(error), errors=(error_line(error),))


def session_ended(draft: SavedDraft | None = None, *, lost_receipt: bool = False, sent: str = "") -> Response:
    """Return the form for who is not signed in (any more), holding what they were about to send.

    `lost_receipt`: they asked for the seven words that their session would have shown. `sent`: what they sent was
    stored all the same, and this says so.
    """
    return _form(_Attempt("", draft), 200 if sent else 401, ended=True, lost_receipt=lost_receipt, sent=sent)


def _sign_in(attempt: _Attempt, codename: Codename) -> Response:
    require_budget()
    drop = this_drop()
    keys = drop.derivation.derive(codename)
    case = drop.store.find_case(keys.lookup_id)
    refusal = _no_case(attempt)  # rendered for a hit as well, so that the time until the answer says nothing
    if case is not None:
        drop.sessions.end(session_cookie())
    # so is the answer to a hit for a miss, with a session that nobody keeps
    begin = drop.sessions.rehearse if case is None else drop.sessions.begin
    response = go("/case")
    begun = begin(keys, draft=attempt.draft, mark=CodenameMark.of(codename))
    headers.set_cookie(response, headers.SESSION_COOKIE, begun)
    return refusal if case is None else response


def _no_case(attempt: _Attempt) -> Response:
    """The one page for words that open nothing and for forms that are not ours: they must look alike."""
    text = _("These words did not open a case. Compare each word, and the order, with your paper, and try again.")
    cookies = _("Does it go on although the words are right? Then allow cookies for this site, or restart Tor Browser.")
    return _form(attempt, 400, errors=(FieldError("codename", text), FieldError("", cookies)))


def _not_seven_words(attempt: _Attempt) -> Response:
    found = hints(attempt.words)
    if found:
        return _form(attempt, 400, word_hints=found)
    return _form(attempt, 400, errors=(FieldError("codename", _count_text(len(find_words(attempt.words)))),))


def _count_text(number: int) -> str:
    if number in {0, WORD_COUNT}:
        return _("Type the seven words that you wrote down.")
    if number < WORD_COUNT:
        return _("We can read %(number)s of your seven words here. Look which ones are missing.", number=number)
    return _("We can read %(number)s words here, and there must be seven.", number=number)


def _read_draft(fields: Fields) -> SavedDraft | None:
    """Return the follow-up that came along, if any; raise FormExpired when its token is not this visit's."""
    token = one(fields, "draft")
    if not token:
        return None
    return _draft(fields, this_drop().forms.read(DRAFT_PURPOSE, visit() or b"", token))


def _rescued_draft(fields: Fields) -> SavedDraft | None:
    """Return a follow-up whose form has expired: with its stamp where that still holds, else as a new one."""
    try:
        return _read_draft(fields)
    except FormExpired:
        return _draft(fields, Stamp.new())


def _draft(fields: Fields, stamp: Stamp) -> SavedDraft:
    typed = read_follow_up(fields)
    return SavedDraft(Plaintext(typed.message), typed.mandate, stamp, typed.withdraw, typed.consents)


def _form(
    attempt: _Attempt,
    status: int = 200,
    *,
    errors: tuple[FieldError, ...] = (),
    word_hints: tuple[WordHint, ...] = (),
    ended: bool = False,
    lost_receipt: bool = False,
    sent: str = "",
) -> Response:
    draft = attempt.draft
    words = find_words(attempt.words)[:MAX_HINTED_WORDS]
    return with_visit(
        "return.html",
        PURPOSE,
        status,
        codename=attempt.words,
        draft=this_drop().forms.issue(DRAFT_PURPOSE, current_visit().bound, draft.stamp) if draft else "",
        kept=draft,
        message=draft.text.reveal() if draft else "",
        too_long_to_carry=draft is not None and _sent_bytes(draft.text) > MAX_CARRIED_BYTES,
        errors=errors,
        hints=word_hints,
        hinted={hint.position for hint in word_hints},
        words=[word.text for word in words] if errors or word_hints else [],
        counted=_count_text(len(words)) if word_hints and len(words) != WORD_COUNT else "",
        ended=ended,
        lost_receipt=lost_receipt,
        sent=sent,
        form_hours=this_drop().settings.sessions.form_hours,
    )


def _sent_bytes(text: Plaintext) -> int:
    """Return how long a text is in a form, where a line ends with two bytes."""
    typed = text.reveal()
    return len(typed.encode()) + typed.count("\n")
