"""Who is signed in: the sessions in RAM.

A session lies in RAM sealed under the key that only the reporter's cookie carries, indexed by a hash of that key; a
restart ends all of them. Nothing here is written anywhere, and no address or circuit is looked at: behind an onion
service all reporters share one.
"""

import hashlib
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nacl.secret import SecretBox

from dropbox import config
from dropbox.codename import CodenameKeys
from dropbox.errors import SessionEnded
from dropbox.models import CaseId, Codename, Mandate, Plaintext
from dropbox.server.own_words import CodenameMark
from dropbox.server.tokens import Stamp, TimedSigner

MAX_SESSIONS = 20_000
MAX_SESSIONS_PER_CASE = 3
MAX_DRAFT_BYTES_IN_ALL = 32 * 1024 * 1024
KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class SavedDraft:
    """A follow-up that was typed while its session ended; it waits for the form after the new sign-in.

    With the stamp of the form that it was typed into, so that one that had arrived after all is known again.
    """

    text: Plaintext
    mandate: Mandate | None
    stamp: Stamp
    withdraw: str = ""
    consents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Session:
    """One reporter who is signed in. `codename` is there only after a first report, for its receipt.

    `mark` is what the codename is known again by in a text, for as long as the session lasts. `hidden`: short ids of
    the replies that this session does not show; None until its case page was first opened.
    """

    key: bytes
    keys: CodenameKeys
    codename: Codename | None = None
    notice: str = ""
    draft: SavedDraft | None = None
    mark: CodenameMark | None = None
    hidden: frozenset[str] | None = None

    @property
    def case(self) -> CaseId:
        return self.keys.case

    @property
    def marks(self) -> tuple[CodenameMark, ...]:
        return () if self.mark is None else (self.mark,)

    @property
    def binding(self) -> bytes:
        return _binding(self.key)


@dataclass
class _Entry:
    sealed: bytes
    case_tag: bytes
    began: float
    used: float
    draft: bytes = field(default=b"", repr=False)


class Sessions:
    """All sessions, least recently used first.

    A session costs its owner an Argon2id run and a real case, and a case has at most three at once. When the table is
    full the longest idle one goes: to reach somebody who is busy, an attacker must first fill 20,000 places with some
    7,000 stored cases of their own. Whoever is thrown out all the same keeps every typed word and signs in again.
    """

    def __init__(
        self, secret: bytes, limits: config.Sessions, clock: Callable[[], float] = time.time, most: int = MAX_SESSIONS
    ) -> None:
        self._signer = TimedSigner(secret, "session", clock)
        self._clock = clock
        self._idle_seconds = limits.idle_minutes * 60
        self._absolute_seconds = limits.absolute_minutes * 60
        self._most = most
        self._tag_key = secrets.token_bytes(KEY_BYTES)
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def begin(
        self,
        keys: CodenameKeys,
        codename: Codename | None = None,
        draft: SavedDraft | None = None,
        mark: CodenameMark | None = None,
    ) -> str:
        """Start a session and return its cookie's value."""
        session = Session(secrets.token_bytes(KEY_BYTES), keys, codename, "", draft, mark)
        tag = hashlib.blake2b(keys.case.encode(), digest_size=16, key=self._tag_key).digest()
        now = self._clock()
        with self._lock:
            self._sweep(now)
            self._make_room(tag)
            entry = _Entry(_seal_core(session), tag, now, now, _seal_draft(session.key, draft))
            self._entries[_index(session.key)] = entry
            self._trim_drafts()
        return self._signer.sign(session.key)

    def find(self, cookie: str | None) -> Session:
        """Return the session of this cookie, counted as used now, or raise SessionEnded."""
        key = self._key(cookie)
        with self._lock:
            self._sweep_idle(self._clock())
            entry = self._entries.get(_index(key))
            if entry is None:
                raise SessionEnded
            entry.used = self._clock()
            self._entries.move_to_end(_index(key))
            return _open(key, entry)

    def binding(self, cookie: str | None) -> bytes | None:
        """Return what the form tokens of this cookie are tied to, also when its session is over."""
        try:
            return _binding(self._key(cookie))
        except SessionEnded:
            return None

    def note(self, session: Session, notice: str) -> None:
        """Leave a notice for the next page ("" takes it away)."""
        self._amend(session.key, notice=notice)

    def hide(self, session: Session, hidden: frozenset[str]) -> None:
        """Keep which replies are not shown as long as this session lasts."""
        self._amend(session.key, hidden=hidden)

    def drop_draft(self, session: Session) -> None:
        self._change(session.key, lambda entry: setattr(entry, "draft", b""))

    def end(self, cookie: str | None) -> None:
        """End this cookie's session, if it has one."""
        try:
            key = self._key(cookie)
        except SessionEnded:
            return
        with self._lock:
            self._entries.pop(_index(key), None)

    def __len__(self) -> int:
        return len(self._entries)

    def _key(self, cookie: str | None) -> bytes:
        key = self._signer.read(cookie or "", self._absolute_seconds)
        if key is None:
            raise SessionEnded
        return key

    def _amend(self, key: bytes, **news: Any) -> None:
        """Change parts of the session as it is now: what another request changed meanwhile stays."""
        self._change(key, lambda entry: setattr(entry, "sealed", _seal_core(replace(_open(key, entry), **news))))

    def _change(self, key: bytes, change: Callable[[_Entry], None]) -> None:
        with self._lock:
            entry = self._entries.get(_index(key))
            if entry is not None:
                change(entry)

    def _sweep_idle(self, now: float) -> None:
        while self._entries:
            index, entry = next(iter(self._entries.items()))
            if now - entry.used < self._idle_seconds:
                return
            del self._entries[index]

    def _sweep(self, now: float) -> None:
        self._sweep_idle(now)
        old = [index for index, entry in self._entries.items() if now - entry.began >= self._absolute_seconds]
        for index in old:
            del self._entries[index]

    def _make_room(self, tag: bytes) -> None:
        same_case = [index for index, entry in self._entries.items() if entry.case_tag == tag]
        for index in same_case[: max(0, len(same_case) - MAX_SESSIONS_PER_CASE + 1)]:
            del self._entries[index]
        while len(self._entries) >= self._most:
            self._entries.popitem(last=False)

    def _trim_drafts(self) -> None:
        """Let the oldest drafts go when they fill their room: the browser that shows one holds it already."""
        drafted = [entry for entry in self._entries.values() if entry.draft]
        held = sum(len(entry.draft) for entry in drafted)
        for entry in drafted:
            if held <= MAX_DRAFT_BYTES_IN_ALL:
                return
            held -= len(entry.draft)
            entry.draft = b""


def _hash(key: bytes, person: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=KEY_BYTES, person=person).digest()


def _index(key: bytes) -> bytes:
    return _hash(key, b"drop1-sess-index")


def _binding(key: bytes) -> bytes:
    return _hash(key, b"drop1-sess-bind")


def _box(key: bytes) -> SecretBox:
    return SecretBox(_hash(key, b"drop1-sess-seal"))


def _seal_core(session: Session) -> bytes:
    codename = session.codename.reveal() if session.codename else ""
    mark = [session.mark.key.hex(), session.mark.digest.hex()] if session.mark else None
    core = {"root": session.keys.root.hex(), "codename": codename, "notice": session.notice, "mark": mark}
    core["hidden"] = None if session.hidden is None else sorted(session.hidden)
    return bytes(_box(session.key).encrypt(json.dumps(core).encode()))


def _seal_draft(key: bytes, draft: SavedDraft | None) -> bytes:
    if draft is None:
        return b""
    stamp = (draft.stamp.nonce.hex(), draft.stamp.note)
    parts = [draft.text.reveal(), draft.mandate or "", *stamp, draft.withdraw, dict(draft.consents)]
    return bytes(_box(key).encrypt(json.dumps(parts).encode()))


def _open(key: bytes, entry: _Entry) -> Session:
    core = json.loads(_box(key).decrypt(entry.sealed))
    keys = CodenameKeys.from_root(bytes.fromhex(core["root"]))
    codename = Codename(core["codename"]) if core["codename"] else None
    mark = CodenameMark(*map(bytes.fromhex, core["mark"])) if core["mark"] else None
    hidden = None if core["hidden"] is None else frozenset(core["hidden"])
    return Session(key, keys, codename, core["notice"], _open_draft(key, entry.draft), mark, hidden)


def _open_draft(key: bytes, sealed: bytes) -> SavedDraft | None:
    if not sealed:
        return None
    text, mandate, nonce, note, withdraw, consents = json.loads(_box(key).decrypt(sealed))
    stamp = Stamp(bytes.fromhex(nonce), note)
    return SavedDraft(Plaintext(text), Mandate(mandate) if mandate else None, stamp, withdraw, consents)
