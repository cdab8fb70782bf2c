"""How a page comes to be: its template with the banners, the language, the messages and the navigation around it.

Each page module gets here whatever it needs of the running desk; no case is opened in this room.
"""

from itertools import islice

from flask import current_app, g, redirect, render_template
from werkzeug.wrappers import Response

from dropbox.errors import CasebookClosed, DropboxError, GpgError
from dropbox.workstation import alarms, trust
from dropbox.workstation.banners import Banner, ForTerminal, banners
from dropbox.workstation.case_log.checking import open_faults
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.continuity import open_gaps
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.door import Session
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.keeping.standing import any_opposable
from dropbox.workstation.speech import N_, _, language, said_on_a_page

NAVIGATION = (
    ("/", N_("Cases")),
    ("/intake", N_("New case")),
    ("/import", N_("Import")),
    ("/export", N_("Export")),
    ("/calendar", N_("Calendar")),
    ("/together", N_("Together")),
    ("/figures", N_("Figures")),
    ("/keeping", N_("Keeping")),
    ("/key", N_("Your key")),
)
"""The links at the top of each page, in their order."""

WHOLE_BANNERS = frozenset({"/", "/import", "/import/done"})
"""Where the banners stand at full length; elsewhere their first line does, and the rest opens on request."""

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
        ways=_ways(),
        **values,
    )
    return page, 400 if refused and status == 200 else status


def say(message: str) -> None:
    """Have the next page say this at its top, once."""
    this_session().messages.append(message)


def go(path: str) -> Response:
    """Send the browser on after a POST, so that a reload repeats nothing."""
    return redirect(path, 303)


def show_error(error: DropboxError, status: int, back: str = "/") -> Page:
    """Render what went wrong as a page of its own, without the banners: the casebook may be what failed.

    back: where a link leads to from there.
    """
    told = said_on_a_page(error)
    locked = isinstance(error, (CasebookClosed, GpgError))
    return show_refusal(told.message, told.hint, status, back, locked=locked)


def show_refusal(message: str, hint: str, status: int, back: str = "/", *, locked: bool = False) -> Page:
    """Render a refusal; `locked` offers to open the key, where it may be that GnuPG could not ask for a passphrase."""
    page = render_template(
        "refused.html", message=message, hint=hint, back=back, locked=locked, form=Form(), refused=True
    )
    return page, status


def _messages() -> list[str]:
    session = this_session()
    said_now, session.messages = session.messages, []
    return said_now


def _banners() -> list[Banner]:
    desk = this_desk()
    if not desk.has_vault:
        return []
    return desk.made_once(("banners", language()), lambda vault: [_on_a_page(each) for each in banners(vault.casebook)])


def _on_a_page(banner: Banner) -> Banner:
    return tuple(line for line in banner if not isinstance(line, ForTerminal))


def _ways() -> list[tuple[str, str]]:
    """Return the pages that can settle what the banners tell of."""
    desk = this_desk()
    return desk.made_once(("ways", language()), lambda vault: _ways_of(vault.casebook)) if desk.has_vault else []


def _ways_of(casebook: Casebook) -> list[tuple[str, str]]:
    if casebook.binding is None:
        return []
    must_compare = not casebook.confirmed or casebook.drop_keys.offered
    ways = [("/confirm", _("Compare the drop's words"))] if must_compare else []
    shaken = trust.changed_rosters(casebook) or trust.forked_rosters(casebook)
    ways += [("/confirm/roster", _("Compare the roster's words"))] if shaken else []
    unsigned = casebook.proposal is not None and casebook.vote is None
    ways += [("/roster", _("See who is proposed"))] if unsigned else []
    ways += [("/log", _("Explain the log"))] if open_faults(casebook) or "" in casebook.lost_exports.values() else []
    alarmed = (case for case in casebook.attached if alarms.standing(casebook, case))
    ways += [(f"/case/{case}/log#faults", _("Explain what was attached")) for case in islice(alarmed, 1)]
    ways += [("/narrowed", _("Read what reporters took back"))] if casebook.narrowed else []
    ways += [("/keeping", _("See what is to be erased"))] if any_opposable(casebook) else []
    return ways + ([("/import#gaps", _("Explain the gap"))] if open_gaps(casebook) else [])
