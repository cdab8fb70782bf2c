"""The Flask application of the reporter's site: its errors, headers and languages. Routes live in reporter_site.

No debug mode, no Flask session, no log of requests: what goes wrong leaves the kind of error and the route's name, and
nothing of what was sent.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from flask import Flask, Request, Response, g, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from dropbox.errors import DropboxError, SessionEnded, StartRefused
from dropbox.server import headers
from dropbox.server.drop import Drop
from dropbox.server.plain_page import TRANSLATIONS
from dropbox.server.reporter_site import BLUEPRINTS
from dropbox.server.reporter_site.context import (
    EXTENSION,
    LOGGER,
    error_page,
    framed,
    language,
    note_fault,
    problem_page,
    refuse_early,
    this_drop,
)
from dropbox.server.reporter_site.problems import PROBLEMS
from dropbox.server.reporter_site.returning import session_ended
from dropbox.server.reporter_site.showing import template_values
from dropbox.server.reporter_site.speech import _

_HERE = Path(__file__).parent
_SOURCE_LANGUAGE = "en"
_HTTP_PAGES = {404: "not_found", 405: "wrong_method", 413: "too_large"}


class _ReporterRequest(Request):
    """A request whose body only our own form reader may touch: werkzeug would spool it to disk in clear."""

    def _out_of_bounds(self) -> NoReturn:
        raise RuntimeError

    form = property(_out_of_bounds)
    files = property(_out_of_bounds)
    values = property(_out_of_bounds)
    data = property(_out_of_bounds)
    stream = property(_out_of_bounds)

    def get_data(self, *_args: Any, **_options: Any) -> NoReturn:
        self._out_of_bounds()


class _Site(Flask):
    """Flask without its debug mode, whatever the environment says, and without its log of tracebacks."""

    request_class = _ReporterRequest

    @property
    def debug(self) -> bool:
        return False

    @debug.setter
    def debug(self, value: bool) -> None:
        """Ignore it: a debugger would show a reporter's text to whoever asks."""

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Refuse what is no address of ours; werkzeug would redirect to one with the Host that the visitor sent."""
        if isinstance(request.routing_exception, RequestRedirect):
            raise NotFound
        raise request.routing_exception or NotFound

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        kind = exc_info[0].__name__ if exc_info[0] else "unknown"
        LOGGER.error("%s in %s", kind, request.endpoint or "no route")


def create_app(drop: Drop) -> Flask:
    """Return the application; StartRefused when a configured language has no compiled catalogue."""
    _refuse_missing_words(drop.settings.organisation.languages)
    app = _Site("dropbox.server", static_folder=None, template_folder=str(_HERE / "templates"))
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False, PROPAGATE_EXCEPTIONS=False, TRAP_HTTP_EXCEPTIONS=False)
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.extensions[EXTENSION] = drop
    Babel(app, default_translation_directories=str(TRANSLATIONS), locale_selector=language)
    app.jinja_env.globals["_"] = _  # Flask-Babel's own puts values into a text that runs the other way as they are
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(refuse_early)
    app.after_request(_finish)
    app.context_processor(template_values)
    app.register_error_handler(DropboxError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _broken)
    return app


def _refuse_missing_words(languages: Sequence[str]) -> None:
    """Without its catalogue a language would quietly become English."""
    for code in languages:
        if code != _SOURCE_LANGUAGE and not (TRANSLATIONS / code / "LC_MESSAGES" / "messages.mo").exists():
            raise StartRefused(f"organisation.languages: {code} has no compiled words", "Run scripts/setup.")


def _finish(response: Response) -> Response:
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
    code = error.code or 500
    if code >= 500:
        return problem_page(PROBLEMS["server_error"])
    return problem_page(PROBLEMS[_HTTP_PAGES.get(code, "bad_request")])


def _broken(_error: Exception) -> Response:
    return problem_page(PROBLEMS["server_error"])
