"""The courier's service beside the reporters': open to its registry's keys, shut to those that left it, never to all.

Client authorisation only hides where the service's introduction points are, and whoever opened a descriptor remembers
them for hours. So when somebody is revoked the service is withdrawn and published anew under the same address, with
new introduction points, and the circuits by which anybody is there are closed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import stem.control

from dropbox.errors import CourierNotClosed, OnionKeyDamaged, OnionPathUnusable, OnionRefused
from dropbox.server.onion.clients import refuse_open, registered, with_nobody
from dropbox.server.onion.places import courier_address

AGAIN_SECONDS = 30.0
_FAULTS = (CourierNotClosed, OnionRefused, OnionPathUnusable, OnionKeyDamaged, OSError)


class Way(Protocol):
    """How the courier's service is published by one kind of tor."""

    def publish_courier(self, controller: stem.control.Controller, keys: frozenset[str]) -> None:
        """Publish it for these client keys, or tell of them when it is published. Raises OnionError, OSError."""

    def withdraw_courier(self, controller: stem.control.Controller) -> None:
        """Take it away with its introduction points and open circuits; harmless when it is not there."""


@dataclass(frozen=True)
class _Carried:
    """What tor was last told: whose keys, under which address."""

    keys: frozenset[str]
    address: str | None


class CourierDoor:
    """Looks once a second at the registry and at the courier's key, and has tor follow them."""

    def __init__(self, data_dir: Path, way: Way, say: Callable[[str], None]) -> None:
        self._data_dir, self._way, self._say = data_dir, way, say
        self._carried: _Carried | None = None
        self._again = 0.0
        self._uploaded = False

    @property
    def address(self) -> str | None:
        """The address under which it is published now, without its ending."""
        carried = self._carried
        return None if carried is None or carried.address is None else carried.address.removesuffix(".onion")

    def begin(self) -> None:
        """Know that tor has just started, and carries no courier's service yet."""
        self._carried, self._again = None, 0.0

    def uploaded(self) -> None:
        """Hear that tor has handed its descriptor to the network."""
        self._uploaded = True

    def tend(self, controller: stem.control.Controller) -> None:
        """Have tor follow what changed. What goes wrong shuts the courier's service, and is said and tried again."""
        if time.monotonic() < self._again:
            return
        try:
            keys = registered(self._data_dir)
            if self._carried != _Carried(keys, courier_address(self._data_dir)):
                self._change(controller, keys)
        except _FAULTS as error:
            self._way.withdraw_courier(controller)
            self._carried, self._again = None, time.monotonic() + AGAIN_SECONDS
            self._say(f"courier's onion service: {CourierNotClosed.message if isinstance(error, OSError) else error}")
            return
        if self._uploaded:
            self._say(f"courier's onion service: up at http://{self.address}.onion/ for {_counted(keys)}")

    def _change(self, controller: stem.control.Controller, keys: frozenset[str]) -> None:
        told, carried = with_nobody(keys), self._carried
        refuse_open(told)
        if carried is None or not carried.keys <= keys or carried.address != courier_address(self._data_dir):
            self._way.withdraw_courier(controller)
        self._uploaded = False
        self._way.publish_courier(controller, told)
        self._carried = _Carried(keys, courier_address(self._data_dir))
        self._say(f"courier's onion service: http://{self.address}.onion/ is being published for {_counted(keys)}")


def _counted(keys: frozenset[str]) -> str:
    return "1 client" if len(keys) == 1 else f"{len(keys) or 'no'} clients"
