"""Looking at one attachment without opening it: pictures of its pages, its text, or the names in an archive.

What the attachment's author shaped is parsed in the sandbox alone; here it is bytes in anonymous memory, text that
whoever shows it makes harmless, and pixels that are packed anew. Nothing is written to a file. A seal of the reporter's
own is opened only when that was asked for, and never for an item, key or bundle of the drop itself.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from PIL import Image

from dropbox.envelope import Attachment
from dropbox.errors import (
    AttachmentUnknown,
    DropboxError,
    FileNotShown,
    FileOutOfBounds,
    FileTooLargeToView,
    ItemPlaceUnknown,
    KindNotShown,
    NotForYou,
    OwnItemInside,
    ProgramNotShown,
    SealNotOpened,
    SealsTooDeep,
    StillSealed,
    UnsealError,
)
from dropbox.workstation import alarms, sandbox
from dropbox.workstation.casebook import MIN_CASE_PREFIX
from dropbox.workstation.file_types import SEALED, FileKind, FileType
from dropbox.workstation.opening import Opened, extract_item
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.sandbox import Job
from dropbox.workstation.sandbox_frames import LIMITS, MIB, OFFICE_LIMITS, Name, Pixels, Reason, Total
from dropbox.workstation.seals import all_bytes, dearmored, first_bytes, refuse_own
from dropbox.workstation.sniffing import HEAD_BYTES, decode_text, sniff, warnings
from dropbox.workstation.speech import Words
from dropbox.workstation.vault import Vault

MAX_SEALS = 3
"""How many seals within each other are opened, each on request."""
MAX_SEALED_BYTES = 64 * MIB
SEAL_CPU_SECONDS = 20
MAX_TEXT_BYTES = 256 * 1024
"""How much of a text is shown."""
_JOBS = {
    FileKind.PICTURE: Job.PICTURE,
    FileKind.PDF: Job.PDF,
    FileKind.OFFICE: Job.OFFICE,
    FileKind.ZIP: Job.ZIP,
    FileKind.TAR: Job.TAR,
}


@dataclass(frozen=True)
class Picture:
    """One page as a picture: a PNG that was made here. `png` is empty where the page could not be drawn."""

    png: bytes
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Shown:
    """What can be seen of a file: pages, or names, or text. `seals` were opened to get at it.

    total: how many pages or names the file says it has; `cut`: there is more than is here.
    """

    type: FileType
    seals: int
    size_bytes: int
    first_page: int = 1
    total: int = 0
    pages: tuple[Picture, ...] = ()
    names: tuple[Name, ...] = ()
    text: str | None = None
    cut: bool = False


def look(vault: Vault, opened: Opened, attachment: Attachment, *, seals: int = 0, first_page: int = 1) -> Shown:
    """Look at one attachment of an opened item; `seals`: how many of the reporter's own seals may be opened.

    Raises StillSealed while there is one more, OwnItemInside as an alarm, KindNotShown, FileTooLargeToView,
    FileNotShown, FileOutOfBounds, SealNotOpened, SealsTooDeep, and what sandbox.frames raises.
    """
    with inner(vault, opened, attachment, seals) as (content, kind, opened_seals):
        return _show(content, kind, opened_seals, first_page)


@contextmanager
def inner(vault: Vault, opened: Opened, attachment: Attachment, seals: int = 0) -> Iterator[tuple[int, FileType, int]]:
    """Give what an attachment holds, in anonymous memory: a descriptor, its true type, and how many seals were opened.

    Raises StillSealed, OwnItemInside, FileTooLargeToView, SealNotOpened, SealsTooDeep.
    """
    refuse_known(vault, opened, attachment)
    with _content() as content:
        _fill(content, vault, opened, attachment)
        for opened_seals in range(MAX_SEALS + 1):
            with _placed(opened, attachment):
                refuse_own(content, unsealed=opened_seals > 0)
            kind = sniff(first_bytes(content, HEAD_BYTES), os.fstat(content).st_size)
            if kind.kind is not FileKind.SEALED:
                yield content, kind, opened_seals
                return
            if opened_seals == seals:
                raise SealsTooDeep if seals == MAX_SEALS else StillSealed
            _unseal(content, vault)
    raise SealsTooDeep


def refuse_known(vault: Vault, opened: Opened, attachment: Attachment) -> None:
    """Raise OwnItemInside for an attachment that is, byte for byte, an item of this desk."""
    if attachment.sha256 in alarms.own_sha256s(vault.casebook):
        with _placed(opened, attachment):
            raise OwnItemInside


@contextmanager
def _placed(opened: Opened, attachment: Attachment) -> Iterator[None]:
    """Have an alarm say which attachment it is about."""
    try:
        yield
    except OwnItemInside as alarm:
        number = opened.envelope.index.attachments.index(attachment) + 1
        alarm.place = (opened.record.case, opened.record.item, number)
        raise


def can_look(true: FileType) -> bool:
    """Whether there is a way to look at files of this type, as far as their first bytes tell."""
    return true.is_text or true.kind is FileKind.SEALED or true.kind in _JOBS


def inner_warnings(attachment: Attachment, seen: Shown) -> tuple[Words, ...]:
    """Return what is odd about what was found: in a seal, about the name without the seal's own ending."""
    if not seen.seals:
        return warnings(attachment.name, attachment.media_type, seen.type)
    stem, _dot, ending = attachment.name.rpartition(".")
    return warnings(stem if ending.lower() in SEALED.endings else "", "", seen.type)


def true_types(vault: Vault, opened: Opened) -> tuple[FileType, ...]:
    """Return what each attachment of an item truly is, by its first bytes; nothing of them is kept."""
    attachments = opened.envelope.index.attachments
    heads = {attachment.path: _Head() for attachment in attachments}

    @contextmanager
    def sink(attachment: Attachment) -> Iterator[BinaryIO]:
        yield cast(BinaryIO, heads[attachment.path])

    if attachments:
        extract_item(vault, opened, sink)
    return tuple(sniff(heads[each.path].kept(), each.size) for each in attachments)


def find_attachment(shown: ReadCase, wanted_item: str, wanted_number: int | None) -> tuple[Opened, int]:
    """Return the item named by its place in the thread or its id, and its attachment's number (from 1).

    Without a number the only attachment is meant. Raises ItemPlaceUnknown, AttachmentUnknown.
    """
    places = [
        place
        for place, record in enumerate(shown.records)
        if (len(wanted_item) < MIN_CASE_PREFIX and wanted_item == str(place + 1))
        or (len(wanted_item) >= MIN_CASE_PREFIX and record.item.startswith(wanted_item.lower()))
    ]
    opened = shown.opened[places[0]] if len(places) == 1 else None
    if opened is None:
        raise ItemPlaceUnknown
    count = len(opened.envelope.index.attachments)
    number = 1 if wanted_number is None and count == 1 else wanted_number or 0
    if not 1 <= number <= count:
        raise AttachmentUnknown
    return opened, number


# --- bytes in memory ----------------------------------------------------------------------------------------------


class _Head(io.RawIOBase):
    """Keeps the first bytes that are written to it."""

    def __init__(self) -> None:
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all that comes
        self._data += data[: HEAD_BYTES - len(self._data)]
        return len(data)

    def kept(self) -> bytes:
        return bytes(self._data)


@contextmanager
def _content() -> Iterator[int]:
    descriptor = os.memfd_create("content", os.MFD_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _fill(content: int, vault: Vault, opened: Opened, wanted: Attachment) -> None:
    """Put the attachment's bytes into memory; they count only once the whole item was read and found true."""
    if wanted.size > LIMITS.content_bytes:
        raise FileTooLargeToView

    @contextmanager
    def sink(attachment: Attachment) -> Iterator[BinaryIO]:
        is_wanted = attachment.path == wanted.path
        with os.fdopen(os.dup(content) if is_wanted else os.open(os.devnull, os.O_WRONLY), "wb") as target:
            yield target

    extract_item(vault, opened, sink)


# --- seals of the reporter's own ----------------------------------------------------------------------------------


def _unseal(content: int, vault: Vault) -> None:
    """Put what a seal holds into its place. gpg gets bounds: a message of a kilobyte can keep it busy for ever."""
    if os.fstat(content).st_size > MAX_SEALED_BYTES:
        raise FileTooLargeToView
    try:
        message = dearmored(all_bytes(content))
        data = vault.own.unseal_foreign_bytes(message, MAX_SEALED_BYTES, SEAL_CPU_SECONDS)
    except (NotForYou, UnsealError):
        raise SealNotOpened from None
    os.ftruncate(content, 0)
    os.pwrite(content, data, 0)


# --- what is shown ------------------------------------------------------------------------------------------------


def _show(content: int, kind: FileType, seals: int, first_page: int) -> Shown:
    size_bytes = os.fstat(content).st_size
    if kind.kind is FileKind.EMPTY:
        return Shown(kind, seals, size_bytes, text="")
    if kind.is_text:
        text = decode_text(first_bytes(content, MAX_TEXT_BYTES))
        return Shown(kind, seals, size_bytes, text=text or "", cut=size_bytes > MAX_TEXT_BYTES)
    if kind.kind is FileKind.PROGRAM:
        raise ProgramNotShown
    if kind.kind not in _JOBS:
        raise KindNotShown
    return _run(_JOBS[kind.kind], content, Shown(kind, seals, size_bytes, first_page))


def _run(job: Job, content: int, so_far: Shown) -> Shown:
    pages: list[Picture] = []
    names: list[Name] = []
    total, reason = 0, None
    limits = OFFICE_LIMITS if job is Job.OFFICE else LIMITS
    os.lseek(content, 0, os.SEEK_SET)
    with sandbox.frames(job, content, so_far.first_page, limits) as frames:
        try:
            for frame in frames:
                if isinstance(frame, Total):
                    total = frame.count
                elif isinstance(frame, Name):
                    names.append(frame)
                elif isinstance(frame, Reason):
                    reason = frame
                else:
                    pages.append(_picture(frame) if isinstance(frame, Pixels) else Picture(b""))
        except FileOutOfBounds:
            reason = Reason.TOO_SLOW  # what came before is as good as ever
    if not (any(page.png for page in pages) or names or (job is Job.ZIP and reason is None)):
        raise _nothing(job, reason)
    total = max(total, len(names), so_far.first_page + len(pages) - 1 if pages else 0)
    return Shown(
        type=so_far.type,
        seals=so_far.seals,
        size_bytes=so_far.size_bytes,
        first_page=so_far.first_page,
        total=total,
        pages=tuple(pages),
        names=tuple(names),
        cut=reason is not None or total > so_far.first_page - 1 + len(pages) + len(names),
    )


def _nothing(job: Job, reason: Reason | None) -> DropboxError:
    """Return why there is nothing to see of a file."""
    if reason in (Reason.TOO_LARGE, Reason.TOO_SLOW) or (reason is None and job is not Job.TAR):
        return FileOutOfBounds()
    # one file that was packed by itself is no archive, and what is in it is not looked at
    return KindNotShown() if job is Job.TAR else FileNotShown()


def _picture(pixels: Pixels) -> Picture:
    """Pack pixels into a PNG of our own: nothing of the file is in it but what can be seen."""
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.rgb)
    packed = io.BytesIO()
    image.save(packed, "PNG", compress_level=3)
    return Picture(packed.getvalue(), pixels.width, pixels.height)
