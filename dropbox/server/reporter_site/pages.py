"""Pages that ask nothing: welcome, safety, keys, about, leaving, and the style sheet."""

from collections.abc import Collection
from importlib import resources

from flask import Blueprint, Response, request

from dropbox.config import Desk
from dropbox.errors import InvalidValue, ItemUnknown
from dropbox.models import Fingerprint, parse_fingerprint
from dropbox.server import headers
from dropbox.server.reporter_site.context import (
    SESSION_COOKIE,
    VISIT_COOKIE,
    desk_view,
    desk_views,
    page,
    session_cookie,
    this_drop,
)
from dropbox.server.reporter_site.steps import first_steps

site = Blueprint("pages", __name__)
_STYLE = resources.files("dropbox.server").joinpath("static/look.css").read_bytes()


@site.get("/")
def welcome() -> Response:
    return page("index.html", desks=desk_views(), way=first_steps(sent=False))


@site.get("/look.css")
def style() -> Response:
    return Response(_STYLE, content_type="text/css; charset=utf-8")


@site.get("/safety")
def safety() -> Response:
    return page("safety.html")


@site.get("/about")
def about() -> Response:
    retention = this_drop().settings.retention
    return page(
        "about.html",
        days_after_receipt=retention.days_after_receipt,
        months_after_last_contact=retention.months_after_last_contact,
    )


@site.get("/keys")
def keys() -> Response:
    here = this_drop().keyring.members()
    return page(
        "keys.html", desks=[_desk_with_keys(desk, here.get(desk.id, {})) for desk in this_drop().settings.desks]
    )


@site.get("/keys/<fingerprint>.asc")
def key(fingerprint: str) -> Response:
    try:
        wanted = parse_fingerprint(fingerprint)
    except InvalidValue:
        raise ItemUnknown from None
    for members in this_drop().keyring.members().values():
        if wanted in members:
            return headers.as_download(Response(members[wanted]), f"{wanted}.asc", f"{wanted}.asc")
    raise ItemUnknown


@site.get("/leave")
def leave() -> Response:
    """End the session and its cookies; another site's link to here only shows the page."""
    response = page("leave.html")
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return response
    this_drop().sessions.end(session_cookie())
    for name in (SESSION_COOKIE, VISIT_COOKIE):
        headers.expire_cookie(response, name)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _desk_with_keys(desk: Desk, here: Collection[Fingerprint]) -> dict[str, object]:
    members = [
        {
            "fingerprint": fingerprint,
            "groups": [fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4)],
            "here": fingerprint in here,
        }
        for fingerprint in desk.fingerprints
    ]
    return {**desk_view(desk), "members": members}
