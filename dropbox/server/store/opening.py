"""The store's birth, and the checks of every later start: is this the drop that it was?

Salt, parameters, epoch, drop key and the trial stamp are written once, with a check value that only the drop's secret
yields. What differs is a restore gone wrong or a stranger's hand, and in either case no reporter may be let in.
"""

import json
import secrets
from hashlib import blake2b

from sqlalchemy import Connection, func, insert, inspect, select, text, update
from sqlalchemy.schema import CreateColumn

from dropbox.canonical import dump
from dropbox.codename import KdfParameters
from dropbox.errors import InvalidValue, StartRefused, StoreBusy, StoreError
from dropbox.models import FORMAT, SealedKind
from dropbox.server.identity import Identity
from dropbox.server.store.connection import Database
from dropbox.server.store.records import DropMeta
from dropbox.server.store.schema import LATER_COLUMNS, cases, drop_meta, items, lookups, metadata, resends
from dropbox.shown import VIEW_BYTES

LAST_ROW = "g" * 64  # sorts after every hash, and is none
_NAME = "drop"
_RESTORE = "Restore the whole data folder (store, items and both keys) from one backup."


def open_meta(database: Database, identity: Identity, *, trial: bool, has_items: bool) -> DropMeta:
    """Return the store's meta data; make the store when it is empty, also one that a crash left half made."""
    try:
        with database.write() as connection:
            if not inspect(connection).has_table(drop_meta.name):
                _create(connection, identity, trial=trial, has_items=has_items)
            meta = _load(connection, identity)
            metadata.create_all(connection)
            _add_later_columns(connection)
    except StoreBusy:
        raise
    except StoreError:
        raise StartRefused("store.sqlite: cannot be read, or is damaged", _RESTORE) from None
    if meta.trial != trial:
        if meta.trial:
            hint = "A trial holds nothing real: remove its data folder, or set server.data_dir to another one."
            raise StartRefused("store.sqlite: is a trial's store for ever", hint)
        raise StartRefused("store.sqlite: is a real drop's store for ever", "Name another folder for the trial.")
    return meta


def _create(connection: Connection, identity: Identity, *, trial: bool, has_items: bool) -> None:
    if has_items:
        raise StartRefused("store.sqlite: is missing although sealed items are there", _RESTORE)
    metadata.create_all(connection)
    meta = DropMeta(identity.drop, secrets.token_hex(16), KdfParameters.new(), trial)
    values = {
        "name": _NAME,
        "format": FORMAT,
        "drop_key": meta.drop,
        "epoch": meta.epoch,
        "kdf": _kdf_text(meta.kdf),
        "trial": trial,
        "check_value": _check_value(identity, meta),
    }
    connection.execute(insert(drop_meta), values)
    connection.execute(insert(lookups), {"lookup": LAST_ROW, "case_id": None})
    connection.execute(insert(resends), {"resend_id": LAST_ROW, "day": None})


def _add_later_columns(connection: Connection) -> None:
    """Give a store of an earlier version the columns that came since; one that has them is left alone."""
    there = {column["name"] for column in inspect(connection).get_columns(cases.name)}
    missing = [column for column in LATER_COLUMNS if column.name not in there]
    for column in missing:
        made = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {cases.name} ADD COLUMN {made}"))
    if cases.c.first_reply_day in missing:
        ours = (items.c.case_id == cases.c.case_id, items.c.kind == SealedKind.REPLY.value)
        first = select(func.min(items.c.day)).where(*ours).scalar_subquery()
        connection.execute(update(cases).values(first_reply_day=first))
    _fill_views(connection)


def _fill_views(connection: Connection) -> None:
    """Put chance bytes where a box is missing, which open to nothing: else having one would tell who chose to hide."""
    without = connection.scalars(select(cases.c.case_id).where(cases.c.sealed_view.is_(None))).all()
    for case in without:
        filled = {"sealed_view": secrets.token_bytes(VIEW_BYTES)}
        connection.execute(update(cases).where(cases.c.case_id == case).values(**filled))


def _load(connection: Connection, identity: Identity) -> DropMeta:
    row = connection.execute(select(drop_meta).where(drop_meta.c.name == _NAME)).one_or_none()
    if row is None:
        raise StartRefused("store.sqlite: has lost what it was made with", _RESTORE)
    if row.format != FORMAT:
        raise StartRefused(f"store.sqlite: has format {row.format}, this program knows {FORMAT}")
    if row.drop_key != identity.drop:
        raise StartRefused("signing.key: is not the key that this store was made with", _RESTORE)
    try:
        meta = DropMeta(row.drop_key, row.epoch, KdfParameters.from_json(json.loads(row.kdf)), row.trial)
    except (InvalidValue, ValueError):
        raise StartRefused("store.sqlite: its salt or parameters were changed", _RESTORE) from None
    if not secrets.compare_digest(row.check_value, _check_value(identity, meta)):
        raise StartRefused("store.sqlite: salt, parameters or secret.key are not those it was made with", _RESTORE)
    return meta


def _kdf_text(kdf: KdfParameters) -> str:
    return dump(kdf.as_json()).decode()


def _check_value(identity: Identity, meta: DropMeta) -> str:
    """H's key is the drop's subkey `drop1-check`; data: the canonical JSON of everything that never changes."""
    fixed = {"drop": meta.drop, "epoch": meta.epoch, "kdf": meta.kdf.as_json(), "trial": meta.trial, "format": FORMAT}
    return blake2b(dump(fixed), key=identity.subkey(b"drop1-check"), digest_size=32).hexdigest()
