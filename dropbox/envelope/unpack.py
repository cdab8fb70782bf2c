"""Unpacking: the strict reader of format 1, over a stream that cannot be sought in.

Two passes. The first drains the stream, so that whatever guards it (gpg, the reply's body) has given its verdict before
a byte is believed, and keeps the end, where the directory stands. The second reads from the front and refuses every
byte that our own writer would not have put there. Attachments are hashed, never kept.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import BinaryIO
from zlib import crc32

from dropbox import canonical
from dropbox.envelope import index as names
from dropbox.envelope import records
from dropbox.envelope.header import MAX_HEADER_BYTES, MAX_TEXT_BYTES, SUBMISSION_KINDS, Header, parse_header
from dropbox.envelope.index import Attachment, Index, parse_index
from dropbox.errors import EnvelopeError
from dropbox.models import Plaintext
from dropbox.padding import bucket

CHUNK_BYTES = 64 * 1024
MAX_SIGNATURE_BYTES = 16 * 1024

OpenStream = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens the same plaintext from its start, as often as it is called; leaving it may raise the verdict."""
Sink = Callable[[Attachment], AbstractContextManager[BinaryIO]]

_KEPT_BYTES = {
    names.HEADER_PATH: MAX_HEADER_BYTES,
    names.MESSAGE_PATH: MAX_TEXT_BYTES,
    names.INDEX_PATH: names.MAX_INDEX_BYTES,
    names.SUBMISSION_SIGNATURE_PATH: MAX_SIGNATURE_BYTES,
    names.WRITING_SIGNATURE_PATH: MAX_SIGNATURE_BYTES,
}


@dataclass(frozen=True)
class Envelope:
    """What lay inside a seal, once its signature was verified."""

    header: Header
    message: Plaintext
    index: Index
    index_sha256: str


class UnverifiedEnvelope:
    """An envelope of the right form, by nobody yet: hand it to verify_submission or verify_writing."""

    __slots__ = ("_envelope", "_index_json", "_signature")

    def __init__(self, envelope: Envelope, index_json: bytes, signature: bytes) -> None:
        self._envelope, self._index_json, self._signature = envelope, index_json, signature

    def for_verification(self) -> tuple[Envelope, bytes, bytes]:
        """Return what it claims to be, index.json's exact bytes and their signature."""
        return self._envelope, self._index_json, self._signature


class StrictStream:
    """Reads exactly what is expected next, or raises EnvelopeError."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def exactly(self, size: int) -> bytes:
        return b"".join(self.chunks(size))

    def chunks(self, size: int) -> Iterator[bytes]:
        while size:
            chunk = self._stream.read(min(size, CHUNK_BYTES))
            if not chunk:
                raise EnvelopeError
            size -= len(chunk)
            yield chunk

    def expect(self, wanted: bytes) -> None:
        if self.exactly(len(wanted)) != wanted:
            raise EnvelopeError

    def expect_end(self) -> None:
        if self._stream.read(1):
            raise EnvelopeError


@dataclass
class _Reading:
    """What one strict pass has seen so far."""

    parts: list[Attachment] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)


def unpack(open_stream: OpenStream, max_bytes: int) -> UnverifiedEnvelope:
    """Read an envelope of at most `max_bytes` strictly; raises EnvelopeError, or what leaving the stream raises."""
    with open_stream() as stream:
        total_bytes, tail = _drain(stream, max_bytes)
    entries = records.parse_directory(tail, total_bytes)
    with open_stream() as stream:
        reading = _read(StrictStream(stream), entries)
    return _assemble(reading, total_bytes, entries[-1].size)


def drain(stream: BinaryIO) -> None:
    while stream.read(CHUNK_BYTES):
        pass


def _drain(stream: BinaryIO, max_bytes: int) -> tuple[int, bytes]:
    total, tail = 0, b""
    while chunk := stream.read(CHUNK_BYTES):
        total += len(chunk)
        if total > max_bytes:
            raise EnvelopeError
        tail = (tail + chunk)[-records.MAX_DIRECTORY_BYTES :]
    return total, tail


def _read(stream: StrictStream, entries: tuple[records.Entry, ...]) -> _Reading:
    _check_order([entry.path for entry in entries])
    reading = _Reading()
    for entry in entries:
        stream.expect(records.local_header(entry.path))
        _read_data(stream, entry, reading)
        stream.expect(records.descriptor(entry.crc, entry.size))
    stream.expect(records.directory(entries))
    stream.expect_end()
    return reading


def _check_order(paths: list[str]) -> None:
    """Refuse what is foreign, missing or out of place; the attachments' own paths are checked against index.json."""
    head, middle, end = paths[:2], paths[2:-3], paths[-3:]
    signatures = (names.SUBMISSION_SIGNATURE_PATH, names.WRITING_SIGNATURE_PATH)
    allowed_ends = [[names.INDEX_PATH, signature, names.PADDING_PATH] for signature in signatures]
    if head != [names.HEADER_PATH, names.MESSAGE_PATH] or end not in allowed_ends:
        raise EnvelopeError
    if not all(path.startswith("attachments/") for path in middle):
        raise EnvelopeError


def _read_data(stream: StrictStream, entry: records.Entry, reading: _Reading) -> None:
    limit = _KEPT_BYTES.get(entry.path)
    if limit is not None and entry.size > limit:
        raise EnvelopeError
    digest, kept, crc = sha256(), bytearray(), 0
    for chunk in stream.chunks(entry.size):
        crc = crc32(chunk, crc)
        digest.update(chunk)
        if limit is not None:
            kept += chunk
        elif entry.path == names.PADDING_PATH and chunk.count(0) != len(chunk):
            raise EnvelopeError
    if crc != entry.crc:
        raise EnvelopeError
    if limit is not None:
        reading.kept[entry.path] = bytes(kept)
    reading.parts.append(Attachment(entry.path, "", "", entry.size, digest.hexdigest()))


def _assemble(reading: _Reading, total_bytes: int, padding_bytes: int) -> UnverifiedEnvelope:
    kept = reading.kept
    header, index = parse_header(kept[names.HEADER_PATH]), parse_index(kept[names.INDEX_PATH])
    is_submission = header.kind in SUBMISSION_KINDS
    signature = kept.get(names.signature_path(is_submission))
    if signature is None or is_submission is not (index.number > 0):
        raise EnvelopeError
    if [_bare(part) for part in index.parts] != [_bare(part) for part in reading.parts[:-3]]:
        raise EnvelopeError
    if total_bytes != bucket(total_bytes - padding_bytes, index.floor_bytes):
        raise EnvelopeError
    envelope = Envelope(header, _text(kept[names.MESSAGE_PATH]), index, canonical.sha256_hex(kept[names.INDEX_PATH]))
    return UnverifiedEnvelope(envelope, kept[names.INDEX_PATH], signature)


def _bare(part: Attachment) -> tuple[str, int, str]:
    return part.path, part.size, part.sha256


def _text(data: bytes) -> Plaintext:
    try:
        return Plaintext(data.decode())
    except UnicodeDecodeError:
        raise EnvelopeError from None
