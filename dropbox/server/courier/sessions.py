"""Who is signed in at the courier: a name and the turn it had. Each request asks the registry whether both still hold.

The halves of a session are `split_sessions`' affair. No passphrase and no bundle enters.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dropbox.errors import SessionEnded
from dropbox.server.split_sessions import SplitLimits, SplitSessions, binding_of
from dropbox.server.store.investigators import Investigator, Investigators

MAX_SESSIONS = 500
MAX_SESSIONS_OF_ONE = 5


@dataclass(frozen=True)
class CourierSession:
    """An investigator who is signed in, as the registry knows them now."""

    key: bytes = field(repr=False)
    investigator: Investigator

    @property
    def binding(self) -> bytes:
        return binding_of(self.key)


class CourierSessions:
    """`revoked` is called when somebody is found out to have been sent away."""

    def __init__(
        self,
        secret: bytes,
        registry: Investigators,
        *,
        revoked: Callable[[], None] = lambda: None,
        idle_minutes: int,
        absolute_minutes: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        limits = SplitLimits(idle_minutes * 60, absolute_minutes * 60, MAX_SESSIONS, MAX_SESSIONS_OF_ONE)
        self._split = SplitSessions(secret, "courier-session", limits, clock)
        self._registry = registry
        self._revoked = revoked

    def begin(self, investigator: Investigator) -> str:
        """Start a session and return its cookie's value."""
        return self._split.begin(investigator.name, json.dumps([investigator.name, investigator.turn]).encode())

    def find(self, cookie: str | None) -> CourierSession:
        """Return the session of this cookie; SessionEnded when it is over, or its investigator was revoked since."""
        opened = self._split.find(cookie)
        name, turn = json.loads(opened.core)
        investigator = self._registry.find(name)
        if investigator is None or investigator.turn != turn:
            self._split.end(cookie)
            self._revoked()
            raise SessionEnded
        return CourierSession(opened.key, investigator)

    def holds(self, session: CourierSession) -> bool:
        """Tell whether its investigator is still who they were when it began: asked while a bundle is being sent."""
        now = self._registry.find(session.investigator.name)
        return now == session.investigator

    def end(self, cookie: str | None) -> None:
        """End this cookie's session, if it has one."""
        self._split.end(cookie)

    def __len__(self) -> int:
        return len(self._split)
