"""Handing a case over: what its reporter was asked, the question to another desk, and the file for that desk.

And the part of a case's page that tells what was asked and leads here. A case that another desk has shows this page
alone.
"""

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.errors import DropboxError, FolderMissing, TargetExists, TargetUnusable, VaultBusy
from dropbox.models import DeskId, Plaintext, today
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.consent import AskState, answer_text, asks_of, desk_name, question_text
from dropbox.workstation.desk_site.case import case_part
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.desk_site.trust_pages import chosen_target
from dropbox.workstation.handing import HandOverReport, ask, hand_over, states
from dropbox.workstation.handing.asking import members_of, state_lines
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.thread import member_name, withdrawn_on
from dropbox.workstation.vault import Vault

pages = Blueprint("handover", __name__)


@dataclass(frozen=True)
class AskShown:
    """A question as a page shows it."""

    question: str
    answer: str
    readers: tuple[tuple[str, str], ...]


@case_part
def consent_part(vault: Vault, shown: ReadCase) -> dict[str, object]:
    """Give the case page what `_case_consent.html` shows."""
    return {
        "consent_asks": _asked(vault.casebook, asks_of(vault.casebook, shown.case.case)),
        "consent_lines": _came_lines(vault.casebook, shown.case),
    }


@pages.get("/case/<case>/handover")
def handover(case: str) -> Page:
    """Show how it stands: what was asked and answered, which desks there are, or who has the case now."""
    return _page(case, Form(name=f"handed-over-{today().isoformat()}.tar"))


@pages.post("/case/<case>/handover/ask")
def ask_reporter(case: str) -> Page | Response:
    """Seal a reply that asks the reporter."""
    form = Form()
    to, text = form.text("to"), form.required("text", _("Write something to the reporter."))
    if not to:
        form.errors["to"] = _("Choose a desk.")
    if form.refused:
        return _page(case, form)
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            ask(vault, found, DeskId(to), Plaintext(text))
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("to", error)
        return _page(case, form)
    say(_("The reporter is asked. It leaves with the next answer bundle."))
    return go(f"/case/{found.case}/handover")


@pages.post("/case/<case>/handover/file")
def make_file(case: str) -> Page | Response:
    """Write what the new desk imports."""
    form = Form()
    try:
        target = chosen_target(form)
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case)
            report = hand_over(vault, found, target)
            told = _told(vault.casebook, report, str(target))
    except VaultBusy:
        raise
    except (FolderMissing, TargetExists, TargetUnusable) as error:
        form.refuse("other", error)
        return _page(case, form)
    except DropboxError as error:
        form.refuse("", error)
        return _page(case, form)
    say(told)
    return go(f"/case/{found.case}/handover")


def _page(case: str, form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        found = casebook.find_case(case)
        state = states(casebook, found)
        to = state.left.to if state.left is not None else None
        return show(
            "handover.html",
            form=form,
            case=found.case,
            name=case_name(found.case),
            state=state,
            lines=state_lines(casebook, state),
            asked=_asked(casebook, state.asks),
            desks=[(desk, desk_name(casebook, desk)) for desk in state.desks],
            to=desk_name(casebook, to) if to else "",
            readers=[(each, member_name(casebook, each)) for each in members_of(casebook, to)] if to else [],
            withdrawn=withdrawn_on(list(casebook.thread(found.case))),
            folders=sticks(),
        )


def _asked(casebook: Casebook, states_of: tuple[AskState, ...]) -> list[AskShown]:
    return [
        AskShown(
            question_text(casebook, each.ask),
            answer_text(each),
            tuple((reader.name, reader.fingerprint or "") for reader in each.ask.readers),
        )
        for each in states_of
    ]


def _came_lines(casebook: Casebook, case: CaseRecord) -> list[str]:
    state = states(casebook, case)
    return state_lines(casebook, state) if state.came is not None else []


def _told(casebook: Casebook, report: HandOverReport, target: str) -> str:
    items = ngettext(
        "%(num)s item is sealed to the members of %(desk)s.",
        "%(num)s items are sealed to the members of %(desk)s.",
        report.items,
        desk=desk_name(casebook, report.to),
    )
    wrote = _("Wrote %(file)s", file=target)
    return _("%(items)s %(wrote)s. Give the file to that desk, which imports it.", items=items, wrote=wrote)
