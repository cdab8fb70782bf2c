"""export and import: pickup bundles go out, answer bundles come in."""

from pathlib import Path

from dropbox.server import screens, transfer
from dropbox.server.commands import Adder, Answer, Arguments, Say, desk_argument, desk_of, settings_of
from dropbox.server.drop import Drop


def add(command: Adder) -> None:
    export = command("export", _export, "write a desk's pickup bundle")
    export.add_argument("--desk", required=True, type=desk_argument, metavar="ID", help="the desk whose items to write")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file; nothing is ever overwritten")
    importing = command("import", _import, "take in an answer bundle")
    importing.add_argument("file", type=Path, metavar="FILE", help="an answer bundle from a workstation")


def _export(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    desk = desk_of(settings, arguments.desk)
    with Drop.open(settings, beside_server=True) as drop:
        summary = transfer.export_desk(drop, desk, arguments.file)
    items = screens.count(summary.items, "item")
    line = f"The bundle for desk {summary.desk} holds {items} ({summary.bytes} bytes)."
    return Answer({"desk": summary.desk, "items": summary.items, "bytes": summary.bytes}, lambda _width: [line])


def _import(arguments: Arguments, _say: Say) -> Answer:
    with Drop.open(settings_of(arguments), beside_server=True) as drop:
        summary = transfer.import_answer(drop, arguments.file)
    lines = [str(line) for line in summary.lines]
    return Answer({"lines": lines}, lambda _width: lines)
