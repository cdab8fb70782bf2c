"""The courier's own server: sockets, loop and threads beside the reporters', so that neither can hold up the other.

It listens on a unix socket for tor, and on loopback only to be tried out. Started and stopped here; nothing of a
request enters.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dropbox.errors import StartRefused
from dropbox.server import onion
from dropbox.server.arrival import ArrivalServer
from dropbox.server.courier import Courier
from dropbox.server.courier_site.app import create_courier_app
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
def serving(
    courier: Courier | None, local: tuple[str, int] | None, say: Callable[[str], None]
) -> Iterator[Callable[[], None]]:
    """Serve the courier, where there is one, in a thread of its own until the block ends: for tor and on `local`.

    Yields what asks it to stop, as `ArrivalServer.close` does, so that both servers stop side by side.
    """
    if courier is None:
        yield _nothing
        return
    settings = courier.drop.settings
    unix = None if settings.onion.mode == "off" else settings.courier.listen
    if unix is None and local is None:
        say("the courier is reached nowhere: onion.mode is off, and there is no --local-courier")
        yield _nothing
        return
    server = _listen(courier, unix, local)
    with in_the_background(server):
        if unix is not None and settings.onion.mode != "launch":
            unix.chmod(0o660)  # that tor runs as another user: the folder's group decides who may connect
        if local is not None:
            say(f"the courier on http://{local[0]}:{local[1]}/")
        yield server.close


def _nothing() -> None:
    pass


def _listen(courier: Courier, unix: Path | None, local: tuple[str, int] | None) -> ArrivalServer:
    proxy_lines = onion.has_circuit_ids(courier.drop.settings)
    try:
        return create_courier_server(courier, unix, local, proxy_lines=proxy_lines)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = "Another program may have its port or its socket; see courier.listen"
        raise StartRefused(f"the courier cannot listen: {reason}", hint) from None


@contextmanager
def in_the_background(server: ArrivalServer) -> Iterator[None]:
    """Serve in a thread of its own until the block ends."""
    thread = threading.Thread(target=server.run, name="courier", daemon=True)
    thread.start()
    try:
        yield
    finally:
        if not server.is_stopping:
            server.close()
        thread.join(server.limits.stop_seconds + STOP_SECONDS)
