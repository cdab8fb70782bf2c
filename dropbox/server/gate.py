"""The gate: who may upload now, and the disk space that is put aside for it before a byte of it is read.

Numbers and a lock; nothing of a request but its length and its circuit's id enters, and no file is touched.
"""

import re
from collections import Counter
from collections.abc import Callable
from threading import Lock

from dropbox.errors import DiskLow, TooManyUploads
from dropbox.padding import bucket
from dropbox.server.limits import KIB, ArrivalLimits

ENVELOPE_OVERHEAD_BYTES = 256 * KIB
"""More than the envelope's own entries ever add to an upload."""
SEALING_OVERHEAD_BYTES = 256 * KIB
"""More than the packets of hundreds of recipients come to."""
MAX_PROXY_LINE_BYTES = 107  # The PROXY protocol, version 1, with the line's end.
_PROXY_LINE = re.compile(rb"PROXY TCP[46] ([0-9A-Fa-f:.]{2,45}) [0-9A-Fa-f:.]{2,45} [0-9]{1,5} [0-9]{1,5}")


def circuit_of(line: bytes) -> str | None:
    """Return the circuit's id from the line that tor sends before each connection; None: this is no such line."""
    match = _PROXY_LINE.fullmatch(line)
    return None if match is None else match[1].decode("ascii")


def reservation(length: int) -> int:
    """Return the bytes on disk that an upload of `length` bytes can come to, its padding included."""
    envelope = bucket(length + ENVELOPE_OVERHEAD_BYTES)
    # OpenPGP's partial lengths cost gpg one byte in 8 KiB.
    return envelope + envelope // 4096 + SEALING_OVERHEAD_BYTES


class Ticket:
    """An admitted upload's place: its slot, its circuit and its share of the disk, until `release`."""

    def __init__(self, gate: "Gate", length: int, circuit: str | None, *, slot: bool) -> None:
        self._gate = gate
        self.circuit = circuit
        self.slot = slot
        self.reserved_bytes = reservation(length)
        self.arrived_bytes = 0

    @property
    def outstanding_bytes(self) -> int:
        """What is still to be written: bytes that have arrived are in the file already, or about to be."""
        return max(0, self.reserved_bytes - self.arrived_bytes)

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
            if self._free_bytes() - reserved < self._limits.min_free_bytes:
                raise DiskLow
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
        if taken.total() >= self._limits.max_uploads:
            raise TooManyUploads
        # Without tor's circuit ids all reporters look alike, and a cap would be one for all of them together.
        if circuit is not None and taken[circuit] >= self._limits.max_uploads_per_circuit:
            raise TooManyUploads
