"""Unsealing one item of the vault into a verified envelope, in memory and through pipes, never through a file.

What comes out was signed by its author; whether it belongs where the drop says it does is examined at import.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from itertools import islice
from pathlib import Path

from dropbox.envelope import Envelope, OpenStream, Sink, extract, unpack, verify_submission
from dropbox.errors import DropboxError, FileUnreadable, GpgError, NotForYou, ThreadBroken, UnsealError
from dropbox.gpg import count_recipients
from dropbox.models import Fingerprint, SealedKind
from dropbox.reply_box import read_container
from dropbox.workstation.casebook import ItemRecord, detail_of
from dropbox.workstation.vault import Vault
from dropbox.writing import extract_writing, open_writing

MAX_KEY_BYTES = 64
MIN_LOCK_KEYS = 32
"""A writing may be locked to so many keys, or to as many members as there ever were."""
MAX_MEMORY_BYTES = 4 * 1024 * 1024
"""Up to here one run of gpg does, and what it gave is kept in memory between the passes."""
BATCH_ITEMS = 64
BATCH_BYTES = 8 * 1024 * 1024
"""What one run of gpg opens."""
BATCHES_AHEAD = 2
"""How many are being opened while one is read: gpg and its agent leave each other waiting, and most machines idle."""


@dataclass(frozen=True)
class Opened:
    """An item that was opened for reading."""

    record: ItemRecord
    envelope: Envelope


def unsealed_ahead(vault: Vault, records: Sequence[ItemRecord]) -> Iterator[tuple[ItemRecord, bytes | None]]:
    """Give each record with what its seal holds: a small submission's plaintext, a writing's key.

    gpg opens them in batches, the next ones while the caller works on this one. None for what is large, or did not open
    like that: opened by itself, it says why.
    """
    batches = _batches(vault, records)
    with ThreadPoolExecutor(max_workers=BATCHES_AHEAD) as pool:
        coming = deque((batch, pool.submit(_unseal_batch, vault, batch)) for batch in islice(batches, BATCHES_AHEAD))
        while coming:
            batch, opening = coming.popleft()
            unsealed = opening.result()
            coming.extend((each, pool.submit(_unseal_batch, vault, each)) for each in islice(batches, 1))
            yield from zip(batch, unsealed, strict=True)


def open_submission(vault: Vault, path: Path, unsealed: bytes | None = None) -> Envelope:
    """Unseal and verify a submission; `unsealed`: its plaintext, where that is known."""
    opened = _plaintext(vault, path) if unsealed is None else lambda: nullcontext(BytesIO(unsealed))
    return verify_submission(unpack(opened, _size(path)))


def open_written(
    vault: Vault, path: Path, allowed: Collection[Fingerprint], day: date, unsealed: bytes | None = None
) -> Envelope:
    """Open a reply or note through the desk's lock, and verify that one of `allowed` signed it.

    day: when the drop took it in; the author's key must have been valid then. `unsealed`: its key, where that is known.
    """
    key = _writing_key(vault, path) if unsealed is None else unsealed

    def verify(signed: bytes, signature: bytes) -> Fingerprint:
        return vault.members.verify_detached(signed, signature, allowed, at=day)

    return open_writing(path, key, verify, _size(path))


def open_item(vault: Vault, record: ItemRecord, unsealed: bytes | None = None) -> Envelope:
    """Open an item that was verified at import, or written here. Raises ThreadBroken when it is not the same any more.

    unsealed: what its seal holds, where that is known already (see `unsealed_ahead`).
    Raises GpgError as it comes when the key does not open anything (a card is out, a passphrase was not given).
    """
    path = vault.path_of(record)
    detail = detail_of(record)
    try:
        if record.kind is SealedKind.SUBMISSION:
            envelope = open_submission(vault, path, unsealed)
        else:
            author = [detail.author] if detail.author else []
            envelope = open_written(vault, path, author, record.written or record.day, unsealed)
    except GpgError as error:
        if isinstance(error, UnsealError) and not isinstance(error, NotForYou):
            raise ThreadBroken from None
        raise
    except DropboxError:
        raise ThreadBroken from None
    if envelope.index_sha256 != detail.index_sha256:
        raise ThreadBroken
    return envelope


def extract_item(vault: Vault, opened: Opened, sink: Sink) -> None:
    """Stream each attachment into the file that `sink` gives for it; a hash that differs raises."""
    path = vault.path_of(opened.record)
    if opened.record.kind is SealedKind.SUBMISSION:
        extract(_plaintext(vault, path), opened.envelope, sink)
    else:
        extract_writing(path, _writing_key(vault, path), opened.envelope, sink)


def _plaintext(vault: Vault, path: Path) -> OpenStream:
    """Return how to read a sealed file's plaintext from its start: a small one from memory, a large one from gpg.

    What we seal is not compressed, so a plaintext larger than its sealed file is a bomb.
    """
    max_bytes = _size(path)
    if max_bytes > MAX_MEMORY_BYTES:
        return lambda: vault.own.unseal(path, max_bytes)
    with vault.own.unseal(path, max_bytes) as stream:
        whole = stream.read()
    return lambda: nullcontext(BytesIO(whole))


def _batches(vault: Vault, records: Sequence[ItemRecord]) -> Iterator[list[ItemRecord]]:
    batch: list[ItemRecord] = []
    left = BATCH_BYTES
    for record in records:
        weight = _weight(vault, record)
        if batch and (len(batch) == BATCH_ITEMS or weight > left):
            yield batch
            batch, left = [], BATCH_BYTES
        batch.append(record)
        left -= weight
    if batch:
        yield batch


def _weight(vault: Vault, record: ItemRecord) -> int:
    """Return what a record costs in memory when it is opened in a batch."""
    if record.kind is not SealedKind.SUBMISSION:
        return MAX_KEY_BYTES
    size = _size(vault.path_of(record))
    return size if size <= MAX_MEMORY_BYTES else 0


def _unseal_batch(vault: Vault, batch: Sequence[ItemRecord]) -> list[bytes | None]:
    messages = {record.item: _message(vault, record) for record in batch}
    small = {item: message for item, message in messages.items() if message is not None}
    try:
        opened = dict(zip(small, vault.own.unseal_batch(list(small.values())), strict=True)) if small else {}
    except GpgError:  # one message can make gpg say more than is read: the others are opened by themselves
        opened = {}
    return [opened.get(record.item) for record in batch]


def _message(vault: Vault, record: ItemRecord) -> Path | bytes | None:
    """Return what gpg has to open for this item, or None when that is no matter for a batch."""
    path = vault.path_of(record)
    try:
        if record.kind is SealedKind.SUBMISSION:
            return path if _size(path) <= MAX_MEMORY_BYTES else None
        return _desk_lock(vault, path)
    except DropboxError:
        return None


def _writing_key(vault: Vault, path: Path) -> bytes:
    return vault.own.unseal_bytes(_desk_lock(vault, path), MAX_KEY_BYTES)


def _desk_lock(vault: Vault, path: Path) -> bytes:
    """Return a writing's lock for the desks. Raises UnsealError for one to more keys than can be meant.

    gpg asks its agent, and a card, for each key in turn: a second for every hundred, in each of a thousand notes.
    """
    try:
        with path.open("rb") as stream:
            lock = read_container(stream).desk_lock
    except OSError:
        raise FileUnreadable from None
    rosters = (each.newest for each in vault.casebook.rosters.values())
    ever = {membership.fingerprint for roster in rosters for membership in roster}
    if count_recipients(lock) > max(MIN_LOCK_KEYS, len(ever)):
        raise UnsealError
    return lock


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        raise FileUnreadable from None
