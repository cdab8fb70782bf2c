"""reseal: cases that a colleague's key could not open are passed on to it; and what their import says of them."""

from dataclasses import asdict
from pathlib import Path

from dropbox.codename import case_name
from dropbox.errors import FingerprintMistyped, InvalidValue
from dropbox.models import Fingerprint, parse_fingerprint
from dropbox.workstation import screens
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.handing import HandedReport
from dropbox.workstation.importing import ImportReport
from dropbox.workstation.resealed import ResealedReport
from dropbox.workstation.resealing import ResealReport, reseal
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    passing = command("reseal", _reseal, _("Pass cases on to a colleague whose key came later."))
    passing.add_argument("cases", nargs="+", metavar="CASE", help=str(HELP_CASE))
    help_to = _("the colleague's key: its 40 hex digits, as the roster has it")
    passing.add_argument("--to", required=True, metavar="FPR", help=help_to)
    passing.add_argument("file", type=Path, metavar="FILE", help=_("a new file; nothing is ever overwritten"))


def import_lines(report: ImportReport) -> list[str]:
    """Return what `import` shows, of a pickup bundle or of what a colleague passed on."""
    if isinstance(report, HandedReport):
        return _handed_lines(report)
    if not isinstance(report, ResealedReport):
        return screens.import_lines(report)
    lines = [
        _("Passed on to you by %(member)s.", member=report.author),
        ngettext("%(num)s item is new here.", "%(num)s items are new here.", report.new),
    ]
    if report.known:
        lines.append(ngettext("%(num)s item was here already.", "%(num)s items were here already.", report.known))
    if report.refused:
        lines.append(ngettext("%(num)s item was refused:", "%(num)s items were refused:", len(report.refused)))
    return [*lines, *(f"  {item[:8]}  {_(reason)}" for item, reason in report.refused.items())]


def _handed_lines(report: HandedReport) -> list[str]:
    known = ngettext("%(num)s item was here already.", "%(num)s items were here already.", report.known)
    return [
        _("The case %(name)s, handed over by desk %(desk)s.", name=case_name(report.case), desk=report.desk),
        ngettext("%(num)s item is new here.", "%(num)s items are new here.", report.new),
        *([known] if report.known else []),
    ]


def _reseal(arguments: Arguments, show: Show) -> None:
    to = _fingerprint(arguments.to)
    with open_vault(arguments.vault) as vault:
        cases = [vault.casebook.find_case(each) for each in arguments.cases]
        report = reseal(vault, cases, to, arguments.file)
        document = {"file": str(arguments.file), "to": to, **asdict(report)}
        show(Answer(document, lambda width: _lines(report, arguments.file, width), vault.casebook))


def _fingerprint(text: str) -> Fingerprint:
    try:
        return parse_fingerprint(text)
    except InvalidValue:
        raise FingerprintMistyped from None


def _lines(report: ResealReport, target: Path, width: int) -> list[str]:
    cases = ngettext("%(num)s case is sealed to that key.", "%(num)s cases are sealed to that key.", report.cases)
    items = ngettext("The file holds %(num)s item.", "The file holds %(num)s items.", report.items)
    left_out = ngettext(
        "%(num)s item is left out: no pickup bundle has named it yet.",
        "%(num)s items are left out: no pickup bundle has named them yet.",
        report.left_out,
    )
    next_step = _("Your colleague takes it in with: dropbox-workstation import FILE")
    told = [cases, items, *([left_out] if report.left_out else [])]
    return [*paragraphs(" ".join(told), width, ""), _("Wrote %(file)s", file=line(str(target))), next_step]
