"""What every route needs: the drop, the reader's language, links, forms, cookies and rendering.

`request.form` and `request.files` are out of bounds here: werkzeug would spool them to disk in clear. Forms come
through `dropbox.server.form`.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from http import HTTPStatus
from typing import cast
from urllib.parse import urlencode

from flask import Response, current_app, g, render_template, request

from dropbox.errors import CrossSite, DropboxError, OverBudget, RequestError
from dropbox.server import headers
from dropbox.server.drop import Drop
from dropbox.server.form import Form, FormLimits, open_form
from dropbox.server.progress import Progress, Upload
from dropbox.server.reporter_site.problems import (
    PROBLEMS,
    FieldError,
    Problem,
    limit_texts,
    line_of,
    page_of,
    problem_of,
)
from dropbox.server.sessions import Session
from dropbox.server.tokens import Stamp, Visit

LOGGER = logging.getLogger("dropbox.server.site")
EXTENSION = "onion-dropbox"
LARGE_BODY_BYTES = 256 * 1024
_large_pages = threading.Lock()
"""A text that is given back costs up to forty times its size while its page is made: only one such page at a time."""


def this_drop() -> Drop:
    return cast(Drop, current_app.extensions[EXTENSION])


def language() -> str:
    """Return the reader's language: `?l=`, else the browser's wish, else the first configured one.

    Looked for once in a request: a page asks for each of its links, and a browser may wish for thousands.
    """
    if "language" not in g:
        g.language = _wanted_language()
    return cast(str, g.language)


def _wanted_language() -> str:
    languages = this_drop().settings.organisation.languages
    asked = request.args.get("l", "")
    if asked in languages:
        return asked
    return request.accept_languages.best_match(languages) or languages[0]


def link(path: str, **query: str) -> str:
    """Return a path of this site that keeps the language."""
    return f"{path}?{urlencode({'l': language(), **query})}"


def framed() -> bool:
    """Say whether the answer stands in a frame of our own page."""
    return headers.is_framed(request.path, request.args.get("frame", ""))


# --- what comes in ------------------------------------------------------------------------------------------------


def refuse_early() -> None:
    """Raise what is known before a form is read: arrival's refusal, or a POST from another site."""
    refusal = request.environ.get("dropbox.refusal")
    if isinstance(refusal, RequestError):
        raise refusal
    # Origin says nothing here: with no-referrer, browsers send "null" for our own forms too.
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.method == "POST" and site != "same-origin":
        raise CrossSite


def require_budget() -> None:
    """Raise OverBudget when this circuit has asked for more than its share. Before anything costly, after the text."""
    if request.environ.get("dropbox.retry_seconds") is not None:
        raise OverBudget


def tell_when_to_retry(response: Response) -> None:
    """Say on a page that refuses what goes beyond the budget when there is room in it again."""
    seconds = request.environ.get("dropbox.retry_seconds")
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and isinstance(seconds, int):
        response.headers["Retry-After"] = str(seconds)


def read_form() -> Form:
    """Open this request's form; its files, if any, are still on their way."""
    most = FormLimits(max_files=this_drop().settings.server.max_files)
    return open_form(request.environ["wsgi.input"], request.headers.get("Content-Type", ""), most)


def visit() -> bytes | None:
    """Return what the visit that this browser brought is known by, or None."""
    brought = Visit.of(request.cookies.get(headers.VISIT_COOKIE))
    return brought.bound if brought else None


def session_cookie() -> str | None:
    return request.cookies.get(headers.SESSION_COOKIE)


def session() -> Session:
    """Return who is signed in; raise SessionEnded otherwise."""
    return this_drop().sessions.find(session_cookie())


# --- what goes out ------------------------------------------------------------------------------------------------


def page(template: str, status: int = 200, **values: object) -> Response:
    if status >= 400:
        _tell_upload(values)
    large = status >= 400 and (request.content_length or 0) > LARGE_BODY_BYTES
    with _large_pages if large else nullcontext():
        text = render_template(template, **values).encode()
    return Response(text, status, content_type="text/html; charset=utf-8")


def _tell_upload(values: Mapping[str, object]) -> None:
    """Say beside the progress bar why an upload is refused: browsers show the answer itself only when all is sent."""
    upload = request.environ.get("dropbox.upload")
    if isinstance(upload, Upload):
        problem = PROBLEMS["session_ended"] if values.get("ended") else values.get("problem")
        errors = cast(Sequence[FieldError], values.get("errors", ()))
        texts = problem.paragraphs[:1] if isinstance(problem, Problem) else [error.text for error in errors]
        upload.stop([str(text) for text in texts])


def form_page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page with a form; when it was asked for by GET, a Back button finds it filled in."""
    response = page(template, status, **values)
    g.keeps_form = request.method == "GET"
    return response


def sends_in_frames() -> None:
    """Say that the page of this request holds the two frames of the send button, unless it stands in one itself.

    A page that is opened anew must not say of what is typed there that it was sent: that was the last one.
    """
    g.holds_frames = not framed()
    registry, here = request.environ.get("dropbox.progress"), visit()
    if g.holds_frames and request.method == "GET" and here is not None and isinstance(registry, Progress):
        registry.forget_done(here)


def current_visit() -> Visit:
    """Return this browser's visit; a new one, the same throughout the request, when it brought none."""
    if "visit" not in g:
        cookie = request.cookies.get(headers.VISIT_COOKIE)
        g.visit = Visit.of(cookie) or Visit.new()
    return cast(Visit, g.visit)


def with_visit(
    template: str, purpose: str, status: int = 200, *, stamp: Stamp | None = None, **values: object
) -> Response:
    """Render a form that is tied to the visit, with a fresh token; an existing visit cookie is kept."""
    here = current_visit()
    token = this_drop().forms.issue(purpose, here.bound, stamp)
    response = form_page(template, status, token=token, **values)
    headers.set_cookie(response, headers.VISIT_COOKIE, here.cookie)
    return response


def problem_page(problem: Problem, typed: str = "") -> Response:
    """Render a problem's page; `typed`: a text that would else be lost."""
    return page("problem.html", problem.status, problem=problem.filled(limits()), typed_text=typed)


def limits() -> Mapping[str, object]:
    """Return the limits that a text may name, with this drop's numbers."""
    return limit_texts(this_drop().settings.server, language())


def error_line(error: DropboxError) -> FieldError:
    return line_of(error, limits())


def error_page(error: Exception, typed: str = "") -> Response:
    return problem_page(problem_of(error), typed)


def go(path: str) -> Response:
    """Answer a POST with a redirection, so that a reload sends nothing again."""
    frame = {"frame": "1"} if framed() else {}
    return Response(status=303, headers={"Location": link(path, **frame)})


def note_fault(error: Exception) -> None:
    """Log a fault of ours by its kind and route; what a reporter can act on is no fault and leaves no line."""
    if page_of(error) == "server_error":
        LOGGER.error("%s in %s", type(error).__name__, request.endpoint or "no route")
