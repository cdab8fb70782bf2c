"""restore: a drop from its backup, on a machine that has none. Shares are typed at a terminal or come by lines."""

import sys
from pathlib import Path

from dropbox.errors import DropboxError, ShareError, ShareWordUnknown
from dropbox.server import screens
from dropbox.server.backup.reading import UNSEALED, Opener
from dropbox.server.backup.restoring import Restored, Wish, restore
from dropbox.server.commands import Adder, Answer, Arguments, Say
from dropbox.shares import Collection, near_words, read_share

_MAX_STDIN_CHARACTERS = 64 * 1024


def add(command: Adder) -> None:
    parser = command("restore", _restore, "bring a drop back from its backup, into an empty data folder")
    parser.add_argument("file", type=Path, metavar="FILE", help="the backup")
    help_shares = "open it with shares: typed at the terminal, or from standard input, a line each"
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--shares", action="store_true", help=help_shares)
    help_unsealed = "FILE is the tar that gpg made of it, on the machine that has the key; - for standard input"
    ways.add_argument("--unsealed", action="store_true", help=help_unsealed)
    parser.add_argument("--drop-key", metavar="WORDS", help="the ten words of the drop's key: refuse any other drop")
    help_data = "the data folder, instead of the one that the backup's configuration names"
    parser.add_argument("--data", type=Path, metavar="DIR", help=help_data)
    help_old = "restore a backup that is older than backup.max_age_days, all the same"
    parser.add_argument("--though-old", action="store_true", help=help_old)


def _restore(arguments: Arguments, say: Say) -> Answer:
    by: Opener = UNSEALED if arguments.unsealed else None
    if arguments.shares:
        by = _shares(say)
    restored = restore(
        Wish(arguments.file, arguments.config, by, arguments.data, arguments.drop_key, arguments.though_old)
    )
    document = {
        "data_dir": str(restored.data_dir),
        "drop_key": restored.words,
        "backup": restored.backup.isoformat(),
        "items": restored.items,
        "missing": list(restored.missing),
        "kept": list(restored.kept),
        "elsewhere": list(restored.elsewhere),
    }
    return Answer(document, lambda _width: _lines(restored, arguments.config))


def _lines(restored: Restored, config: Path) -> list[str]:
    lines = [f"The drop of {restored.backup} is in {restored.data_dir} again, with {restored.items} items."]
    lines += ["drop key:", *screens.word_lines(restored.words)]
    lines += [f"left as it was: {name}" for name in restored.kept]
    lines += [
        f"put into {name}: the configuration names another place; move it there, or change it"
        for name in restored.elsewhere
    ]
    if restored.missing:
        lines.append(f"warning: {len(restored.missing)} items were not in the backup any more.")
    return [
        *lines,
        f"All is as it was on {restored.backup}: what came later is gone, what was deleted or revoked is back. So:",
        "  look through the members, keys and investigators for who left since then, and remove them again;",
        "  destroy the backup when its day has passed.",
        f"Then: dropbox-server check --config {config}",
        "Every desk imports a new pickup bundle, and brings an answer bundle: it holds what the drop lost.",
    ]


def _shares(say: Say) -> Collection:
    """Read the shares; a slip at the terminal costs its own share alone."""
    if not sys.stdin.isatty():
        given = Collection()
        for line in sys.stdin.read(_MAX_STDIN_CHARACTERS).splitlines():
            if line.strip():
                given.add(read_share(line))
        return given
    given = Collection()
    say("Type one share after the other: its 33 words with blanks between them, then Enter.")
    while not given.complete:
        say(f"Share {given.given + 1} of {given.needed if given.given else 'those that are needed'}:")
        _take(given, sys.stdin.readline(), say)
    say("\x1b[2J\x1b[H\x1b[3J")  # the words stand on the screen and above it
    return given


def _take(given: Collection, typed: str, say: Say) -> None:
    if not typed:
        raise ShareError
    try:
        given.add(read_share(typed))
    except ShareWordUnknown as error:
        near = near_words(typed, error.position)
        say(f"{error} Near it: {', '.join(near)}." if near else str(error))
    except DropboxError as error:
        say(f"{error} {error.hint}".rstrip())
