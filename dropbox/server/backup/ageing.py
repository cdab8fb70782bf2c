"""How old a backup may become, and letting go of those that are older.

An old backup opens what was deleted since: whoever has it, its key and a codename that they found reads the replies
which the codename's owner deleted. Removing a file takes its name away and the bytes perhaps not; they are sealed.
"""

import os
import re
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from dropbox.disk import sync_folder
from dropbox.errors import BackupAhead, BackupTooOld, InvalidValue, TargetUnusable, UnsealError
from dropbox.gpg import count_sealed_ways
from dropbox.models import parse_day

_DROP_DIGITS = 8
_NAME = re.compile(r"drop-([0-9a-f]{8})-([0-9]{4}-[0-9]{2}-[0-9]{2})(?:-[1-9][0-9]{0,3})?\.backup")
SUFFIX = ".backup"
_CLOCK_DAYS = 1  # two machines' clocks may stand on both sides of midnight


def free_name(folder: Path, drop: str, day: date) -> Path:
    """Return a name in this folder that tells the drop and the day, and is not taken."""
    stem = f"drop-{drop[:_DROP_DIGITS]}-{day.isoformat()}"
    number = 1
    while os.path.lexists(path := folder / f"{stem}{'' if number == 1 else f'-{number}'}{SUFFIX}"):
        number += 1
    return path


def require_fresh(made: date, max_age_days: int, today: date, *, though_old: bool) -> None:
    """Raise BackupTooOld, unless somebody said that they know, or BackupAhead for a day that has not come."""
    if made > today + timedelta(days=_CLOCK_DAYS):
        raise BackupAhead(made.isoformat())
    if made + timedelta(days=max_age_days) < today and not though_old:
        raise BackupTooOld(made.isoformat())


def remove_old(folder: Path, drop: str, max_age_days: int, today: date) -> tuple[str, ...]:
    """Remove this drop's backups in a folder that are past their age, and return their names.

    Only what `free_name` named, is a regular file of this user's and begins as a sealed message does.
    """
    gone = []
    try:
        for path in sorted(folder.iterdir()):
            if _is_past(path, drop, today - timedelta(days=max_age_days)):
                path.unlink()
                gone.append(path.name)
        if gone:
            sync_folder(folder)
    except OSError:
        raise TargetUnusable from None
    return tuple(gone)


def _is_past(path: Path, drop: str, oldest: date) -> bool:
    named = _NAME.fullmatch(path.name)
    if named is None or named[1] != drop[:_DROP_DIGITS] or path.is_symlink() or not path.is_file():
        return False
    with suppress(InvalidValue, UnsealError):
        return parse_day(named[2]) < oldest and path.stat().st_uid == os.geteuid() and bool(count_sealed_ways(path))
    return False
