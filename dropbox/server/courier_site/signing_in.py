"""Signing in and out: a name and six words. A wrong passphrase and a name that nobody has get one and the same answer.

Words outside the list are named before anything is tried, as on the reporters' site; the words stay in their field,
because comparing them with one's paper is the only way to find the mistake, and the page is kept by nobody.
"""

from flask import Blueprint, Response, request

from dropbox.codename import WordHint, hints
from dropbox.errors import FormExpired, OverBudget, SessionEnded, SignInTooSoon
from dropbox.models import Passphrase
from dropbox.server import headers
from dropbox.server.courier_site.context import (
    SESSION_COOKIE,
    VISIT_COOKIE,
    go,
    page,
    read_form,
    require_token,
    session,
    set_cookie,
    this_courier,
    visit,
)
from dropbox.server.reporter_site.context import require_budget
from dropbox.server.reporter_site.problems import FieldError
from dropbox.server.reporter_site.speech import _, ngettext
from dropbox.server.store.investigators import PASSPHRASE_WORDS
from dropbox.words import find_words

site = Blueprint("signing_in", __name__)
PURPOSE = "sign-in"
MAX_NAME_CHARACTERS = 100


@site.post("/sign-in")
def sign_in() -> Response:
    form = read_form()
    name, typed = form.first("name").strip().lower()[:MAX_NAME_CHARACTERS], form.first("passphrase")
    try:
        this_courier().forms.read(PURPOSE, visit().bound, form.first("token"))
    except FormExpired:
        text = _("This form was too old, or its cookie was missing. Press the button again to send it.")
        return sign_in_page(name, typed, 400, errors=(FieldError("", text),))
    try:
        require_budget()
    except OverBudget as error:
        text = _("Too much was asked over your connection in a short time. Wait a minute, then press the button again.")
        return sign_in_page(name, typed, error.status, errors=(FieldError("", text),))
    words = find_words(typed)
    if len(words) != PASSPHRASE_WORDS or not all(word.known for word in words):
        return _not_six_words(name, typed)
    return _try(name, typed, Passphrase(" ".join(word.text for word in words)))


@site.post("/sign-out")
def sign_out() -> Response:
    require_token(read_form(), session())
    this_courier().sessions.end(request.cookies.get(SESSION_COOKIE))
    response = go("/")
    headers.expire_cookie(response, SESSION_COOKIE)
    return response


def is_signed_in() -> bool:
    try:
        session()
    except SessionEnded:
        return False
    return True


def sign_in_page(
    name: str = "",
    typed: str = "",
    status: int = 200,
    *,
    errors: tuple[FieldError, ...] = (),
    word_hints: tuple[WordHint, ...] = (),
    ended: bool = False,
) -> Response:
    """Return the form; `ended`: for somebody who was signed in."""
    here = visit()
    token = this_courier().forms.issue(PURPOSE, here.bound)
    values = {"name": name, "passphrase": typed, "errors": errors, "hints": word_hints, "ended": ended}
    return set_cookie(page("sign_in.html", status, token=token, **values), VISIT_COOKIE, here.cookie)


def _try(name: str, typed: str, passphrase: Passphrase) -> Response:
    courier = this_courier()
    try:
        investigator = courier.door.open(name, passphrase)
    except SignInTooSoon as error:
        return _too_soon(name, typed, error)
    if investigator is None:
        text = _("This name and these words do not belong together. Compare each word with your paper.")
        return sign_in_page(name, typed, 403, errors=(FieldError("passphrase", text),))
    courier.sessions.end(request.cookies.get(SESSION_COOKIE))
    return set_cookie(go("/"), SESSION_COOKIE, courier.sessions.begin(investigator))


def _too_soon(name: str, typed: str, error: SignInTooSoon) -> Response:
    text = ngettext(
        "Wrong words were tried with this name a moment ago. Wait %(num)s second, then press the button again.",
        "Wrong words were tried with this name a moment ago. Wait %(num)s seconds, then press the button again.",
        error.seconds,
    )
    response = sign_in_page(name, typed, error.status, errors=(FieldError("", text),))
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _not_six_words(name: str, typed: str) -> Response:
    found = hints(typed)
    if found:
        return sign_in_page(name, typed, 400, word_hints=found)
    text = _("Type the six words of your passphrase, in their order.")
    return sign_in_page(name, typed, 400, errors=(FieldError("passphrase", text),))
