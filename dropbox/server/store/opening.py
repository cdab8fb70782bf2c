"""The store's birth, and the checks of every later start: is this the drop that it was?

Salt, parameters, epoch, drop key and the trial stamp are written once, with a check value that only the drop's secret
yields. What differs is a restore gone wrong or a stranger's hand, and in either case no reporter may be let in.
"""

import json
import secrets
from hashlib import blake2b

from sqlalchemy import Connection, insert, inspect, select

from dropbox.canonical import dump
from dropbox.codename import KdfParameters
from dropbox.errors import DiskLow, InvalidValue, StartRefused, StoreBusy, StoreError, StoreFull
from dropbox.models import FORMAT
from dropbox.server.identity import Identity
from dropbox.server.store import migrations
from dropbox.server.store.connection import Database
from dropbox.server.store.earlier import keep_copy
from dropbox.server.store.records import DropMeta
from dropbox.server.store.schema import drop_meta, lookups, metadata, resends

LAST_ROW = "g" * 64  # sorts after every hash, and is none
_NAME = "drop"
_RESTORE = "Restore the whole data folder (store, items and both keys) from one backup."


def open_meta(database: Database, identity: Identity, *, trial: bool, has_items: bool) -> DropMeta:
    """Return the store's meta data; make the store when it is empty, also one that a crash left half made.

    A store of an earlier version is brought up to today's, with a copy of it kept; one of a newer version is refused.
    """
    try:
        with database.write() as connection:
            if not inspect(connection).has_table(drop_meta.name):
                _create(connection, identity, trial=trial, has_items=has_items)
            state = migrations.state_of(connection)
            meta = _load(connection, identity)
            _refuse_other_kind(meta, trial=trial)
            if state != migrations.HEAD:
                # this transaction has written nothing yet, so the copy is the store as it was
                keep_copy(database.path, migrations.HEAD)
                migrations.migrate(connection, state)
    except StoreBusy:
        raise
    except DiskLow:
        raise StoreFull from None
    except StoreError:
        raise StartRefused("store.sqlite: cannot be read, or is damaged", _RESTORE) from None
    return meta


def _refuse_other_kind(meta: DropMeta, *, trial: bool) -> None:
    if meta.trial != trial:
        if meta.trial:
            hint = "A trial holds nothing real: remove its data folder, or set server.data_dir to another one."
            raise StartRefused("store.sqlite: is a trial's store for ever", hint)
        raise StartRefused("store.sqlite: is a real drop's store for ever", "Name another folder for the trial.")


def _create(connection: Connection, identity: Identity, *, trial: bool, has_items: bool) -> None:
    if has_items:
        raise StartRefused("store.sqlite: is missing although sealed items are there", _RESTORE)
    metadata.create_all(connection)
    migrations.stamp_new(connection)
    meta = DropMeta(identity.drop, secrets.token_hex(16), KdfParameters.new(), trial)
    values = {
        "name": _NAME,
        "format": migrations.LAYOUT,
        "drop_key": meta.drop,
        "epoch": meta.epoch,
        "kdf": _kdf_text(meta.kdf),
        "trial": trial,
        "check_value": check_value(identity, meta),
    }
    connection.execute(insert(drop_meta), values)
    connection.execute(insert(lookups), {"lookup": LAST_ROW, "case_id": None})
    connection.execute(insert(resends), {"resend_id": LAST_ROW, "day": None})


def _load(connection: Connection, identity: Identity) -> DropMeta:
    row = connection.execute(select(drop_meta).where(drop_meta.c.name == _NAME)).one_or_none()
    if row is None:
        raise StartRefused("store.sqlite: has lost what it was made with", _RESTORE)
    try:
        meta = DropMeta(row.drop_key, row.epoch, KdfParameters.from_json(json.loads(row.kdf)), row.trial)
    except (InvalidValue, ValueError):
        raise StartRefused("store.sqlite: its salt or parameters were changed", _RESTORE) from None
    if not secrets.compare_digest(row.check_value, check_value(identity, meta)):
        raise StartRefused("store.sqlite: salt, parameters or secret.key are not those it was made with", _RESTORE)
    return meta


def _kdf_text(kdf: KdfParameters) -> str:
    return dump(kdf.as_json()).decode()


def check_value(identity: Identity, meta: DropMeta) -> str:
    """H's key is the drop's subkey `drop1-check`; data: the canonical JSON of everything that never changes."""
    fixed = {"drop": meta.drop, "epoch": meta.epoch, "kdf": meta.kdf.as_json(), "trial": meta.trial, "format": FORMAT}
    return blake2b(dump(fixed), key=identity.subkey(b"drop1-check"), digest_size=32).hexdigest()
