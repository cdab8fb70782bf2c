"""log: what was done with a case, by whom and when, line after line with its hash; and whether it holds."""

from collections.abc import Sequence
from pathlib import Path

from dropbox.codename import case_name
from dropbox.errors import LogBroken
from dropbox.models import CaseId, today
from dropbox.workstation import alarms, case_log
from dropbox.workstation.case_log import Entry, printing, words
from dropbox.workstation.case_log import checking as log_checking
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.log_faults import LogFault
from dropbox.workstation.speech import _, day_text, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import Vault, open_vault

_INDENT = "    "


def add(command: Adder) -> None:
    log = command("log", _log, _("Show what was done with a case, by whom and when; without a case, with which ones."))
    log.add_argument("case", nargs="?", metavar="CASE", help=str(HELP_CASE))
    log.add_argument("--verify", action="store_true", help=_("check the log; of every case when none is named"))
    log.add_argument("--to", type=Path, metavar="FILE", help=_("write it to a new file ending in .pdf, .txt or .json"))
    log.add_argument("--because", metavar="TEXT", help=_("why it does not hold, as far as you found out"))


def _log(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = None if arguments.case is None else vault.casebook.find_case(arguments.case).case
        if arguments.because is not None:
            _explain(vault, case, arguments.because)
        if arguments.verify:
            _verify(vault, case, show)
        elif case is None:
            cases = log_checking.cases_with_a_log(vault.casebook)
            document = _overview(vault.casebook, cases)
            show(Answer(document, lambda width: _overview_lines(vault.casebook, cases, width), vault.casebook))
        else:
            _one(vault, case, arguments.to, show)


def _explain(vault: Vault, case: CaseId | None, because: str) -> None:
    if case is None:
        log_checking.explain_lost(vault.casebook, because)
    else:
        alarms.explain_case(vault.casebook, case, because, today())
    vault.save()


# --- one case -----------------------------------------------------------------------------------------------------


def _one(vault: Vault, case: CaseId, target: Path | None, show: Show) -> None:
    if target is not None:
        printing.write_log(vault, case, target)
    document = {**printing.document(vault.casebook, case), "file": None if target is None else str(target)}
    written = [] if target is None else [_("Wrote %(file)s", file=line(str(target))), ""]
    show(Answer(document, lambda width: [*written, *_lines(vault.casebook, case, width)], vault.casebook))


def _lines(casebook: Casebook, case: CaseId, width: int) -> list[str]:
    entries = case_log.of_case(casebook, case)
    shown = [_("Log of %(name)s", name=case_name(case)), ""]
    for entry in entries:
        shown += _entry_lines(casebook, entry, width)
    return shown if entries else [*shown, _("Nothing was done with it yet.")]


def _entry_lines(casebook: Casebook, entry: Entry, width: int) -> list[str]:
    head = _(
        "%(day)s  %(who)s, line %(number)s, mandate %(mandate)s, %(hash)s",
        day=day_text(entry.line.day),
        who=words.who_text(casebook, entry),
        number=entry.line.n,
        mandate=words.mandate_text(entry.line.mandate),
        hash=entry.hash[: words.SHORT_HASH_DIGITS],
    )
    return [line(head), *paragraphs(line(words.act_text(casebook, entry)), width, _INDENT)]


# --- every case ---------------------------------------------------------------------------------------------------


def _overview(casebook: Casebook, cases: Sequence[CaseId]) -> dict[str, object]:
    return {
        "cases": [_case(casebook, case) for case in cases],
        "lost_exports": {str(number): because for number, because in sorted(casebook.lost_exports.items())},
    }


def _case(casebook: Casebook, case: CaseId) -> dict[str, object]:
    entries = case_log.of_case(casebook, case)
    return {
        "case": case,
        "name": case_name(case),
        "lines": len(entries),
        "members": sorted({entry.line.by for entry in entries}),
        "last": entries[-1].line.day.isoformat() if entries else None,
        "faults": [log_checking.as_json(case, fault) for fault in casebook.log_faults.get(case, ())],
    }


def _overview_lines(casebook: Casebook, cases: Sequence[CaseId], width: int) -> list[str]:
    lines: list[str] = []
    for case in cases:
        count = len(case_log.of_case(casebook, case))
        told = ngettext("%(name)s: %(num)s line", "%(name)s: %(num)s lines", count, name=case_name(case))
        lines += paragraphs(f"{case[:8]}  {told}", width, "")
    return lines or [_("Nothing was done with any case yet.")]


# --- checking -----------------------------------------------------------------------------------------------------


def _verify(vault: Vault, case: CaseId | None, show: Show) -> None:
    """Check, keep what was found, and fail after it was shown while something of it waits for an explanation."""
    casebook = vault.casebook
    cases = log_checking.cases_with_a_log(casebook) if case is None else [case]
    if log_checking.take(casebook, cases):
        vault.save()
    faults = [(each, fault) for each in cases for fault in casebook.log_faults.get(each, ())]
    waiting = [pair for pair in faults if pair[1].explained is None]
    document = {
        "holds": not waiting,
        "cases": len(cases),
        "lines": sum(len(case_log.of_case(casebook, each)) for each in cases),
        "faults": [log_checking.as_json(*pair) for pair in faults],
    }
    show(Answer(document, lambda width: _verdict(casebook, len(cases), faults, width), casebook))
    if waiting:
        raise LogBroken


def _verdict(casebook: Casebook, cases: int, faults: Sequence[tuple[CaseId, LogFault]], width: int) -> list[str]:
    if not faults:
        return [ngettext("The log of %(num)s case holds.", "The logs of %(num)s cases hold.", cases)]
    lines: list[str] = []
    for case, fault in faults:
        lines += paragraphs(line(words.fault_text(casebook, case, fault)), width, "")
        if told := words.explained_text(fault):
            lines += paragraphs(line(told), width, _INDENT)
    return lines
