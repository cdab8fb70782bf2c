"""keep and erase: until when cases are kept, what holds them back, and erasing them by two members after a delay."""

import argparse
from collections.abc import Callable, Sequence
from datetime import date

from dropbox.codename import case_name
from dropbox.models import CaseId, today
from dropbox.workstation.casebook import Casebook, CaseRecord
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.keeping import KeptUntil, due_by, kept_until, state_of
from dropbox.workstation.keeping import deciding as decide
from dropbox.workstation.keeping.due import month_ends
from dropbox.workstation.keeping.erasing import erase_due
from dropbox.workstation.keeping.words import (
    basis_text,
    case_json,
    erased_json,
    hold_lines,
    kept_json,
    proposal_lines,
    rule_text,
)
from dropbox.workstation.speech import _, day_text, ngettext
from dropbox.workstation.terminal import line, paragraphs, table
from dropbox.workstation.vault import Vault, open_vault


def add(command: Adder) -> None:
    keep = command("keep", _keep, _("Show until when cases are kept; keep one longer, or hold it."))
    which = keep.add_mutually_exclusive_group(required=True)
    which.add_argument("case", nargs="?", metavar="CASE", help=str(HELP_CASE))
    which.add_argument(
        "--due",
        nargs="?",
        const=date.min,
        type=_month,
        metavar="YYYY-MM",
        help=_("list what is due by a month's end"),
    )
    what = keep.add_mutually_exclusive_group()
    what.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help=_("keep it until that day at least"))
    what.add_argument("--hold", action="store_true", help=_("let nothing of it be erased until two members lift this"))
    what.add_argument("--lift", action="store_true", help=_("propose to lift the hold, or agree that it is lifted"))
    _add_reason(keep)
    erase = command("erase", _erase, _("Propose to erase a case, agree to it or oppose it."))
    named = erase.add_mutually_exclusive_group(required=True)
    named.add_argument("case", nargs="?", metavar="CASE", help=str(HELP_CASE))
    named.add_argument("--due", action="store_true", help=_("carry out what two members agreed to and is due"))
    named.add_argument("--list", action="store_true", help=_("list the cases that were erased"))
    step = erase.add_mutually_exclusive_group()
    step.add_argument("--propose", action="store_true", help=_("propose it; nothing happens before another agrees"))
    step.add_argument("--second", action="store_true", help=_("agree to what a colleague proposed"))
    step.add_argument("--oppose", action="store_true", help=_("end the proposal, a colleague's or your own"))
    _add_reason(erase)


def _add_reason(parser: argparse.ArgumentParser) -> None:
    told = _("the reason; it stays when the case is gone, so nothing of what it says")
    parser.add_argument("--because", default="", metavar="TEXT", help=told)


def _keep(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        if arguments.case is None:
            this_month = month_ends(today().isoformat()[:7])
            _show_due(vault.casebook, this_month if arguments.due == date.min else arguments.due, show)
            return
        case = vault.casebook.find_case(arguments.case)
        _show_case(vault.casebook, case.case, _decided(vault, case, arguments), show, arguments)


def _decided(vault: Vault, case: CaseRecord, arguments: Arguments) -> str:
    """Do what was asked, and return what came of it; empty where nothing was."""
    if arguments.until is not None:
        decide.postpone(vault, case, arguments.until, arguments.because)
        return _("It is kept until %(day)s at least.", day=day_text(arguments.until))
    if arguments.hold:
        decide.hold(vault, case, arguments.because)
        return _("The hold is laid. It counts for everybody once the drop has taken it in.")
    if arguments.lift:
        lifted = decide.lift(vault, case, arguments.because)
        return _("The hold is lifted.") if lifted else _("It is lifted when another member agrees.")
    return ""


def _erase(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        if arguments.list:
            _show_erased(vault.casebook, sorted(vault.casebook.erased), show)
        elif arguments.due:
            _show_erased(vault.casebook, erase_due(vault), show)
        else:
            case = vault.casebook.find_case(arguments.case)
            _show_case(vault.casebook, case.case, _stepped(vault, case, arguments), show, arguments)


def _stepped(vault: Vault, case: CaseRecord, arguments: Arguments) -> str:
    if arguments.propose:
        decide.propose(vault, case, arguments.because)
        return _("It is proposed. Nothing is erased before another member agrees to it.")
    if arguments.second:
        decide.second(vault, case)
        return _("You agreed. The days count from when the drop has taken this in.")
    if arguments.oppose:
        decide.oppose(vault, case, arguments.because)
        return _("You opposed it. It counts for everybody once the drop has taken it in.")
    return ""


def _show_due(casebook: Casebook, last: date, show: Show) -> None:
    due = due_by(casebook, last)
    show(Answer([kept_json(kept) for kept in due], lambda _width: _due_lines(due, last), casebook))


def _due_lines(due: Sequence[KeptUntil], last: date) -> list[str]:
    if not due:
        return [_("Nothing is due up to %(day)s.", day=day_text(last))]
    heads = (_("CASE"), _("NAME"), _("DUE ON"), _("WHY"))
    rows = [(kept.case[:8], case_name(kept.case), kept.day.isoformat(), basis_text(kept)) for kept in due]
    count = ngettext("%(num)s case is due up to %(day)s.", "%(num)s cases are due up to %(day)s.", len(due),
                     day=day_text(last))  # fmt: skip
    return [*table(heads, rows), "", count]


def _show_case(casebook: Casebook, case: CaseId, done: str, show: Show, arguments: Arguments) -> None:
    first = [done, next_line("export FILE", arguments), ""] if done else []
    lines = [case_name(case), *first, *_state(casebook, case)]
    show(Answer(case_json(casebook, case), lambda width: _wrapped(lines, width), casebook))


def _state(casebook: Casebook, case: CaseId) -> list[str]:
    kept, state = kept_until(casebook, case), state_of(casebook, case)
    lines = [rule_text(kept)] if kept is not None else []
    if kept is not None and kept.postponed is not None:
        told = {"day": day_text(kept.postponed.until), "because": kept.postponed.because}
        lines.append(_("Postponed until %(day)s: %(because)s", **told))
    for hold in state.holds:
        lines += hold_lines(casebook, hold)
    for proposal in state.proposals:
        lines += ["", *proposal_lines(casebook, proposal)]
    return lines


def _show_erased(casebook: Casebook, cases: Sequence[CaseId], show: Show) -> None:
    document = [erased_json(case, casebook.erased[case]) for case in cases]
    show(Answer(document, lambda _width: _erased_lines(casebook, cases), casebook))


def _erased_lines(casebook: Casebook, cases: Sequence[CaseId]) -> list[str]:
    if not cases:
        return [_("Nothing was erased.")]
    rows = [
        (case[:8], case_name(case), each.day.isoformat(), str(len(each.items)), line(each.because))
        for case, each in ((case, casebook.erased[case]) for case in cases)
    ]
    return table((_("CASE"), _("NAME"), _("ERASED"), _("ITEMS"), _("REASON")), rows, right=(3,))


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [each for text in lines for each in (paragraphs(line(text), width, "") if text else [""])]


def _typed(read: Callable[[str], date], text: str) -> date:
    try:
        return read(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("this is no day")) from None


def _day(text: str) -> date:
    return _typed(date.fromisoformat, text)


def _month(text: str) -> date:
    return _typed(month_ends, text)
