"""Whom each desk's items are sealed to today: what its members signed, verified before it counts.

A chain of statements that does not verify seats nobody, and its desk takes no report. Read from the store at each
sealing, so that a change which another process took in counts at once; gpg runs only for what was not seen before.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from dropbox.bundle import SignedStatement, verify_chain
from dropbox.errors import GpgError, InvalidValue, SignatureInvalid, StartRefused
from dropbox.gpg import Gpg
from dropbox.keyring import Seats
from dropbox.models import DeskId, Fingerprint
from dropbox.server.store import Store

Chain = tuple[SignedStatement, ...]
_RESTORE = "Restore the data folder from a backup of before somebody changed the store by hand."


class Seating:
    """The desks' members of a day, by the store's statements."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._verified: dict[DeskId, tuple[Chain, tuple[Fingerprint | None, ...]]] = {}

    def seats(self, day: date) -> Mapping[DeskId, Seats]:
        """Return who sits at each desk on a day and who is proposed; a desk whose statements fail is not among them."""
        found = {}
        proposals = self._store.statements.proposals()
        for desk, chain in self._chains().items():
            with suppress(SignatureInvalid):
                self._verify(desk, chain)
                proposed = proposals.get(desk)
                names = {member.fingerprint for member in proposed.members} if proposed else set()
                members = chain[-1].statement.members_on(day)
                found[desk] = Seats(members, frozenset(names) - members)
        return found

    def signers(self, desk: DeskId) -> tuple[tuple[SignedStatement, Fingerprint | None], ...]:
        """Return a desk's statements, each with who signed it. Raises SignatureInvalid."""
        chain = self._chains().get(desk, ())
        return tuple(zip(chain, self._verify(desk, chain), strict=True)) if chain else ()

    def require_proven(self) -> None:
        """Raise StartRefused unless every change of a roster was signed by somebody who was a member before it."""
        try:
            for desk, chain in self._store.statements.chains().items():
                self._verify(desk, chain)
        except InvalidValue:
            raise StartRefused("store.sqlite: what it says of its desks' members was changed", _RESTORE) from None
        except SignatureInvalid:
            raise StartRefused(f"desk {desk}: a change of its members is not signed by one of them", _RESTORE) from None

    def _chains(self) -> Mapping[DeskId, Chain]:
        try:
            return self._store.statements.chains()
        except InvalidValue:
            return {}

    def _verify(self, desk: DeskId, chain: Chain) -> tuple[Fingerprint | None, ...]:
        with self._lock:
            known = self._verified.get(desk)
            if known is None or known[0] != chain:
                known = (chain, self._signers(desk, chain))
                self._verified[desk] = known
            return known[1]

    def _signers(self, desk: DeskId, chain: Chain) -> tuple[Fingerprint | None, ...]:
        """Verify a chain with one home for all that it names; what fails there is looked at by itself."""
        with TemporaryDirectory(prefix="onion-dropbox-") as folder:
            gpg = Gpg(Path(folder) / "gnupg")
            for key in self._store.statements.ever(desk).values() if len(chain) > 1 else ():
                with suppress(GpgError):  # a key that cannot be read signs for nothing
                    gpg.import_keys(key)

            def verify(signed: bytes, signature: bytes, allowed: Collection[Fingerprint], day: date) -> Fingerprint:
                try:
                    return gpg.verify_stated(signed, signature, allowed, day)
                except SignatureInvalid:
                    return self.verify(signed, signature, allowed, day)

            return verify_chain(chain, verify)

    def verify(self, signed: bytes, signature: bytes, allowed: Collection[Fingerprint], day: date) -> Fingerprint:
        """Return who of those allowed made a signature on that day or later. Raises SignatureInvalid.

        The key is judged as of the day on which it signed: years later it may have expired. One that was revoked since
        is taken as the store knew it then.
        """
        for keys in self._keys(allowed):
            with TemporaryDirectory(prefix="onion-dropbox-") as folder, suppress(SignatureInvalid, GpgError):
                gpg = Gpg(Path(folder) / "gnupg")
                for key in keys:
                    gpg.import_keys(key)
                return gpg.verify_stated(signed, signature, allowed, day)
        raise SignatureInvalid

    def _keys(self, allowed: Collection[Fingerprint]) -> Iterator[list[bytes]]:
        """Yield the allowed ones' keys, all as they are now, then each by itself as it was before."""
        history = {name: self._store.statements.key_history(name) for name in sorted(allowed)}
        yield [keys[0] for keys in history.values() if keys]
        yield from ([key] for keys in history.values() for key in keys[1:])
