"""Unsealing one item of the vault into a verified envelope, in memory and through pipes, never through a file.

What comes out was signed by its author; whether it belongs where the drop says it does is examined at import.
"""

from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from dropbox.envelope import Envelope, OpenStream, Sink, extract, unpack, verify_submission
from dropbox.errors import DropboxError, FileUnreadable, GpgError, NotForYou, ThreadBroken, UnsealError
from dropbox.models import Fingerprint, SealedKind
from dropbox.reply_box import read_container
from dropbox.workstation.casebook import ItemRecord, detail_of
from dropbox.workstation.vault import Vault
from dropbox.writing import extract_writing, open_writing

MAX_KEY_BYTES = 64
MAX_MEMORY_BYTES = 4 * 1024 * 1024
"""Up to here one run of gpg does, and what it gave is kept in memory between the passes."""


@dataclass(frozen=True)
class Opened:
    """An item that was opened for reading."""

    record: ItemRecord
    envelope: Envelope


def open_submission(vault: Vault, path: Path) -> Envelope:
    """Unseal and verify a submission."""
    return verify_submission(unpack(_plaintext(vault, path), _size(path)))


def open_written(vault: Vault, path: Path, allowed: Collection[Fingerprint], day: date) -> Envelope:
    """Open a reply or note through the desk's lock, and verify that one of `allowed` signed it.

    day: when the drop took it in; the author's key must have been valid then.
    """
    key = _writing_key(vault, path)

    def verify(signed: bytes, signature: bytes) -> Fingerprint:
        return vault.members.verify_detached(signed, signature, allowed, at=day)

    return open_writing(path, key, verify, _size(path))


def open_item(vault: Vault, record: ItemRecord) -> Envelope:
    """Open an item that was verified at import, or written here. Raises ThreadBroken when it is not the same any more.

    Raises GpgError as it comes when the key does not open anything (a card is out, a passphrase was not given).
    """
    path = vault.path_of(record)
    detail = detail_of(record)
    try:
        if record.kind is SealedKind.SUBMISSION:
            envelope = open_submission(vault, path)
        else:
            envelope = open_written(vault, path, [detail.author] if detail.author else [], record.day)
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


def _writing_key(vault: Vault, path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            container = read_container(stream)
    except OSError:
        raise FileUnreadable from None
    return vault.own.unseal_bytes(container.desk_lock, MAX_KEY_BYTES)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        raise FileUnreadable from None
