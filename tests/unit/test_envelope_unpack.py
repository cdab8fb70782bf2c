"""Unpacking: two passes over a pipe, memory flat, and nothing believed before the whole was seen."""

import io
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO, cast

import pytest

from dropbox.envelope import Attachment, Envelope, OpenStream, attachment_chunks, extract, unpack, verify_submission
from dropbox.errors import EnvelopeError, UnsealError
from tests.envelopes import FLOOR, PLENTY, Case, Slow, opened, pack

CASE = Case()
FILES = [("a.pdf", "application/pdf", b"%PDF" * 50_000), ("empty", "", b""), ("b", "text/plain", b"\r\n")]
DATA = pack(CASE, "Something häppened.\r\n", FILES, answers={"when": "May"})


class Sinks:
    """Keeps what was extracted, and forgets what an error cut off."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.forgotten: list[str] = []

    @contextmanager
    def __call__(self, attachment: Attachment) -> Iterator[BinaryIO]:
        target = io.BytesIO()
        try:
            yield target
        except BaseException:
            self.forgotten.append(attachment.path)
            raise
        self.kept[attachment.path] = target.getvalue()


def piped(data: bytes, step: int) -> OpenStream:
    return lambda: nullcontext(cast(BinaryIO, Slow(data, step)))


def verified(data: bytes = DATA) -> Envelope:
    return verify_submission(unpack(opened(data), PLENTY))


@pytest.mark.parametrize("step", [1, 7, 4096, 1 << 20])
def test_a_pipe_that_trickles_changes_nothing(step: int) -> None:
    data = pack(CASE, "x", FILES[1:]) if step < 100 else DATA
    envelope = verify_submission(unpack(piped(data, step), PLENTY))
    sinks = Sinks()
    extract(piped(data, step), envelope, sinks)
    wanted = FILES[1:] if step < 100 else FILES
    assert list(sinks.kept.values()) == [content for _, _, content in wanted]


def test_everything_that_was_packed_comes_back() -> None:
    envelope = verified()
    assert envelope.message.reveal() == "Something häppened.\r\n"
    assert envelope.header.answers == {"when": "May"}
    assert envelope.index.number == 1
    assert envelope.index.previous is None
    assert [(a.name, a.size) for a in envelope.index.attachments] == [(n, len(content)) for n, _, content in FILES]


def test_more_than_the_limit_is_not_read() -> None:
    assert unpack(opened(DATA), len(DATA))
    with pytest.raises(EnvelopeError):
        unpack(opened(DATA), len(DATA) - 1)


def test_nothing_is_believed_before_the_stream_gave_its_verdict() -> None:
    passes = 0

    @contextmanager
    def tampered() -> Iterator[BinaryIO]:
        nonlocal passes
        passes += 1
        stream = io.BytesIO(DATA)
        yield stream
        assert stream.read(1) == b"", "the verdict was asked for before the end"
        raise UnsealError

    with pytest.raises(UnsealError):
        unpack(tampered, PLENTY)
    assert passes == 1


def test_a_verdict_of_the_second_pass_counts_too() -> None:
    passes = 0

    @contextmanager
    def turning() -> Iterator[BinaryIO]:
        nonlocal passes
        passes += 1
        yield io.BytesIO(DATA)
        if passes == 2:
            raise UnsealError

    with pytest.raises(UnsealError):
        unpack(turning, PLENTY)


def test_a_stream_that_differs_between_the_passes_is_refused() -> None:
    other = pack(CASE, "Something else", FILES)
    streams = iter([DATA, other])
    with pytest.raises(EnvelopeError):
        unpack(lambda: nullcontext(io.BytesIO(next(streams))), PLENTY)


@pytest.mark.parametrize("second", [DATA[:-1], DATA[:100], b"", DATA + b"\0"], ids=["cut", "short", "empty", "longer"])
def test_a_stream_of_another_length_the_second_time_is_refused(second: bytes) -> None:
    streams = iter([DATA, second])
    with pytest.raises(EnvelopeError):
        unpack(lambda: nullcontext(io.BytesIO(next(streams))), PLENTY)


def test_nothing_shows_of_what_is_not_verified() -> None:
    unverified = unpack(opened(DATA), PLENTY)
    shown = [name for name in dir(unverified) if not name.startswith("_")]
    assert shown == ["for_verification"]
    assert "häppened" not in repr(unverified)


def test_memory_stays_flat_however_large_the_attachment() -> None:
    data = pack(CASE, "x", [("film", "", bytes(range(256)) * (1 << 16))])
    tracemalloc.start()
    try:
        envelope = verify_submission(unpack(piped(data, 1 << 20), PLENTY))
        for _ in attachment_chunks(piped(data, 1 << 20), envelope, envelope.index.attachments[0]):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_extraction_keeps_empty_files() -> None:
    sinks = Sinks()
    extract(opened(DATA), verified(), sinks)
    assert sinks.kept["attachments/0002.bin"] == b""


def test_extraction_reads_to_the_end_so_that_the_verdict_falls() -> None:
    stream = io.BytesIO(DATA)
    extract(lambda: nullcontext(stream), verified(), Sinks())
    assert stream.read() == b""


def test_extraction_of_other_bytes_than_the_index_names_is_refused_and_cleared_up() -> None:
    envelope = verified()
    other = bytearray(DATA)
    other[DATA.index(b"%PDF") + 100_000] ^= 1
    sinks = Sinks()
    with pytest.raises(EnvelopeError):
        extract(opened(bytes(other)), envelope, sinks)
    assert sinks.kept == {}
    assert sinks.forgotten == ["attachments/0001.pdf"]


def test_extraction_from_another_envelope_is_refused() -> None:
    sinks = Sinks()
    with pytest.raises(EnvelopeError):
        extract(opened(pack(CASE, "x", FILES)), verified(), sinks)
    assert sinks.kept == {}


def test_extraction_of_a_file_of_the_same_size_from_elsewhere_is_refused() -> None:
    one, other = (pack(CASE, "x", [("a.txt", "text/plain", content)]) for content in (b"one", b"two"))
    sinks = Sinks()
    with pytest.raises(EnvelopeError):
        extract(opened(other), verified(one), sinks)
    assert sinks.forgotten == ["attachments/0001.txt"]


def test_one_attachment_comes_alone() -> None:
    envelope = verified()
    for attachment, (_, _, content) in zip(envelope.index.attachments, FILES, strict=True):
        assert b"".join(attachment_chunks(opened(DATA), envelope, attachment)) == content


def test_the_last_piece_of_an_attachment_waits_for_its_hash() -> None:
    envelope = verified()
    other = bytearray(DATA)
    other[DATA.index(b"%PDF") + 10] ^= 1
    received: list[bytes] = []
    with pytest.raises(EnvelopeError):
        received.extend(attachment_chunks(opened(bytes(other)), envelope, envelope.index.attachments[0]))
    assert received
    assert sum(map(len, received)) < envelope.index.attachments[0].size


@pytest.mark.parametrize("length", [0, 1, 21, 22, 100, FLOOR - 1])
def test_an_envelope_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(EnvelopeError):
        unpack(opened(DATA[:length]), PLENTY)
    with pytest.raises(EnvelopeError):
        unpack(opened(DATA[-length:] if length else b""), PLENTY)
