"""import and export: pickup bundles come in, answer bundles go out."""

from dataclasses import asdict
from pathlib import Path

from dropbox.workstation.commands import Adder, Answer, Arguments, Show
from dropbox.workstation.commands.reseal import import_lines
from dropbox.workstation.exporting import export_answer
from dropbox.workstation.resealed import import_bundle
from dropbox.workstation.terminal import count, line
from dropbox.workstation.vault import open_vault


def add(command: Adder) -> None:
    command("import", _import, "Import a pickup bundle, or what a colleague passed on.").add_argument(
        "file", type=Path, metavar="FILE"
    )
    export = command("export", _export, "Write an answer bundle.")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file; nothing is ever overwritten")


def _import(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        report = import_bundle(vault, arguments.file)
        show(Answer(report.as_json(), lambda _: import_lines(report), vault.casebook))


def _export(arguments: Arguments, show: Show) -> None:
    with open_vault(arguments.vault) as vault:
        report = export_answer(vault, arguments.file)
        parts = [
            *([count(report.cases, "case opened at the desk", "cases opened at the desk")] if report.cases else []),
            count(report.replies, "reply", "replies"),
            count(report.notes, "note"),
            count(report.receipts, "receipt"),
            count(report.read, "read mark"),
        ]
        text = f"Answer bundle {report.sequence}: {', '.join(parts)}. Wrote {line(str(arguments.file))}"
        show(Answer({"file": str(arguments.file), **asdict(report)}, lambda _: [text], vault.casebook))
