"""The onion service: our own tor (`launch`) or one that runs already (`control`). The only room that imports stem.

A watcher thread starts tor, publishes the service on our unix socket, publishes it again when tor restarts, and reports
each change in one fixed line. Nothing of a request is known here, and no address of a visitor exists.
"""

import contextlib
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import stem
import stem.connection
import stem.control
import stem.util.log

from dropbox.config import MAX_SOCKET_PATH_BYTES, Settings
from dropbox.errors import OnionControlFailed, OnionError

# A browser opens at most six connections to a host; more on one circuit is no reporter.
MAX_STREAMS_PER_CIRCUIT = 32
STOP_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
POLL_SECONDS = 1.0
NO_NETWORK_SECONDS = 45.0
LOG_NAME = "tor.log"

Report = Callable[[str], None]

stem.util.log.get_logger().setLevel(logging.CRITICAL)
stem.util.log.get_logger().propagate = False


def tor_version(binary: str) -> str | None:
    """Return the version of a tor binary such as `0.4.9.11`, or None where there is none."""
    path = shutil.which(binary)
    if path is None:
        return None
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    words = answer.split()
    return words[2].rstrip(".") if words[:2] == ["Tor", "version"] and len(words) > 2 else None


def has_proof_of_work(binary: str) -> bool:
    """Tell whether this tor was built with the proof-of-work defence."""
    path = shutil.which(binary)
    if path is None:
        return False
    answer = subprocess.run([path, "--list-modules"], capture_output=True, text=True, timeout=10, check=False).stdout
    return "pow: yes" in answer


def is_supported(version: str) -> bool:
    """Tell whether a tor's version is 0.4.8 or newer."""
    numbers = tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".") if part.isdigit())
    return numbers >= (0, 4, 8)


def onion_dir(data_dir: Path) -> Path:
    return data_dir / "tor" / "onion"


def control_path(settings: Settings) -> Path:
    """Return tor's control socket: that of our own tor, or the configured one."""
    if settings.onion.mode == "launch":
        return settings.server.data_dir / "tor" / "control"
    return settings.onion.control_socket


def known_address(data_dir: Path) -> str | None:
    """Return the onion address that this data folder has been published under, if any."""
    for name in (onion_dir(data_dir) / "hostname", data_dir / "tor" / "address"):
        with contextlib.suppress(OSError):
            return name.read_text(encoding="ascii").strip() or None
    return None


def bootstrap_percent(settings: Settings) -> int:
    """Ask a running tor how far it is, 0 to 100. Raises OnionControlFailed when it cannot be asked."""
    with connected(control_path(settings)) as controller:
        return _percent(controller)


@contextlib.contextmanager
def connected(socket: Path) -> Iterator[stem.control.Controller]:
    """Yield an authenticated controller; stem's errors, also those of the block, become OnionControlFailed."""
    if not socket.is_socket():  # stem leaves its own socket open when there is nothing to connect to
        raise OnionControlFailed
    try:
        with stem.control.Controller.from_socket_file(str(socket)) as controller:
            controller.authenticate()
            yield controller
    except (stem.ControllerError, stem.connection.AuthenticationFailure, OSError) as error:
        raise OnionControlFailed from error


class OnionService:
    """Keeps one onion service published from `start` until `stop`; subclasses know how tor is reached."""

    def __init__(self, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="onion", daemon=True)
        self._folder = settings.server.data_dir / "tor"
        self._said = ""

    def start(self) -> None:
        """Begin in the background. Raises OnionError at once for what waiting cannot mend."""
        if len(str(self._settings.server.listen).encode()) > MAX_SOCKET_PATH_BYTES:
            raise OnionError
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_SECONDS)

    def _watch(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            begun = time.monotonic()
            try:
                self._run_once()
            except OnionError as error:
                self._say(f"onion service: {error} {error.hint}")
            if time.monotonic() - begun > LONGEST_PAUSE_SECONDS:
                pause = 1.0
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _run_once(self) -> None:
        raise NotImplementedError

    def _say(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._report(line)

    def _follow(self, controller: stem.control.Controller, address: str) -> None:
        """Report progress until tor goes away or we are told to stop."""
        uploaded = threading.Event()

        def on_descriptor(event: object) -> None:
            if getattr(event, "action", "") == "UPLOADED" and getattr(event, "address", "") == address:
                uploaded.set()

        controller.add_event_listener(on_descriptor, stem.control.EventType.HS_DESC)
        begun = time.monotonic()
        while controller.is_alive() and not self._stopping.is_set():
            if uploaded.is_set():
                self._say(f"onion service: reachable at http://{address}.onion/")
            elif time.monotonic() - begun > NO_NETWORK_SECONDS and _percent(controller) < 100:
                self._say("onion service: there is no way to the Tor network yet; tor goes on trying")
            self._stopping.wait(POLL_SECONDS)


class LaunchedOnion(OnionService):
    """Runs our own tor with an onion folder inside the data folder, and starts it again when it ends."""

    def _run_once(self) -> None:
        process = self._launch()
        try:
            controller = self._reach(process)
            if controller is not None:
                with controller:
                    self._greet_and_follow(controller)
        finally:
            _end(process)
        if not self._stopping.is_set():
            self._say(f"onion service: tor ended and is started again; {self._folder / LOG_NAME} says why")

    def _launch(self) -> subprocess.Popen[bytes]:
        binary = shutil.which(self._settings.onion.tor_binary)
        if binary is None:
            raise OnionError
        torrc = self._folder / "torrc"
        torrc.write_text(self._torrc(binary), encoding="utf-8")
        torrc.chmod(0o600)
        defaults = self._settings.onion.torrc_defaults
        if defaults is None:  # tor wants a real empty file here, or it reads the system's
            defaults = self._folder / "torrc-defaults"
            defaults.touch(mode=0o600)
        (self._folder / "control").unlink(missing_ok=True)
        self._say(f"onion service: starting tor {tor_version(binary) or '(unknown version)'}")
        command = [binary, "-f", str(torrc), "--defaults-torrc", str(defaults)]
        # tor's own Log line takes no path with a blank; this also keeps what it says of a torrc that it refuses
        with (self._folder / LOG_NAME).open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder)

    def _torrc(self, binary: str) -> str:
        lines = [
            f"DataDirectory {_quoted(self._folder / 'data')}",
            f"ControlPort unix:{_quoted(self._folder / 'control')}",
            "CookieAuthentication 1",
            "SocksPort 0",
            "AvoidDiskWrites 1",
            "SafeLogging 1",
            "Log warn stdout",
            f"__OwningControllerProcess {os.getpid()}",
            f"HiddenServiceDir {_quoted(onion_dir(self._settings.server.data_dir))}",
            f"HiddenServicePort 80 unix:{_quoted(self._settings.server.listen)}",
            "HiddenServiceExportCircuitID haproxy",
            f"HiddenServiceMaxStreams {MAX_STREAMS_PER_CIRCUIT}",
            "HiddenServiceMaxStreamsCloseCircuit 1",
            "HiddenServiceEnableIntroDoSDefense 1",
        ]
        if has_proof_of_work(binary):
            lines.append("HiddenServicePoWDefensesEnabled 1")
        return "\n".join(lines) + "\n"

    def _reach(self, process: subprocess.Popen[bytes]) -> stem.control.Controller | None:
        """Return a controller once tor answers; None when it ended or we are told to stop."""
        control = self._folder / "control"
        while process.poll() is None and not self._stopping.is_set():
            if control.exists() and (onion_dir(self._settings.server.data_dir) / "hostname").exists():
                with contextlib.suppress(stem.ControllerError, stem.connection.AuthenticationFailure, OSError):
                    controller = stem.control.Controller.from_socket_file(str(control))
                    controller.authenticate()
                    return controller
            self._stopping.wait(0.1)
        return None

    def _greet_and_follow(self, controller: stem.control.Controller) -> None:
        address = known_address(self._settings.server.data_dir)
        if address is None:
            raise OnionError
        self._say(f"onion service: http://{address}/ is being published")
        try:
            self._follow(controller, address.removesuffix(".onion"))
        except stem.ControllerError as error:
            raise OnionControlFailed from error


class ControlledOnion(OnionService):
    """Adds the service to a tor that runs already, and adds it again when that tor comes back."""

    def _run_once(self) -> None:
        with connected(self._settings.onion.control_socket) as controller:
            address = self._publish(controller)
            self._say(f"onion service: http://{address}.onion/ is being published")
            self._follow(controller, address)
        if not self._stopping.is_set():
            self._say("onion service: the connection to tor was lost; trying again")

    def _publish(self, controller: stem.control.Controller) -> str:
        target = str(self._settings.server.listen)
        if any(letter.isspace() for letter in target):
            raise OnionError
        streams = f"MaxStreams={MAX_STREAMS_PER_CIRCUIT} Flags=MaxStreamsCloseCircuit"
        base = f"ADD_ONION {self._key()} {streams} Port=80,unix:{target}"
        response = controller.msg(f"{base} PoWDefensesEnabled=1")
        if not response.is_ok():  # a tor without the proof-of-work module refuses the word
            response = controller.msg(base)
        if not response.is_ok():
            raise OnionControlFailed
        fields = dict(content.split("=", 1) for _, _, content in response.content() if "=" in content)
        if "PrivateKey" in fields:
            _write_private(self._folder / "onion.key", fields["PrivateKey"])
        _write_private(self._folder / "address", f"{fields['ServiceID']}.onion")
        return str(fields["ServiceID"])

    def _key(self) -> str:
        try:
            return (self._folder / "onion.key").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return "NEW:ED25519-V3"


def onion_service(settings: Settings, report: Report) -> OnionService | None:
    """Return the service for the configured mode, or None where tor's own configuration or nobody carries one."""
    kinds = {"launch": LaunchedOnion, "control": ControlledOnion}
    kind = kinds.get(settings.onion.mode)
    return None if kind is None else kind(settings, report)


def _percent(controller: stem.control.Controller) -> int:
    phase = str(controller.get_info("status/bootstrap-phase"))
    words = [word.removeprefix("PROGRESS=") for word in phase.split() if word.startswith("PROGRESS=")]
    return int(words[0]) if words and words[0].isdigit() else 0


def _quoted(path: Path) -> str:
    """Return a path as a torrc string: in double quotes, backslash before what would end it."""
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write_private(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text + "\n", encoding="ascii")
    part.rename(path)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
