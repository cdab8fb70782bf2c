"""A conversation at a terminal: questions, answers, and secrets that are shown once and wiped from the screen.

The only room beside `main` that writes anything, and only to the terminal itself: neither a question nor a secret ends
in a file when standard output or standard error does.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import TypeVar

from dropbox.errors import (
    CardMissing,
    DropboxError,
    FolderMissing,
    KeyNameUnusable,
    PassphraseRefused,
    PassphrasesDiffer,
    PassphraseWeak,
    RequestStopped,
    ShareError,
    TargetExists,
    TargetUnusable,
    TerminalNeeded,
)
from dropbox.workstation.speech import N_, _, said
from dropbox.workstation.terminal import line, paragraphs

_TERMINAL = Path("/dev/tty")
_MAX_WIDTH = 90
# xterm's second screen has no history to scroll back to; cleared and left, it holds nothing
_SECOND_SCREEN = "\x1b[?1049h\x1b[2J\x1b[H"
_FIRST_SCREEN = "\x1b[2J\x1b[H\x1b[?1049l"
_YES = N_("yes")
_ALSO_YES = frozenset({"y", "yes", "j", "ja"})
_TO_BE_PUT_RIGHT = (
    *(CardMissing, KeyNameUnusable, PassphraseRefused, PassphrasesDiffer, PassphraseWeak, RequestStopped),
    *(ShareError, TargetExists, TargetUnusable),
)
Made = TypeVar("Made")


def at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


class Console:
    """Raises TerminalNeeded where nobody can answer. An end of the input stops the program as Ctrl-C does."""

    def __init__(self) -> None:
        if not at_terminal() or not os.access(_TERMINAL, os.R_OK | os.W_OK):
            raise TerminalNeeded
        self.width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)

    def say(self, *texts: str) -> None:
        """Show paragraphs, with an empty line before them."""
        for text in texts:
            self._write("\n" + "\n".join(paragraphs(text, self.width - 1, "")) + "\n")

    def title(self, text: str) -> None:
        self._write(f"\n{text}\n{'=' * min(len(text), self.width)}\n")

    def lines(self, lines: Sequence[str]) -> None:
        """Show lines that are made for a terminal already."""
        self._write("\n" + "\n".join(lines) + "\n")

    def refuse(self, error: DropboxError) -> None:
        """Say what was wrong with an answer, before it is asked for again."""
        told = said(error)
        self.say(_("%(message)s %(hint)s", message=told.message, hint=told.hint).strip())

    def ask(self, question: str) -> str:
        self._write(f"\n{question} ")
        return self._line()

    def ask_hidden(self, question: str) -> str:
        """Ask for a secret, which is not shown while it is typed."""
        try:
            return getpass(f"\n{question} ")
        except EOFError:
            raise KeyboardInterrupt from None

    def agrees(self, question: str) -> bool:
        choice = _("yes/no")
        return self.ask(f"{question} [{choice}]").lower() in {*_ALSO_YES, str(_YES)}

    def choose(self, question: str, options: Sequence[str]) -> int:
        """Return the place (from 0) of what was chosen, after asking as often as it takes."""
        self.lines([f"{number:>3}  {line(option)}" for number, option in enumerate(options, start=1)])
        while True:
            answer = self.ask(question)
            if answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(options):
                return int(answer) - 1
            self.say(_("Type one of the numbers."))

    def ask_folder(self, question: str) -> Path:
        """Return the folder that somebody names; `~` stands for their home."""
        while True:
            if answer := self.ask(question):
                try:
                    return Path(answer).expanduser()
                except RuntimeError:  # the home of somebody who is not on this machine
                    self.refuse(FolderMissing())

    def until_good(self, attempt: Callable[[], Made]) -> Made:
        """Repeat what a person is asked until no error is left that they can put right."""
        while True:
            try:
                return attempt()
            except _TO_BE_PUT_RIGHT as error:
                self.refuse(error)

    def show_secret(self, lines: Sequence[str]) -> None:
        """Show lines on a screen of their own until Enter is pressed; then nothing is left of them."""
        with self.apart():
            self._write("\n".join(lines) + "\n")
            self._line()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Go on with a screen of its own; nothing is left of it afterwards."""
        self._write(_SECOND_SCREEN)
        try:
            yield
        finally:
            self._write(_FIRST_SCREEN)

    def _line(self) -> str:
        answer = sys.stdin.readline()
        if not answer:
            raise KeyboardInterrupt
        return answer.strip()

    def _write(self, text: str) -> None:
        with _TERMINAL.open("w", encoding="utf-8", errors="replace") as terminal:
            terminal.write(text)
