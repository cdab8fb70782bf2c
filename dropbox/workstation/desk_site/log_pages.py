"""The log of one case as a page, and the page of all logs: whether they hold, and why where they do not."""

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint
from werkzeug.wrappers import Response

from dropbox.codename import case_name
from dropbox.errors import DropboxError, VaultBusy
from dropbox.models import CaseId, today
from dropbox.workstation import alarms, case_log
from dropbox.workstation.case_log import Entry, printing, words
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.desk_site.forms import Form
from dropbox.workstation.desk_site.nearby import sticks
from dropbox.workstation.desk_site.showing import Page, go, say, show, this_desk
from dropbox.workstation.desk_site.trust_pages import chosen_target
from dropbox.workstation.log_faults import LogFault
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line

pages = Blueprint("log", __name__)


@dataclass(frozen=True)
class FaultShown:
    """What is wrong with a chain, and what somebody found out about it."""

    told: str
    explained: str


@dataclass(frozen=True)
class LineShown:
    """One line of a log in words."""

    entry: Entry
    who: str
    what: str
    mandate: str
    short: str


@dataclass(frozen=True)
class CaseFaults:
    """A case whose log does not hold."""

    case: CaseId
    name: str
    faults: tuple[FaultShown, ...]


@pages.get("/case/<case>/log")
def one(case: str) -> Page:
    """Show a case's log, with what was looked at on this page a moment ago."""
    this_desk().flush()
    return _one(case, Form())


@pages.post("/case/<case>/log/explain")
def explain(case: str) -> Page | Response:
    """Keep why a case's log does not hold."""
    form = Form()
    because = form.text("because")
    try:
        with this_desk().writing() as vault:
            found = vault.casebook.find_case(case).case
            log_checking.take(vault.casebook, [found])
            alarms.explain_case(vault.casebook, found, because, today())
            vault.save()
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("because", error)
        return _one(case, form)
    say(_("The explanation is kept. It stays with the log."))
    return go(f"/case/{found}/log")


@pages.post("/case/<case>/log/write")
def write(case: str) -> Page | Response:
    """Write the log to a file, as PDF, text or JSON by the name's ending."""
    form = Form()
    try:
        target = chosen_target(form)
        with this_desk().writing() as vault:
            printing.write_log(vault, vault.casebook.find_case(case).case, target)
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("other", error)
        return _one(case, form)
    say(_("The log is written: %(file)s.", file=line(str(target))))
    return go(f"/case/{case}/log")


@pages.get("/log")
def every() -> Page:
    """Show which logs do not hold, and let all of them be checked."""
    return _every(Form())


@pages.post("/log/verify")
def verify() -> Response:
    """Check every log, and keep what is wrong with it."""
    with this_desk().writing() as vault:
        cases = log_checking.cases_with_a_log(vault.casebook)
        if log_checking.take(vault.casebook, cases):
            vault.save()
        broken = len(vault.casebook.log_faults)
    told = ngettext("%(num)s log was checked.", "%(num)s logs were checked.", len(cases))
    held = ngettext("%(num)s of them does not hold.", "%(num)s of them do not hold.", broken)
    all_hold = _("Every one holds.")
    say(f"{told} {held if broken else all_hold}")
    return go("/log")


@pages.post("/log/explain")
def explain_lost() -> Page | Response:
    """Keep why this vault is an older copy of itself."""
    form = Form()
    because = form.text("because")
    try:
        with this_desk().writing() as vault:
            log_checking.explain_lost(vault.casebook, because)
            vault.save()
    except VaultBusy:
        raise
    except DropboxError as error:
        form.refuse("because", error)
        return _every(form)
    say(_("The explanation is kept."))
    return go("/log")


def _one(case: str, form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        found = casebook.find_case(case).case
        faults = log_checking.check(casebook, [found]).get(found, ())
        form.values.setdefault("name", _file_name(found))
        return show(
            "log.html",
            form=form,
            case=found,
            name=case_name(found),
            lines=[_line(casebook, entry) for entry in case_log.of_case(casebook, found)],
            faults=_faults(casebook, found, faults),
            unexplained=any(fault.explained is None for fault in faults),
            attached=bool(alarms.standing(casebook, found)),
            pending=len(case_log.pending(casebook, found)),
            folders=sticks(),
        )


def _every(form: Form) -> Page:
    with this_desk().reading() as vault:
        casebook = vault.casebook
        broken = [
            CaseFaults(case, case_name(case), _faults(casebook, case, faults))
            for case, faults in casebook.log_faults.items()
        ]
        lost = sorted(number for number, because in casebook.lost_exports.items() if not because)
        told = sorted({because for because in casebook.lost_exports.values() if because})
        return show(
            "logs.html",
            form=form,
            broken=broken,
            lost=words.lost_text(lost) if lost else "",
            lost_because=told,
            count=len(log_checking.cases_with_a_log(casebook)),
        )


def _line(casebook: Casebook, entry: Entry) -> LineShown:
    return LineShown(
        entry=entry,
        who=words.who_text(casebook, entry),
        what=words.act_text(casebook, entry),
        mandate=words.mandate_text(entry.line.mandate),
        short=entry.hash[: words.SHORT_HASH_DIGITS],
    )


def _faults(casebook: Casebook, case: CaseId, faults: tuple[LogFault, ...]) -> tuple[FaultShown, ...]:
    return tuple(FaultShown(words.fault_text(casebook, case, fault), words.explained_text(fault)) for fault in faults)


def _file_name(case: CaseId) -> str:
    return str(Path(f"log-{case[:8]}-{today()}.pdf"))
