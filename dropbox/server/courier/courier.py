"""The courier, put together: who may come in, who is in, what lies ready and what is on its way. Only composition."""

import os
from dataclasses import dataclass
from datetime import datetime

from dropbox.models import today
from dropbox.server.courier import clients, places, releases
from dropbox.server.courier.door import Door
from dropbox.server.courier.downloads import Downloads
from dropbox.server.courier.incoming import Incoming
from dropbox.server.courier.sessions import CourierSessions
from dropbox.server.courier.shelf import Shelf
from dropbox.server.drop import Drop
from dropbox.server.limits import courier_min_free_bytes
from dropbox.server.store.blobs import midnight
from dropbox.server.tokens import FormTokens

RETRY_SECONDS = 60.0


@dataclass(frozen=True, repr=False)
class Courier:
    drop: Drop
    door: Door
    sessions: CourierSessions
    forms: FormTokens
    shelf: Shelf
    incoming: Incoming
    downloads: Downloads

    @classmethod
    def open(cls, drop: Drop) -> "Courier":
        """Open everything under DATA/courier, which is empty but for the client keys afterwards."""
        settings, registry, shelf = drop.settings, drop.store.courier, Shelf(drop)
        courier = cls(
            drop=drop,
            door=Door(registry),
            sessions=CourierSessions(
                drop.identity.subkey(b"drop1-courierses"),
                registry,
                revoked=shelf.sweep,
                idle_minutes=settings.courier.idle_minutes,
                absolute_minutes=settings.sessions.absolute_minutes,
            ),
            forms=FormTokens(drop.identity.subkey(b"drop1-courierfrm"), settings.sessions.form_hours),
            shelf=shelf,
            incoming=Incoming(
                settings.server.data_dir, settings.courier.max_answer_bytes, courier_min_free_bytes(settings.server)
            ),
            downloads=Downloads(),
        )
        clients.write(settings.server.data_dir, registry.list())
        courier.shelf.clear()
        courier.incoming.clear()
        return courier

    def tidy(self) -> None:
        """Let go of bundles that nobody may fetch any more, and of the hour at which somebody was last here."""
        self.shelf.sweep()
        folder = self.drop.settings.server.data_dir / places.COURIER_FOLDER
        for path in (folder, *folder.iterdir()):
            os.utime(path, (midnight(today()),) * 2)

    def release_due(self, at: datetime) -> None:
        """Release what is due by the machine's own time."""
        settings = self.drop.settings
        releases.release_due(self.drop.store, [desk.id for desk in settings.desks], at, settings.courier.release)

    def seconds_to_release(self, at: datetime) -> float:
        """Return how long it is to the next release; a minute when one that is due has failed."""
        times = self.drop.settings.courier.release
        return RETRY_SECONDS if releases.is_due(self.drop.store, at, times) else releases.seconds_to_next(at, times)
