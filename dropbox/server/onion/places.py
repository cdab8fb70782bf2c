"""Where tor's things lie in the data folder, and what follows from the mode. Reads addresses; knows no tor."""

import contextlib
from pathlib import Path

from dropbox.settings import Settings


def tor_dir(data_dir: Path) -> Path:
    return data_dir / "tor"


def onion_dir(data_dir: Path) -> Path:
    """Return the folder of the reporters' service for a tor of our own."""
    return tor_dir(data_dir) / "onion"


def courier_dir(data_dir: Path) -> Path:
    """Return the folder of the courier's service for a tor of our own."""
    return tor_dir(data_dir) / "courier"


def registry_dir(data_dir: Path) -> Path:
    """Return the folder with the public client keys of all investigators that may reach the courier."""
    return data_dir / "courier" / "authorized_clients"


def known_address(data_dir: Path) -> str | None:
    """Return the onion address that this data folder has been published under, if any."""
    return _first(onion_dir(data_dir) / "hostname", tor_dir(data_dir) / "address")


def courier_address(data_dir: Path) -> str | None:
    """Return the courier's onion address, if there has been one."""
    return _first(courier_dir(data_dir) / "hostname", tor_dir(data_dir) / "courier-address")


def control_path(settings: Settings) -> Path:
    """Return tor's control socket: that of our own tor, or the configured one."""
    if settings.onion.mode == "launch":
        return tor_dir(settings.server.data_dir) / "control"
    return settings.onion.control_socket


def socks_path(settings: Settings) -> Path:
    """Return the unix socket of tor's SOCKS port, by which the drop can visit its own services."""
    if settings.onion.mode == "launch":
        return tor_dir(settings.server.data_dir) / "socks"
    return settings.onion.socks


def has_circuit_ids(settings: Settings) -> bool:
    """Tell whether tor says of each connection by which circuit it came. ADD_ONION cannot make it do so."""
    mode = settings.onion.mode
    return mode == "launch" or (mode == "external" and settings.onion.circuit_ids)


def _first(*names: Path) -> str | None:
    for name in names:
        with contextlib.suppress(OSError):
            return name.read_text(encoding="ascii").strip() or None
    return None
