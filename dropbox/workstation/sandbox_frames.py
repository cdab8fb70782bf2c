"""What comes out of the sandbox: raw pixels, names and numbers, of bounded lengths before a deadline, or nothing.

The program inside is believed no more than the file that it read; the limits of both stand here. Nothing is started.
"""

import os
import select
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dropbox.errors import FileOutOfBounds

MIB = 1 << 20
HEAD = struct.Struct(">cL")
_READ_BYTES = MIB
_WORD_HEAD = struct.Struct(">HHHH?B")
_WHOLE = 1000


@dataclass(frozen=True)
class Limits:
    """What one look at a file may take. Times are of the clock on the wall, but for `cpu_seconds` (each process)."""

    content_bytes: int = 128 * MIB
    wall_seconds: int = 60
    cpu_seconds: int = 30
    page_seconds: int = 10
    office_seconds: int = 0
    failed_pages: int = 2
    address_bytes: int = 1024 * MIB
    folder_bytes: int = 64 * MIB
    processes: int = 64
    open_files: int = 64
    source_pixels: int = 120_000_000
    page_side_pixels: int = 1600
    pages: int = 10
    total_pages: int = 1000
    names: int = 1000
    name_bytes: int = 255
    words: int = 20_000


LIMITS = Limits()
OFFICE_LIMITS = Limits(
    wall_seconds=120,
    office_seconds=80,
    cpu_seconds=60,
    address_bytes=3072 * MIB,
    folder_bytes=256 * MIB,
    open_files=512,
    processes=128,
)


class Reason(StrEnum):
    """Why a job ended early, in the words of the program inside."""

    DAMAGED = "damaged"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    MORE = "more"


@dataclass(frozen=True)
class Total:
    """How many pages (or names in an archive) the file says that it has."""

    count: int


@dataclass(frozen=True)
class Pixels:
    """One page: rows of red, green and blue, one byte each, from the top left."""

    width: int
    height: int
    rgb: memoryview


@dataclass(frozen=True)
class Blank:
    """A page that could not be drawn within its limits."""


@dataclass(frozen=True)
class Name:
    """One file in an archive: its name as it stands there, and the size that the archive claims."""

    name: str
    size: int


@dataclass(frozen=True)
class Word:
    """A word on a page, and where it stands: in thousandths of the page, from its upper left corner.

    askew: it is not written along an edge, and is a piece of a word at most.
    """

    text: str = field(repr=False)
    left: int
    top: int
    right: int
    bottom: int
    askew: bool = False


@dataclass(frozen=True)
class Words:
    """The words of the page before, in the order in which they are read."""

    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Data:
    """A file that was made inside."""

    data: bytes = field(repr=False)


Frame = Total | Pixels | Blank | Name | Reason | Words | Data


class _Ended(FileOutOfBounds):
    """The program inside ended before it had said what was expected."""


class Reader:
    """Exactly what is asked for from the program inside, before the deadline, or FileOutOfBounds."""

    def __init__(self, descriptor: int, deadline: float) -> None:
        self._descriptor = descriptor
        self._deadline = deadline

    def starts(self) -> bool:
        """Whether the program inside says that it stands; bubblewrap that failed says nothing."""
        try:
            return self.exactly(HEAD.size) == HEAD.pack(b"H", 0)
        except _Ended:
            return False

    def exactly(self, size: int) -> memoryview:
        whole = memoryview(bytearray(size))
        got = 0
        while got < size:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
                raise FileOutOfBounds
            part = os.readv(self._descriptor, [whole[got : got + _READ_BYTES]])
            if not part:
                raise _Ended
            got += part
        return whole


def read_frames(reader: Reader, limits: Limits) -> Iterator[Frame]:
    """Give each frame; their number and lengths are bounded, whatever the program inside has become."""
    pages_left = limits.pages
    for _ in range(max(2 * limits.pages, limits.names) + 3):
        kind, length = HEAD.unpack(reader.exactly(HEAD.size))
        if kind == b"E":
            return
        pages_left -= kind in (b"P", b"X")
        if pages_left < 0:
            raise FileOutOfBounds
        yield _frame(kind, reader.exactly(_bounded(kind, length, limits)), limits)
    raise FileOutOfBounds


def _bounded(kind: bytes, length: int, limits: Limits) -> int:
    if length > (limits.folder_bytes if kind == b"D" else limits.page_side_pixels**2 * 3 + 8):
        raise FileOutOfBounds
    return int(length)


def _frame(kind: bytes, body: memoryview, limits: Limits) -> Frame:
    try:
        return _FRAMES[kind](body, limits)
    except (KeyError, struct.error, ValueError):
        raise FileOutOfBounds from None


def _name(body: memoryview, limits: Limits) -> Name:
    if len(body) > 8 + limits.name_bytes:
        raise FileOutOfBounds
    return Name(str(body[8:], "utf-8", "replace"), *struct.unpack(">Q", body[:8]))


def _pixels(body: memoryview, limits: Limits) -> Pixels:
    width, height = struct.unpack(">LL", body[:8])
    sides: Sequence[int] = (width, height)
    if not all(0 < side <= limits.page_side_pixels for side in sides) or len(body) != 8 + width * height * 3:
        raise FileOutOfBounds
    return Pixels(width, height, body[8:])


def _each_word(body: memoryview, limits: Limits) -> Iterator[Word]:
    at = 0
    for _ in range(limits.words):
        if at == len(body):
            return
        left, top, right, bottom, askew, length = _WORD_HEAD.unpack_from(body, at)
        at += _WORD_HEAD.size + length
        text = "".join(str(body[at - length : at], "utf-8", "replace").split())
        if at > len(body) or not (left < right <= _WHOLE and top < bottom <= _WHOLE):
            raise FileOutOfBounds
        yield Word(text, left, top, right, bottom, askew)
    if at != len(body):
        raise FileOutOfBounds


_FRAMES: dict[bytes, Callable[[memoryview, Limits], Frame]] = {
    b"P": _pixels,
    b"X": lambda _body, _limits: Blank(),
    b"N": lambda body, _limits: Total(*struct.unpack(">L", body)),
    b"F": _name,
    b"W": lambda body, limits: Words(tuple(_each_word(body, limits))),
    b"D": lambda body, _limits: Data(bytes(body)),
    b"R": lambda body, _limits: Reason(str(body, "ascii")),
}
