"""import and export: pickup bundles come in, answer bundles go out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from dropbox.workstation import roster_lines
from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.commands.reseal import import_lines
from dropbox.workstation.exporting import export_answer
from dropbox.workstation.handing import import_bundle
from dropbox.workstation.speech import _, ngettext
from dropbox.workstation.terminal import line, paragraphs
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    command(
        "import", _import, _("Import a pickup bundle, or what a colleague or another desk passed on.")
    ).add_argument("file", type=Path, metavar="FILE")
    export = command("export", _export, _("Write an answer bundle."))
    export.add_argument("file", type=Path, metavar="FILE", help=_("a new file; nothing is ever overwritten"))


def _import(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        report = import_bundle(vault, arguments.file)
        news = roster_lines.news_lines(vault.casebook, report.rosters, report.drop_key)
        show(Answer(report.as_json(), lambda width: [*import_lines(report), *_wrapped(news, width)], vault.casebook))


def _wrapped(news: Sequence[str], width: int) -> list[str]:
    return [part for text in news for part in paragraphs(text, width, "")]


def _export(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        report = export_answer(vault, arguments.file)
        parts = [
            *(
                [ngettext("%(num)s case opened here", "%(num)s cases opened here", report.cases)]
                if report.cases
                else []
            ),
            ngettext("%(num)s reply", "%(num)s replies", report.replies),
            ngettext("%(num)s note", "%(num)s notes", report.notes),
            ngettext("%(num)s receipt", "%(num)s receipts", report.receipts),
            ngettext("%(num)s read mark", "%(num)s read marks", report.read),
            *([ngettext("%(num)s signed roster", "%(num)s signed rosters", report.votes)] if report.votes else []),
            *([ngettext("%(num)s note of the log", "%(num)s notes of the log", report.logs)] if report.logs else []),
        ]
        text = _(
            "Answer bundle %(number)s: %(parts)s. Wrote %(file)s",
            number=report.sequence,
            parts=", ".join(parts),
            file=line(str(arguments.file)),
        )
        show(Answer({"file": str(arguments.file), **asdict(report)}, lambda _width: [text], vault.casebook))
