"""The command `dropbox-server`: the one place on this side that parses a command line, prints, and holds signals.

Every failure ends in an `error:` line and, where something can be done, a `hint:` line; never in a traceback.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from dropbox import config
from dropbox.config import Settings
from dropbox.errors import ConfigError, DropboxError, SecretKeyFound, StartRefused, StoreError
from dropbox.keyring import Keyring
from dropbox.models import parse_desk_id, today
from dropbox.server import check, hardening, onion, screens, transfer, trial
from dropbox.server.app import create_app
from dropbox.server.arrival import ArrivalServer, create_server
from dropbox.server.check import Verdict
from dropbox.server.drop import Drop
from dropbox.trust_words import roster_words

HOUSEKEEPING_SECONDS = 3600.0
_MAX_WIDTH = 120
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage."""
    options = _parser().parse_args(arguments)
    return in_plain_words(lambda: int(options.run(options)))


def in_plain_words(run: Callable[[], int]) -> int:
    """Run and return the exit code; whatever is raised becomes an `error:` line, never a traceback."""
    try:
        return run()
    except DropboxError as error:
        return _failed(str(error), error.hint)
    except KeyboardInterrupt:
        return _failed("interrupted", "")
    except OSError as error:
        hint = "Check that this user may read the configuration and the keys, and write to the data folder."
        return _failed(f"the system refused: {error.strerror or type(error).__name__}", hint)
    except Exception as error:  # a traceback may stand beside secrets on a screen; its kind is enough
        return _failed(f"unexpected {type(error).__name__}", "This is a fault in the program; please report it.")


def serve(settings: Settings, local: tuple[str, int] | None) -> int:
    """Serve until SIGTERM or SIGINT: the unix socket for tor, and loopback where asked for."""
    if settings.onion.mode == "off" and local is None:
        raise ConfigError("onion.mode", '"off" needs --local HOST:PORT, or nothing would listen')
    hardening.close_the_shutters()
    for area in hardening.refuse_clear_swap(allowed=settings.server.allow_swap or settings.trial):
        _say(f"warning: swap is on and in clear ({area}); what is in memory may reach the disk")
    with _only_server(settings.server.data_dir), Drop.open(settings) as drop:
        missing = drop.store.sweep().missing
        if missing:
            _say(f"warning: {missing} sealed items have lost their file; restore the data folder from its backup")
        for desk in sorted({report.desk for report in drop.keyring.report() if report.problem}):
            _say(f"warning: desk {desk} takes no report, for want of a member's key; see: dropbox-server check")
        stopping = threading.Event()
        housekeeper = threading.Thread(target=_keep_house, args=(drop, stopping), name="housekeeping", daemon=True)
        housekeeper.start()
        try:
            _serve(drop, local)
        finally:
            stopping.set()
            housekeeper.join(5)
    return 0


def _serve(drop: Drop, local: tuple[str, int] | None) -> None:
    settings = drop.settings
    unix = None if settings.onion.mode == "off" else settings.server.listen
    server = _listen(drop, unix, local)
    if unix is not None and settings.onion.mode != "launch":
        unix.chmod(0o660)  # that tor runs as another user: the folder's group decides who may connect
    service = onion.onion_service(settings, _say)

    def leave(_number: int, _frame: FrameType | None) -> None:
        server.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    try:
        if service is not None:
            service.start()
        _greet(settings, local)
        server.run()
    finally:
        if service is not None:
            service.stop()


def _listen(drop: Drop, unix: Path | None, local: tuple[str, int] | None) -> ArrivalServer:
    settings, app = drop.settings, create_app(drop)
    try:
        return create_server(app, settings, unix, local, proxy_lines=settings.onion.mode == "launch")
    except OSError as error:
        places = [str(place) for place in (unix, local and _shown(local)) if place]
        reason = error.strerror or type(error).__name__
        hint = "Another program may have the port; choose another one: --local 127.0.0.1:PORT" if local else ""
        raise StartRefused(f"cannot listen on {' and '.join(places)}: {reason}", hint) from None


def _greet(settings: Settings, local: tuple[str, int] | None) -> None:
    if settings.trial:
        _say("TRIAL DROP: anyone with this machine can read what comes in. Never take a real report with it.")
    if local is not None:
        _say(f"serving on http://{_shown(local)}/")
    if settings.onion.mode == "external":
        _say(f"listening on {settings.server.listen} for the tor that carries the onion service")


def _shown(local: tuple[str, int]) -> str:
    host = f"[{local[0]}]" if ":" in local[0] else local[0]
    return f"{host}:{local[1]}"


def _keep_house(drop: Drop, stopping: threading.Event) -> None:
    """Let go of what everybody has, once an hour; a failure is said and tried again, and stops nothing."""
    while not stopping.is_set():
        try:
            drop.opener.refresh()
            drop.store.retire(today())
        except DropboxError as error:
            _say(f"housekeeping: {error}")
        except Exception as error:  # it must be tried again in an hour, whatever it was
            _say(f"housekeeping: unexpected {type(error).__name__}")
        stopping.wait(HOUSEKEEPING_SECONDS)


@contextlib.contextmanager
def _only_server(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock: two servers on one folder would each hold a case's numbers."""
    try:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(data_dir / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "The server and its commands run as the one user who owns this folder."
        raise StartRefused(f"{data_dir}: this user cannot write there ({error.strerror})", hint) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartRefused("Another server runs on this data folder.", "Stop it first.") from None
        yield
    finally:
        os.close(descriptor)


def _run_init(options: argparse.Namespace) -> int:
    settings = _settings(options)
    with Drop.open(settings, beside_server=True) as drop:
        words = drop.identity.drop_words()
    if options.json:
        print(json.dumps({"data_dir": str(settings.server.data_dir), "drop_key": words}))
    else:
        lines = [f"the drop is ready in {settings.server.data_dir}", "drop key:", *screens.word_lines(words)]
        print("\n".join(lines))
    return 0


def _run_serve(options: argparse.Namespace) -> int:
    return serve(_settings(options), options.local)


def _run_check(options: argparse.Namespace) -> int:
    settings = _settings(options)
    try:
        with Drop.open(settings, beside_server=True) as drop:
            rows = check.examine(settings, drop.store, drop.keyring, today())
    except (StartRefused, SecretKeyFound, StoreError) as refusal:
        keyring = Keyring(settings.keys_dir, settings.desks, settings.server.data_dir / "gnupg")
        rows = check.examine_refused(settings, keyring, today(), refusal)
    if options.json:
        keys = ("verdict", "subject", "finding", "advice")
        print(json.dumps([{key: str(getattr(row, key)) for key in keys} for row in rows]))
    else:
        print("\n".join(screens.check_lines(rows, min(shutil.get_terminal_size().columns, _MAX_WIDTH))))
    return 1 if any(row.verdict is Verdict.FAIL for row in rows) else 0


def _run_export(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.desk not in {desk.id for desk in settings.desks}:
        raise ConfigError("--desk", "there is no such desk; the configuration has " + _desks(settings))
    desk = settings.desk(options.desk).id
    with Drop.open(settings, beside_server=True) as drop:
        summary = transfer.export_desk(drop, desk, options.file)
    if options.json:
        print(json.dumps({"desk": summary.desk, "items": summary.items, "bytes": summary.bytes}))
    else:
        items = screens.count(summary.items, "item")
        print(f"The bundle for desk {summary.desk} holds {items} ({summary.bytes} bytes).")
    return 0


def _run_import(options: argparse.Namespace) -> int:
    with Drop.open(_settings(options), beside_server=True) as drop:
        summary = transfer.import_answer(drop, options.file)
    if options.json:
        print(json.dumps({"lines": [str(line) for line in summary.lines]}))
    else:
        for line in summary.lines:
            print(line)
    return 0


def _run_status(options: argparse.Namespace) -> int:
    settings = _settings(options)
    with Drop.open(settings, beside_server=True) as drop:
        counts = drop.store.counts()
        keys = [
            {"fingerprint": key.fingerprint, "desk": key.desk, "expires": key.expires and key.expires.isoformat()}
            for key in drop.keyring.report()
        ]
        words = drop.identity.drop_words()
        rosters = {desk.id: roster_words(desk.id, drop.store.roster(desk.id)) for desk in settings.desks}
    waiting = {desk.id: counts.waiting.get(desk.id, 0) for desk in settings.desks}
    if options.json:
        found = {"cases": counts.cases, "items": counts.items, "waiting": waiting, "keys": keys, "drop_key": words}
        print(json.dumps(found))
        return 0
    address = onion.known_address(settings.server.data_dir) or "none yet"
    print("\n".join(screens.status_lines(counts, rosters, address, words)))
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    settings = config.load(options.config)
    if trial.is_trial(options.config, settings.server.data_dir):
        return config.load(options.config, trial=True)
    return settings


def _desks(settings: Settings) -> str:
    return ", ".join(desk.id for desk in settings.desks)


def _failed(message: str, hint: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return 1


def _say(line: str) -> None:
    print(line, flush=True)


def loopback(text: str) -> tuple[str, int]:
    """Parse HOST:PORT; only loopback is allowed, because this listener has no Tor in front of it."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if host not in _LOOPBACK or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError("HOST:PORT on loopback is wanted, such as 127.0.0.1:8080")
    return host, int(port)


def _desk(text: str) -> str:
    try:
        return parse_desk_id(text)
    except DropboxError:
        raise argparse.ArgumentTypeError("a desk's id from the configuration is wanted") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dropbox-server", description="The online half of an onion-dropbox.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    help_config = "the configuration (default: config.toml)"
    shared.add_argument("--config", type=Path, default=Path("config.toml"), metavar="FILE", help=help_config)
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print one JSON document")

    init = commands.add_parser("init", parents=[shared, as_json], help="make the data folder ready, if it is not")
    init.set_defaults(run=_run_init)
    serving = commands.add_parser("serve", parents=[shared], help="serve reporters until stopped")
    serving.add_argument("--local", type=loopback, metavar="HOST:PORT", help="also listen on this loopback address")
    serving.set_defaults(run=_run_serve)
    checking = commands.add_parser("check", parents=[shared, as_json], help="say what is well and what is not")
    checking.set_defaults(run=_run_check)
    export = commands.add_parser("export", parents=[shared, as_json], help="write a desk's pickup bundle")
    export.add_argument("--desk", required=True, type=_desk, metavar="ID", help="the desk whose items to write")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file; nothing is ever overwritten")
    export.set_defaults(run=_run_export)
    importing = commands.add_parser("import", parents=[shared, as_json], help="take in an answer bundle")
    importing.add_argument("file", type=Path, metavar="FILE", help="an answer bundle from a workstation")
    importing.set_defaults(run=_run_import)
    status = commands.add_parser("status", parents=[shared, as_json], help="count what is held and waiting")
    status.set_defaults(run=_run_status)
    return parser


if __name__ == "__main__":
    sys.exit(main())
