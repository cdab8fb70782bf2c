"""A tor that runs already: the services are added by its control port, and again when that tor comes back."""

from pathlib import Path

import stem.control

from dropbox.errors import OnionKeyDamaged, OnionPathUnusable, OnionRefused
from dropbox.server.onion.clients import refuse_open
from dropbox.server.onion.connection import close_visits, connected, translated
from dropbox.server.onion.keys import OnionKey, Service, read_key, write_key
from dropbox.server.onion.places import courier_address
from dropbox.server.onion.service import OnionService
from dropbox.server.onion.torrc import MAX_STREAMS_PER_CIRCUIT


class ControlledOnion(OnionService):
    """Adds the services to a tor that runs already; they end with our connection to it."""

    def publish_courier(self, controller: stem.control.Controller, keys: frozenset[str]) -> None:
        refuse_open(keys)
        self._delete_courier(controller)  # tor takes no other clients for a service that it carries
        self._add(controller, Service.COURIER, self._settings.courier.listen, keys)

    def withdraw_courier(self, controller: stem.control.Controller) -> None:
        address = self._delete_courier(controller)
        if address is not None:
            close_visits(controller, address)  # which DEL_ONION leaves open

    def _delete_courier(self, controller: stem.control.Controller) -> str | None:
        """Delete what was added last, also when a new key waits already; return its address without the ending."""
        address = None if self._courier is None else self._courier.address
        address = address or (courier_address(self._data_dir) or "").removesuffix(".onion") or None
        if address is not None:
            with translated():
                controller.msg(f"DEL_ONION {address}")
        return address

    def _run_once(self) -> None:
        with connected(self._settings.onion.control_socket) as controller:
            address = self._add(controller, Service.REPORTERS, self._settings.server.listen)
            self._say(f"onion service: http://{address}.onion/ is being published")
            self._follow(controller, address)
        if not self._stopping.is_set():
            self._say("onion service: the connection to tor was lost; trying again")

    def _add(
        self,
        controller: stem.control.Controller,
        service: Service,
        target: Path,
        clients: frozenset[str] = frozenset(),
    ) -> str:
        """Publish a service under its key, which is made when there is none; return its address without the ending."""
        if any(letter.isspace() for letter in str(target)):
            raise OnionPathUnusable
        key = read_key(self._data_dir, "control", service)
        if key is None:
            key = OnionKey.new()
            write_key(self._data_dir, "control", service, key)
        flags = ["MaxStreamsCloseCircuit", *(["V3Auth"] if service is Service.COURIER else [])]
        words = [f"MaxStreams={MAX_STREAMS_PER_CIRCUIT}", f"Flags={','.join(flags)}", f"Port=80,unix:{target}"]
        words += [f"ClientAuthV3={client}" for client in sorted(clients)]
        base = f"ADD_ONION {key.for_control} {' '.join(words)}"
        with translated():
            response = controller.msg(f"{base} PoWDefensesEnabled=1")
            if not response.is_ok():  # a tor without the proof-of-work module refuses the word
                response = controller.msg(base)
        if not response.is_ok():
            raise OnionRefused
        fields = dict(content.split("=", 1) for _, _, content in response.content() if "=" in content)
        if f"{fields.get('ServiceID')}.onion" != key.address:
            raise OnionKeyDamaged
        return key.address.removesuffix(".onion")
