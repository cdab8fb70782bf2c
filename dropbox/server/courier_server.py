"""The courier's own server: sockets, loop and threads beside the reporters', so that neither can hold up the other.

It listens on a unix socket for tor, and on loopback only to be tried out. Started and stopped here; nothing of a
request enters.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dropbox.server.arrival import ArrivalServer
from dropbox.server.courier import Courier
from dropbox.server.courier_app import create_courier_app
from dropbox.server.limits import ArrivalLimits
from dropbox.server.plain_page import PlainPages

STOP_SECONDS = 15.0


def create_courier_server(
    courier: Courier, unix: Path | None, local: tuple[str, int] | None = None, *, proxy_lines: bool = False
) -> ArrivalServer:
    """Return the courier's server, listening. `proxy_lines`: tor sends its circuit's id first on the unix socket."""
    settings = courier.drop.settings
    return ArrivalServer(
        create_courier_app(courier),
        ArrivalLimits.for_courier(settings.server, settings.courier),
        settings.server.data_dir,
        unix=unix,
        local=local,
        proxy_lines=proxy_lines,
        plain_pages=PlainPages(settings.organisation.languages),
    )


@contextmanager
def in_the_background(server: ArrivalServer) -> Iterator[None]:
    """Serve in a thread of its own until the block ends."""
    thread = threading.Thread(target=server.run, name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(STOP_SECONDS)
