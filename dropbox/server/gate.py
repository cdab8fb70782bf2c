"""The gate: who may upload now, and the disk space that is put aside for it before a byte of it is read.

Numbers and a lock; nothing of a request but its length and its circuit's id enters, and no file is touched.
"""

import re
from collections import Counter
from collections.abc import Callable
from threading import Lock

from dropbox.errors import DiskLow, TooManyUploads
from dropbox.server.letterbox import reservation
from dropbox.server.limits import ArrivalLimits

MAX_PROXY_LINE_BYTES = 107  # The PROXY protocol, version 1, with the line's end.
_PROXY_LINE = re.compile(rb"PROXY TCP[46] ([0-9A-Fa-f:.]{2,45}) [0-9A-Fa-f:.]{2,45} [0-9]{1,5} [0-9]{1,5}")


def circuit_of(line: bytes) -> str | None:
    """Return the circuit's id from the line that tor sends before each connection; None: this is no such line."""
    match = _PROXY_LINE.fullmatch(line)
    return None if match is None else match[1].decode("ascii")


class Ticket:
    """An admitted upload's place: its slot, its circuit and its share of the disk, until `release`."""

    def __init__(self, gate: "Gate", length: int, circuit: str | None, *, slot: bool) -> None:
        self._gate = gate
        self.circuit = circuit
        self.slot = slot
        self.reserved_bytes = reservation(length)
        self.arrived_bytes = 0
        self.gave_way = False
        self.seconds_behind: Callable[[], float] = lambda: 0.0
        self.in_reserve = False
        """Whether it was let in only because a returning reporter's may be: a first report is not taken then."""

    @property
    def outstanding_bytes(self) -> int:
        """What is still to be written: bytes that have arrived are in the file already, or about to be."""
        return max(0, self.reserved_bytes - self.arrived_bytes)

    def give_way(self) -> None:
        """Leave the slot to another upload; the share of the disk stays until `release`."""
        self.slot, self.gave_way = False, True

    def release(self) -> None:
        """Give the place back; harmless when repeated."""
        self._gate.leave(self)


class Gate:
    def __init__(self, limits: ArrivalLimits, free_bytes: Callable[[], int]) -> None:
        self._limits = limits
        self._free_bytes = free_bytes
        self._lock = Lock()
        self._tickets: set[Ticket] = set()

    def admit(self, length: int, circuit: str | None, *, slot: bool) -> Ticket:
        """Return a ticket, or raise TooManyUploads or DiskLow. `slot`: it will hold a thread while it arrives."""
        ticket = Ticket(self, length, circuit, slot=slot)
        with self._lock:
            if slot:
                self._refuse_crowds(circuit)
            reserved = ticket.reserved_bytes + sum(other.outstanding_bytes for other in self._tickets)
            left = self._free_bytes() - reserved - self._limits.min_free_bytes
            if left < 0:
                raise DiskLow
            ticket.in_reserve = left < self._limits.returning_reserve_bytes
            self._tickets.add(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            self._tickets.discard(ticket)

    @property
    def uploads(self) -> int:
        with self._lock:
            return sum(ticket.slot for ticket in self._tickets)

    def _refuse_crowds(self, circuit: str | None) -> None:
        taken = Counter(ticket.circuit for ticket in self._tickets if ticket.slot)
        # Without tor's circuit ids all reporters look alike, and a cap would be one for all of them together.
        if circuit is not None and taken[circuit] >= self._limits.max_uploads_per_circuit:
            raise TooManyUploads
        if taken.total() >= self._limits.max_uploads:
            self._make_room()

    def _make_room(self) -> None:
        """Have the upload that is furthest behind give way; TooManyUploads when all of them are being sent."""
        behind = {ticket: ticket.seconds_behind() for ticket in self._tickets if ticket.slot}
        furthest = max(behind, key=lambda ticket: behind[ticket])
        if behind[furthest] < self._limits.crowded_upload_seconds:
            raise TooManyUploads
        furthest.give_way()
