"""How each desk's keys are: usable or not, until when, what change waits, and who can still sign one."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dropbox.bundle import RosterStatement
from dropbox.models import DeskId, Fingerprint
from dropbox.server.drop import Drop
from dropbox.settings import Settings
from dropbox.trust_words import statement_words

SOON = timedelta(days=60)
_PROBLEMS = {
    "missing": "not in the keys folder",
    "secret": "a secret key lies in the keys folder",  # nosec B105  # what a key is, none itself
    "expired": "has expired",
    "revoked": "is revoked",
    "cannot_encrypt": "cannot be encrypted to",
}
_SEE = "see: dropbox-server keys check"
_CANNOT_SIGN = ("expired", "revoked")


@dataclass(frozen=True)
class KeyState:
    """A key of a desk: `until` its last day there, `expires` the first day on which nothing can be sealed to it."""

    fingerprint: Fingerprint
    problem: str | None
    expires: date | None
    until: date | None
    day: date

    def told(self) -> str:
        state = _PROBLEMS.get(self.problem, "cannot be used") if self.problem else self._usable()
        leaves = "" if self.until is None else f"; leaves after {self.until}"
        return f"{self.fingerprint}: {state}{leaves}"

    @property
    def ends_soon(self) -> bool:
        """Whether the key can be used now, and cannot soon, while its owner is to stay longer."""
        if self.problem is not None or self.expires is None or self.expires - self.day > SOON:
            return False
        return self.until is None or self.until >= self.expires

    def as_json(self) -> dict[str, object]:
        return {
            "fingerprint": self.fingerprint,
            "problem": self.problem,
            "expires": None if self.expires is None else self.expires.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
        }

    def _usable(self) -> str:
        if self.expires is None:
            return "usable, does not expire"
        days = (self.expires - self.day).days
        return (
            f"expires in {days} days, on {self.expires}"
            if self.expires - self.day <= SOON
            else (f"usable until {self.expires}")
        )


@dataclass(frozen=True)
class DeskKeys:
    """`incoming`: the keys that the proposal brings. `signers`: who can sign a change of this desk's members.

    `stated`: the SHA-256 of the last statement, whose words every member's workstation shows as well.
    """

    desk: DeskId
    members: tuple[KeyState, ...]
    incoming: tuple[KeyState, ...]
    proposal: RosterStatement | None
    signers: tuple[Fingerprint, ...]
    stated: str | None = None

    @property
    def stopped(self) -> bool:
        """Whether nothing can be sealed to the desk now."""
        return not self.members or any(each.problem for each in self.members)

    def told(self) -> str:
        if not self.members:
            return "is new; its members are stated when the server is started"
        if self.stopped:
            return "takes no report, for want of a member's key"
        return "can be sealed to" if self.signers else "can be sealed to, but nobody can sign a change of its members"

    def changes(self) -> Sequence[str]:
        """Say what the proposal does, a line for each key that it brings, takes or gives a last day."""
        if self.proposal is None:
            return ()
        now = {each.fingerprint: each.until for each in self.members}
        then = {each.fingerprint: each.until for each in self.proposal.members}
        lines = [f"joins: {each.told()}" for each in self.incoming]
        lines += [f"leaves with the signature: {name}" for name in now if name not in then]
        changed = [name for name in now if name in then and then[name] != now[name]]
        lines += [f"leaves after {then[name]}: {name}" for name in changed if then[name] is not None]
        lines += [f"stays: {name}" for name in changed if then[name] is None]
        return lines

    def as_json(self) -> dict[str, object]:
        proposal = None
        if self.proposal is not None:
            digest = self.proposal.sha256
            proposal = {**self.proposal.as_json(), "sha256": digest, "words": statement_words(digest)}
        return {
            "desk": self.desk,
            "stopped": self.stopped,
            "members": [each.as_json() for each in self.members],
            "incoming": [each.as_json() for each in self.incoming],
            "proposal": proposal,
            "signers": list(self.signers),
            "words": None if self.stated is None else statement_words(self.stated),
        }


def look(drop: Drop, day: date) -> tuple[DeskKeys, ...]:
    """Return how the keys of each configured desk are on this day."""
    return tuple(_look(drop, desk.id, day) for desk in drop.settings.desks)


class KeyWatch:
    """What a server that runs for years says of its keys: once a day at most, and nothing of what came in."""

    def __init__(self, drop: Drop) -> None:
        self._drop = drop
        self._said: date | None = None

    def lines(self, day: date) -> Sequence[str]:
        """Return what is to be said today, and keep the keys at hand as they are now; () when today's was said."""
        if day == self._said:
            return ()
        self._drop.store.statements.keep_keys(self._drop.keyring.exported(), day)
        found = look(self._drop, day)
        # who starts a server is told of these by the start itself
        stopped = [each.desk for each in found if each.stopped and self._said is not None]
        self._said = day
        ending = [(desk.desk, key) for desk in found for key in desk.members if key.ends_soon]
        return (
            *(f"warning: desk {desk} takes no report, for want of a member's key; {_SEE}" for desk in stopped),
            *(f"warning: a key of desk {desk} expires on {key.expires}; {_SEE}" for desk, key in ending),
        )


def is_ours(settings: Settings) -> bool:
    """Tell whether the data folder belongs to this user, or is still to be made by them."""
    data_dir = settings.server.data_dir
    return not data_dir.exists() or data_dir.stat().st_uid == os.geteuid()


def _look(drop: Drop, desk: DeskId, day: date) -> DeskKeys:
    chain = drop.store.statements.chain(desk)
    proposal = drop.store.statements.proposals().get(desk)
    sitting = {each.fingerprint: each.until for each in chain[-1].statement.members} if chain else {}
    seated = chain[-1].statement.members_on(day) if chain else frozenset()
    proposed = {each.fingerprint: each.until for each in proposal.members} if proposal else {}
    members = tuple(_state(drop, name, sitting[name], day) for name in sorted(seated))
    return DeskKeys(
        desk=desk,
        members=members,
        incoming=tuple(_state(drop, name, proposed[name], day) for name in sorted(proposed.keys() - seated)),
        proposal=proposal,
        signers=tuple(each.fingerprint for each in members if each.problem not in _CANNOT_SIGN),
        stated=chain[-1].statement.sha256 if chain else None,
    )


def _state(drop: Drop, fingerprint: Fingerprint, until: date | None, day: date) -> KeyState:
    keyring = drop.keyring
    return KeyState(fingerprint, keyring.problem(fingerprint), keyring.expires(fingerprint), until, day)
