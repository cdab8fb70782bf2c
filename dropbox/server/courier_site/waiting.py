"""The first page: what waits for one's desks, as a count and a padded size; never dates, never names."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response

from dropbox.models import DeskId
from dropbox.padding import bucket
from dropbox.server.courier_site.context import session, session_page, this_courier
from dropbox.server.courier_site.showing import desk_name
from dropbox.server.courier_site.signing_in import is_signed_in, sign_in_page
from dropbox.server.reporter_site.speech import list_text

site = Blueprint("waiting", __name__)
_MINUTES_IN_AN_HOUR = 60


@dataclass(frozen=True)
class DeskRow:
    id: DeskId
    name: str
    items: int
    padded_bytes: int


@site.get("/")
def show() -> Response:
    return waiting_page() if is_signed_in() else sign_in_page()


def waiting_page(status: int = 200, **values: object) -> Response:
    courier = this_courier().drop.settings.courier
    return session_page(
        "waiting.html",
        status,
        desks=[_row(desk) for desk in _own_desks()],
        release=list_text(["{:02}:{:02}".format(*divmod(each, _MINUTES_IN_AN_HOUR)) for each in courier.release]),
        max_answer_bytes=courier.max_answer_mib * 1_000_000,  # as its setting is read, and never more than fits
        **values,
    )


def _own_desks() -> Sequence[DeskId]:
    """Return the desks of who is signed in, in the order of the configuration; one that has left it comes last."""
    configured = [desk.id for desk in this_courier().drop.settings.desks]
    own = session().investigator.desks
    return [desk for desk in (*configured, *(each for each in own if each not in configured)) if desk in own]


def _row(desk: DeskId) -> DeskRow:
    courier = this_courier()
    waits = courier.drop.store.waiting(desk, released_only=bool(courier.drop.settings.courier.release))
    return DeskRow(desk, desk_name(desk), waits.items, bucket(waits.bytes) if waits.items else 0)
