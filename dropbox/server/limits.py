"""Every limit of the arrival room in one place, each with its unit.

What an operator may set comes from the settings; the rest are the numbers that keep one slow, greedy or broken client
from costing the others anything.
"""

from dataclasses import dataclass
from typing import Any

from dropbox.settings import Courier, Server

KIB = 1024
MIB = 1024 * KIB

RECEIVE_BYTES = 64 * KIB
HUGE_DIGITS = 19
HUGE_BYTES = 10 ** (HUGE_DIGITS - 1)
"""More than any request may claim; from here on waitress refuses it by itself."""
NEVER_BYTES = 1 << 62

UPLOAD_OVERHEAD_BYTES = 64 * KIB
"""What the fields and part headers of a form may add to its files."""

COURIER_UPLOADS = 4
COURIER_THREADS = 24
"""Each download holds one for as long as it takes, and so does each passphrase that is being tried."""


def courier_min_free_bytes(server: Server) -> int:
    """Return what the courier must leave free on the disk: more than a report must, so that reporters come first."""
    return 2 * server.min_free_bytes


@dataclass(frozen=True)
class ArrivalLimits:
    max_upload_bytes: int
    max_uploads: int
    max_uploads_per_circuit: int
    min_free_bytes: int
    returning_reserve_bytes: int = 0
    min_rate_bytes: int = 2 * KIB
    """Least bytes a second, averaged over an upload, a small form or a response that is being fetched."""
    max_upload_seconds: float = 180 * 60
    page_threads: int = 8
    upload_paths: frozenset[str] = frozenset({"/report", "/case"})
    """Where a form may bring files; every other body is small."""

    circuit_requests_per_minute: int = 480
    circuit_burst: int = 120
    circuit_costly_per_minute: int = 6
    circuit_costly_burst: int = 10
    costly_paths: frozenset[str] = frozenset({"/report", "/return", "/case"})
    """Where a form costs Argon2id, gpg or room on the disk."""
    circuit_wait_seconds: float = 20
    """A request over its circuit's budget waits for up to this long; what would have to wait longer is refused."""
    max_connections_per_circuit: int = 16
    """A browser opens six to one address, and some that broke may not be known to be closed yet."""

    small_body_bytes: int = 256 * KIB
    """A body up to here is gathered before a thread sees it, so its sender's pace holds no thread."""
    dispatch_bytes: int = 64 * KIB
    """How much of an upload is there before it takes a thread."""
    buffer_bytes: int = 1 * MIB
    """How much of an upload waits in memory before its socket is left unread."""
    header_bytes: int = 16 * KIB

    start_seconds: float = 30
    """The least rate is not asked of a transfer younger than this: a circuit may be slow to settle."""
    stall_seconds: float = 120
    header_seconds: float = 60
    idle_seconds: float = 120

    drain_bytes: int = 4096 * MIB
    drain_seconds: float = 60 * 60
    drain_idle_seconds: float = 30
    """A refused upload is read on and dropped within these. Firefox looks at an answer only when it has sent all, and
    shows an error of its own when the connection ends before (measured), so a page that is to be seen needs patience.
    It costs a connection and nothing else, and makes room when connections become few."""

    stop_seconds: float = 60
    """How long a form that is being sent when the server stops may still arrive and be answered."""
    last_answers_seconds: float = 5
    """How long any other answer that is on its way then may take."""
    next_page_seconds: float = 5
    """How long a browser may take to ask for the page that the answer to its form leads to: a round trip over Tor."""

    max_connections: int = 400
    crowded_seconds: float = 0.25
    crowded_upload_seconds: float = 2
    credit_seconds: float = 10
    """When connections or upload slots are few, whoever is this far behind the least rate makes room, the furthest
    first. What somebody was ahead of it counts for `credit_seconds`: one burst must not buy minutes."""
    max_waiting_requests: int = 8
    """How many requests of one connection may wait for their answer: each may hold a place on the disk."""
    max_output_bytes: int = 40 * MIB
    """A response is taken off its thread's hands up to this size: the largest attachment of a reply fits."""
    max_total_output_bytes: int = 192 * MIB

    @property
    def max_request_bytes(self) -> int:
        return self.max_upload_bytes + UPLOAD_OVERHEAD_BYTES

    @property
    def threads(self) -> int:
        """Each upload holds a thread from its first bytes to its commit; pages have theirs beside those."""
        return self.max_uploads + self.page_threads

    @property
    def threads_of_a_circuit(self) -> int:
        """How many pages may be made for one circuit at a time, so that the others always find a thread."""
        return max(1, self.page_threads // 2)

    def waitress_adjustments(self) -> dict[str, object]:
        """Return what keeps waitress from spooling, naming itself, and setting limits of its own before ours."""
        return {
            "ident": None,
            "clear_untrusted_proxy_headers": False,  # pages warn of whatever stands in between, and trust none of it
            "recv_bytes": RECEIVE_BYTES,
            "inbuf_overflow": NEVER_BYTES,
            "outbuf_overflow": NEVER_BYTES,
            "outbuf_high_watermark": self.max_output_bytes,
            "max_request_header_size": self.header_bytes,
            "max_request_body_size": HUGE_BYTES,
            "connection_limit": self.max_connections,
            "cleanup_interval": 1,
            "log_socket_errors": False,
            "asyncore_use_poll": True,
        }

    @classmethod
    def for_courier(cls, server: Server, courier: Courier) -> "ArrivalLimits":
        """Return the limits of the courier's site: few visitors, few uploads, and long downloads in small parts."""
        return cls(
            max_upload_bytes=courier.max_answer_bytes,
            max_uploads=COURIER_UPLOADS,
            max_uploads_per_circuit=COURIER_UPLOADS,
            min_free_bytes=courier_min_free_bytes(server),
            min_rate_bytes=server.min_upload_rate_bytes,
            max_upload_seconds=server.max_upload_minutes * 60,
            page_threads=COURIER_THREADS,
            stop_seconds=server.stop_seconds,
            upload_paths=frozenset({"/bring"}),
            costly_paths=frozenset({"/sign-in", "/bring"}),
            **_budget(server),
            max_connections=100,
            max_output_bytes=1 * MIB,
            max_total_output_bytes=64 * MIB,
        )

    @classmethod
    def from_settings(cls, server: Server) -> "ArrivalLimits":
        return cls(
            max_upload_bytes=server.max_upload_bytes,
            max_uploads=server.max_uploads_at_once,
            max_uploads_per_circuit=server.max_uploads_per_circuit,
            min_free_bytes=server.min_free_bytes,
            returning_reserve_bytes=server.returning_reserve_bytes,
            min_rate_bytes=server.min_upload_rate_bytes,
            max_upload_seconds=server.max_upload_minutes * 60,
            page_threads=server.page_threads,
            stop_seconds=server.stop_seconds,
            **_budget(server),
        )


def _budget(server: Server) -> dict[str, Any]:
    return {
        "circuit_requests_per_minute": server.circuit_requests_per_minute,
        "circuit_burst": server.circuit_burst,
        "circuit_costly_per_minute": server.circuit_costly_per_minute,
        "circuit_costly_burst": server.circuit_costly_burst,
    }
