"""The page about one's own key: its fingerprint for the operator, how long it lasts, how it is backed up.

No secret is shown here. A passphrase that is typed goes to gpg and is not kept.
"""

from flask import Blueprint, Response, abort, render_template
from werkzeug.wrappers import Response as AnyResponse

from dropbox.errors import DropboxError, GpgError, InvalidValue
from dropbox.models import parse_fingerprint
from dropbox.workstation import ceremony, qr
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.setup_room import chosen_key, offered_folders, typed_folder, typed_secret
from dropbox.workstation.desk_site.showing import Page, go, say, show
from dropbox.workstation.speech import _, day_text
from dropbox.workstation.terminal import line

pages = Blueprint("key", __name__)


@pages.get("/key")
def key() -> Page | AnyResponse:
    """Show the key."""
    return _key_page(Form())


@pages.post("/key/extend")
def extend() -> Page | AnyResponse:
    """Let the key last two years from today, and write its public half out for the operator."""
    own, form = ceremony.find_home(), Form()
    found = chosen_key(own)
    folder = typed_folder(form)
    if found is None:
        return go("/start/key")
    if folder is not None:
        try:
            ceremony.make_folder(folder)
            longer = ceremony.extend(own, found.fingerprint, typed_secret())
            path = ceremony.save_public(own, longer, folder)
            say(_("Your key lasts until %(day)s.", day=day_text(longer.expires)) if longer.expires else "")
            say(_("Carry this file to the operator: %(file)s", file=line(str(path))))
        except GpgError as error:
            form.refuse("passphrase", error)
        except DropboxError as error:
            form.refuse("folder", error)
    return _key_page(form) if form.refused else go("/key")


@pages.get("/key/unlock")
def locked() -> Page | AnyResponse:
    """Ask for the passphrase, where GnuPG has no window to ask by."""
    return _unlock_page(Form())


@pages.post("/key/unlock")
def unlock() -> Page | AnyResponse:
    """Give the passphrase to gpg's agent, which remembers it for a while."""
    own, form = ceremony.find_home(), Form()
    found = chosen_key(own)
    if found is None:
        return go("/start/key")
    try:
        own.prove(found.fingerprint, typed_secret())
    except GpgError as error:
        form.refuse("passphrase", error)
        return _unlock_page(form)
    return go("/")


def _unlock_page(form: Form) -> Page:
    """Render it without the banners: the casebook may be what waits for the passphrase."""
    page = render_template("unlock.html", form=form, refused=form.refused, banners=(), messages=())
    return page, 400 if form.refused else 200


@pages.get("/key/<fingerprint>.svg")
def code(fingerprint: str) -> Response:
    """Give a fingerprint as a QR code."""
    try:
        picture = qr.as_svg(parse_fingerprint(fingerprint))
    except InvalidValue:
        abort(404)
    return Response(picture, mimetype="image/svg+xml")


def _key_page(form: Form) -> Page | AnyResponse:
    found = chosen_key(ceremony.find_home())
    if found is None:
        return go("/start/key")
    return show(
        "key.html",
        form=form,
        key=found,
        groups=ceremony.groups,
        state=ceremony.state_of(found.fingerprint),
        soon=ceremony.ends_soon(found),
        years=ceremony.YEARS,
        folders=offered_folders(),
    )
