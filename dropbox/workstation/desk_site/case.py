"""One case as a page: its thread, oldest first, with the mandate that holds."""

from contextlib import suppress

from flask import Blueprint

from dropbox.codename import case_name
from dropbox.errors import VaultBusy
from dropbox.workstation import mandate
from dropbox.workstation.desk_site.showing import Page, show, this_desk
from dropbox.workstation.reading import ReadCase, mark_read, read_case
from dropbox.workstation.thread import author_name, items_of, missing_numbers, withdrawn_on

pages = Blueprint("case", __name__)


@pages.get("/case/<case>")
def thread(case: str) -> Page:
    """Show a case, and count what was shown as read."""
    desk = this_desk()
    with desk.reading() as vault:
        shown = read_case(vault, vault.casebook.find_case(case))
        desk.finder.learn(*shown.opened)
        records = items_of(vault.casebook, shown.case.case)
        page = show(
            "case.html",
            name=case_name(shown.case.case),
            shown=shown,
            authors={r.item: author_name(vault.casebook, r.detail.author) for r in records if r.detail},
            meaning=mandate.meaning(mandate.in_force(records)),
            history=mandate.history(records),
            missing=missing_numbers(records),
            withdrawn=withdrawn_on(records),
        )
    _mark_read(shown)
    return page


def _mark_read(shown: ReadCase) -> None:
    if all(each is None or each.record.read for each in shown.opened):
        return
    # while an import runs nothing else may write: the case stays unread until it is shown again
    with suppress(VaultBusy), this_desk().writing() as vault:
        mark_read(vault, shown)
