"""onion-dropbox-carry NAME: client keys go from the drop to tor, addresses from tor to the drop.

Each side is read and written by its own user; root only hands validated text from one to the other.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .as_user import as_user
from .clients import (
    checked_address,
    checked_clients,
    loses_a_client,
    read_address,
    read_clients,
    write_addresses,
    write_clients,
)
from .places import Places, Refused, places_of
from .saying import in_plain_words
from .withdrawing import withdraw

TOR_USER = "debian-tor"


def carry(places: Places) -> bool:
    """Carry both ways; return whether tor has to read its configuration again."""
    try:
        wanted = checked_clients(as_user(places.user, lambda: read_clients(places.clients)))
    except ValueError:
        raise Refused("what came from the drop's user is no client key") from None

    def at_tor() -> list[object]:
        folder = places.courier_onion / "authorized_clients"
        loses = loses_a_client(folder, wanted)
        changed = write_clients(folder, wanted)
        return [changed, read_address(places.onion), read_address(places.courier_onion), loses]

    answer = as_user(TOR_USER, at_tor)
    if not isinstance(answer, list) or len(answer) != 4:
        raise Refused("what came from tor's user is not understood")
    addresses = {"address": checked_address(answer[1]), "courier-address": checked_address(answer[2])}
    as_user(places.user, lambda: _note(places, addresses))
    if answer[3] is True:
        withdraw_courier(places)
    return answer[0] is True


def withdraw_courier(places: Places) -> None:
    """Take the courier's service off the network; the reload that follows publishes it anew. A restart does it too."""
    try:
        as_user(TOR_USER, lambda: withdraw(places.courier_onion))
    except Refused:
        if is_systemd():
            subprocess.run(["systemctl", "restart", "--no-block", "tor@default.service"], check=False)


def _note(places: Places, addresses: dict[str, str | None]) -> None:
    """Write the addresses into a drop's folder; one without a store stays empty, so that a restore finds it so."""
    if (places.data / "store.sqlite").exists():
        write_addresses(places.data / "tor", addresses)


def is_systemd() -> bool:
    return Path("/run/systemd/system").is_dir()


def reload_tor() -> None:
    """Have tor read its configuration and client keys again, where systemd runs."""
    if is_systemd():
        command = ["systemctl", "reload-or-restart", "--no-block", "tor@default.service"]
        if subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode:
            raise Refused("tor could not be told to read its client keys", "See: systemctl status tor@default")
    else:
        print("tor must read its configuration again: kill -HUP its process", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    return in_plain_words(_carry, sys.argv[1:] if arguments is None else arguments)


def _carry(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        raise Refused("usage: onion-dropbox-carry NAME")
    if carry(places_of(arguments[0])):
        reload_tor()
    return 0
