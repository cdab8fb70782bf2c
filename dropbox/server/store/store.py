"""The store as the other rooms see it: what was acknowledged, kept until it may be let go.

One object for all threads; other processes open their own on the same folder. Nothing unsealed enters it but desks,
days, sizes and states.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

from dropbox.config import Retention
from dropbox.errors import DiskLow, DropboxError, ItemUnknown, StoreFull
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, Roster, SealedKind, VaultId
from dropbox.server.identity import ITEMS_FOLDER, STORE_FILE, Identity
from dropbox.server.store import (
    answers,
    burial,
    cases,
    earlier,
    held,
    pickups,
    received,
    retention,
    rosters,
    statements,
)
from dropbox.server.store.blobs import Blobs
from dropbox.server.store.canaries import Canaries
from dropbox.server.store.connection import Database
from dropbox.server.store.exclusive import exclusive
from dropbox.server.store.happenings import Happenings
from dropbox.server.store.investigators import Investigators
from dropbox.server.store.opening import open_meta
from dropbox.server.store.records import (
    AnswerSeen,
    Applied,
    Behind,
    CaseState,
    CaseTerms,
    Counts,
    DropMeta,
    NewAnswer,
    NewSubmission,
    Outcome,
    Pickup,
    Retired,
    Swept,
    Turn,
    Waiting,
)
from dropbox.server.store.restores import Restores
from dropbox.server.store.statements import Statements
from dropbox.server.store.successions import Successions
from dropbox.server.store.turns import CaseTurns

LOCK_FILE = "transfer.lock"
TURN_SECONDS = 60.0
TRANSFER_SECONDS = 30.0
RESEND_DAYS = 7


class Store:
    """Open with `Store.open`, once a process."""

    def __init__(
        self, data_dir: Path, identity: Identity, limits: Retention, *, database: Database, blobs: Blobs, meta: DropMeta
    ) -> None:
        self.meta = meta
        self._database = database
        self._blobs = blobs
        self._limits = limits
        self._data_dir = data_dir
        self._tombstone_key = identity.subkey(b"drop1-tombstone")
        self._turns = CaseTurns()
        self._settled_on: date | None = None
        self.happenings = Happenings(database)
        self.canaries = Canaries(database, blobs, self._mark)
        self.restores = Restores(database, blobs, meta)
        self.statements = Statements(database, meta.drop)
        self.successions = Successions(database, meta.drop)
        self.courier = Investigators(database)

    @classmethod
    def open(
        cls,
        data_dir: Path,
        identity: Identity,
        *,
        trial: bool,
        retention: Retention = Retention(),  # noqa: B008
        key_lost: bool = False,
    ) -> "Store":
        """Open the store, or make it in an empty folder; StartRefused when it is not the one that it was.

        key_lost: whatever signing key lies there is about to be given up, and need not be the right one.
        """
        blobs = Blobs(data_dir / ITEMS_FOLDER)
        has_items = blobs.has_items()
        database = Database(data_dir / STORE_FILE)
        try:
            meta = open_meta(database, identity, trial=trial, has_items=has_items)
            if not key_lost:
                Successions(database, meta.drop).settle(identity)
            blobs.create()
            # what an earlier process deleted may still be in the log that it left
            database.scrub(seconds=0)
        except DropboxError:
            database.close()
            raise
        return cls(data_dir, identity, retention, database=database, blobs=blobs, meta=meta)

    @property
    def erase_delay_days(self) -> int:
        """Days between the second signature under an erasure and the erasing."""
        return self._limits.erase_delay_days

    def close(self) -> None:
        self._database.close()

    def transfer_lock(self, wait_seconds: float = TRANSFER_SECONDS) -> AbstractContextManager[None]:
        """Hold while exporting or importing; files named by a pickup stay as long as it is held. Not re-entrant."""
        return exclusive(self._data_dir / LOCK_FILE, wait_seconds)

    def sweep(self) -> Swept:
        """Remove what a crash left: part files and files without a row. Only at the start, before reporters come."""
        with self.transfer_lock():
            return held.sweep(self._database, self._blobs)

    # --- rosters --------------------------------------------------------------------------------------------------

    def roster(self, desk: DeskId) -> Roster:
        return self.rosters().get(desk, ())

    def rosters(self) -> Mapping[DeskId, Roster]:
        with self._database.read() as connection:
            return rosters.load(connection)

    def member_key(self, fingerprint: Fingerprint, day: date | None = None) -> bytes:
        """Return a key that was ever on a roster: as last seen, or as it was on a day. ItemUnknown when none was."""
        with self._database.read() as connection:
            return rosters.key(connection, fingerprint, day)

    def desks_with_items(self) -> frozenset[DeskId]:
        with self._database.read() as connection:
            return received.desks_with_items(connection)

    # --- the reporter's side --------------------------------------------------------------------------------------

    def find_case(self, lookup_id: bytes) -> CaseId | None:
        with self._database.read() as connection:
            return cases.find_case(connection, lookup_id)

    def was_sent(self, resend_id: bytes) -> bool:
        with self._database.read() as connection:
            return cases.was_sent(connection, resend_id)

    @contextmanager
    def case_turn(self, case: CaseId, wait_seconds: float = TURN_SECONDS) -> Iterator[Turn]:
        """Hold the case until its submission is committed; Busy when others hold it too long."""
        with self._turns.hold(case, wait_seconds):
            with self._database.read() as connection:
                turn = cases.next_turn(connection, case)
            yield turn

    def part_path(self, item: ItemId) -> Path:
        return self._blobs.part(item)

    def discard(self, item: ItemId) -> None:
        self._blobs.discard(item)

    def commit_submission(self, sub: NewSubmission) -> bool:
        """Keep a sealed submission: when this returns True it outlives a power cut.

        False: this resend id was committed meanwhile; the sealed file is gone and nothing was stored. Raises CaseEnded
        when the case is gone, StoreError when the number is not the next one; then too the part file is gone.
        """
        path = self._blobs.path(sub.item, SealedKind.SUBMISSION)
        try:
            self._blobs.keep(sub.item, SealedKind.SUBMISSION, sub.day)
            self._blobs.sync()
            with self._database.write() as connection:
                added = cases.add_submission(connection, sub)
        except DropboxError:
            self._undo([sub.item], [path])
            raise
        if not added:
            self._undo([sub.item], [path])
        self._database.scrub_if_due()
        return added

    def case_terms(self, case: CaseId) -> CaseTerms:
        """Return what a follow-up has to know of its case; CaseEnded when it is gone."""
        with self._database.read() as connection:
            return cases.terms(connection, case)

    def case(self, case: CaseId) -> CaseState:
        """Return what the reporter may see of a case; CaseEnded when it is gone."""
        with self._database.read() as connection:
            return cases.show(connection, case, self._blobs, self._limits)

    def set_view(self, case: CaseId, sealed_view: bytes) -> None:
        """Replace the box of which replies were shown; CaseEnded when the case is gone."""
        with self._database.write() as connection:
            cases.set_view(connection, case, sealed_view)
        # or the log's pages would count how often; a reader in the way must not hold up the page that is shown
        self._database.scrub(seconds=0)

    def delete_reply(self, case: CaseId, item: ItemId) -> None:
        """Delete the reporter's lock of a reply from every file; again is harmless. ItemUnknown for any other item."""
        with self._database.write() as connection:
            deleted = retention.delete_locks(connection, case, item, self._mark)
            if not deleted and not burial.is_buried(connection, self._mark(item)):
                raise ItemUnknown
        self._database.scrub()

    def delete_replies(self, case: CaseId) -> int:
        """Delete the reporter's locks of all replies of a case; returns how many there were."""
        with self._database.write() as connection:
            deleted = retention.delete_locks(connection, case, None, self._mark)
        self._database.scrub()
        return deleted

    # --- the desks' side ------------------------------------------------------------------------------------------

    def pickup(self, desk: DeskId, day: date, *, number: bool = True) -> Pickup:
        """Return what a desk's bundle holds, its new items numbered first. Hold the transfer lock until it is written.

        number=False: only what has a number already; the rest waits for its release.
        """
        with self._database.write() as connection:
            if number:
                pickups.number(connection, desk)
            statements.close_ended(connection, day)
            return pickups.prepare(connection, desk, day, self.meta, self._blobs)

    def release(self, desks: Iterable[DeskId]) -> None:
        """Number what is new for these desks, so that bundles may hold it."""
        with self.transfer_lock(), self._database.write() as connection:
            for desk in desks:
                pickups.number(connection, desk)

    def waiting(self, desk: DeskId, *, released_only: bool) -> Waiting:
        """Return how much a desk's bundle would hold now."""
        with self._database.read() as connection:
            return pickups.waiting(connection, desk, released_only=released_only)

    def any_hidden(self, wanted: Sequence[ItemId]) -> bool:
        """Tell whether any of these items was withdrawn, or is gone."""
        with self._database.read() as connection:
            return pickups.any_hidden(connection, wanted)

    def record_fetch(self, desk: DeskId, day: date) -> None:
        """Remember the day of a desk's last successful export."""
        with self._database.write() as connection:
            pickups.record_fetch(connection, desk, day)

    def has_item(self, item: ItemId) -> str | None:
        """Return the SHA-256 of an item that is held."""
        with self._database.read() as connection:
            return held.sha256_of(connection, item)

    def answer_known(self, vault: VaultId, sequence: int, sha256: str) -> AnswerSeen:
        with self._database.read() as connection:
            return answers.seen(connection, vault, sequence, sha256)

    def apply_answer(self, answer: NewAnswer) -> Applied:
        """Take in a verified answer bundle, whole or not at all; part files of its writings are there beforehand.

        Raises BundleAuthorUnknown, BundleForeign (another's vault, or a desk that the case is not addressed to) or
        BundleItemMismatch (another hash than ours), or StoreFull. No part file is left in any case. Hold the transfer
        lock.
        """
        items = [writing.item for writing in answer.writings]
        room = answers.Room(self._blobs, self._mark)
        try:
            with self._database.write() as connection:
                statements.close_ended(connection, answer.day)
                applied = answers.apply(connection, answer, room)
                seated = tuple(
                    statements.apply(connection, self.meta.drop, each, answer.day) for each in answer.statements
                )
        except DropboxError as error:
            self._undo(items, room.kept)
            # the other word for a full disk is for a reporter's page
            raise (StoreFull() if isinstance(error, DiskLow) else error) from None
        for item, outcome in zip(items, applied.writings, strict=True):
            if outcome is not Outcome.STORED:
                self.discard(item)
        return replace(applied, seated=seated)

    # --- letting go -----------------------------------------------------------------------------------------------

    def retire(self, day: date) -> Retired:
        """Let go of what may go, and blur the traces of days before this one. Once a day; twice is harmless."""
        with self.transfer_lock():
            with self._database.write() as connection:
                statements.close_ended(connection, day)
                gone = retention.let_go(connection, day, self._limits, self._blobs, self._mark)
                retention.level_receipts(connection, day)
                resends = cases.forget_resends(connection, day - timedelta(days=RESEND_DAYS))
            self._blobs.erase(gone.paths)
            is_first = self._settled_on != day
            settled, unsettled, in_order = held.settle(self._database, self._blobs, day, is_first=is_first)
            self._settled_on = day if in_order else None
            scrubbed = self._database.scrub()
            held.blur(self._data_dir, day)
            earlier.let_go(self._data_dir, day)
        return Retired(len(gone.paths), gone.cases, resends, settled, scrubbed, unsettled)

    def behind(self, before: date) -> tuple[Behind, ...]:
        """Return who has not received items that came before that day."""
        with self._database.read() as connection:
            return received.behind(connection, before)

    def counts(self) -> Counts:
        with self._database.read() as connection:
            return received.count(connection)

    def held_bytes(self) -> Mapping[DeskId, int]:
        """Return the sealed bytes that are held for each desk; what two desks have counts for both."""
        with self._database.read() as connection:
            return received.held_bytes(connection)

    def _mark(self, item: ItemId) -> str:
        return blake2b(item.encode(), key=self._tombstone_key, digest_size=32).hexdigest()

    def _undo(self, items: Sequence[ItemId], paths: Sequence[Path]) -> None:
        """After a failure: remove the files, but never one whose row is or may yet be there; a sweep gets the rest."""
        with suppress(DropboxError):
            for item in items:
                self.discard(item)
            self._database.bury_failed()
            orphans = [path for path in paths if self.has_item(ItemId(path.stem)) is None]
            self._blobs.erase(orphans)
