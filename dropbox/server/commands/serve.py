"""serve: the drop answers reporters until it is told to stop. The one command that holds signals and listens."""

import argparse
import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from dropbox.config import Settings
from dropbox.errors import ConfigError, DropboxError, StartRefused
from dropbox.models import today
from dropbox.server import hardening, onion, private, running, wiping
from dropbox.server.backup import gathering
from dropbox.server.commands import Adder, Arguments, Say, settings_of
from dropbox.server.courier import Courier, releases
from dropbox.server.desk_keys import KeyWatch
from dropbox.server.drop import Drop
from dropbox.server.log_files import LogFiles

if TYPE_CHECKING:
    from dropbox.server.arrival import ArrivalServer

Address = tuple[str, int]
HOUSEKEEPING_SECONDS = 3600.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def add(command: Adder) -> None:
    serving = command("serve", _run, "serve reporters until stopped", as_json=False)
    serving.set_defaults(anew=True)
    serving.add_argument("--local", type=loopback, metavar="HOST:PORT", help="also listen on this loopback address")
    text = "also show the courier on this loopback address, to try it out"
    serving.add_argument("--local-courier", type=loopback, metavar="HOST:PORT", help=text)


def _run(arguments: Arguments, say: Say) -> None:
    serve(settings_of(arguments), arguments.local, say, arguments.local_courier)


def serve(settings: Settings, local: Address | None, say: Say, local_courier: Address | None = None) -> None:
    """Serve until SIGTERM or SIGINT: the unix socket for tor, and loopback where asked for."""
    from dropbox.server.courier_site import server as courier_server  # noqa: PLC0415  # as in _listen

    if local_courier is not None and not settings.courier.enabled:
        raise ConfigError("courier.enabled", "must be true for --local-courier")
    if settings.onion.mode == "off" and local is None:
        raise ConfigError("onion.mode", '"off" needs --local HOST:PORT, or nothing would listen')
    hardening.close_the_shutters()
    log = LogFiles.open(settings.log)
    say = log.also(say)
    if not wiping.overwrites_freed():
        say("warning: freed memory is not overwritten here (glibc does that), so it keeps what passed through")
    for area in hardening.refuse_clear_swap(allowed=settings.server.allow_swap or settings.trial):
        say(f"warning: swap is on and in clear ({area}); what is in memory may reach the disk")
    with only_server(settings.server.data_dir), Drop.open(settings) as drop:
        gathering.sweep(settings.server.data_dir)
        missing = drop.store.sweep().missing
        if missing:
            say(f"warning: {missing} sealed items have lost their file; restore the data folder from its backup")
        for desk in sorted({report.desk for report in drop.keyring.report() if report.problem}):
            say(f"warning: desk {desk} takes no report, for want of a member's key; see: dropbox-server check")
        stopping = threading.Event()
        courier = Courier.open(drop) if settings.courier.enabled else None
        keeping = (drop, courier, stopping, say)
        housekeeper = threading.Thread(target=_keep_house, args=keeping, name="housekeeping", daemon=True)
        housekeeper.start()
        log.write("server: started")
        try:
            with courier_server.serving(courier, local_courier, say) as close_courier:
                _serve(drop, local, say, close_courier)
        finally:
            log.write("server: stopped")
            stopping.set()
            housekeeper.join(5)


def _serve(drop: Drop, local: tuple[str, int] | None, say: Say, close_courier: Callable[[], None]) -> None:
    settings = drop.settings
    unix = None if settings.onion.mode == "off" else settings.server.listen
    server = _listen(drop, unix, local)
    if unix is not None and settings.onion.mode != "launch":
        unix.chmod(0o660)  # that tor runs as another user: the folder's group decides who may connect
    service = onion.onion_service(settings, say)

    def leave(_number: int, _frame: FrameType | None) -> None:
        server.close()
        close_courier()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        if service is not None:
            service.start()
        _greet(settings, local, say)
        wiping.settle()
        server.run()
    finally:
        if service is not None:
            service.stop()


def _listen(drop: Drop, unix: Path | None, local: tuple[str, int] | None) -> "ArrivalServer":
    # the sites and the web server are for this command alone: every other one would load them for nothing
    from dropbox.server.app import create_app  # noqa: PLC0415
    from dropbox.server.arrival import create_server  # noqa: PLC0415

    settings, app = drop.settings, create_app(drop)
    try:
        return create_server(app, settings, unix, local, proxy_lines=onion.has_circuit_ids(settings))
    except OSError as error:
        places = [str(place) for place in (unix, local and _shown(local)) if place]
        reason = error.strerror or type(error).__name__
        hint = "Another program may have the port; choose another one: --local 127.0.0.1:PORT" if local else ""
        raise StartRefused(f"cannot listen on {' and '.join(places)}: {reason}", hint) from None


def _greet(settings: Settings, local: tuple[str, int] | None, say: Say) -> None:
    if settings.trial:
        say("TRIAL DROP: anyone with this machine can read what comes in. Never take a real report with it.")
    if local is not None:
        say(f"serving on http://{_shown(local)}/")
    if settings.onion.mode == "external":
        say(f"listening on {settings.server.listen} for the tor that carries the onion service")


def _shown(local: tuple[str, int]) -> str:
    host = f"[{local[0]}]" if ":" in local[0] else local[0]
    return f"{host}:{local[1]}"


def _keep_house(drop: Drop, courier: Courier | None, stopping: threading.Event, say: Say) -> None:
    """Let go of what everybody has, once an hour and at each release; a failure is said and tried again."""
    watch = KeyWatch(drop)
    while not stopping.is_set():
        try:
            for line in watch.lines(today()):
                say(line)
            if courier is not None:
                courier.release_due(releases.now())
            drop.opener.refresh()
            drop.store.retire(today())
            if courier is not None:
                courier.tidy()
        except DropboxError as error:
            say(f"housekeeping: {error}")
        except Exception as error:  # it must be tried again in an hour, whatever it was
            say(f"housekeeping: unexpected {type(error).__name__}")
        pause = HOUSEKEEPING_SECONDS if courier is None else courier.seconds_to_release(releases.now())
        stopping.wait(min(HOUSEKEEPING_SECONDS, pause))


@contextlib.contextmanager
def only_server(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock: two servers on one folder would each hold a case's numbers."""
    try:
        private.make_folder(data_dir, "the data folder")
        descriptor = os.open(data_dir / running.LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "The server and its commands run as the one user who owns this folder."
        raise StartRefused(f"{data_dir}: this user cannot write there ({error.strerror})", hint) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartRefused("Another server runs on this data folder.", "Stop it first.") from None
        running.note_pid(descriptor)
        yield
    finally:
        os.close(descriptor)


def loopback(text: str) -> tuple[str, int]:
    """Parse HOST:PORT; only loopback is allowed, because this listener has no Tor in front of it."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if host not in _LOOPBACK or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError("HOST:PORT on loopback is wanted, such as 127.0.0.1:8080")
    return host, int(port)
