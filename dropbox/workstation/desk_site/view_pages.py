"""One file of a case, looked at without being opened: a page as a picture, its text, or the names in it.

Pictures are made in the sandbox, kept in memory and given to this browser alone; no file's own bytes go to it.
"""

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from dropbox.codename import case_name
from dropbox.envelope.account import LogAct
from dropbox.errors import DropboxError, OwnItemInside, StillSealed
from dropbox.workstation.desk_site.case import printing
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.looking import looking
from dropbox.workstation.desk_site.showing import Page, go, show, this_desk
from dropbox.workstation.opening import Opened
from dropbox.workstation.reading import open_one
from dropbox.workstation.sandbox_frames import LIMITS
from dropbox.workstation.sniffing import warnings
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import Shown, inner_warnings

pages = Blueprint("view", __name__)

_PAGE_DIGITS = len(str(LIMITS.total_pages))


@pages.get("/case/<case>/view/<item>/<int:number>")
def view(case: str, item: str, number: int) -> Page:
    """Show one page of a file, or its text, or what is in it."""
    with this_desk().reading() as vault:
        opened = _opened(vault, case, item, number)
        form = Form()
        seen, sealed = None, False
        try:
            seen = looking().see(vault, opened, number, _page())
            this_desk().looked(opened.record.case, LogAct.VIEWED, item=opened.record.item, file=str(number))
        except StillSealed:
            sealed = True
        except DropboxError as error:
            form.refuse("", error)
            return _show(vault, opened, number, form, alarm=isinstance(error, OwnItemInside))
        return _show(vault, opened, number, form, seen=seen, sealed=sealed)


@pages.post("/case/<case>/view/<item>/<int:number>/unseal")
def unseal(case: str, item: str, number: int) -> Page | AnyResponse:
    """Open one of the reporter's own seals around a file, because the investigator asked for it."""
    with this_desk().reading() as vault:
        opened = _opened(vault, case, item, number)
        try:
            looking().unseal(vault, opened, number)
        except DropboxError as error:
            form = Form()
            form.refuse("", error)
            return _show(vault, opened, number, form, alarm=isinstance(error, OwnItemInside))
        return go(f"/case/{opened.record.case}/view/{opened.record.item}/{number}")


@pages.get("/case/<case>/view/<item>/<int:number>/<int:page>.png")
def picture(case: str, item: str, number: int, page: int) -> Response:
    """Give one page's picture, which was made here."""
    if not 1 <= page <= LIMITS.total_pages:
        abort(404)
    with this_desk().reading() as vault:
        opened = _opened(vault, case, item, number)
        try:
            seen = looking().see(vault, opened, number, page)
        except DropboxError:
            abort(404)  # why there is none, the page around it says
    place = page - seen.first_page
    if not 0 <= place < len(seen.pages) or not seen.pages[place].png:
        abort(404)
    return Response(seen.pages[place].png, mimetype="image/png")


def _show(
    vault: Vault,
    opened: Opened,
    number: int,
    form: Form,
    *,
    seen: Shown | None = None,
    sealed: bool = False,
    alarm: bool = False,
) -> Page:
    attachment = opened.envelope.index.attachments[number - 1]
    true = looking().types(vault, opened)[number - 1]
    page = _page()
    place = page - seen.first_page if seen is not None else 0
    picture = seen.pages[place] if seen is not None and 0 <= place < len(seen.pages) else None
    return show(
        "view.html",
        form=form,
        name=case_name(opened.record.case),
        case=opened.record.case,
        **printing(vault, opened.record.case),
        item=opened.record.item,
        number=number,
        file=attachment,
        type=true,
        warnings=warnings(attachment.name, attachment.media_type, true),
        inner_warnings=inner_warnings(attachment, seen) if seen is not None and seen.seals else (),
        seen=seen,
        sealed=sealed,
        alarm=alarm,
        page=page,
        picture=picture,
    )


def _opened(vault: Vault, case: str, item: str, number: int) -> Opened:
    """Return the item of this case, opened; 404 for one that is not there or has no such file."""
    opened = open_one(vault, vault.casebook.find_case(case), item)
    if opened is None or not 1 <= number <= len(opened.envelope.index.attachments):
        abort(404)
    return opened


def _page() -> int:
    asked = request.args.get("page", "1")
    if not asked.isascii() or not asked.isdigit() or len(asked) > _PAGE_DIGITS:
        abort(404)
    return max(1, min(int(asked), LIMITS.total_pages))
