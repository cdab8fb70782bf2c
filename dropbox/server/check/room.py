"""Room for who comes: how full each desk's letterbox is, and whether the operator has the drop closed for new reports.

How full a letterbox is tells how much came in, so the daily status has the verdict alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from dropbox.server.check.rows import Looked, Row, Telling, fail, fullness_text, ok, warn
from dropbox.server.happened import takes_new_reports
from dropbox.server.letterbox import Fullness, Letterboxes

_ALMOST = 0.8
_MAKE_ROOM = (
    "Have its members import and send receipts: what all of them have is let go after retention.days_after_receipt. Or "
    "raise quota_mib."
)


def look_at_switch(looked: Looked) -> Iterator[Row]:
    if looked.store is None:
        return
    if takes_new_reports(looked.store.happenings):
        yield ok("new reports", "are taken")
    else:
        yield warn("new reports", "are not taken: only returning reporters", "Open it: dropbox-server reports open")


def look_at_letterboxes(looked: Looked) -> Iterator[Row]:
    if looked.store is None:
        return
    for desk, letterbox in Letterboxes(looked.settings.desks, looked.store.held_bytes).look().items():
        yield replace(_letterbox(f"room of {desk}", letterbox), telling=Telling.VERDICT)


def _letterbox(subject: str, letterbox: Fullness) -> Row:
    text = fullness_text(letterbox)
    if letterbox.is_full:
        return fail(subject, f"full, for everybody: {text}", _MAKE_ROOM)
    if letterbox.is_full_for_new:
        return fail(subject, f"full for new reports: {text}", _MAKE_ROOM)
    if letterbox.quota_bytes and letterbox.held_bytes > letterbox.for_new_bytes * _ALMOST:
        return warn(subject, f"almost full: {text}", _MAKE_ROOM)
    return ok(subject, text)
