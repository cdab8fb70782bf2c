"""The daily status: how the drop is, sealed to the operator's key, every day the same number of bytes.

It comes whether or not anything came in, and says nothing of that: no counts, no desk's waiting, of the disk only
whether there is room. Padded within the seal and outside of it, so that whoever carries it sees one and the same size.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dropbox.disk import sync_folder
from dropbox.errors import StatusUnsent, TargetExists, TargetUnusable
from dropbox.gpg import Gpg, armor_message
from dropbox.models import Recipient
from dropbox.server.check import Row, Telling, Verdict
from dropbox.settings import Status
from dropbox.target import new_file

KEPT_FILES = 30
_KIB = 1024
_WITHIN_PARTS, _OF_PARTS = 6, 10
"""How much of the size is for the text: base64 adds a third, and a key's packet up to two KiB."""
_PAD_LINE = "~" * 63 + "\n"
_NAME = re.compile(r"status-[0-9]{4}-[0-9]{2}-[0-9]{2}\.asc")
_CUT = "\n(There is more: run dropbox-server check.)\n"


@dataclass(frozen=True)
class Seal:
    """The operator's key, and the home that holds it."""

    gpg: Gpg
    recipient: Recipient


def text_of(rows: Sequence[Row], day: date, drop_words: str) -> str:
    """Return what the operator reads: each row as far as it may leave the machine, the worst ones first."""
    told = [row for row in rows if row.telling is not Telling.NOTHING]
    order = {Verdict.FAIL: 0, Verdict.WARN: 1, Verdict.OK: 2}
    worst = min((row.verdict for row in told), key=lambda verdict: order[verdict], default=Verdict.OK)
    head = ["onion-dropbox status 1", f"day {day}", f"drop key {drop_words or 'not known: the drop does not open'}"]
    lines = [line for row in sorted(told, key=lambda row: order[row.verdict]) for line in _lines(row)]
    return "\n".join([*head, f"verdict {worst}", "", *lines]) + "\n"


def sealed(text: str, size_kib: int, seal: Seal) -> bytes:
    """Return the status as one armoured message of exactly this size, its padding within and after it.

    Raises StatusUnsent when the operator's key is so large that it does not fit, or SealError.
    """
    size = size_kib * _KIB
    message = seal.gpg.seal_bytes(_padded(text, size * _WITHIN_PARTS // _OF_PARTS), [seal.recipient])
    armored = armor_message(message)
    missing = size - len(armored)
    if missing < 1:
        raise StatusUnsent("status.size_kib")
    padding = (_PAD_LINE * (missing // len(_PAD_LINE) + 1))[: missing - 1] + "\n"
    return armored + padding.encode("ascii")


def put(data: bytes, folder: Path, day: date) -> Path:
    """Write the day's file, unless there is one already, and let go of all but the newest. Raises StatusUnsent."""
    target = folder / f"status-{day}.asc"
    try:
        with suppress(TargetExists), new_file(target) as stream:
            stream.write(data)
        _let_go(folder)
    except (TargetUnusable, OSError):
        raise StatusUnsent("status.folder") from None
    return target


def mail_of(data: bytes, status: Status, day: date) -> bytes:
    """Return a whole message, of one length for one configuration; its time of day is always midnight."""
    head = (
        f"From: {status.mail_from}",
        f"To: {status.mail_to}",
        "Subject: Daily status",
        f"Date: {_WEEKDAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]} {day.year} 00:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
        "",
        "",
    )
    return "\n".join(head).encode("ascii") + data


# RFC 5322 knows English names only, whatever this machine's locale is
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _lines(row: Row) -> list[str]:
    if row.telling is Telling.VERDICT:
        return [f"{row.verdict:<4}  {row.subject}"]
    return [f"{row.verdict:<4}  {row.subject}: {row.finding}", *([f"      -> {row.advice}"] if row.advice else [])]


def _padded(text: str, size: int) -> bytes:
    data = text.encode()
    if len(data) > size:
        data = data[: size - len(_CUT)].decode(errors="ignore").encode() + _CUT.encode()
    return data + b"\n" * (size - len(data))


def _let_go(folder: Path) -> None:
    ours = sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file())
    for path in ours[:-KEPT_FILES]:
        path.unlink(missing_ok=True)
    if ours[:-KEPT_FILES]:
        sync_folder(folder)
