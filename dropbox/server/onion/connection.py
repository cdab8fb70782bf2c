"""The line to a running tor: its control socket, and what is asked of every tor. stem's errors stop here."""

import contextlib
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import stem
import stem.connection
import stem.control
import stem.util.log

from dropbox.errors import OnionControlFailed, OnionRefused
from dropbox.server.onion.places import control_path
from dropbox.settings import Settings

stem.util.log.get_logger().setLevel(logging.CRITICAL)
stem.util.log.get_logger().propagate = False

Options = Iterable[tuple[str, str]]


@contextlib.contextmanager
def connected(socket: Path) -> Iterator[stem.control.Controller]:
    """Yield an authenticated controller; stem's errors, also those of the block, become OnionControlFailed."""
    if not socket.is_socket():  # stem leaves its own socket open when there is nothing to connect to
        raise OnionControlFailed
    with translated(), stem.control.Controller.from_socket_file(str(socket)) as controller:
        controller.authenticate()
        yield controller


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn stem's errors into OnionControlFailed."""
    try:
        yield
    except (stem.ControllerError, stem.connection.AuthenticationFailure, OSError) as error:
        raise OnionControlFailed from error


def bootstrap_percent(settings: Settings) -> int:
    """Ask a running tor how far it is, 0 to 100. Raises OnionControlFailed when it cannot be asked."""
    with connected(control_path(settings)) as controller:
        return percent(controller)


def percent(controller: stem.control.Controller) -> int:
    phase = str(controller.get_info("status/bootstrap-phase"))
    words = [word.removeprefix("PROGRESS=") for word in phase.split() if word.startswith("PROGRESS=")]
    return int(words[0]) if words and words[0].isdigit() else 0


def consensus_since(settings: Settings) -> datetime | None:
    """Ask a running tor since when the list of relays that it uses is valid; None when it has none, or does not say."""
    with connected(control_path(settings)) as controller:
        found = str(controller.get_info("consensus/valid-after", ""))
    try:
        return datetime.strptime(found, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def set_options(controller: stem.control.Controller, options: Options) -> None:
    """Set options of a running tor, all at once and in this order; when this returns it acts by them.

    Unlike a reload nothing of it is left for later. Raises OnionRefused.
    """
    told = " ".join(f"{name}={quoted(value)}" for name, value in options)
    with translated():
        if not controller.msg(f"SETCONF {told}").is_ok():
            raise OnionRefused


def close_visits(controller: stem.control.Controller, address: str) -> None:
    """Close every circuit by which somebody is at the service with this address, whoever it is."""
    with translated():
        for circuit in controller.get_circuits([]):
            if circuit.purpose == stem.CircPurpose.HS_SERVICE_REND and circuit.rend_query == address:
                with contextlib.suppress(stem.InvalidArguments, stem.OperationFailed):  # it has gone by itself
                    controller.close_circuit(circuit.id)


def quoted(text: str) -> str:
    """Return a string as a torrc and the control port take it: in double quotes, backslash before what would end it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
