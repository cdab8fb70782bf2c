"""The Flask application of the reporter's site: its errors, headers and languages. Routes live in reporter_site.

What it has in common with the courier's stands in bare_site.
"""

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from dropbox.errors import DropboxError, SessionEnded
from dropbox.server import headers
from dropbox.server.bare_site import bare_site, page_for
from dropbox.server.drop import Drop
from dropbox.server.reporter_site import BLUEPRINTS
from dropbox.server.reporter_site.context import (
    error_page,
    framed,
    note_fault,
    problem_page,
    refuse_early,
    tell_when_to_retry,
    this_drop,
)
from dropbox.server.reporter_site.problems import PROBLEMS
from dropbox.server.reporter_site.returning import session_ended
from dropbox.server.reporter_site.showing import template_values


def create_app(drop: Drop) -> Flask:
    """Return the application; StartRefused when a configured language has no compiled catalogue."""
    app = bare_site(drop, "dropbox.server")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(refuse_early)
    app.after_request(_finish)
    app.context_processor(template_values)
    app.register_error_handler(DropboxError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _broken)
    return app


def _finish(response: Response) -> Response:
    tell_when_to_retry(response)
    return headers.apply(
        response,
        form=g.get("keeps_form", False),
        framed=framed(),
        holds_frames=g.get("holds_frames", False),
        pictures=this_drop().settings.organisation.logo is not None,
    )


def _refused(error: DropboxError) -> Response:
    if isinstance(error, SessionEnded):
        return session_ended()
    note_fault(error)
    return error_page(error)


def _http_error(error: HTTPException) -> Response:
    return problem_page(PROBLEMS[page_for(error)])


def _broken(_error: Exception) -> Response:
    return problem_page(PROBLEMS["server_error"])
