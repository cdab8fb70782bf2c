"""Carrying the onion services, however tor is reached: a thread that publishes, watches, and publishes again.

It reports each change in one fixed line. The courier's service is never a reason for the reporters' to be away.
"""

import threading
import time
from collections.abc import Callable

import stem.control

from dropbox.config import MAX_SOCKET_PATH_BYTES, Settings
from dropbox.errors import OnionError, OnionPathUnusable
from dropbox.server.onion.connection import percent, translated
from dropbox.server.onion.courier import CourierDoor
from dropbox.server.onion.keys import carry_over, refuse_away
from dropbox.server.onion.places import control_path, tor_dir

STOP_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
POLL_SECONDS = 1.0
NO_NETWORK_SECONDS = 45.0

Report = Callable[[str], None]


class OnionService:
    """Keeps the onion services published from `start` until `stop`; subclasses know how tor is reached."""

    def __init__(self, settings: Settings, report: Report) -> None:
        self._settings = settings
        self._report = report
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="onion", daemon=True)
        self._data_dir = settings.server.data_dir
        self._folder = tor_dir(self._data_dir)
        self._said: dict[str, str] = {}
        self._courier = CourierDoor(self._data_dir, self, self._say) if settings.courier.enabled else None

    def start(self) -> None:
        """Begin in the background. Raises OnionError at once for what waiting cannot mend."""
        sockets = (self._settings.server.listen, self._settings.courier.listen, control_path(self._settings))
        if any(len(bytes(socket)) > MAX_SOCKET_PATH_BYTES for socket in sockets):
            raise OnionPathUnusable
        refuse_away(self._data_dir)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        carry_over(self._data_dir, self._settings.onion.mode)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_SECONDS)

    def publish_courier(self, controller: stem.control.Controller, keys: frozenset[str]) -> None:
        raise NotImplementedError

    def withdraw_courier(self, controller: stem.control.Controller) -> None:
        raise NotImplementedError

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
        subject = line.partition(":")[0]
        if line != self._said.get(subject):
            self._said[subject] = line
            self._report(line)

    def _follow(self, controller: stem.control.Controller, address: str) -> None:
        """Report progress, and tend the courier's service, until tor goes away or we are told to stop."""
        uploaded = threading.Event()

        def on_descriptor(event: object) -> None:
            if getattr(event, "action", "") != "UPLOADED":
                return
            if getattr(event, "address", "") == address:
                uploaded.set()
            elif self._courier is not None and getattr(event, "address", "") == self._courier.address:
                self._courier.uploaded()

        if self._courier is not None:
            self._courier.begin()
        with translated():
            controller.add_event_listener(on_descriptor, stem.control.EventType.HS_DESC)
            begun = time.monotonic()
            while controller.is_alive() and not self._stopping.is_set():
                if uploaded.is_set():
                    self._say(f"onion service: reachable at http://{address}.onion/")
                elif time.monotonic() - begun > NO_NETWORK_SECONDS and percent(controller) < 100:
                    self._say("onion service: there is no way to the Tor network yet; tor goes on trying")
                if self._courier is not None:
                    self._courier.tend(controller)
                self._stopping.wait(POLL_SECONDS)
