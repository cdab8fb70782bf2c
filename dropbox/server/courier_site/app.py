"""The Flask application of the courier's site: its errors and headers. Routes live in courier_site."""

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from dropbox.errors import DropboxError, SessionEnded
from dropbox.server import headers
from dropbox.server.bare_site import bare_site, page_for
from dropbox.server.courier import Courier
from dropbox.server.courier_site import BLUEPRINTS
from dropbox.server.courier_site.context import EXTENSION, error_page, problem_page
from dropbox.server.courier_site.showing import template_values
from dropbox.server.courier_site.signing_in import sign_in_page
from dropbox.server.reporter_site import styles
from dropbox.server.reporter_site.context import refuse_early, tell_when_to_retry


def create_courier_app(courier: Courier) -> Flask:
    """Return the application; StartRefused when a configured language has no compiled catalogue."""
    app = bare_site(courier.drop, "dropbox.server.courier")
    app.extensions[EXTENSION] = courier
    for blueprint in (*BLUEPRINTS, styles.site):
        app.register_blueprint(blueprint)
    app.before_request(refuse_early)
    app.after_request(_finish)
    app.context_processor(template_values)
    app.register_error_handler(DropboxError, _refused)
    app.register_error_handler(HTTPException, lambda error: problem_page(page_for(error)))
    app.register_error_handler(500, lambda _error: problem_page("server_error"))
    return app


def _finish(response: Response) -> Response:
    tell_when_to_retry(response)
    return headers.apply(response, form=False, pictures=True, tagged=g.get("tagged", False))


def _refused(error: DropboxError) -> Response:
    return sign_in_page(status=401, ended=True) if isinstance(error, SessionEnded) else error_page(error)
