"""The two frames under the send button: where the answer appears, and how far the sending is. No script moves them.

They ask for no session: a page that asks again and again must not keep anybody signed in.
"""

from flask import Blueprint, Response, request

from dropbox.server.reporter_site.context import page

site = Blueprint("frames", __name__)


@site.get("/waiting")
def waiting() -> Response:
    return page("waiting.html", waits_for_words=request.args.get("for") != "case")


@site.get("/progress")
def progress() -> Response:
    response = page("progress.html", stage="nothing", thousandths=None, lines=())
    response.headers["Refresh"] = "4"
    return response
