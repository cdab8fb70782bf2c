"""The desk page as a whole: who may come in, in which language, and which pages there are.

Another site's page can point its own name at 127.0.0.1 and send forms here: the host's name, where a request came from,
the cookie and the form's token are looked at before any page is.
"""

from flask import Flask, abort, current_app, g, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from dropbox.errors import CaseAmbiguous, CaseHandedOver, CaseUnknown, DropboxError, JobRunning, VaultBusy
from dropbox.workstation.clock import left_text
from dropbox.workstation.desk_site import (
    about_pages,
    backup_pages,
    calendar_pages,
    case,
    cases,
    class_pages,
    disclose_pages,
    figures_pages,
    handover_pages,
    import_pages,
    intake_pages,
    keep_pages,
    key_pages,
    log_pages,
    redact_pages,
    register_pages,
    release_pages,
    reseal_pages,
    roster_pages,
    setup_pages,
    together_pages,
    trust_pages,
    view_pages,
    work_pages,
    writing_pages,
)
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.door import COOKIE
from dropbox.workstation.desk_site.forms import MemoryRequest, keep_late, require_form
from dropbox.workstation.desk_site.headers import add_headers
from dropbox.workstation.desk_site.showing import NAVIGATION, WHOLE_BANNERS, Page, show_error, show_refusal, this_desk
from dropbox.workstation.desk_site.wording import look, mandate_text, state_text
from dropbox.workstation.speech import (
    ENGLISH,
    LANGUAGES,
    _,
    day_text,
    language,
    language_name,
    ngettext,
    number_text,
    said_on_a_page,
    short_day_text,
    size_text,
    speak,
)
from dropbox.workstation.terminal import line, size, visible

PAGES = (
    cases.pages,
    case.pages,
    import_pages.pages,
    log_pages.pages,
    intake_pages.pages,
    reseal_pages.pages,
    trust_pages.pages,
    roster_pages.pages,
    calendar_pages.pages,
    figures_pages.pages,
    redact_pages.pages,
    register_pages.pages,
    view_pages.pages,
    work_pages.pages,
    about_pages.pages,
    together_pages.pages,
    class_pages.pages,
    keep_pages.pages,
    disclose_pages.pages,
    release_pages.pages,
    handover_pages.pages,
    writing_pages.pages,
    setup_pages.pages,
    backup_pages.pages,
    key_pages.pages,
)
"""The blueprints. Whoever adds a module of pages adds its line here."""

WITHOUT_VAULT = frozenset({"setup", "backup", "key"})
"""The blueprints whose pages work before there is a vault; every other page leads to /start then."""

_NOT_THERE = (CaseUnknown, CaseAmbiguous)
_CONFLICTS = (CaseHandedOver, VaultBusy, JobRunning)
_STATUS: dict[type[DropboxError], int] = dict.fromkeys(_NOT_THERE, 404) | dict.fromkeys(_CONFLICTS, 409)


def create_site(desk: Desk) -> Flask:
    """Make the site; the caller sets `HOST` in its configuration once it knows the port."""
    site = Flask("dropbox.workstation")
    site.request_class = MemoryRequest
    site.config.update(HOST="", DESK=desk)
    site.jinja_env.filters.update(
        visible=visible, line=line, size=size, day=day_text, short_day=short_day_text, size_text=size_text,
        mandate=mandate_text, state=state_text,
    )  # fmt: skip
    site.jinja_env.globals.update(
        _=_, ngettext=ngettext, error_text=said_on_a_page, number_text=number_text, language=language,
        language_name=language_name,
        languages=LANGUAGES, navigation=NAVIGATION, whole_banners=WHOLE_BANNERS, form_token=_form_token,
        look=look, left_text=left_text,
    )  # fmt: skip
    site.before_request(_guard)
    site.after_request(add_headers)
    site.teardown_request(_forget_language)
    site.register_error_handler(DropboxError, _refuse)
    site.register_error_handler(HTTPException, _fail)
    site.register_error_handler(Exception, _fault)
    site.add_url_rule("/enter/<link>", "enter", _enter)
    for pages in PAGES:
        site.register_blueprint(pages)
    return site


def _guard() -> Response | None:
    """Let in our own name only, nobody without the cookie, and no POST but that of a form of ours."""
    from_elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if request.host != current_app.config["HOST"] or request.method not in ("GET", "HEAD", "POST"):
        abort(403)
    speak(_wished_language())
    if request.endpoint in ("enter", "static"):
        return None
    session = this_desk().door.session(request.cookies.get(COOKIE, ""))
    if from_elsewhere:
        abort(403)
    if session is None:
        _came_late()
        abort(403)
    g.session = session
    if request.args.get("l") in LANGUAGES:
        session.language = request.args["l"]
    if session.language:
        speak(session.language)
    if request.method == "POST":
        require_form(session)
    if request.blueprint not in WITHOUT_VAULT and not this_desk().has_vault and request.endpoint is not None:
        return redirect("/start", 303)
    return None


def _forget_language(_error: BaseException | None) -> None:
    """Leave the thread as it was: what it does next is not for this request's reader."""
    speak(ENGLISH)


def _came_late() -> None:
    """Have the terminal show a new link to whoever's session ended, and keep what they had typed."""
    session = this_desk().door.ended(request.cookies.get(COOKIE, ""))
    if session is None:
        return
    g.ended = True
    speak(session.language or _wished_language())
    if this_desk().door.renew():
        this_desk().tell_link()
    if request.method == "POST":
        require_form(session)
        keep_late(request.endpoint or "")


def _wished_language() -> str:
    """Return the first language of the browser's own that there is; a region's counts as the language."""
    codes = (code.replace("_", "-").split("-")[0].lower() for code, _ in request.accept_languages)
    return next((code for code in codes if code in LANGUAGES), LANGUAGES[0])


def _enter(link: str) -> Response:
    cookie = this_desk().door.enter(link) if request.method == "GET" else None
    if cookie is None:
        abort(403)
    answer = redirect("/", 303)
    # no end of its own: what comes after the session's must be known for what it is
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", path="/")
    return answer


def _form_token() -> str:
    return f"{g.session.token}" if "session" in g else ""


def _refuse(error: DropboxError) -> Page:
    return show_error(error, next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500))


def _fail(error: HTTPException) -> Page:
    """Say the same to everybody who may not come in, whatever was wrong."""
    if error.code == 404:
        return show_refusal(_("There is no such page."), "", 404)
    if error.code == 413:
        hint = _("Go back, and send less at once.")
        return show_refusal(_("That was more than this page takes. Nothing was done."), hint, 413)
    if "ended" in g:
        hint = _("The terminal shows a new link. If you had typed a reply or a note, it is kept in memory until then.")
        return show_refusal(_("Your session has ended."), hint, error.code or 500)
    hint = _("This page opens with the link that the terminal showed, once. For a new one: dropbox-workstation open")
    return show_refusal(_("You may not come in here."), hint, error.code or 500)


def _fault(error: Exception) -> Page:
    """Name no more than its kind: a traceback on a screen may stand beside what was unsealed."""
    told = _("unexpected %(kind)s", kind=type(error).__name__)
    return show_refusal(told, _("This is a fault in the program; please report it."), 500)
