"""Packing: the bytes of an envelope, in order, as they become known. No file, no socket, no clock.

Each method returns what comes next in the stream and nothing is kept but hashes, sizes and names, so an upload of any
size is packed in flat memory. The padding makes the whole exactly one bucket.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from zlib import crc32

from dropbox.envelope import index as names
from dropbox.envelope import records
from dropbox.envelope.header import (
    MAX_HEADER_BYTES,
    MAX_TEXT_BYTES,
    SUBMISSION_KINDS,
    Header,
    message_bytes,
    text_bytes,
)
from dropbox.envelope.index import Attachment, Index
from dropbox.errors import EnvelopeError, InvalidValue, TooLarge
from dropbox.models import Fingerprint, Plaintext
from dropbox.padding import bucket

_ZEROS = bytes(64 * 1024)


class _OpenEntry:
    """Counts and hashes what goes into the entry that is being written."""

    def __init__(self, path: str, name: str, media_type: str) -> None:
        self.path, self.name, self.media_type = path, name, media_type
        self.size, self.crc, self.digest = 0, 0, sha256()

    def add(self, data: bytes) -> bytes:
        self.size += len(data)
        self.crc = crc32(data, self.crc)
        self.digest.update(data)
        return data

    def part(self) -> Attachment:
        return Attachment(self.path, self.name, self.media_type, self.size, self.digest.hexdigest())


class Packer:
    """Packs one envelope: begin, then start_file, write, end_file for each file, then index and finish.

    Raises TooLarge for a text over MAX_TEXT_BYTES, too many files or a whole that no ZIP without zip64 can hold;
    InvalidValue for text that is not Unicode; EnvelopeError when called out of order.
    """

    def __init__(self, header: Header, message: Plaintext, floor_bytes: int) -> None:
        if text_bytes(message, header.answers) > MAX_TEXT_BYTES:
            raise TooLarge
        self._header, self._floor_bytes = header, floor_bytes
        self._header_json, self._message = header.as_bytes(), message_bytes(message)
        if len(self._header_json) > MAX_HEADER_BYTES or floor_bytes < names.MIN_FLOOR_BYTES:
            raise InvalidValue
        self._open: _OpenEntry | None = None
        self._parts: list[Attachment] = []
        self._entries: list[records.Entry] = []
        self._bytes = 0
        self._finished = False

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return tuple(self._parts[2:])

    def begin(self) -> bytes:
        if self._entries:
            raise EnvelopeError
        return self._whole(names.HEADER_PATH, self._header_json) + self._whole(names.MESSAGE_PATH, self._message)

    def start_file(self, name: str, media_type: str) -> bytes:
        if self._open is not None or not self._parts:
            raise EnvelopeError
        position = len(self._parts) - 1
        if position > names.MAX_ATTACHMENTS:
            raise TooLarge
        path = names.attachment_path(position, names.allowed_extension(name))
        return self._start(path, names.bounded_name(name), names.bounded_type(media_type))

    def write(self, data: bytes) -> bytes:
        if self._open is None:
            raise EnvelopeError
        # checked as it grows, so that no zip64 is ever needed
        if self._bytes + self._open.size + len(data) > records.MAX_TOTAL_BYTES:
            raise TooLarge
        return self._open.add(data)

    def end_file(self) -> bytes:
        return self._end()

    def index(self, number: int = 0, previous: str | None = None, recipients: Sequence[Fingerprint] = ()) -> bytes:
        """Return index.json's bytes, to be signed; a writing has no number, previous or recipients."""
        is_submission = self._header.kind in SUBMISSION_KINDS
        if self._open is not None or not self._parts:
            raise EnvelopeError
        if is_submission is not (number > 0) or (not is_submission and recipients):
            raise InvalidValue
        listed = tuple(sorted(set(recipients)))
        return Index(tuple(self._parts), self._floor_bytes, number, previous, listed).as_bytes()

    def finish(self, index: bytes, signature: bytes) -> Iterator[bytes]:
        """Yield the rest: the index, its signature, padding in small pieces, and the central directory."""
        if self._open is not None or not self._parts or self._finished:
            raise EnvelopeError
        self._finished = True
        signature_path = names.signature_path(self._header.kind in SUBMISSION_KINDS)
        yield self._whole(names.INDEX_PATH, index) + self._whole(signature_path, signature)
        yield from self._padding()
        yield records.directory(self._entries)

    def _padding(self) -> Iterator[bytes]:
        paths = [*(entry.path for entry in self._entries), names.PADDING_PATH]
        unpadded = self._bytes + records.span(names.PADDING_PATH, 0) + records.directory_bytes(paths)
        total = bucket(unpadded, self._floor_bytes)
        if total > records.MAX_TOTAL_BYTES:
            raise TooLarge
        yield self._start(names.PADDING_PATH, "", "")
        left = total - unpadded
        while left:
            piece = _ZEROS[:left]
            left -= len(piece)
            yield self.write(piece)
        yield self._end()

    def _whole(self, path: str, data: bytes) -> bytes:
        return self._start(path, "", "") + self.write(data) + self._end()

    def _start(self, path: str, name: str, media_type: str) -> bytes:
        self._open = _OpenEntry(path, name, media_type)
        return records.local_header(path)

    def _end(self) -> bytes:
        if self._open is None:
            raise EnvelopeError
        entry, self._open = self._open, None
        self._parts.append(entry.part())
        self._entries.append(records.Entry(entry.path, entry.size, entry.crc))
        self._bytes += records.span(entry.path, entry.size)
        return records.descriptor(entry.crc, entry.size)
