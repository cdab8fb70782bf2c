"""The command `dropbox-courier`: the one place on this side that parses a command line and prints.

`key FILE` makes a key and prints the half that the operator needs; `show FILE` prints what Tor Browser asks for.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from dropbox.courier import key_file
from dropbox.courier.speech import Say, from_environment
from dropbox.errors import DropboxError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage."""
    say = from_environment()
    options = _parser(say).parse_args(arguments)
    os.umask(0o077)
    try:
        document, lines = options.run(options, say)
    except DropboxError as error:
        return _failed(say, error.told(say), say(error.hint))
    except KeyboardInterrupt:
        return _failed(say, say("interrupted"), "")
    print(json.dumps(document) if options.json else "\n".join(lines), flush=True)
    return 0


def _key(options: argparse.Namespace, say: Say) -> tuple[object, Sequence[str]]:
    key = key_file.make(options.file)
    lines = [
        say("Your key for the courier's door is in: {file}").format(file=options.file),
        say("Give this to the operator. It is no secret:"),
        "",
        f"    {key.public}",
        "",
        say("The operator types it behind --client-key, and gives you an address, a name and a passphrase."),
        say("Then see what to paste into Tor Browser: {command}").format(command=_show_command(options.file)),
        say(
            "Keep the file on this machine only. Lost, or read by somebody else: tell the operator, and make a new one."
        ),
    ]
    return {"public": key.public}, lines


def _show(options: argparse.Namespace, say: Say) -> tuple[object, Sequence[str]]:
    key = key_file.read(options.file)
    line = None if options.address is None else key_file.auth_private(key, options.address)
    lines = [
        say("Open the courier's address in Tor Browser. It asks for a key once; paste this:"),
        "",
        f"    {key.private}",
        "",
        say("It is secret: show it to nobody, and clear this screen afterwards."),
        say('Tick "Remember this key" only if this machine\'s disk is encrypted and nobody else uses it.'),
        *(() if line is None else ("", say(_FOR_A_TOR), "", f"    {line}")),
        "",
        say("The public half, for the operator:"),
        f"    {key.public}",
    ]
    return {"public": key.public, "private": key.private, "auth_private": line}, lines


def _show_command(file: Path) -> str:
    usual = key_file.usual_place(os.environ, Path.home())
    return "dropbox-courier show" if file == usual else f"dropbox-courier show {shlex.quote(str(file))}"


_FOR_A_TOR = "For a tor of your own: a line for a file NAME.auth_private in its ClientOnionAuthDir:"


def _failed(say: Say, message: str, hint: str) -> int:
    print(f"{say('error')}: {message}", file=sys.stderr)
    if hint:
        print(f"{say('hint')}: {hint}", file=sys.stderr)
    return 1


def _parser(say: Say) -> argparse.ArgumentParser:
    about = say("A key for the courier's onion service, made on your own online machine.")
    usual = key_file.usual_place(os.environ, Path.home())
    parser = argparse.ArgumentParser(prog="dropbox-courier", description=about)
    added = parser.add_subparsers(required=True, metavar="COMMAND")
    key = added.add_parser("key", help=say("make a new key"), description=say("make a new key"))
    file = say("the key's file; nothing is ever overwritten (default: {file})").format(file=usual)
    key.set_defaults(run=_key)
    text = say("say what to paste into Tor Browser")
    show = added.add_parser("show", help=text, description=text)
    text = say("the courier's address: also print a line for a tor of your own")
    show.add_argument("--address", metavar="ONION", help=text)
    show.set_defaults(run=_show)
    for one in (key, show):
        one.add_argument("file", type=Path, nargs="?", default=usual, metavar="FILE", help=file)
        one.add_argument("--json", action="store_true", help=say("print one JSON document"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
