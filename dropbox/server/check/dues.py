"""What is due: a backup, a test report that goes the whole way round, a place for the daily status.

Only days that the drop noted of its own doing are read here.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from dropbox.server.check.rows import Looked, Row, fail, ok, warn
from dropbox.server.happened import BACKUP, LOOP, day_of

LOOP_DAYS = 31
CANARY_DAYS = 14
_BACKUP = "Make one: dropbox-server backup FILE, and keep it away from this machine."
_CANARY = "Send a test report: dropbox-server canary. The next answer bundle of the desk brings it back."


def look_at_backup(looked: Looked) -> Iterator[Row]:
    if looked.store is None or looked.settings.trial:
        return
    last, limits = day_of(looked.store.happenings, BACKUP), looked.settings.backup
    if looked.settings.operator.key is None:
        advice = "Put the operator's public key into the keys folder, and its fingerprint under [operator] key."
        yield warn("backup", "there is no key that backups and the daily status could be sealed to", advice)
    elif last is None:
        yield warn("backup", "none was ever made", _BACKUP)
    elif looked.day - last > timedelta(days=limits.max_age_days):
        advice = f"It may not be restored any more: destroy it. {_BACKUP}"
        yield fail("backup", f"the last one is of {last}, {_ago(looked.day, last)}", advice)
    elif looked.day - last > timedelta(days=limits.remind_days):
        yield warn("backup", f"the last one is of {last}, {_ago(looked.day, last)}", _BACKUP)
    else:
        yield ok("backup", f"the last one is of {last}, {_ago(looked.day, last)}")


def look_at_loop(looked: Looked) -> Iterator[Row]:
    """Say when a test report last went the whole way round, and which desk has one that has not come back."""
    if looked.store is None or looked.settings.trial:
        return
    last = day_of(looked.store.happenings, LOOP)
    if last is None:
        yield warn("last full loop", "no test report has ever come back", _CANARY)
    elif looked.day - last > timedelta(days=LOOP_DAYS):
        yield warn("last full loop", f"{last}, {_ago(looked.day, last)}", _CANARY)
    else:
        yield ok("last full loop", f"{last}, {_ago(looked.day, last)}")
    for desk, sent in looked.store.canaries.waiting():
        if looked.day - sent > timedelta(days=CANARY_DAYS):
            advice = "Ask the desk to import a pickup bundle and to bring an answer bundle, whatever there is to say."
            yield warn(f"loop of {desk}", f"its test report of {sent} has not come back", advice)


def look_at_status(looked: Looked) -> Iterator[Row]:
    """Say when the daily status cannot leave; that it arrives only its reader knows."""
    status = looked.settings.status
    if looked.settings.trial or not (status.folder or status.mail_command):
        return
    if status.folder is not None and not status.folder.is_dir():
        yield fail("daily status", "its folder is missing", f"mkdir -m 700 {status.folder}")
    elif looked.settings.operator.key is None:
        yield fail("daily status", "there is no key to seal it to", "Set [operator] key in the configuration.")
    else:
        yield ok("daily status", "has a place to go to")


def _ago(day: date, then: date) -> str:
    days = (day - then).days
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
