"""What a tor of our own is told: its torrc, and the options of both services with every defence that it has."""

import os
from collections.abc import Sequence
from pathlib import Path

from dropbox.server.onion.connection import quoted
from dropbox.server.onion.places import courier_dir, onion_dir, tor_dir
from dropbox.settings import Settings

# A browser opens at most six connections to a host; more on one circuit is no visitor.
MAX_STREAMS_PER_CIRCUIT = 32


def torrc(settings: Settings, *, proof_of_work: bool) -> str:
    """Return the torrc that our own tor starts with: the reporters' service only.

    The courier's service is added once its clients are in place, so that nothing about it can keep the reporters' away,
    and a torrc that is read again by itself closes it instead of opening it.
    """
    folder = tor_dir(settings.server.data_dir)
    lines = [
        f"DataDirectory {quoted(str(folder / 'data'))}",
        f"ControlPort unix:{quoted(str(folder / 'control'))}",
        "CookieAuthentication 1",
        # For our own visits to our own services: no way out to anywhere else.
        f"SocksPort unix:{quoted(str(folder / 'socks'))} OnionTrafficOnly",
        "AvoidDiskWrites 1",
        "SafeLogging 1",
        "Log warn stdout",
        f"__OwningControllerProcess {os.getpid()}",
        *(f"{name} {_in_torrc(name, value)}" for name, value in reporters_options(settings, proof_of_work)),
    ]
    return "\n".join(lines) + "\n"


def reporters_options(settings: Settings, proof_of_work: bool) -> Sequence[tuple[str, str]]:
    return _service(onion_dir(settings.server.data_dir), settings.server.listen, proof_of_work)


def courier_options(settings: Settings, proof_of_work: bool) -> Sequence[tuple[str, str]]:
    return _service(courier_dir(settings.server.data_dir), settings.courier.listen, proof_of_work)


def _service(folder: Path, target: Path, proof_of_work: bool) -> Sequence[tuple[str, str]]:
    options = [
        ("HiddenServiceDir", str(folder)),
        ("HiddenServicePort", f"80 unix:{quoted(str(target))}"),
        ("HiddenServiceExportCircuitID", "haproxy"),
        ("HiddenServiceMaxStreams", str(MAX_STREAMS_PER_CIRCUIT)),
        ("HiddenServiceMaxStreamsCloseCircuit", "1"),
        ("HiddenServiceEnableIntroDoSDefense", "1"),
    ]
    if proof_of_work:
        options.append(("HiddenServicePoWDefensesEnabled", "1"))
    return options


def _in_torrc(name: str, value: str) -> str:
    return quoted(value) if name == "HiddenServiceDir" else value
