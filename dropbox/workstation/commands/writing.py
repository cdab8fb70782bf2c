"""reply and note: what an investigator writes to a case."""

import sys
from pathlib import Path

from dropbox.codename import case_name
from dropbox.models import Kind
from dropbox.workstation import mandate
from dropbox.workstation.commands import HELP_CASE, Adder, Answer, Arguments, Show, next_line
from dropbox.workstation.replying import Draft, read_text, write_to_case
from dropbox.workstation.terminal import paragraphs
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    for kind, text in ((Kind.REPLY, "Answer the reporter."), (Kind.NOTE, "Write to the members of your own desk.")):
        write = command(kind.value, _write, text)
        write.add_argument("case", metavar="CASE", help=HELP_CASE)
        write.add_argument("--text-file", required=True, metavar="FILE", help="UTF-8; - for standard input")
        write.set_defaults(kind=kind, attach=[])
        if kind is Kind.REPLY:
            help_attach = "a file to go with it; may be given several times"
            write.add_argument("--attach", type=Path, action="append", default=[], metavar="FILE", help=help_attach)


def _write(arguments: Arguments, show: Show) -> None:
    kind = arguments.kind
    text = read_text(arguments.text_file, sys.stdin.buffer)
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        notice = mandate.notice_at_reply(mandate.in_force(items_of(vault.casebook, case.case)))
        record = write_to_case(vault, case, Draft(kind, text, arguments.attach))
        document = {
            "case": case.case,
            "item": record.item,
            "kind": kind.value,
            "day": record.day.isoformat(),
            "notice": notice,
        }
        done = f"The {kind} to {case_name(case.case)} is sealed. It leaves with the next answer bundle."
        lines = [done, next_line("export FILE", arguments)]
        show(Answer(document, lambda width: [*paragraphs(notice, width, ""), *lines][not notice :], vault.casebook))
