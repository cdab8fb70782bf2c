"""One case as a page: its thread, oldest first, with the mandate that held at each moment, and what came with it.

Other modules add their own parts to this page and show it again when a form of theirs was refused.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.envelope import Attachment
from dropbox.envelope.account import LogAct
from dropbox.errors import AlreadyWithdrawn, CaseHandedOver, MandateForbids, OwnItemInside, TargetUnusable, VaultBusy
from dropbox.models import CaseId, Kind, Mandate
from dropbox.workstation import acts, case_log, mandate
from dropbox.workstation.casebook import Act, ItemRecord, detail_of
from dropbox.workstation.desk_site.forms import Form, typed_path
from dropbox.workstation.desk_site.looking import looking
from dropbox.workstation.desk_site.showing import Page, go, say, show, show_error, this_desk, this_session
from dropbox.workstation.extracting import Place, extract_case, refused_own
from dropbox.workstation.file_types import FileKind, FileType
from dropbox.workstation.opening import Opened
from dropbox.workstation.own_seals import Unsealed, save_unsealed, unsealed_lines
from dropbox.workstation.reading import ReadCase, mark_read, read_case
from dropbox.workstation.sniffing import warnings
from dropbox.workstation.speech import N_, Words, _, ngettext
from dropbox.workstation.terminal import line
from dropbox.workstation.thread import author_name, items_of, missing_numbers, withdrawn_on
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import can_look

pages = Blueprint("case", __name__)

Part = Callable[[Vault, ReadCase], dict[str, object]]
_PARTS: list[Part] = []
_KINDS = {
    Kind.REPORT: N_("Report"),
    Kind.MESSAGE: N_("Message from the reporter"),
    Kind.MANDATE: N_("The reporter changed the mandate"),
    Kind.WITHDRAWAL: N_("The reporter withdrew the case"),
    Kind.REPLY: N_("Reply to the reporter"),
    Kind.NOTE: N_("Note to the desk"),
}
_UNDO = N_("The reporter took the withdrawal back")
ALL_FILES = "all"
_PRINTING = "printing"


@dataclass(frozen=True)
class FileShown:
    """An attachment as the page shows it: what it says of itself, and what it truly is."""

    number: int
    attachment: Attachment
    type: FileType
    can_look: bool
    warnings: tuple[Words, ...]

    @property
    def is_sealed(self) -> bool:
        return self.type.kind is FileKind.SEALED


@dataclass(frozen=True)
class ItemShown:
    """An item as the page shows it. `mandate_from_here`: the reporter set this one with it."""

    number: int
    record: ItemRecord
    title: Words
    author: str
    opened: Opened | None
    files: tuple[FileShown, ...]
    mandate_from_here: Mandate | None


def case_part(part: Part) -> Part:
    """Have a function give further variables to the case page's template, each time the page is made."""
    _PARTS.append(part)
    return part


@pages.get("/case/<case>")
def thread(case: str) -> Page | Response:
    """Show a case, and count what was shown as read; one that another desk has now shows where it went."""
    try:
        return case_page(case)
    except CaseHandedOver:
        return go(f"/case/{case}/handover")


def case_page(case: str, *, form: Form | None = None) -> Page:
    """Render a case's page, with a form of it that was refused where there is one."""
    desk = this_desk()
    with desk.reading() as vault:
        shown = read_case(vault, vault.casebook.find_case(case))
        desk.finder.learn(*shown.opened)
        page = show("case.html", form=form, **_values(vault, shown))
    _mark_read(shown)
    return page


@pages.post("/case/<case>/save")
def save(case: str) -> Page | Response:
    """Copy all files of a case, or one of them, into the folder that the investigator named."""
    form = Form()
    typed = form.required("folder", _("Name the folder that the copies go to."))
    which, wanted = form.text("which"), form.text("unseal") == "1"
    folder = typed_path(typed)
    if typed and not folder.is_absolute():
        form.errors["folder"] = _("Write the whole name of the folder, from / on.")
    if form.refused:
        return case_page(case, form=form)
    try:
        with this_desk().writing() as vault:
            shown = read_case(vault, vault.casebook.find_case(case))
            files = extract_case(vault, shown, folder, _place(shown, which))
            alarmed = bool(refused_own(vault, shown, _place(shown, which)))
            if alarmed:
                vault.save()
            opened = save_unsealed(vault, shown, folder, _place(shown, which)) if wanted else Unsealed((), {})
            notice = mandate.notice(mandate.in_force(list(shown.records)), Act.SAVE)
    except (TargetUnusable, AlreadyWithdrawn) as error:
        form.refuse("folder", error)
        return case_page(case, form=form)
    if alarmed or opened.alarmed:
        form.refuse("folder", OwnItemInside())
        return case_page(case, form=form)
    for told in unsealed_lines(shown, opened):
        say(told)
    new = sum(1 for each in files if not each.already_there)
    say(
        ngettext(
            "%(num)s file was saved in %(folder)s.", "%(num)s files were saved in %(folder)s.", new, folder=line(typed)
        )
    )
    if len(files) > new:
        say(ngettext("%(num)s file was there already.", "%(num)s files were there already.", len(files) - new))
    if notice:
        say(notice)
    return go(f"/case/{shown.case.case}")


@pages.post("/case/<case>/print")
def allow_printing(case: str) -> Page | Response:
    """Keep that a case is printed for the desk; from then on this session's page of it prints whole."""
    with this_desk().writing() as vault:
        found = vault.casebook.find_case(case).case
        try:
            acts.require(vault.casebook, found, Act.DISCUSS)
        except (AlreadyWithdrawn, MandateForbids) as error:
            return show_error(error, 409)
        case_log.add(vault.casebook, found, LogAct.PRINTED)
        vault.save()
    this_session().kept[_PRINTING + found] = True
    say(_("You may print this page now. It is kept with the case that it was printed."))
    return go(f"/case/{found}")


def _values(vault: Vault, shown: ReadCase) -> dict[str, Any]:
    casebook, case = vault.casebook, shown.case.case
    records = items_of(casebook, case)
    in_force = mandate.in_force(records)
    items = [_item(vault, shown, place) for place in range(len(shown.records))]
    values: dict[str, Any] = {
        "name": case_name(case),
        "case": case,
        "shown": shown,
        "items": _with_mandates(items),
        "files": [(each, file) for each in items for file in each.files],
        "mandate": in_force,
        "mandate_name": mandate.name,
        "meaning": mandate.meaning(in_force),
        "missing": missing_numbers(records),
        "withdrawn": withdrawn_on(records),
        **printing(vault, case),
        "all_files": ALL_FILES,
    }
    for part in _PARTS:
        values |= part(vault, shown)
    return values


def _item(vault: Vault, shown: ReadCase, place: int) -> ItemShown:
    record, opened = shown.records[place], shown.opened[place]
    detail = detail_of(record)
    return ItemShown(
        number=place + 1,
        record=record,
        title=_UNDO if detail.undo else _KINDS[detail.kind],
        author=author_name(vault.casebook, detail.author),
        opened=opened,
        files=_files(vault, opened),
        mandate_from_here=detail.mandate,
    )


def _files(vault: Vault, opened: Opened | None) -> tuple[FileShown, ...]:
    if opened is None:
        return ()
    attachments = opened.envelope.index.attachments
    types = looking().types(vault, opened)
    return tuple(
        FileShown(number, attachment, true, can_look(true), warnings(attachment.name, attachment.media_type, true))
        for number, (attachment, true) in enumerate(zip(attachments, types, strict=True), start=1)
    )


def _with_mandates(items: list[ItemShown]) -> list[tuple[ItemShown, Mandate | None]]:
    """Return each item with the mandate that begins to hold with it, where that is another than before."""
    before: Mandate | None = None
    told: list[tuple[ItemShown, Mandate | None]] = []
    for item in items:
        fresh = item.mandate_from_here
        told.append((item, fresh if fresh is not None and fresh is not before else None))
        before = fresh or before
    return told


def printing(vault: Vault, case: CaseId) -> dict[str, Any]:
    """Return what a page of this case needs to know about paper: whether it may print, or can be allowed to."""
    records = items_of(vault.casebook, case)
    in_force = mandate.in_force(records)
    allowed = mandate.allows(in_force, Act.DISCUSS) and withdrawn_on(records) is None
    asked = in_force is Mandate.INVESTIGATE or bool(this_session().kept.get(_PRINTING + case))
    return {"printing": allowed and asked, "can_allow_printing": allowed}


def _place(shown: ReadCase, which: str) -> Place | None:
    """Return which file a form means, or None for all; what no form of ours sends ends here (400)."""
    places: dict[str, Place | None] = {ALL_FILES: None}
    for opened in shown.opened:
        count = 0 if opened is None else len(opened.envelope.index.attachments)
        places |= {f"{opened.record.item}/{at}": (opened.record.item, at) for at in range(1, count + 1) if opened}
    if which not in places:
        abort(400)
    return places[which]


def _mark_read(shown: ReadCase) -> None:
    this_desk().looked(shown.case.case, LogAct.OPENED)
    if all(each is None or each.record.read for each in shown.opened):
        return
    # while an import runs nothing else may write: the case stays unread until it is shown again
    with suppress(VaultBusy), this_desk().writing() as vault:
        mark_read(vault, shown)
