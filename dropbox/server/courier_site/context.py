"""What every route of the courier needs: the courier, who is signed in, forms, and pages.

`request.form` and `request.files` are out of bounds here as on the reporters' site. Nothing of a request is logged.
"""

import logging
from typing import cast

from flask import Response, current_app, g, render_template, request

from dropbox.server import headers
from dropbox.server.courier import Courier
from dropbox.server.courier.sessions import CourierSession
from dropbox.server.courier_site.problems import PROBLEMS, page_of
from dropbox.server.form import Form, FormLimits, open_form
from dropbox.server.reporter_site.context import link
from dropbox.server.tokens import Visit

LOGGER = logging.getLogger("dropbox.server.courier")
EXTENSION = "onion-dropbox-courier"
VISIT_COOKIE = "courier-visit"
SESSION_COOKIE = "courier"
MAX_FIELDS_BYTES = 16 * 1024
FORM = "courier"
"""What the form tokens of a session are for: all of its forms do what only its investigator may."""


def this_courier() -> Courier:
    return cast(Courier, current_app.extensions[EXTENSION])


# --- what comes in ------------------------------------------------------------------------------------------------


def read_form(max_files: int = 0) -> Form:
    """Open this request's form; its file, if any, is still on its way."""
    most = FormLimits(MAX_FIELDS_BYTES, max_field_count=20, max_files=max_files)
    return open_form(request.environ["wsgi.input"], request.headers.get("Content-Type", ""), most)


def require_token(form: Form, session: CourierSession) -> None:
    """Raise FormExpired unless this session asked for the form."""
    this_courier().forms.read(FORM, session.binding, form.first("token"))


def session() -> CourierSession:
    """Return who is signed in now; SessionEnded when nobody is, or they were revoked since."""
    if "session" not in g:
        g.session = this_courier().sessions.find(request.cookies.get(SESSION_COOKIE))
    return cast(CourierSession, g.session)


def visit() -> Visit:
    """Return this browser's visit, to which the form for signing in is tied; a new one when it brought none."""
    if "visit" not in g:
        g.visit = Visit.of(request.cookies.get(VISIT_COOKIE)) or Visit.new()
    return cast(Visit, g.visit)


# --- what goes out ------------------------------------------------------------------------------------------------


def page(template: str, status: int = 200, **values: object) -> Response:
    text = render_template(f"courier/{template}", **values).encode()
    return Response(text, status, content_type="text/html; charset=utf-8")


def session_page(template: str, status: int = 200, **values: object) -> Response:
    """Render a page for who is signed in, with a token for its forms."""
    here = session()
    token = this_courier().forms.issue(FORM, here.binding)
    return page(template, status, token=token, investigator=here.investigator.name, **values)


def problem_page(name: str) -> Response:
    return page("problem.html", PROBLEMS[name].status, problem=PROBLEMS[name])


def error_page(error: Exception) -> Response:
    name = page_of(error)
    if name in {"server_error", "damaged"}:
        LOGGER.error("%s in %s", type(error).__name__, request.endpoint or "no route")
    return problem_page(name)


def go(path: str) -> Response:
    """Answer a POST with a redirection, so that a reload sends nothing again."""
    return Response(status=303, headers={"Location": link(path)})


def set_cookie(response: Response, name: str, value: str) -> Response:
    headers.set_cookie(response, name, value)
    return response
