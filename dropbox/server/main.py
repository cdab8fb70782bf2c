"""The command `dropbox-server`: the one place on this side that parses a command line and prints.

Every failure ends in an `error:` line and, where something can be done, a `hint:` line; never in a traceback.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from functools import cache

from dropbox.config import Settings
from dropbox.errors import DiskLow, DropboxError, StoreFull
from dropbox.server import wiping
from dropbox.server.commands import (
    Adder,
    Answer,
    backup,
    canary,
    check,
    daily,
    drop,
    investigator,
    keys,
    onion,
    reports,
    restore,
    serve,
    succeed,
    transfer,
)

_GROUPS = (drop, check, serve, reports, transfer, canary, daily, keys, investigator, succeed, backup, restore, onion)
_MAX_WIDTH = 120


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage."""
    options = _parser().parse_args(arguments)
    if arguments is None and getattr(options, "anew", False):
        wiping.start_anew()  # here, because it is this process's own command line that is run once more
    return in_plain_words(lambda: _answer(options.run(options, say), as_json=getattr(options, "json", False)))


def in_plain_words(run: Callable[[], int]) -> int:
    """Run and return the exit code; whatever is raised becomes an `error:` line, never a traceback."""
    try:
        return run()
    except DiskLow:  # its own words are for a reporter's page
        return _failed(StoreFull.message, StoreFull.hint)
    except DropboxError as error:
        return _failed(str(error), error.hint)
    except KeyboardInterrupt:
        return _failed("interrupted", "")
    except OSError as error:
        hint = "Check that this user may read the configuration and the keys, and write to the data folder."
        return _failed(f"the system refused: {error.strerror or type(error).__name__}", hint)
    except Exception as error:  # a traceback may stand beside secrets on a screen; its kind is enough
        return _failed(f"unexpected {type(error).__name__}", "This is a fault in the program; please report it.")


def serve_in_foreground(settings: Settings, local: tuple[str, int] | None) -> int:
    """Serve until stopped, for scripts/run; returns the exit code."""
    serve.serve(settings, local, say)
    return 0


def say(line: str) -> None:
    print(line, flush=True)


def _answer(answer: Answer | None, *, as_json: bool) -> int:
    if answer is None:
        return 0
    width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    try:
        print(json.dumps(answer.document) if as_json else "\n".join(answer.lines(width)), flush=True)
    except BrokenPipeError:
        # nobody reads any more, as behind `| head`; what is left in the buffer must not fail a second time at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return answer.code


def _failed(message: str, hint: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return 1


@cache
def _parser() -> argparse.ArgumentParser:
    """Return all commands; made once by whoever runs several in one process."""
    parser = argparse.ArgumentParser(prog="dropbox-server", description="The online half of an onion-dropbox.")
    command = Adder(parser)
    for group in _GROUPS:
        group.add(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
