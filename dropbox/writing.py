"""Investigators' replies and notes, whole: an envelope, signed by its author, inside a reply's container.

Works the same for the workstation that writes and the server that shows. It starts no gpg itself: who signs, seals the
desks' lock and verifies is handed in. Plaintext passes through memory only, in small pieces.
"""

import mimetypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dropbox import reply_box
from dropbox.envelope import (
    Attachment,
    Envelope,
    Header,
    OpenStream,
    Packer,
    Sink,
    attachment_chunks,
    extract,
    signed_bytes,
    unpack,
    verify_writing,
)
from dropbox.errors import AttachmentUnreadable, InvalidValue, TooLarge
from dropbox.models import Fingerprint, Kind, Plaintext
from dropbox.padding import DEFAULT_FLOOR_BYTES, bucket
from dropbox.target import new_file

MAX_ATTACHMENTS_BYTES = 25 * 1024 * 1024
MAX_WRITING_BYTES = bucket(MAX_ATTACHMENTS_BYTES + 1024 * 1024)
"""The largest envelope of a writing: its attachments, and room for text, index and signature."""

_READ_BYTES = 64 * 1024


@dataclass(frozen=True)
class HeldFile:
    """A file to attach that is in memory only: what came in through a form is never put down anywhere to be sealed."""

    name: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content)


def write(
    target: Path,
    header: Header,
    message: Plaintext,
    files: Sequence[Path | HeldFile],
    *,
    sign: Callable[[bytes], bytes],
    seal_lock: Callable[[bytes], bytes],
    reply_public: bytes | None,
    floor_bytes: int = DEFAULT_FLOOR_BYTES,
) -> bytes | None:
    """Write a new container to `target`, fsynced, mode 0600; return the reporter's lock (None for a note).

    `sign` makes the author's detached signature, `seal_lock` seals K to the desks. On any error `target` is gone.
    Raises TooLarge, AttachmentUnreadable, TargetExists, TargetUnusable, and what the two callbacks raise.
    """
    if (header.kind is Kind.REPLY) is (reply_public is None):
        raise InvalidValue
    packer = Packer(header, message, floor_bytes)
    key = reply_box.new_key()
    reporter_lock = None if reply_public is None else reply_box.lock(key, reply_public)
    desk_lock = seal_lock(key)
    with new_file(target) as file:
        reply_box.write_container(file, desk_lock, key, _pack(packer, header.kind, files, sign))
    return reporter_lock


def open_writing(
    path: Path,
    key: bytes,
    verify: Callable[[bytes, bytes], Fingerprint],
    max_bytes: int = MAX_WRITING_BYTES,
) -> Envelope:
    """Return the writing in a container, verified as its author's; raises ReplyBoxError, EnvelopeError or a refusal.

    `verify` gets what was signed and the signature; it returns the signer or raises SignatureInvalid.
    """
    return verify_writing(unpack(_body(path, key), max_bytes), verify)


def extract_writing(path: Path, key: bytes, envelope: Envelope, sink: Sink) -> None:
    extract(_body(path, key), envelope, sink)


def writing_attachment(path: Path, key: bytes, envelope: Envelope, attachment: Attachment) -> Iterator[bytes]:
    """Yield one attachment's bytes; the last piece comes only when the whole agreed with the index."""
    return attachment_chunks(_body(path, key), envelope, attachment)


def _body(path: Path, key: bytes) -> OpenStream:
    return lambda: reply_box.open_body(path, key)


def _pack(
    packer: Packer, kind: Kind, files: Sequence[Path | HeldFile], sign: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    yield packer.begin()
    left = MAX_ATTACHMENTS_BYTES
    for file in files:
        yield packer.start_file(file.name, mimetypes.guess_type(file.name)[0] or "")
        for chunk in _held_chunks(file) if isinstance(file, HeldFile) else _file_chunks(file):
            left -= len(chunk)
            if left < 0:
                raise TooLarge
            yield packer.write(chunk)
        yield packer.end_file()
    index = packer.index()
    yield from packer.finish(index, sign(signed_bytes(kind, index)))


def _held_chunks(file: HeldFile) -> Iterator[bytes]:
    for start in range(0, file.size, _READ_BYTES):
        yield file.content[start : start + _READ_BYTES]


def _file_chunks(path: Path) -> Iterator[bytes]:
    # a named pipe or device would never end, or never begin
    if not path.is_file():
        raise AttachmentUnreadable
    try:
        with path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                yield chunk
    except OSError:
        raise AttachmentUnreadable from None
