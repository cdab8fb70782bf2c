"""Bringing: an answer bundle arrives in a file of its own, is verified and taken in whole or not at all, and is gone.

What became of it is said line by line, with the random ids that the workstation shows too.
"""

from flask import Blueprint, Response

from dropbox.errors import BundleError, SessionEnded
from dropbox.server.courier.sessions import CourierSession
from dropbox.server.courier_site.context import (
    page,
    problem_page,
    read_form,
    require_token,
    session,
    this_courier,
)
from dropbox.server.courier_site.problems import refusal_of
from dropbox.server.form import IncomingFile
from dropbox.server.import_lines import ImportLine
from dropbox.server.reporter_site.speech import _
from dropbox.server.transfer import import_answer

site = Blueprint("bringing", __name__)


@site.post("/bring")
def bring() -> Response:
    here = session()
    form = read_form(max_files=1)
    require_token(form, here)
    file = next(form.files(), None)
    if file is None:
        return problem_page("no_file")
    return _take(here, file)


def _take(here: CourierSession, file: IncomingFile) -> Response:
    courier = this_courier()
    with courier.incoming.held(file.chunks()) as path:
        if not courier.sessions.holds(here):  # an upload takes long enough to be revoked in
            raise SessionEnded
        try:
            summary = import_answer(courier.drop, path, here.investigator.desks)
        except BundleError as error:
            text, advice = refusal_of(error)
            return page("brought.html", 400, refused=text, advice=advice, lines=())
    return page("brought.html", refused="", lines=[_line(line) for line in summary.lines])


def _line(line: ImportLine) -> tuple[str, str, bool]:
    """Return whose line it is, what it says, and whether it is a warning."""
    return line.item or "", line.told(_), "warning" in str(line)
