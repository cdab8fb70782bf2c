"""backup: the drop as one file, sealed to the operator's key and, by choice, to shares."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dropbox.errors import SharesUnseen, SharesUnusable
from dropbox.models import ShareWords
from dropbox.server.backup import ageing
from dropbox.server.backup.writing import Split, Written, back_up
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.drop import Drop
from dropbox.shares import MAX_SHARES, MIN_NEEDED

_NICENESS = 10
_COLUMNS = 3
_CELL = 16


def add(command: Adder) -> None:
    backup = command("backup", _backup, "write a backup, sealed to the operator's key; the server may go on serving")
    help_file = "a new file; nothing is ever overwritten. For a folder: a new file in it, named after drop and day"
    backup.add_argument("file", type=Path, metavar="FILE", help=help_file)
    help_shares = "let shares on paper open it, too: so many of them"
    backup.add_argument("--shares", type=_count, metavar="N", help=help_shares)
    backup.add_argument("--needed", type=_count, metavar="K", help="how many of the shares open it (default: 2)")
    help_old = "remove this drop's backups in the same folder that are older than backup.max_age_days"
    backup.add_argument("--remove-old", action="store_true", help=help_old)


def _backup(arguments: Arguments, say: Say) -> Answer:
    split = _split(arguments)
    if split is not None and not arguments.json and not sys.stdout.isatty():
        raise SharesUnseen
    settings = settings_of(arguments)
    os.nice(_NICENESS)  # whoever reports now is served first
    with Drop.open(settings, beside_server=True) as drop:
        written = back_up(drop, arguments.config, arguments.file, split)
        gone: tuple[str, ...] = ()
        if arguments.remove_old:
            gone = ageing.remove_old(
                written.path.absolute().parent, drop.store.meta.drop, settings.backup.max_age_days, written.day
            )
    if split is not None and not arguments.json and sys.stdin.isatty():
        _show(written, split, say)
        return Answer(None, lambda _width: _lines(written, gone))
    document = _document(written, gone, split)
    return Answer(document, lambda _width: [*_sheets(written, split), *_lines(written, gone)])


def _split(arguments: Arguments) -> Split | None:
    """Return how the lock is to be shared. Raises SharesUnusable before anything is written."""
    if arguments.shares is None and arguments.needed is None:
        return None
    split = Split(arguments.shares or 0, arguments.needed or MIN_NEEDED)
    if not MIN_NEEDED <= split.needed <= split.shares <= MAX_SHARES:
        raise SharesUnusable
    return split


def _document(written: Written, gone: Sequence[str], split: Split | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "file": str(written.path),
        "day": written.day.isoformat(),
        "destroy_after": written.until.isoformat(),
        "bytes": written.bytes,
        "items": written.items,
        "missing": list(written.missing),
        "removed": list(gone),
    }
    if split is not None:
        document |= {"needed": split.needed, "shares": [share.reveal() for share in written.shares]}
    return document


def _lines(written: Written, gone: Sequence[str]) -> list[str]:
    lines = [f"The backup is in {written.path} ({written.bytes} bytes, {written.items} items)."]
    lines += [f"Destroy it, and every copy, after {written.until}: it holds what is deleted from now on."]
    if written.missing:
        lines.append(f"warning: {len(written.missing)} items are not in it; their files are gone from the data folder.")
    return lines + [f"removed: {name}" for name in gone]


def _sheets(written: Written, split: Split | None) -> list[str]:
    if split is None:
        return []
    return [line for number, words in enumerate(written.shares, 1) for line in _sheet(written, split, number, words)]


def _sheet(written: Written, split: Split, number: int, words: ShareWords) -> list[str]:
    """Return what goes on one paper: what it is, and the words in columns that are read downwards."""
    cells = [f"{place:>2}. {word}".ljust(_CELL) for place, word in enumerate(words.reveal().split(), start=1)]
    rows = -(-len(cells) // _COLUMNS)
    return [
        f"Share {number} of {split.shares}. Write it on a paper of its own, words and numbers:",
        f"Backup of the drop, {written.day}. {split.needed} of {split.shares} shares open it.",
        "",
        *("  " + "".join(cells[row::rows]).rstrip() for row in range(rows)),
        "",
    ]


def _show(written: Written, split: Split, say: Say) -> None:
    """Show the shares one by one on a screen of their own, from which no scrolling back finds them."""
    for number, words in enumerate(written.shares, 1):
        say(f"Take a new sheet of paper. Press Enter to see share {number} of {split.shares}.")
        _wait()
        _apart(say, lambda number=number, words=words: _one(written, split, number, words, say))  # type: ignore[misc]


def _one(written: Written, split: Split, number: int, words: ShareWords, say: Say) -> None:
    for line in _sheet(written, split, number, words):
        say(line)
    say("Read it once more, letter by letter. Then press Enter; it is not shown again.")
    _wait()


def _apart(say: Say, work: Callable[[], None]) -> None:
    say("\x1b[?1049h\x1b[2J\x1b[H")
    try:
        work()
    finally:
        say("\x1b[2J\x1b[H\x1b[?1049l")


def _wait() -> None:
    sys.stdin.readline()


def _count(text: str) -> int:
    if not text.isdigit() or not MIN_NEEDED <= int(text) <= MAX_SHARES:
        raise argparse.ArgumentTypeError(f"a number from {MIN_NEEDED} to {MAX_SHARES} is wanted")
    return int(text)
