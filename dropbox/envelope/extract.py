"""Extraction: the attachments of a verified envelope, copied out in one further pass.

The verified index says what must come, byte for byte; the directory is not asked again. What lands in a sink before
an error is not to be kept: the error is raised inside the sink's own context so that it can clear up.
"""

from dropbox.envelope.unpack import Envelope, OpenStream, Sink, StrictStream, copy_entry, drain


def extract(open_stream: OpenStream, envelope: Envelope, sink: Sink) -> None:
    """Copy each attachment into what `sink` opens for it; raises EnvelopeError where it differs from the index."""
    with open_stream() as stream:
        reader = StrictStream(stream)
        for part in envelope.index.parts[:2]:
            copy_entry(reader, part, _ignore)
        for attachment in envelope.index.attachments:
            with sink(attachment) as target:
                copy_entry(reader, attachment, target.write)
        # to the end, so that the verdict on the whole falls
        drain(stream)


def _ignore(_chunk: bytes) -> None:
    return None
