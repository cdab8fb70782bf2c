"""What the pages look like: the style sheets, in the organisation's colours, and its logo."""

import re
from importlib import resources

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from dropbox.colours import style_variables
from dropbox.server import headers
from dropbox.server.reporter_site.context import this_drop

site = Blueprint("styles", __name__)
_COMMENT = re.compile(r"(?s)/\*.*?\*/\n?")


def _sheet(name: str) -> str:
    """Return a style sheet without its comments: each page fetches it again, over Tor."""
    text = resources.files("dropbox.server").joinpath("static", name).read_text("utf-8")
    return _COMMENT.sub("", text)


_LOOK, _FORMS, _FRAME = _sheet("look.css"), _sheet("forms.css"), _sheet("frame.css")


@site.get("/look.css")
def look() -> Response:
    return _style(_variables() + _LOOK)


@site.get("/forms.css")
def forms() -> Response:
    return _style(_FORMS)


@site.get("/frame.css")
def frame() -> Response:
    """Return the small style sheet of the frames: over Tor, the large ones would cost more than the progress."""
    return _style(_variables() + _FRAME)


@site.get("/logo")
def logo() -> Response:
    picture = this_drop().settings.organisation.logo
    if picture is None:
        raise NotFound
    return headers.as_picture(Response(picture.data, content_type=picture.media_type))


def _variables() -> str:
    organisation = this_drop().settings.organisation
    return style_variables(organisation.colour, organisation.colour_dark)


def _style(text: str) -> Response:
    return Response(text, content_type="text/css; charset=utf-8")
