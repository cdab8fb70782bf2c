"""Extraction: the attachments of a verified envelope, copied out in one further pass.

The verified index says what must come, byte for byte; the directory is not asked again. What lands in a sink before
an error is not to be kept: the error is raised inside the sink's own context so that it can clear up.
"""

from collections.abc import Iterator
from hashlib import sha256
from zlib import crc32

from dropbox.envelope import records
from dropbox.envelope.index import Attachment
from dropbox.envelope.unpack import Envelope, OpenStream, Sink, StrictStream, drain
from dropbox.errors import EnvelopeError


def extract(open_stream: OpenStream, envelope: Envelope, sink: Sink) -> None:
    """Copy each attachment into what `sink` opens for it; raises EnvelopeError where it differs from the index."""
    with open_stream() as stream:
        reader = StrictStream(stream)
        _skip(reader, envelope.index.parts[:2])
        for attachment in envelope.index.attachments:
            with sink(attachment) as target:
                for chunk in _data(reader, attachment):
                    target.write(chunk)
        drain(stream)  # the verdict on the whole falls at the end


def attachment_chunks(open_stream: OpenStream, envelope: Envelope, attachment: Attachment) -> Iterator[bytes]:
    """Yield one attachment's bytes; the last piece comes only when the whole agreed with the index."""
    parts = envelope.index.parts
    with open_stream() as stream:
        reader = StrictStream(stream)
        _skip(reader, parts[: parts.index(attachment)])
        yield from _data(reader, attachment)


def _skip(reader: StrictStream, parts: tuple[Attachment, ...]) -> None:
    for part in parts:
        for _ in _data(reader, part):
            pass


def _data(reader: StrictStream, part: Attachment) -> Iterator[bytes]:
    """Yield the data of the next entry, which must be `part`, one piece behind what was read."""
    reader.expect(records.local_header(part.path))
    digest, crc, held = sha256(), 0, b""
    for chunk in reader.chunks(part.size):
        if held:
            yield held
        digest.update(chunk)
        crc, held = crc32(chunk, crc), chunk
    if digest.hexdigest() != part.sha256:
        raise EnvelopeError
    reader.expect(records.descriptor(crc, part.size))
    if held:
        yield held
