"""A file as pages of pixels with the words on them: what covering starts from, and what the finished file is held to.

The file itself is parsed in the sandbox alone; the words come from its own text, or are read from its picture.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TypeVar

from PIL import Image

from dropbox.envelope import Attachment
from dropbox.errors import FileOutOfBounds, FileTooLargeToView, KindNotRedrawn, PageNotRedrawn, TooManyPages
from dropbox.workstation import sandbox
from dropbox.workstation.file_types import FileKind, FileType
from dropbox.workstation.opening import Opened
from dropbox.workstation.sandbox import Job
from dropbox.workstation.sandbox_frames import (
    LIMITS,
    MIB,
    OFFICE_LIMITS,
    Data,
    Frame,
    Limits,
    Pixels,
    Total,
    Word,
    Words,
)
from dropbox.workstation.seals import first_bytes
from dropbox.workstation.sniffing import decode_text
from dropbox.workstation.vault import Vault
from dropbox.workstation.viewing import MAX_TEXT_BYTES, inner

MAX_PAGES = 100
MAX_OWN_PAGES = 500
PAGE_SIDE_PIXELS = 2000
"""The longer side of a redrawn page: small print can still be read."""
_JOBS = {FileKind.PICTURE: Job.PICTURE, FileKind.PDF: Job.PDF, FileKind.OFFICE: Job.OFFICE}
_ONE_LIMITS = replace(LIMITS, pages=1, page_side_pixels=PAGE_SIDE_PIXELS)
_ALL_LIMITS = replace(_ONE_LIMITS, pages=MAX_PAGES, wall_seconds=300)
_OWN_LIMITS = replace(_ALL_LIMITS, pages=MAX_OWN_PAGES, wall_seconds=600)
_READER_LIMITS = replace(_ONE_LIMITS, wall_seconds=150, page_seconds=70, cpu_seconds=60)
_CLEANER_LIMITS = replace(OFFICE_LIMITS, wall_seconds=130, office_seconds=120)
Made = TypeVar("Made", bound=Frame)


@dataclass(frozen=True)
class Page:
    """One page as it was drawn, a PNG of our own, and the words that the file or its picture says are on it.

    total: how many pages the file has, where one was drawn by itself.
    """

    number: int
    png: bytes = field(repr=False)
    width: int
    height: int
    words: tuple[Word, ...] = field(default=(), repr=False)
    total: int = 0

    def image(self) -> Image.Image:
        with Image.open(BytesIO(self.png), formats=("PNG",)) as picture:
            return picture.convert("RGB")


def can_redraw(true: FileType) -> bool:
    """Whether there is a way to redraw files of this type, as far as their first bytes tell."""
    return true.is_text or true.kind in _JOBS


def draw_all(vault: Vault, opened: Opened, attachment: Attachment, *, seals: int = 0) -> list[Page]:
    """Return all pages of an attachment.

    Raises KindNotRedrawn, TooManyPages, PageNotRedrawn, and what viewing.look raises.
    """
    with inner(vault, opened, attachment, seals) as (content, kind, _):
        return _draw(content, kind, _ALL_LIMITS)


def draw_page(vault: Vault, opened: Opened, attachment: Attachment, number: int, *, seals: int = 0) -> Page:
    """Return one page of an attachment with its words, read from its picture where the file tells none.

    Raises what `draw_all` raises; PageNotRedrawn for a page that is not there.
    """
    with inner(vault, opened, attachment, seals) as (content, kind, _):
        drawn = _draw(content, kind, _ONE_LIMITS, number)
    return replace(drawn[0], words=drawn[0].words or read(drawn[0].image()))


def draw_own(pdf: bytes) -> list[Page]:
    """Return all pages of a PDF that was made here. Raises PageNotRedrawn."""
    with _held(pdf) as content:
        return _drawn(Job.PDF, content, _OWN_LIMITS, 1)


def read(picture: Image.Image) -> tuple[Word, ...]:
    """Return the words that tesseract reads in a picture; none where it is not here. Raises FileOutOfBounds."""
    if not sandbox.has_reader():
        return ()
    packed = BytesIO()
    picture.save(packed, "PPM")
    found = _only(Job.OCR, packed.getvalue(), _READER_LIMITS, Words)
    return found.words


def cleaned(pdf: bytes) -> bytes:
    """Return a PDF of ours after mat2 went over it. Raises FileOutOfBounds."""
    limits = replace(_CLEANER_LIMITS, folder_bytes=max(_CLEANER_LIMITS.folder_bytes, 4 * len(pdf) + 16 * MIB))
    return _only(Job.CLEAN, pdf, limits, Data).data


def png(picture: Image.Image) -> bytes:
    packed = BytesIO()
    picture.save(packed, "PNG", compress_level=6)
    return packed.getvalue()


def _draw(content: int, kind: FileType, limits: Limits, first_page: int = 1) -> list[Page]:
    if kind.is_text:
        with _held(_printed(content)) as printed:
            return _drawn(Job.PDF, printed, limits, first_page)
    if kind.kind not in _JOBS:
        raise KindNotRedrawn
    return _drawn(_JOBS[kind.kind], content, limits, first_page)


def _printed(content: int) -> bytes:
    """Return a text as a PDF, so that it is redrawn like all else."""
    if os.fstat(content).st_size > MAX_TEXT_BYTES:
        raise FileTooLargeToView
    # its libraries are a third of what every command loads, and few commands make paper
    from dropbox.workstation.paper import Paper  # noqa: PLC0415

    paper = Paper("", numbered=False)
    paper.paragraph(decode_text(first_bytes(content, MAX_TEXT_BYTES)) or "")
    return paper.pdf()


def _drawn(job: Job, content: int, limits: Limits, first_page: int) -> list[Page]:
    """Return all pages from the first one on that the limits allow; every one must come."""
    if job is Job.OFFICE:
        limits = _with_office(limits)
    os.lseek(content, 0, os.SEEK_SET)
    with sandbox.frames(job, content, first_page, limits, words=job is not Job.PICTURE) as frames:
        total, pages = _pages(frames, first_page)
    expected = min(total, first_page + limits.pages - 1) - first_page + 1
    if total > limits.pages > 1:
        raise TooManyPages
    if not pages or len(pages) != expected:
        raise PageNotRedrawn(f"{first_page + len(pages)}")
    return pages


def _with_office(limits: Limits) -> Limits:
    """Return the limits with what the office program needs besides."""
    return replace(
        OFFICE_LIMITS,
        pages=limits.pages,
        page_side_pixels=limits.page_side_pixels,
        wall_seconds=limits.wall_seconds + OFFICE_LIMITS.wall_seconds,
    )


def _pages(frames: Iterator[Frame], first_page: int) -> tuple[int, list[Page]]:
    """Return how many pages there are, and those that came before the first one that did not."""
    total, pages = 0, list[Page]()
    for frame in frames:
        if isinstance(frame, Total):
            total = frame.count
        elif isinstance(frame, Pixels):
            image = Image.frombytes("RGB", (frame.width, frame.height), frame.rgb)
            pages.append(Page(first_page + len(pages), png(image), frame.width, frame.height))
        elif isinstance(frame, Words) and pages:
            pages[-1] = replace(pages[-1], words=frame.words)
        else:
            break
    return total, [replace(page, total=total) for page in pages]


@contextmanager
def _held(data: bytes) -> Iterator[int]:
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(descriptor), "wb") as target:
            target.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _only(job: Job, data: bytes, limits: Limits, wanted: type[Made]) -> Made:
    """Return the one frame that a job is to give. Raises FileOutOfBounds."""
    with _held(data) as content, sandbox.frames(job, content, 1, limits) as frames:
        for frame in frames:
            if isinstance(frame, wanted):
                return frame
    raise FileOutOfBounds
