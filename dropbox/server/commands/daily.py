"""daily: the day's status, sealed to the operator and put into a folder, given to the mail command, or both.

The package's timer runs it once a day. It starts one process: the mail command that the configuration names.
"""

import subprocess  # nosec B404  # the mail command is the operator's own
from pathlib import Path

from dropbox.config import Settings
from dropbox.errors import DropboxError, StatusNowhere, StatusUnsent
from dropbox.models import today
from dropbox.server import daily
from dropbox.server.backup.operator import operator_recipient
from dropbox.server.commands import Adder, Answer, Arguments, Say, settings_of
from dropbox.server.commands.check import rows_of
from dropbox.server.drop import Drop

MAIL_SECONDS = 300.0


def add(command: Adder) -> None:
    command("daily", _run, "send the operator the day's sealed status, always of the same size")


def _run(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    status = settings.status
    if status.folder is None and not status.mail_command:
        raise StatusNowhere
    seal = daily.Seal(*operator_recipient(settings))
    day = today()
    text = daily.text_of(rows_of(arguments), day, _drop_words(settings))
    data = daily.sealed(text, status.size_kib, seal)
    file = None if status.folder is None else daily.put(data, status.folder, day)
    if status.mail_command:
        _mail(status.mail_command, daily.mail_of(data, status, day))
    document = {
        "day": day.isoformat(),
        "bytes": len(data),
        "file": file and str(file),
        "mailed": bool(status.mail_command),
    }
    return Answer(document, lambda _width: _told(file, mailed=bool(status.mail_command)))


def _told(file: Path | None, *, mailed: bool) -> list[str]:
    lines = [] if file is None else [f"the day's status is in {file}"]
    return [*lines, *(["the day's status was given to the mail command"] if mailed else [])]


def _drop_words(settings: Settings) -> str:
    try:
        with Drop.open(settings, beside_server=True) as drop:
            return drop.identity.drop_words()
    except DropboxError:  # its own row says why
        return ""


def _mail(command: tuple[str, ...], message: bytes) -> None:
    """Give a message to the mail command. Raises StatusUnsent."""
    quiet = subprocess.DEVNULL
    try:
        done = subprocess.run(  # nosec B603  # a list of words from the operator's own configuration
            list(command), input=message, stdout=quiet, stderr=quiet, timeout=MAIL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        raise StatusUnsent("status.mail_command") from None
    if done.returncode != 0:
        raise StatusUnsent("status.mail_command")
