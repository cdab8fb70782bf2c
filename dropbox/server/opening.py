"""Opening a stored reply for the one reporter who holds its key, in the moment of showing it and no longer.

Nothing is believed that was not signed by somebody who stood on the roster of its desk on the day it came in. No
plaintext is kept here or written anywhere.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Lock

from dropbox import reply_box
from dropbox.codename import CodenameKeys
from dropbox.envelope import Attachment, Envelope, verify_place
from dropbox.errors import EnvelopeError, GpgError, ItemUnknown, SignatureInvalid, StoreError
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, Kind, Roster, members_on
from dropbox.server.identity import AUTHORS_FOLDER
from dropbox.server.store import CaseState, Store, StoredReply
from dropbox.writing import open_writing, writing_attachment

HOME = AUTHORS_FOLDER
"""The GnuPG home, in the data folder, of every key that ever stood on a roster; public keys only."""


class ReplyOpener:
    """Opens replies; keeps nothing but the public keys to verify them with."""

    def __init__(self, store: Store, data_dir: Path) -> None:
        self._store = store
        self._gpg = Gpg(data_dir / HOME)
        self._imported: dict[Fingerprint, str] = {}
        self._lock = Lock()

    def refresh(self) -> None:
        """Take in what keys are new, before a reporter's visit does: its files would keep the time of that visit."""
        self._import({member.fingerprint for roster in self._store.rosters().values() for member in roster})

    def open(self, keys: CodenameKeys, case: CaseState, reply: StoredReply) -> Envelope:
        """Return a reply's envelope, verified; raises a DropboxError or OSError for whatever cannot be trusted.

        Where `is_passing` says so of it, nothing is known about the reply.
        """
        return self._open(reply_box.unlock(reply.lock, keys.reply_key), case, reply)

    def attachment(
        self, keys: CodenameKeys, case: CaseState, reply: StoredReply, number: int
    ) -> tuple[Attachment, Iterator[bytes]]:
        """Return attachment `number` (from 1) and its bytes; the last piece comes only when the whole is right."""
        key = reply_box.unlock(reply.lock, keys.reply_key)
        envelope = self._open(key, case, reply)
        attachments = envelope.index.attachments
        if not 1 <= number <= len(attachments):
            raise ItemUnknown
        wanted = attachments[number - 1]
        return wanted, writing_attachment(reply.path, key, envelope, wanted)

    def _open(self, key: bytes, case: CaseState, reply: StoredReply) -> Envelope:
        rosters = {desk: self._store.roster(desk) for desk in _desks_on(case, reply.day)}
        allowed = {member for roster in rosters.values() for member in members_on(roster, reply.day)}

        def verify(signed: bytes, signature: bytes) -> Fingerprint:
            self._import(allowed)
            return self._gpg.verify_detached(signed, signature, allowed, at=reply.day)

        envelope = open_writing(reply.path, key, verify)
        verify_place(envelope, drop=self._store.meta.drop, case=case.case, item=reply.item)
        _verify_author(envelope, rosters, reply.day)
        return envelope

    def _import(self, fingerprints: set[Fingerprint]) -> None:
        """Bring the home up to date; a key that was never at hand is left out, and nothing verifies by it."""
        with self._lock:
            for fingerprint in sorted(fingerprints):
                with suppress(ItemUnknown):
                    self._import_one(fingerprint, self._store.member_key(fingerprint))

    def _import_one(self, fingerprint: Fingerprint, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        if self._imported.get(fingerprint) != digest:
            self._gpg.import_keys(data)
            self._imported[fingerprint] = digest


def is_passing(error: Exception) -> bool:
    """Tell whether a reply was not opened for want of gpg, memory or disk just now; a false alarm wears out true ones.

    A file that is not there is no such trouble: somebody took it away.
    """
    if isinstance(error, SignatureInvalid):
        return error.unchecked
    return isinstance(error, (GpgError, StoreError, OSError)) and not isinstance(error, FileNotFoundError)


def _desks_on(case: CaseState, day: date) -> set[DeskId]:
    """Return the desks whose members may have answered that day: today's, and who had the case then."""
    return {*case.desks, *(each.desk for each in case.former if day <= each.last_day)}


def _verify_author(envelope: Envelope, rosters: Mapping[DeskId, Roster], day: date) -> None:
    header = envelope.header
    if header.kind is not Kind.REPLY or header.desk is None or header.desk not in rosters:
        raise EnvelopeError
    if header.author not in members_on(rosters[header.desk], day):
        raise SignatureInvalid
