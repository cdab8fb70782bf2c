"""A tor of our own, with both services' folders inside the data folder. It is started again when it ends."""

import contextlib
import shutil
import subprocess

import stem.control

from dropbox.errors import OnionControlFailed, OnionError
from dropbox.server.onion.binary import has_proof_of_work, tor_version
from dropbox.server.onion.clients import write_folder
from dropbox.server.onion.connection import connected, set_options
from dropbox.server.onion.places import known_address, onion_dir
from dropbox.server.onion.service import STOP_SECONDS, OnionService
from dropbox.server.onion.torrc import courier_options, reporters_options, torrc

LOG_NAME = "tor.log"


class LaunchedOnion(OnionService):
    """Runs our own tor with onion folders inside the data folder, and starts it again when it ends."""

    _proof_of_work = False

    def publish_courier(self, controller: stem.control.Controller, keys: frozenset[str]) -> None:
        write_folder(self._data_dir, keys)
        reporters = reporters_options(self._settings, self._proof_of_work)
        set_options(controller, (*reporters, *courier_options(self._settings, self._proof_of_work)))

    def withdraw_courier(self, controller: stem.control.Controller) -> None:
        set_options(controller, reporters_options(self._settings, self._proof_of_work))

    def _run_once(self) -> None:
        process = self._launch()
        try:
            with contextlib.ExitStack() as line:
                controller = self._reach(process, line)
                if controller is not None:
                    self._greet_and_follow(controller)
        finally:
            _end(process)
        if not self._stopping.is_set():
            self._say(f"onion service: tor ended and is started again; {self._folder / LOG_NAME} says why")

    def _launch(self) -> subprocess.Popen[bytes]:
        binary = shutil.which(self._settings.onion.tor_binary)
        if binary is None:
            raise OnionError
        self._proof_of_work = has_proof_of_work(binary)
        told = self._folder / "torrc"
        told.write_text(torrc(self._settings, proof_of_work=self._proof_of_work), encoding="utf-8")
        told.chmod(0o600)
        defaults = self._settings.onion.torrc_defaults
        if defaults is None:  # tor wants a real empty file here, or it reads the system's
            defaults = self._folder / "torrc-defaults"
            defaults.touch(mode=0o600)
        for name in ("control", "socks"):
            (self._folder / name).unlink(missing_ok=True)
        self._say(f"onion service: starting tor {tor_version(binary) or '(unknown version)'}")
        command = [binary, "-f", str(told), "--defaults-torrc", str(defaults)]
        # tor's own Log line takes no path with a blank; this also keeps what it says of a torrc that it refuses
        with (self._folder / LOG_NAME).open("wb") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder)

    def _reach(self, process: subprocess.Popen[bytes], line: contextlib.ExitStack) -> stem.control.Controller | None:
        """Return a controller once tor answers, for as long as `line`; None when it ended or we are told to stop.

        The first one to get through is kept: stem makes it tor's owner, and tor ends with it.
        """
        while process.poll() is None and not self._stopping.is_set():
            if (onion_dir(self._data_dir) / "hostname").exists():
                with contextlib.suppress(OnionControlFailed):
                    return line.enter_context(connected(self._folder / "control"))
            self._stopping.wait(0.1)
        return None

    def _greet_and_follow(self, controller: stem.control.Controller) -> None:
        address = known_address(self._data_dir)
        if address is None:
            raise OnionError
        self._say(f"onion service: http://{address}/ is being published")
        self._follow(controller, address.removesuffix(".onion"))


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
