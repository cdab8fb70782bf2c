"""log: what was done with a case, by whom and when, line after line with its hash."""

from collections.abc import Sequence

from dropbox.codename import case_name
from dropbox.models import CaseId
from dropbox.workstation import case_log, log_words
from dropbox.workstation.case_log import Entry
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show
from dropbox.workstation.speech import _, day_text
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault

_INDENT = "    "


def add(command: Adder) -> None:
    log = command("log", _log, _("Show what was done with a case, by whom and when."))
    log.add_argument("case", metavar="CASE", help=str(HELP_CASE))


def _log(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case).case
        entries = case_log.of_case(vault.casebook, case)
        document = _document(vault.casebook, case, entries)
        show(Answer(document, lambda width: _lines(vault.casebook, case, entries, width), vault.casebook))


def _document(casebook: Casebook, case: CaseId, entries: Sequence[Entry]) -> dict[str, object]:
    return {
        "case": case,
        "name": case_name(case),
        "lines": [case_log.as_json(entry) for entry in entries],
        "pending": len(case_log.pending(casebook, case)),
    }


def _lines(casebook: Casebook, case: CaseId, entries: Sequence[Entry], width: int) -> list[str]:
    shown = [_("Log of %(name)s", name=case_name(case)), ""]
    for entry in entries:
        shown += _entry_lines(casebook, entry, width)
    return shown if entries else [*shown, _("Nothing was done with it yet.")]


def _entry_lines(casebook: Casebook, entry: Entry, width: int) -> list[str]:
    head = _(
        "%(day)s  %(who)s, line %(number)s, mandate %(mandate)s, %(hash)s",
        day=day_text(entry.line.day),
        who=log_words.who_text(casebook, entry),
        number=entry.line.n,
        mandate=log_words.mandate_text(entry.line.mandate),
        hash=entry.hash[: log_words.SHORT_HASH_DIGITS],
    )
    return [line(head), *paragraphs(line(log_words.act_text(casebook, entry)), width, _INDENT)]
