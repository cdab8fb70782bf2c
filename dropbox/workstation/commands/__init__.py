"""What a command of dropbox-workstation is: it parses, calls one room, and gives back what there is to say.

Nothing is printed here: `main` prints, so that with --json exactly one document stands on standard output.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dropbox.workstation.casebook import Casebook
from dropbox.workstation.speech import N_, _
from dropbox.workstation.terminal import line
from dropbox.workstation.vault import default_folder

Arguments = argparse.Namespace
Lines = Callable[[int], Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What a command has to say: `document` for --json, `lines` for people, for a terminal of the given width.

    casebook: its banners come first.
    """

    document: object
    lines: Lines
    casebook: Casebook | None = None


Show = Callable[[Answer], None]
"""Prints an answer at once and whole: what a command does after it counts only for what was seen."""

Run = Callable[[Arguments, Show], None]
"""A command's work; a DropboxError that it raises is printed as `error:` and `hint:`, also after an answer."""


class Adder(Protocol):
    """Adds a command by its name, what it does, and a line of help; returns its parser for further arguments."""

    def __call__(self, name: str, run: Run, text: str, /) -> argparse.ArgumentParser: ...


HELP_CASE = N_("its id, the first 4 or more digits of it, or its two words")


def next_line(command: str, arguments: Arguments) -> str:
    """Return the line that names the next command, for the same vault."""
    elsewhere = "" if arguments.vault == default_folder() else f" --vault {line(str(arguments.vault))}"
    return _("Next: %(command)s", command=f"dropbox-workstation {command}{elsewhere}")
