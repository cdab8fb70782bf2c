"""How a page comes to be: its template with the banners, the language, the messages and the navigation around it.

Each page module gets here whatever it needs of the running desk; no case is opened in this room.
"""

from flask import current_app, g, redirect, render_template
from werkzeug.wrappers import Response

from dropbox.errors import DropboxError
from dropbox.workstation.banners import Banner, banners
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.door import Session
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.speech import N_, language, said

NAVIGATION = (
    ("/", N_("Cases")),
    ("/import", N_("Import")),
    ("/export", N_("Export")),
    ("/calendar", N_("Calendar")),
)
"""The links at the top of each page, in their order."""

Page = tuple[str, int]


def this_desk() -> Desk:
    desk: Desk = current_app.config["DESK"]
    return desk


def this_session() -> Session:
    session: Session = g.session
    return session


def show(template: str, /, *, form: Form | None = None, status: int = 200, **values: object) -> Page:
    """Render a page. A refused form makes it 400, unless `status` says another one; its title then begins so too."""
    refused = form is not None and form.refused
    page = render_template(
        template,
        form=form or Form(),
        refused=refused,
        messages=_messages(),
        banners=_banners(),
        **values,
    )
    return page, 400 if refused and status == 200 else status


def say(message: str) -> None:
    """Have the next page say this at its top, once."""
    this_session().messages.append(message)


def go(path: str) -> Response:
    """Send the browser on after a POST, so that a reload repeats nothing."""
    return redirect(path, 303)


def show_error(error: DropboxError, status: int) -> Page:
    """Render what went wrong as a page of its own, without the banners: the casebook may be what failed."""
    told = said(error)
    return show_refusal(told.message, told.hint, status)


def show_refusal(message: str, hint: str, status: int) -> Page:
    page = render_template("refused.html", message=message, hint=hint, form=Form(), refused=True, banners=())
    return page, status


def _messages() -> list[str]:
    session = this_session()
    said_now, session.messages = session.messages, []
    return said_now


def _banners() -> list[Banner]:
    desk = this_desk()
    if not desk.has_vault:
        return []
    return desk.made_once(("banners", language()), lambda vault: banners(vault.casebook))
