"""Helps for the tests of the store: a desk or two, submissions that look sealed, answers that look verified."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from dropbox.bundle import KeepStep, ReadMark, Receipt, StepKind
from dropbox.config import Retention
from dropbox.envelope import Moved
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, SealedKind, VaultId, new_item_id
from dropbox.server.identity import Identity
from dropbox.server.store import (
    Applied,
    NewAnswer,
    NewSubmission,
    NewWriting,
    Store,
)
from tests.seating import put_down

DAY = date(2026, 3, 2)
BOARD, BUREAU = DeskId("board"), DeskId("bureau")
ANN, BOB, CIS = (Fingerprint(letter * 40) for letter in "ABC")
CONFIGURED: dict[DeskId, list[Fingerprint]] = {BOARD: [ANN, BOB], BUREAU: [CIS]}


def later(days: int) -> date:
    return DAY + timedelta(days=days)


def open_store(data_dir: Path, *, trial: bool = False, retention: Retention | None = None) -> Store:
    identity = Identity.load_or_create(data_dir)
    return Store.open(data_dir, identity, trial=trial, retention=retention or Retention())


def seat(store: Store, configured: dict[DeskId, list[Fingerprint]] | None = None, day: date = DAY) -> None:
    """Make the rosters; each member's key is told from the others by its text."""
    wanted = CONFIGURED if configured is None else configured
    keys = {desk: {member: f"key of {member}".encode() for member in members} for desk, members in wanted.items()}
    put_down(store, keys, wanted, day)


@dataclass
class Reporter:
    """A case as its reporter drives it."""

    store: Store
    desks: tuple[DeskId, ...] = (BOARD,)
    case: CaseId = field(default_factory=lambda: CaseId(secrets.token_hex(16)))
    lookup_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def send(
        self,
        day: date = DAY,
        *,
        content: bytes | None = None,
        sealed_mandate: bytes | None = None,
        sealed_view: bytes | None = None,
        withdraw: Literal["withdraw", "undo"] | None = None,
        resend_id: bytes | None = None,
        moved: Moved | None = None,
    ) -> ItemId:
        item = new_item_id()
        sealed = secrets.token_bytes(200) if content is None else content
        self.store.part_path(item).write_bytes(sealed)
        with self.store.case_turn(self.case) as turn:
            if turn.number == 1 and sealed_mandate is None:
                sealed_mandate = b"mandate" + bytes(42)
            sub = NewSubmission(
                item=item,
                case=self.case,
                lookup_id=self.lookup_id,
                desks=self.desks,
                day=day,
                bytes=len(sealed),
                sha256=hashlib.sha256(sealed).hexdigest(),
                number=turn.number,
                index_sha256=hashlib.sha256(item.encode()).hexdigest(),
                resend_id=resend_id or secrets.token_bytes(32),
                sealed_mandate=sealed_mandate,
                sealed_view=sealed_view,
                withdraw=withdraw,
                moved=moved,
            )
            self.store.commit_submission(sub)
        return item


@dataclass
class Member:
    """An investigator with one vault, at one desk."""

    store: Store
    fingerprint: Fingerprint = ANN
    desk: DeskId = BOARD
    vault: VaultId = field(default_factory=lambda: VaultId(secrets.token_hex(16)))
    sequence: int = 0

    def writing(
        self, case: CaseId, kind: SealedKind = SealedKind.REPLY, *, lock: bytes = bytes(80), content: bytes = b"body"
    ) -> NewWriting:
        item = new_item_id()
        digest = hashlib.sha256(content).hexdigest()
        reporter_lock = lock if kind is SealedKind.REPLY else None
        return NewWriting(item, case, kind, self.desk, len(content), digest, reporter_lock)

    def answer(
        self,
        day: date = DAY,
        *,
        writings: Iterable[NewWriting] = (),
        items: Iterable[ItemId] = (),
        read: Iterable[ItemId] = (),
        content: bytes = b"body",
        erasures: Iterable[KeepStep] = (),
    ) -> Applied:
        """Send an answer: writings (their part files are made here), receipts, read marks and steps."""
        new = tuple(writings)
        for writing in new:
            self.store.part_path(writing.item).write_bytes(content)
        self.sequence += 1
        receipts = tuple(Receipt(item, self.desk, self.store.has_item(item) or "0" * 64) for item in items)
        marks = tuple(ReadMark(item, self.desk) for item in read)
        return self.store.apply_answer(
            NewAnswer(
                author=self.fingerprint,
                vault=self.vault,
                desk=self.desk,
                sequence=self.sequence,
                sha256=secrets.token_hex(32),
                day=day,
                writings=new,
                receipts=receipts,
                read=marks,
                erasures=tuple(erasures),
            )
        )

    def step(
        self, case: CaseId, kind: StepKind, day: date = DAY, *, about: Iterable[ItemId] = (), number: int = 0
    ) -> ItemId:
        """Bring a note with one step of keeping or erasing, and return the note's id."""
        note = self.writing(case, SealedKind.NOTE)
        step = KeepStep(case, self.desk, note.item, kind, tuple(sorted(about)), number)
        self.answer(day, writings=[note], erasures=[step])
        return note.item

    def receive_all(self, day: date = DAY) -> list[ItemId]:
        """Export this desk's bundle and send a receipt for each of its items."""
        held = [item.item for item in self.store.pickup(self.desk, day).items]
        self.store.record_fetch(self.desk, day)
        self.answer(day, items=held)
        return held


def everybody(store: Store) -> list[Member]:
    return [Member(store, member, desk) for desk, members in CONFIGURED.items() for member in members]


def run_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child and return its exit status, or minus the signal that killed it.

    The child must open its own store: SQLite forbids carrying a connection over a fork.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def bytes_under(folder: Path) -> bytes:
    """Every byte of every file under a folder, names included."""
    parts = []
    for path in sorted(folder.rglob("*")):
        parts.append(path.name.encode())
        if path.is_file() and not path.is_socket():
            parts.append(path.read_bytes())
    return b"\n".join(parts)
