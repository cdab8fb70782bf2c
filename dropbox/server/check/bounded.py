"""Many looks at once, each for as long as it may take and no longer: one that hangs becomes a row that says so.

Whatever a look raises becomes a row as well, so that one broken thing hides none of the others.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from dropbox.errors import DropboxError
from dropbox.server.check.rows import Looked, Room, Row, fail, warn


@dataclass(frozen=True)
class Look:
    """One room, what it is called where it gives no answer, and how long it may take."""

    subject: str
    room: Room
    seconds: float = 20.0


@dataclass
class _Running:
    look: Look
    thread: threading.Thread
    rows: list[Row] = field(default_factory=list)


def look_at_all(looks: Sequence[Look], looked: Looked) -> tuple[Row, ...]:
    """Return every look's rows in the order of the looks."""
    begun = time.monotonic()
    running = [_start(look, looked) for look in looks]
    return tuple(row for one in running for row in _finish(one, begun))


def _start(look: Look, looked: Looked) -> _Running:
    rows: list[Row] = []

    def run() -> None:
        try:
            found = list(look.room(looked))
        except DropboxError as error:
            found = [fail(look.subject, str(error), error.hint or "Mend this, then check again.")]
        except Exception as error:  # what is broken here must not keep the other rows from being seen
            advice = "This is a fault in the program or a file that is not what it should be; please report it."
            found = [fail(look.subject, f"could not be looked at: {type(error).__name__}", advice)]
        rows.extend(found)

    # a daemon: a look that hangs in the kernel must not keep the command from ending
    thread = threading.Thread(target=run, name=f"check-{look.subject}", daemon=True)
    thread.start()
    return _Running(look, thread, rows)


def _finish(one: _Running, begun: float) -> list[Row]:
    one.thread.join(max(0.0, begun + one.look.seconds - time.monotonic()))
    if one.thread.is_alive():
        advice = "See whether the disk, gpg or tor hangs, then check again."
        return [warn(one.look.subject, f"gave no answer in {one.look.seconds:.0f} seconds", advice)]
    return one.rows
