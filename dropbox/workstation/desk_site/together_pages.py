"""What belongs together in the whole vault: the names that several open cases have, and the cases that are joined."""

from flask import Blueprint

from dropbox.codename import case_name
from dropbox.workstation.desk_site.showing import Page, show, this_desk
from dropbox.workstation.together import overview, wording

pages = Blueprint("together", __name__)

MAX_GROUPS = 200
"""Names that one page lists."""


@pages.get("/together")
def whole() -> Page:
    """Show every name that more than one case has, as far as all of their mandates allow."""
    desk = this_desk()
    with desk.reading():
        seen = desk.made_once("together", lambda vault: overview(vault.casebook, desk.together.index(vault.casebook)))
        return show(
            "together.html",
            groups=seen.groups[:MAX_GROUPS],
            left_out=max(0, len(seen.groups) - MAX_GROUPS),
            joined=seen.joined,
            complete=seen.complete,
            wording=wording,
            case_name=case_name,
        )
