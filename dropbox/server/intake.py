"""The intake: a form whose files are still arriving goes into one sealed, committed item, or leaves nothing behind.

One pass: form -> envelope -> gpg -> part file -> store. What a reporter wrote is never whole in memory here, and in no
file but gpg's sealed one.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b, sha256
from pathlib import Path

from dropbox import canonical
from dropbox.codename import CodenameKeys
from dropbox.disk import may_make_files
from dropbox.envelope import MAX_TEXT_BYTES, Header, Moved, Packer, sign_submission, text_bytes
from dropbox.errors import (
    BodyTooLarge,
    DeskFull,
    DiskLow,
    DropboxError,
    NoRoomForNew,
    NothingSent,
    OwnCodename,
    OwnCodenameInName,
    SealError,
    TargetUnusable,
    TextTooLong,
    TooLarge,
)
from dropbox.gpg import Gpg
from dropbox.keyring import Keyring
from dropbox.models import CaseId, DeskId, ItemId, Kind, Mandate, Plaintext, Recipient, new_item_id, today
from dropbox.sealed_mandate import seal_mandate
from dropbox.server.follower import Follower
from dropbox.server.form import Form, IncomingFile
from dropbox.server.identity import Identity
from dropbox.server.letterbox import Letterboxes
from dropbox.server.own_words import CodenameMark
from dropbox.server.store import NewSubmission, Store, Turn
from dropbox.settings import Settings
from dropbox.shown import Shown, seal_shown

_MIB = 1024 * 1024
STEP_BYTES = 4 * _MIB
_NEEDS_CONTENT = frozenset({Kind.REPORT, Kind.MESSAGE})


@dataclass(frozen=True, repr=False)
class Draft:
    """One submission as its form says it; the form's files have not been read.

    `binding` ties the nonce to its sender: the visit, or a follow-up's case id in bytes. `marks`: of the codenames
    that must not stand in it, because whoever may read the submission could then come back as the reporter. `moved`:
    another desk gets the case, with its reporter's consent; `desks` are then those that have it and the new one.
    `length`: of the whole form, in bytes. `in_reserve`: what is free on the disk is kept for who comes back.
    """

    keys: CodenameKeys
    kind: Kind
    desks: tuple[DeskId, ...]
    mandate: Mandate
    mandate_changed: bool
    undo: bool
    message: Plaintext
    answers: Mapping[str, str]
    language: str
    nonce: bytes
    binding: bytes
    form: Form
    marks: tuple[CodenameMark, ...] = ()
    moved: Moved | None = None
    length: int = 0
    in_reserve: bool = False


@dataclass(frozen=True)
class Acknowledged:
    """`item` is None when the very same form had been committed before."""

    item: ItemId | None
    case: CaseId
    resent: bool


class _Resent(DropboxError):
    message = "This submission is there already."


class Intake:
    def __init__(self, store: Store, keyring: Keyring, identity: Identity, settings: Settings) -> None:
        self._store = store
        self.letterboxes = Letterboxes(settings.desks, store.held_bytes)
        self._keyring = keyring
        self._drop = identity.drop
        self._resend_key = identity.subkey(b"drop1-resend")
        self._floor_bytes = settings.sealing.floor_bytes
        self._data_dir = settings.server.data_dir
        # Uploads were admitted only if they leave min_free_mib; beneath half of it something else is filling the disk.
        self._least_free_bytes = settings.server.min_free_bytes // 2

    def submit(self, draft: Draft) -> Acknowledged:
        """Read the draft's files to their end, seal everything, and commit it; returns when it would survive a crash.

        Raises NothingSent, TextTooLong, OwnCodename, OwnCodenameInName, TooManyFiles, KeyUnavailable, DiskLow,
        DeskFull, Busy, CaseMoved or whatever the form or the sealing raises. Nothing is then left of it, and the case
        is as it was.
        """
        with self._room(draft) as full:
            return self._submit(draft, full)

    @contextmanager
    def _room(self, draft: Draft) -> Iterator[DeskFull | None]:
        """Keep room for it in its desks' letterboxes. A withdrawal needs none: it makes room.

        Yields DeskFull when there is none and it may yet be one that is there already.
        """
        with ExitStack() as kept:
            full = None
            if draft.kind is not Kind.WITHDRAWAL:
                # what was sent once more after its answer was lost finds its case: its reporter must get the codename
                returning = draft.kind is not Kind.REPORT or self._store.find_case(draft.keys.lookup_id) is not None
                if draft.in_reserve and not returning:
                    raise NoRoomForNew
                try:
                    kept.enter_context(self.letterboxes.place(draft.desks, draft.length, returning=returning))
                except DeskFull as error:
                    if not returning:
                        raise
                    full = error
            yield full

    def _submit(self, draft: Draft, full: DeskFull | None) -> Acknowledged:
        day, gpg, recipients = self._recipients(draft.desks)
        files = self._content(draft)
        header = self._header(draft, day)
        packing = _Packing(draft, header, self._floor_bytes, recipients, self._store, self._resend_key, full)
        try:
            with ExitStack() as turn:
                committed = self._seal(gpg, packing, packing.stream(files, turn))
        except _Resent:
            committed = False
        return Acknowledged(header.item if committed else None, header.case, resent=not committed)

    def _recipients(self, desks: Sequence[DeskId]) -> tuple[date, Gpg, tuple[Recipient, ...]]:
        """Return the members of today and that day: an item of a day is held to the roster of just that day."""
        while True:
            day = today()
            gpg, recipients = self._keyring.recipients(desks, day)
            if today() == day:
                return day, gpg, recipients

    def _content(self, draft: Draft) -> Iterator[IncomingFile]:
        if text_bytes(draft.message, draft.answers) > MAX_TEXT_BYTES:
            raise TextTooLong
        if _holds_own_codename(draft.marks, draft.message.reveal(), *draft.answers.values()):
            raise OwnCodename
        files = draft.form.files()
        if draft.kind not in _NEEDS_CONTENT or draft.message.reveal().strip() or any(draft.answers.values()):
            return files
        first = next(files, None)
        if first is None:
            raise NothingSent
        return _with_first(first, files)

    def _header(self, draft: Draft, day: date) -> Header:
        return Header(
            drop=self._drop,
            epoch=self._store.meta.epoch,
            case=draft.keys.case,
            item=new_item_id(),
            kind=draft.kind,
            desks=draft.desks,
            mandate=draft.mandate,
            language=draft.language,
            day=day,
            answers=draft.answers,
            reply_key=draft.keys.reply_public.hex(),
            case_key=draft.keys.case_public.hex(),
            undo=draft.undo,
            moved=draft.moved,
        )

    def _seal(self, gpg: Gpg, packing: "_Packing", stream: Iterator[bytes]) -> bool:
        """Seal and commit; returns False when the same form was committed while this one waited for its turn."""
        item = packing.header.item
        target = self._store.part_path(item)
        try:
            with Follower(target) as follower:
                source = _Source(stream, follower.look, self._free_bytes, self._least_free_bytes)
                _seal(gpg, source, packing.recipients, target)
                size, digest = follower.finish()
            return self._store.commit_submission(packing.submission(size, digest))
        except BaseException:
            self._store.discard(item)
            raise

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._data_dir).free


@dataclass
class _Packing:
    """One submission being packed: what is known of it so far, and its bytes as they become known.

    `full`: there is no room for it, so it is refused unless it turns out to have been committed before.
    """

    draft: Draft
    header: Header
    floor_bytes: int
    recipients: tuple[Recipient, ...]
    store: Store
    resend_key: bytes
    full: DeskFull | None = None
    turn: Turn | None = None
    index_sha256: str = ""
    resend_id: bytes = field(default=b"", repr=False)

    def stream(self, files: Iterator[IncomingFile], turn: ExitStack) -> Iterator[bytes]:
        """Yield the envelope. `turn` then holds the case, from the moment its number is taken until it is closed."""
        packer = Packer(self.header, self.draft.message, self.floor_bytes)
        try:
            yield packer.begin()
            yield from _pack_files(packer, files, self.draft.marks)
            self.turn = turn.enter_context(self.store.case_turn(self.header.case))
            self._refuse_resent(packer)
            recipients = [recipient.fingerprint for recipient in self.recipients]
            index = packer.index(self.turn.number, self.turn.previous, recipients)
            self.index_sha256 = canonical.sha256_hex(index)
            yield from packer.finish(index, sign_submission(self.draft.keys.case_key, index))
        except TooLarge:
            raise BodyTooLarge from None

    def submission(self, size: int, digest: str) -> NewSubmission:
        if self.turn is None:
            raise SealError
        keys, header = self.draft.keys, self.header
        is_new = header.kind is Kind.REPORT or self.turn.number == 1 or self.draft.mandate_changed
        return NewSubmission(
            item=header.item,
            case=header.case,
            lookup_id=keys.lookup_id,
            desks=header.desks,
            day=header.day,
            bytes=size,
            sha256=digest,
            number=self.turn.number,
            index_sha256=self.index_sha256,
            resend_id=self.resend_id,
            sealed_mandate=seal_mandate(self.draft.mandate, keys.reply_public) if is_new else None,
            # there from the first day on, so that having it says nothing of what a reporter chose
            sealed_view=seal_shown(Shown(), keys.reply_key) if self.turn.number == 1 else None,
            moved=header.moved,
            withdraw=None if header.kind is not Kind.WITHDRAWAL else "undo" if self.draft.undo else "withdraw",
        )

    def _refuse_resent(self, packer: Packer) -> None:
        self.resend_id = resend_id(self.resend_key, self.draft, packer)
        if self.store.was_sent(self.resend_id):
            raise _Resent
        if self.full is not None:
            raise self.full


def resend_id(key: bytes, draft: Draft, packer: Packer) -> bytes:
    """Return what a form and its exact content come to; only who has the drop's secret can compare it with a guess."""
    content = {
        "kind": draft.kind.value,
        "desks": sorted(draft.desks),
        "mandate": draft.mandate.value,
        "mandate_changed": draft.mandate_changed,
        "undo": draft.undo,
        "message": draft.message.reveal(),
        "answers": dict(draft.answers),
        "files": [[part.name, part.media_type, part.size, part.sha256] for part in packer.attachments],
    }
    digest = sha256(canonical.dump(content)).digest()
    parts = (draft.nonce, draft.binding, digest)
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return blake2b(framed, key=key, digest_size=32).digest()


class _Source:
    """The envelope as gpg pulls it. Looks after the disk on the way, which others are filling too."""

    def __init__(
        self, stream: Iterator[bytes], grew: Callable[[], None], free_bytes: Callable[[], int], least_free_bytes: int
    ) -> None:
        self._stream = stream
        self._grew = grew
        self._free_bytes = free_bytes
        self._least_free_bytes = least_free_bytes
        self._rest = memoryview(b"")
        self._until_check = STEP_BYTES
        self._check_disk()

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, b"" at the end."""
        while not self._rest:
            piece = next(self._stream, None)
            if piece is None:
                return b""
            self._account(len(piece))
            if 0 < len(piece) <= size:
                return piece
            self._rest = memoryview(piece)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)

    def _account(self, count: int) -> None:
        self._until_check -= count
        if self._until_check > 0:
            return
        self._until_check = STEP_BYTES
        self._grew()
        self._check_disk()

    def _check_disk(self) -> None:
        self.last_free_bytes = self._free_bytes()
        if self.last_free_bytes < self._least_free_bytes:
            raise DiskLow


def _seal(gpg: Gpg, source: _Source, recipients: Sequence[Recipient], target: Path) -> None:
    try:
        gpg.seal(source, recipients, target)
    except (SealError, TargetUnusable):
        # gpg only says that writing failed. By now its file is gone and the room is back.
        if source.last_free_bytes < 2 * STEP_BYTES or not may_make_files(target.parent):
            raise DiskLow from None
        raise


def _holds_own_codename(marks: Sequence[CodenameMark], *texts: str) -> bool:
    return any(mark.found_in(text) for mark in marks for text in texts)


def _pack_files(packer: Packer, files: Iterator[IncomingFile], marks: Sequence[CodenameMark]) -> Iterator[bytes]:
    for file in files:
        if _holds_own_codename(marks, file.name):
            raise OwnCodenameInName
        yield packer.start_file(file.name, file.media_type)
        for chunk in file.chunks():
            yield packer.write(chunk)
        yield packer.end_file()


def _with_first(first: IncomingFile, others: Iterator[IncomingFile]) -> Iterator[IncomingFile]:
    yield first
    yield from others
