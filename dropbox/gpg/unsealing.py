"""Unsealing: gpg's output as a stream, and its verdict at the end. Nothing is written to any file.

What a stream hands out before its end is not believed by anybody: a damaged or forged message shows only there.
"""

import io
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from dropbox.errors import DropboxError, FileUnreadable, UnsealError
from dropbox.gpg.packets import check_sealed_head
from dropbox.gpg.process import CHUNK_BYTES, Engine, Status, Stream
from dropbox.gpg.verdicts import check_signature, check_unsealed
from dropbox.models import Fingerprint

Judge = Callable[[int, Status], None]


@contextmanager
def unsealing(
    engine: Engine,
    message: Path | bytes,
    arguments: Sequence[str],
    max_bytes: int | None,
    judge: Judge = check_unsealed,
    *,
    cpu_seconds: int | None = None,
    passphrase: int | None = None,
) -> Iterator[BinaryIO]:
    with opened_message(message) as stdin:
        check_sealed_head(stdin, or_passphrase=judge is either_way)
        os.lseek(stdin.fileno(), 0, os.SEEK_SET)
        given = () if passphrase is None else (passphrase,)
        with engine.stream([*arguments, "--decrypt"], stdin, cpu_seconds, given) as stream:
            yield io.BufferedReader(_Unsealed(stream, judge, max_bytes), CHUNK_BYTES)


def signed_by(allowed: Collection[Fingerprint]) -> Judge:
    """Return a judge that wants one good signature inside the seal; its key may have expired since."""

    def judge(code: int, status: Status) -> None:
        check_unsealed(code, status, signed=True)
        check_signature(status, allowed, key_may_have_expired=True)

    return judge


def either_way(code: int, status: Status) -> None:
    """Judge a message that a key or a passphrase opens: which of the two did is not asked."""
    check_unsealed(code, status, by_passphrase=True)


def by_anybody(code: int, status: Status) -> None:
    """Judge a message that somebody sealed in their own way: who signed it, if anybody, is not asked."""
    check_unsealed(code, status, signed=True)


class _Unsealed(io.RawIOBase):
    """The end of the stream is its verdict: it is given, or the error is raised, each time the end is met."""

    def __init__(self, stream: Stream, judge: Judge, max_bytes: int | None) -> None:
        super().__init__()
        self._stream = stream
        self._judge = judge
        self._left = max_bytes
        self._ended = False
        self._failure: DropboxError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a BufferedReader gives nothing else
        size = 0 if self._ended or self._failure else self._stream.readinto(buffer)
        try:
            self._account(size)
        except DropboxError as failure:
            self._failure = failure
            raise
        return size

    def _account(self, size: int) -> None:
        if self._failure is not None:
            raise self._failure
        if size == 0 and not self._ended:
            self._judge(*self._stream.finish())
            self._ended = True
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise UnsealError


@contextmanager
def opened_message(message: Path | bytes) -> Iterator[BinaryIO]:
    """Give a sealed message as a real file, which gpg can read by itself; bytes lie in anonymous memory."""
    try:
        if isinstance(message, bytes):
            opened: BinaryIO = os.fdopen(os.memfd_create("sealed", os.MFD_CLOEXEC), "r+b")
            opened.write(message)
            opened.seek(0)
        else:
            opened = message.open("rb")
    except OSError:
        raise FileUnreadable from None
    with opened:
        yield opened
