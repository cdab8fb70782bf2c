"""Pages that ask nothing: welcome, safety, keys, about, leaving."""

from collections.abc import Collection

from flask import Blueprint, Response, request

from dropbox.config import Desk
from dropbox.deadlines import ACKNOWLEDGE_DAYS, ANSWER_MONTHS
from dropbox.errors import InvalidValue, ItemUnknown
from dropbox.models import Fingerprint, parse_fingerprint
from dropbox.server import headers
from dropbox.server.happened import takes_new_reports
from dropbox.server.reporter_site.context import (
    page,
    session_cookie,
    this_drop,
)
from dropbox.server.reporter_site.roster_file import SHOWN_DIGITS, Step, roster_file, steps_of
from dropbox.server.reporter_site.showing import desk_view, in_groups, members_of, open_desk_views, said
from dropbox.server.reporter_site.steps import first_steps

site = Blueprint("pages", __name__)


@site.get("/")
def welcome() -> Response:
    organisation = this_drop().settings.organisation
    return page(
        "index.html",
        about=said(organisation.about),
        danger=said(organisation.danger),
        desks=open_desk_views(),
        way=first_steps(sent=False),
        new_reports=takes_new_reports(this_drop().store.happenings),
        acknowledge_days=ACKNOWLEDGE_DAYS,
        answer_months=ANSWER_MONTHS,
    )


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


@site.get("/keys/<desk>.json")
def rosters(desk: str) -> Response:
    """Give who was ever on a desk's list, and who signed for it, as a file to keep."""
    known = {each.id for each in this_drop().settings.desks}
    name = next((each for each in known if each == desk), None)
    if name is None:
        raise ItemUnknown
    return headers.as_download(Response(roster_file(this_drop(), name)), f"{name}.json", f"{name}.json")


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
    """Say goodbye calmly, and what is left to do."""
    return _signed_out(page("leave.html"))


@site.get("/away")
def away() -> Response:
    """Be gone at once: a page that says nothing stands until the other site has come over Tor."""
    leave_to = this_drop().settings.organisation.leave_to
    response = page("away.html", leave_to=leave_to)
    response.headers["Refresh"] = f"0; url={leave_to}"
    return _signed_out(response)


def _signed_out(response: Response) -> Response:
    """End the session and its cookies; another site's link to here only shows the page."""
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        return response
    this_drop().sessions.end(session_cookie())
    for name in (headers.SESSION_COOKIE, headers.VISIT_COOKIE):
        headers.expire_cookie(response, name)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


def _desk_with_keys(desk: Desk, here: Collection[Fingerprint]) -> dict[str, object]:
    keys = [
        {"fingerprint": fingerprint, "groups": in_groups(fingerprint), "here": fingerprint in here}
        for fingerprint in members_of(desk.id)
    ]
    steps = [_step_view(step) for step in steps_of(this_drop(), desk.id)]
    return {**desk_view(desk), "own_keys": keys, "steps": steps}


def _step_view(step: Step) -> dict[str, object]:
    """Return a step with its keys by their last digits; whole ones stand in the file."""
    return {
        "number": step.number,
        "day": step.day,
        "joined": [_last_digits(name) for name in step.joined],
        "left": [_last_digits(name) for name in step.left],
        "leaving": [(_last_digits(name), day) for name, day in step.leaving],
        "signer": step.signer and _last_digits(step.signer),
        "sha256": step.sha256,
    }


def _last_digits(fingerprint: Fingerprint) -> str:
    return " ".join(in_groups(fingerprint)[-SHOWN_DIGITS // 4 :])
