"""Envelopes for tests: a case with keys made on the spot, packed as the drop packs them, read as a pipe is read."""

import io
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from dropbox.envelope import Header, OpenStream, Packer, sign_submission
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Kind, Mandate, Plaintext, case_id

DROP = "d0" * 32
EPOCH = "e0" * 16
ITEM = ItemId("17" * 16)
DAY = date(2026, 3, 14)
AUTHOR = Fingerprint("AB" * 20)
READERS = (Fingerprint("C1" * 20), Fingerprint("D2" * 20))
FLOOR = 64 * 1024
PLENTY = 1 << 31

File = tuple[str, str, bytes]
"""True name, media type, content."""


@dataclass(frozen=True)
class Case:
    """A codename's keys, without the codename."""

    case_key: SigningKey = field(default_factory=SigningKey.generate)
    reply_key: PrivateKey = field(default_factory=PrivateKey.generate)

    @property
    def case_public(self) -> bytes:
        return bytes(self.case_key.verify_key)

    @property
    def reply_public(self) -> bytes:
        return bytes(self.reply_key.public_key)

    @property
    def id(self) -> CaseId:
        return case_id(self.case_public, self.reply_public)


def submission_header(owner: Case, /, **changes: Any) -> Header:
    values: dict[str, Any] = {
        "drop": DROP,
        "epoch": EPOCH,
        "case": owner.id,
        "item": ITEM,
        "kind": Kind.REPORT,
        "desks": (DeskId("adviser"),),
        "mandate": Mandate.LISTEN,
        "language": "nl",
        "day": DAY,
        "answers": {},
        "reply_key": owner.reply_public.hex(),
        "case_key": owner.case_public.hex(),
    }
    return Header(**(values | changes))


def writing_header(owner: Case, /, **changes: Any) -> Header:
    values: dict[str, Any] = {
        "drop": DROP,
        "case": owner.id,
        "item": ITEM,
        "kind": Kind.REPLY,
        "desks": (DeskId("adviser"), DeskId("bureau")),
        "desk": DeskId("adviser"),
        "day": DAY,
        "author": AUTHOR,
    }
    return Header(**(values | changes))


def pack(
    owner: Case,
    message: str = "Something happened.",
    files: Iterable[File] = (),
    /,
    *,
    number: int = 1,
    previous: str | None = None,
    recipients: Sequence[Fingerprint] = READERS,
    floor_bytes: int = FLOOR,
    **header: Any,
) -> bytes:
    """Return a signed submission's ZIP."""
    packer = Packer(submission_header(owner, **header), Plaintext(message), floor_bytes)
    start = _begin(packer, files)
    index = packer.index(number, previous, recipients)
    return start + b"".join(packer.finish(index, sign_submission(owner.case_key, index)))


def pack_writing(owner: Case, message: str = "We have read it.", files: Iterable[File] = (), /, **header: Any) -> bytes:
    """Return a writing's ZIP with a signature that is none."""
    packer = Packer(writing_header(owner, **header), Plaintext(message), FLOOR)
    start = _begin(packer, files)
    return start + b"".join(packer.finish(packer.index(), b"by nobody"))


def opened(data: bytes) -> OpenStream:
    return lambda: nullcontext(io.BytesIO(data))


class Slow(io.RawIOBase):
    """A stream that can be read once, forwards, and gives no more than `step` bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._data, self._step, self._at = data, step, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "a whole stream was asked for at once"
        piece = self._data[self._at : self._at + min(size, self._step)]
        self._at += len(piece)
        return piece


def _begin(packer: Packer, files: Iterable[File]) -> bytes:
    parts = [packer.begin()]
    for name, media_type, content in files:
        parts += [packer.start_file(name, media_type), packer.write(content), packer.end_file()]
    return b"".join(parts)
