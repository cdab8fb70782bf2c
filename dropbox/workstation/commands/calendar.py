"""calendar: which legal days are due, and the same as a file for a calendar elsewhere."""

from datetime import UTC, date, datetime
from pathlib import Path

from dropbox.codename import case_name
from dropbox.models import today
from dropbox.target import new_file
from dropbox.workstation.clock import DUTIES, Due, dues, left_words
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line, table
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    parser = command("calendar", _calendar, _("Show by which days reporters must hear from you, overdue first."))
    parser.add_argument(
        "--ics", type=Path, metavar="FILE", help=_("write them to a calendar file, without anything about the cases")
    )


def _calendar(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        waiting, now = dues(vault.casebook), today()
        if arguments.ics is not None:
            from dropbox.workstation.calendar_file import calendar_bytes  # noqa: PLC0415 -- slow to load, seldom needed

            with new_file(arguments.ics) as target:
                target.write(calendar_bytes(waiting, datetime.now(UTC)))
        document = [
            {"case": due.case, "name": case_name(due.case), "duty": due.duty.value, "by": due.by.isoformat()}
            for due in waiting
        ]
        lines = _lines(waiting, now)
        if arguments.ics is not None:
            lines.append(_("Wrote %(file)s", file=line(str(arguments.ics))))
        show(Answer(document, lambda _width: lines, vault.casebook))


def _lines(waiting: list[Due], now: date) -> list[str]:
    if not waiting:
        return [_("Nothing is due.")]
    heads = (_("CASE"), _("NAME"), _("BY"), _("LEFT"), _("DUE"))
    rows = [
        (due.case[:8], case_name(due.case), due.by.isoformat(), left_words(due.by, now), str(DUTIES[due.duty]))
        for due in waiting
    ]
    count = ngettext("%(num)s case waits.", "%(num)s cases wait.", len(rows))
    return [*table(heads, rows), "", count]
