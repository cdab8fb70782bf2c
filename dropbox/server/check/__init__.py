"""What the operator sees of the drop's health: one row a thing, ok, warn or fail, each with what to do.

Reads only; works while the server runs and when it does not. The main prints what this room returns, and the daily
status carries as much of it as says nothing of what came in.
"""

from datetime import date
from pathlib import Path

from dropbox.config import Settings
from dropbox.errors import DropboxError
from dropbox.keyring import Keyring
from dropbox.server.check import clock, courier, desks, dues, keys, machine, process, room, sealing, tor
from dropbox.server.check.bounded import Look, look_at_all
from dropbox.server.check.rows import Looked, Row, Telling, Verdict
from dropbox.server.store import Store

__all__ = ["Row", "Telling", "Verdict", "examine", "examine_refused", "has_failed"]

_ANYHOW = (
    Look("clock", clock.look),
    Look("keys", keys.look),
    Look("keys folder", keys.look_at_folder),
    Look("files", machine.look_at_files),
    Look("machine", machine.look),
    Look("gpg", sealing.look, 30.0),
    Look("server", process.look),
    Look("onion service", tor.look, 30.0),
    Look("reachable", tor.look_by_visit, tor.VISIT_SECONDS + 10.0),
    Look("courier", courier.look),
    Look("daily status", dues.look_at_status),
)
_WHEN_OPEN = (
    Look("desks", desks.look),
    Look("new reports", room.look_at_switch),
    Look("letterboxes", room.look_at_letterboxes),
    Look("backup", dues.look_at_backup),
    Look("last full loop", dues.look_at_loop),
    Look("receipts", desks.look_behind),
)


def examine(
    settings: Settings, store: Store, keyring: Keyring, day: date, config: Path | None = None
) -> tuple[Row, ...]:
    """Look at everything there is to look at of a drop that opens. `config`: the file that the settings are of."""
    return look_at_all((*_ANYHOW, *_WHEN_OPEN), Looked(settings, keyring, day, store, config))


def examine_refused(
    settings: Settings, keyring: Keyring, day: date, refusal: DropboxError, config: Path | None = None
) -> tuple[Row, ...]:
    """Look at what can be seen of a drop that does not open; its refusal is the first row."""
    first = Row(Verdict.FAIL, "the drop", str(refusal), refusal.hint or "Mend this first.")
    return (first, *look_at_all(_ANYHOW, Looked(settings, keyring, day, None, config)))


def has_failed(rows: tuple[Row, ...]) -> bool:
    return any(row.verdict is Verdict.FAIL for row in rows)
