"""The drop, put together: every service that the site and the commands use, opened once and closed once.

Only composition here. What makes a start unsafe (a secret key in keys/, a desk that left the file while its items are
still held) refuses it.
"""

from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Self

from dropbox.bundle import StatedMember
from dropbox.codename import Derivation
from dropbox.config import Settings
from dropbox.errors import InvalidValue, StartRefused
from dropbox.keyring import Keyring
from dropbox.models import today
from dropbox.server import private
from dropbox.server.identity import Identity
from dropbox.server.intake import Intake
from dropbox.server.opening import ReplyOpener
from dropbox.server.seats import Seating
from dropbox.server.sessions import Sessions
from dropbox.server.store import Store
from dropbox.server.tokens import FormTokens


@dataclass(frozen=True, repr=False)
class Drop:
    settings: Settings
    identity: Identity
    store: Store
    keyring: Keyring
    seating: Seating
    derivation: Derivation
    intake: Intake
    sessions: Sessions
    forms: FormTokens
    opener: ReplyOpener

    @classmethod
    def open(cls, settings: Settings, *, beside_server: bool = False) -> "Drop":
        """Open everything under the data folder, made when it is not there; raises StartRefused or SecretKeyFound.

        `beside_server`: for a command that may run while the server does. It states the members of no desk that is
        new, save in a store that has none yet: that server does not know the desk.
        """
        data_dir = settings.server.data_dir
        private.make_folder(data_dir, "the data folder")
        keyring = Keyring(settings.keys_dir, settings.desks, data_dir / "gnupg")
        keyring.refuse_secret_keys()
        identity = Identity.load_or_create(data_dir)
        store = Store.open(data_dir, identity, trial=settings.trial, retention=settings.retention)
        try:
            _refuse_lost_desks(store, settings)
            seating = Seating(store)
            _seat(store, settings, today(), beside_server=beside_server)
            seating.require_proven()
            keyring.seat(seating.seats)
            store.statements.keep_keys(keyring.exported(), today())
        except BaseException:
            store.close()
            raise
        identity = identity.named(store.meta.drop)
        return cls(
            settings=settings,
            identity=identity,
            store=store,
            keyring=keyring,
            seating=seating,
            derivation=Derivation(store.meta.kdf),
            intake=Intake(store, keyring, identity, settings),
            sessions=Sessions(identity.subkey(b"drop1-session"), settings.sessions),
            forms=FormTokens(identity.subkey(b"drop1-form"), settings.sessions.form_hours),
            opener=ReplyOpener(store, data_dir),
        )

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _seat(store: Store, settings: Settings, day: date, *, beside_server: bool) -> None:
    """State what is there, and propose what the configuration says otherwise: only a member's signature seats it."""
    wanted = {
        desk.id: [StatedMember(name, desk.leaving.get(name)) for name in desk.fingerprints] for desk in settings.desks
    }
    try:
        store.statements.adopt(day)
        if not beside_server or not store.statements.chains():
            store.statements.begin(wanted, day)
        if not beside_server:
            store.statements.seat(wanted.keys(), day)
        store.statements.propose(wanted, day)
    except InvalidValue:
        raise StartRefused(
            "store.sqlite: what it says of its desks' members was changed",
            "Restore the data folder from a backup of before somebody changed the store by hand.",
        ) from None


def _refuse_lost_desks(store: Store, settings: Settings) -> None:
    lost = sorted(store.desks_with_items() - {desk.id for desk in settings.desks})
    if lost:
        raise StartRefused(
            f"desk {lost[0]}: has stored items and is not in the configuration",
            "Put it back; closed = true keeps it from taking new reports.",
        )
