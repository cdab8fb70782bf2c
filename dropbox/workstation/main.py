"""dropbox-workstation: reads the command line, runs one command, prints what it has to say.

Standard output holds what was asked for (with --json exactly one document); banners then go to standard error. Every
refusal is an `error:` and a `hint:` line.
"""

import argparse
import json
import os
import resource
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NoReturn

from dropbox.errors import DropboxError
from dropbox.workstation import screens
from dropbox.workstation.commands import (
    Answer,
    Run,
    about,
    backup,
    calendar,
    cases,
    classify,
    consent,
    desk_page,
    disclose,
    explain,
    handover,
    intake,
    keep,
    key,
    log,
    redact,
    register,
    reseal,
    roster,
    search,
    statistics,
    together,
    transfer,
    vault,
    view,
    work,
    writing,
)
from dropbox.workstation.speech import ENGLISH, _, from_environment, said, speaking
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import default_folder

_GROUPS = (
    vault,
    key,
    backup,
    transfer,
    cases,
    view,
    search,
    calendar,
    statistics,
    register,
    explain,
    work,
    log,
    classify,
    about,
    together,
    writing,
    intake,
    reseal,
    roster,
    disclose,
    redact,
    consent,
    handover,
    keep,
    desk_page,
)
_MAX_WIDTH = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong usage."""
    os.umask(0o077)
    # a crash must not leave what was unsealed in a core file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    code = from_environment()
    with speaking(code):
        arguments = _parser(code, default_folder()).parse_args(argv)
    # what a script reads is the same in every language
    with speaking(ENGLISH if arguments.json else code):
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        arguments.run(arguments, lambda answer: _show(answer, as_json=arguments.json))
    except DropboxError as error:
        told = said(error)
        return _refuse(told.message, told.hint)
    except BrokenPipeError:
        # nobody reads any more; what is left in the buffer must not fail a second time at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError:
        return _refuse(
            _("A file or folder could not be read or written."), _("Check its name, permissions and free room.")
        )
    except KeyboardInterrupt:
        return _refuse(_("Stopped. Nothing was half done."), "")
    except Exception as error:  # a traceback on a screen may stand beside what was unsealed; its kind is enough
        told_kind = _("unexpected %(kind)s", kind=type(error).__name__)
        return _refuse(told_kind, _("This is a fault in the program; please report it."))
    return 0


def _refuse(message: str, hint: str) -> int:
    print(f"error: {line(message)}", file=sys.stderr)
    if hint:
        print(f"hint: {line(hint)}", file=sys.stderr)
    return 1


def _show(answer: Answer, *, as_json: bool) -> None:
    """Print the banners, then the JSON document or the lines for people."""
    width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    first = screens.banner_lines(answer.casebook, width) if answer.casebook is not None else []
    if first:
        print("\n".join(first) + "\n", file=sys.stderr if as_json else sys.stdout)
    print(json.dumps(answer.document) if as_json else "\n".join(answer.lines(width)), flush=True)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"error: {line(message)}", file=sys.stderr)
        print(f"hint: {self.format_usage().strip()}", file=sys.stderr)
        sys.exit(2)


@cache
def _parser(code: str, folder: Path) -> argparse.ArgumentParser:
    """Return all commands, in the language that is spoken now; made once by whoever runs several in one process."""
    parser = _Parser(
        prog="dropbox-workstation",
        description=_(
            "Read and answer reports on a machine without a network. Your key is the one in your GnuPG home."
        ),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Run, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--vault", type=Path, default=folder, metavar="DIR", help=_("default: %(default)s"))
        added.add_argument("--json", action="store_true", help=_("print one JSON document"))
        added.set_defaults(run=run)
        return added

    for group in _GROUPS:
        group.add(command)
    return parser
