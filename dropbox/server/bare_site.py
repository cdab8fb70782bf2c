"""A Flask application that spools, logs and redirects nothing by itself: what both of our sites are built on.

No debug mode, no Flask session, no log of requests: what goes wrong leaves the kind of error and the route's name, and
nothing of what was sent.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from flask import Flask, Request, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from dropbox.errors import StartRefused
from dropbox.server.drop import Drop
from dropbox.server.plain_page import TRANSLATIONS
from dropbox.server.reporter_site.context import EXTENSION, LOGGER, language
from dropbox.server.reporter_site.speech import _

_HERE = Path(__file__).parent
_SOURCE_LANGUAGE = "en"
HTTP_PAGES = {404: "not_found", 405: "wrong_method", 413: "too_large"}
"""Which page tells of what Flask refuses by itself."""


class _Request(Request):
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

    request_class = _Request

    @property
    def debug(self) -> bool:
        return False

    @debug.setter
    def debug(self, value: bool) -> None:
        """Ignore it: a debugger would show what was typed to whoever asks."""

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Refuse what is no address of ours; werkzeug would redirect to one with the Host that the visitor sent."""
        if isinstance(request.routing_exception, RequestRedirect):
            raise NotFound
        raise request.routing_exception or NotFound

    def log_exception(self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        kind = exc_info[0].__name__ if exc_info[0] else "unknown"
        LOGGER.error("%s in %s", kind, request.endpoint or "no route")


def bare_site(drop: Drop, name: str) -> Flask:
    """Return an application without routes; StartRefused when a configured language has no compiled catalogue."""
    _refuse_missing_words(drop.settings.organisation.languages)
    app = _Site(name, static_folder=None, template_folder=str(_HERE / "templates"))
    app.config.update(PROVIDE_AUTOMATIC_OPTIONS=False, PROPAGATE_EXCEPTIONS=False, TRAP_HTTP_EXCEPTIONS=False)
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.extensions[EXTENSION] = drop
    Babel(app, default_translation_directories=str(TRANSLATIONS), locale_selector=language)
    app.jinja_env.globals["_"] = _  # Flask-Babel's own puts values into a text that runs the other way as they are
    return app


def page_for(error: HTTPException) -> str:
    """Return the name of the page for what Flask or werkzeug refused."""
    code = error.code or 500
    return "server_error" if code >= 500 else HTTP_PAGES.get(code, "bad_request")


def _refuse_missing_words(languages: Sequence[str]) -> None:
    """Without its catalogue a language would quietly become English."""
    for code in languages:
        if code != _SOURCE_LANGUAGE and not (TRANSLATIONS / code / "LC_MESSAGES" / "messages.mo").exists():
            raise StartRefused(f"organisation.languages: {code} has no compiled words", "Run scripts/setup.")
