"""Fetching: a bundle is made on asking, shown with size and hash, and sent in parts, so that a broken download goes on.

While it is being sent its investigator is looked for again and again: who is revoked gets no more of it.
"""

from collections.abc import Callable, Iterator

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from dropbox.errors import BundleGone
from dropbox.models import DeskId
from dropbox.server import headers
from dropbox.server.courier.downloads import Download
from dropbox.server.courier.sessions import CourierSession
from dropbox.server.courier.shelf import Bundle
from dropbox.server.courier_site import ranges
from dropbox.server.courier_site.context import go, page, read_form, require_token, session, this_courier
from dropbox.server.courier_site.ranges import Span
from dropbox.server.courier_site.showing import desk_name

site = Blueprint("fetching", __name__)
CHUNK_BYTES = 128 * 1024


@site.post("/fetch")
def fetch() -> Response:
    """Make the bundle of one of one's desks."""
    here = session()
    form = read_form()
    require_token(form, here)
    desk = DeskId(form.first("desk"))
    if desk not in here.investigator.desks:
        raise BundleGone
    return go(f"/made/{this_courier().shelf.make(desk).id}")


@site.get("/made/<bundle_id>")
def made(bundle_id: str) -> Response:
    bundle = _bundle(bundle_id)
    hours = this_courier().drop.settings.courier.keep_hours
    return page("made.html", bundle=bundle, desk=desk_name(bundle.desk), keep_hours=hours)


@site.get("/bundle/<bundle_id>/<name>")
def download(bundle_id: str, name: str) -> Response:
    here, bundle = session(), _bundle(bundle_id)
    if name != bundle.file_name:
        raise NotFound
    span = ranges.wanted(request, bundle.bytes, bundle.sha256)
    response = _answer(here, bundle, span) if request.method == "GET" and span.bytes else Response(status=span.status)
    response.status_code = span.status
    response.headers.extend(span.headers())
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Length"] = str(span.bytes)
    response.set_etag(bundle.sha256)
    g.tagged = True
    return headers.as_download(response, bundle.file_name, bundle.file_name)


def _bundle(bundle_id: str) -> Bundle:
    return this_courier().shelf.find(bundle_id, session().investigator.desks)


def _answer(here: CourierSession, bundle: Bundle, span: Span) -> Response:
    courier = this_courier()
    download = courier.downloads.begin(here.investigator.name)
    try:
        courier.shelf.count_fetch(bundle)
    except BaseException:
        download.end()
        raise
    response = Response(_chunks(bundle, span, lambda: courier.sessions.holds(here), download))
    response.call_on_close(download.end)  # also when nothing of it was asked for any more
    return response


def _chunks(bundle: Bundle, span: Span, goes_on: Callable[[], bool], download: Download) -> Iterator[bytes]:
    try:
        with bundle.path.open("rb") as file:
            file.seek(span.start)
            left = span.bytes
            while left and goes_on() and (chunk := file.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk
    finally:
        download.end()
