"""Who is signed in: the sessions in RAM.

What a reporter's session holds, and how many a case may have; `split_sessions` keeps them, each sealed under the key
that only its cookie carries. Nothing here is written anywhere.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dropbox import config
from dropbox.codename import CodenameKeys
from dropbox.models import CaseId, Codename, Mandate, Plaintext
from dropbox.server.own_words import CodenameMark
from dropbox.server.split_sessions import SplitLimits, SplitSessions, binding_of
from dropbox.server.tokens import Stamp

MAX_SESSIONS = 20_000
MAX_SESSIONS_PER_CASE = 3
MAX_DRAFT_BYTES_IN_ALL = 32 * 1024 * 1024


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
        return binding_of(self.key)


class Sessions:
    """All sessions, least recently used first.

    A session costs its owner an Argon2id run and a real case, and a case has at most three at once. When the table is
    full the longest idle one goes: to reach somebody who is busy, an attacker must first fill 20,000 places with some
    7,000 stored cases of their own. Whoever is thrown out all the same keeps every typed word and signs in again.
    """

    def __init__(
        self, secret: bytes, limits: config.Sessions, clock: Callable[[], float] = time.time, most: int = MAX_SESSIONS
    ) -> None:
        idle, absolute = limits.idle_minutes * 60, limits.absolute_minutes * 60
        split = SplitLimits(idle, absolute, most, MAX_SESSIONS_PER_CASE, MAX_DRAFT_BYTES_IN_ALL)
        self._split = SplitSessions(secret, "session", split, clock)

    def begin(
        self,
        keys: CodenameKeys,
        codename: Codename | None = None,
        draft: SavedDraft | None = None,
        mark: CodenameMark | None = None,
    ) -> str:
        """Start a session and return its cookie's value."""
        core = _core(Session(b"", keys, codename, "", None, mark))
        return self._split.begin(keys.case, core, _aside(draft))

    def rehearse(
        self,
        keys: CodenameKeys,
        codename: Codename | None = None,
        draft: SavedDraft | None = None,
        mark: CodenameMark | None = None,
    ) -> str:
        """Do the work of `begin` and keep nothing: who has no case here is refused after as long a time."""
        core = _core(Session(b"", keys, codename, "", None, mark))
        return self._split.rehearse(keys.case, core, _aside(draft))

    def find(self, cookie: str | None) -> Session:
        """Return the session of this cookie, counted as used now, or raise SessionEnded."""
        opened = self._split.find(cookie)
        return replace(_session(opened.key, opened.core), draft=_draft(opened.aside))

    def binding(self, cookie: str | None) -> bytes | None:
        """Return what the form tokens of this cookie are tied to, also when its session is over."""
        return self._split.binding(cookie)

    def note(self, session: Session, notice: str) -> None:
        """Leave a notice for the next page ("" takes it away)."""
        self._amend(session.key, notice=notice)

    def hide(self, session: Session, hidden: frozenset[str]) -> None:
        """Keep which replies are not shown as long as this session lasts."""
        self._amend(session.key, hidden=hidden)

    def drop_draft(self, session: Session) -> None:
        self._split.drop_aside(session.key)

    def end(self, cookie: str | None) -> None:
        """End this cookie's session, if it has one."""
        self._split.end(cookie)

    def __len__(self) -> int:
        return len(self._split)

    def _amend(self, key: bytes, **news: Any) -> None:
        self._split.amend(key, lambda core: _core(replace(_session(key, core), **news)))


def _core(session: Session) -> bytes:
    codename = session.codename.reveal() if session.codename else ""
    mark = [session.mark.key.hex(), session.mark.digest.hex()] if session.mark else None
    core = {"root": session.keys.root.hex(), "codename": codename, "notice": session.notice, "mark": mark}
    core["hidden"] = None if session.hidden is None else sorted(session.hidden)
    return json.dumps(core).encode()


def _session(key: bytes, content: bytes) -> Session:
    core = json.loads(content)
    keys = CodenameKeys.from_root(bytes.fromhex(core["root"]))
    codename = Codename(core["codename"]) if core["codename"] else None
    mark = CodenameMark(*map(bytes.fromhex, core["mark"])) if core["mark"] else None
    hidden = None if core["hidden"] is None else frozenset(core["hidden"])
    return Session(key, keys, codename, core["notice"], None, mark, hidden)


def _aside(draft: SavedDraft | None) -> bytes:
    if draft is None:
        return b""
    stamp = (draft.stamp.nonce.hex(), draft.stamp.note)
    parts = [draft.text.reveal(), draft.mandate or "", *stamp, draft.withdraw, dict(draft.consents)]
    return json.dumps(parts).encode()


def _draft(content: bytes) -> SavedDraft | None:
    if not content:
        return None
    text, mandate, nonce, note, withdraw, consents = json.loads(content)
    stamp = Stamp(bytes.fromhex(nonce), note)
    return SavedDraft(Plaintext(text), Mandate(mandate) if mandate else None, stamp, withdraw, consents)
