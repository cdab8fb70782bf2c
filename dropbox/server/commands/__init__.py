"""What a command of dropbox-server is: it parses, calls one room, and gives back what there is to say.

Nothing is printed here: `main` prints, so that with --json exactly one document stands on standard output.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dropbox import config
from dropbox.config import Settings
from dropbox.errors import ConfigError, DropboxError
from dropbox.models import DeskId, parse_desk_id
from dropbox.server import trial

Arguments = argparse.Namespace
Lines = Callable[[int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What a command has to say: `document` for --json, `lines` for people, for a terminal of the given width.

    code: the command's exit code.
    """

    document: object
    lines: Lines
    code: int = 0


Say = Callable[[str], None]
"""Prints a line at once: for a command that goes on, and for a warning beside its answer."""

Run = Callable[[Arguments, Say], Answer | None]
"""A command's work; a DropboxError that it raises is printed as `error:` and `hint:`. None: all was said."""


class Adder:
    """Adds commands to one parser: each by its name, what it does, and a line of help."""

    def __init__(self, parser: argparse.ArgumentParser, metavar: str = "COMMAND") -> None:
        self._added = parser.add_subparsers(required=True, metavar=metavar)

    def __call__(self, name: str, run: Run, text: str, /, *, as_json: bool = True) -> argparse.ArgumentParser:
        """Add a command; return its parser for further arguments."""
        one = self._parser(name, text)
        add_config(one)
        if as_json:
            one.add_argument("--json", action="store_true", help="print one JSON document")
        one.set_defaults(run=run)
        return one

    def group(self, name: str, text: str) -> "Adder":
        """Add a command that has verbs (`keys add`, `keys check`); --config and --json stand after the verb."""
        return Adder(self._parser(name, text), "VERB")

    def _parser(self, name: str, text: str) -> argparse.ArgumentParser:
        return self._added.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")


def settings_of(arguments: Arguments) -> Settings:
    """Return what the configuration says; a trial's own file makes trial settings."""
    settings = config.load(arguments.config)
    if trial.is_trial(arguments.config, settings.server.data_dir):
        return config.load(arguments.config, trial=True)
    return settings


def desk_of(settings: Settings, name: DeskId) -> DeskId:
    """Return the desk of this id; ConfigError where the configuration has none."""
    if name not in {desk.id for desk in settings.desks}:
        known = ", ".join(desk.id for desk in settings.desks)
        raise ConfigError("--desk", f"there is no such desk; the configuration has {known}")
    return name


def desk_argument(text: str) -> DeskId:
    """Parse a desk's id on the command line."""
    try:
        return parse_desk_id(text)
    except DropboxError:
        raise argparse.ArgumentTypeError("a desk's id from the configuration is wanted") from None


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add --config to a parser, as every command has it."""
    text = "the configuration (default: config.toml)"
    parser.add_argument("--config", type=Path, default=Path("config.toml"), metavar="FILE", help=text)
