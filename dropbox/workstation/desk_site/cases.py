"""The page that everything begins at: the table of cases."""

from flask import Blueprint

from dropbox.workstation.desk_site.showing import Page, show, this_desk
from dropbox.workstation.thread import summaries

pages = Blueprint("cases", __name__)


@pages.get("/")
def table() -> Page:
    """Show every case."""
    with this_desk().reading() as vault:
        return show("cases.html", cases=summaries(vault.casebook))
