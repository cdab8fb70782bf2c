"""The budget: how much may be asked over one Tor circuit, so that one visitor cannot take the whole site.

Numbers and circuits' ids, in memory and for as long as a bucket is not full again; nothing of what is asked enters.
Without ids nobody has a budget: behind an onion service all reporters have one and the same address.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from dropbox.server.limits import ArrivalLimits

MAX_CIRCUITS = 4096
"""More than can be in use at once; each costs a few hundred bytes. Who is pushed out begins with full buckets again."""
REFUSED_FORM = 4
"""As many requests a form counts for that is given back: its page is the dearest to make."""
_MINUTE = 60.0


@dataclass(frozen=True)
class Leave:
    """When a request's turn comes. `retry_seconds`: it is over the budget, and may be tried again after so long."""

    wait_seconds: float
    retry_seconds: int | None = None


@dataclass
class _Buckets:
    """The moments at which both of a circuit's buckets will be full again."""

    requests: float
    costly: float


class Budgets:
    def __init__(self, limits: ArrivalLimits, clock: Callable[[], float], most: int = MAX_CIRCUITS) -> None:
        self._limits, self._clock, self._most = limits, clock, most
        self._requests = _Rate(limits.circuit_requests_per_minute, limits.circuit_burst)
        self._costly = _Rate(limits.circuit_costly_per_minute, limits.circuit_costly_burst)
        self._circuits: OrderedDict[str, _Buckets] = OrderedDict()
        self._lock = Lock()

    def take(self, circuit: str, *, costly: bool) -> Leave:
        """Take one request's share of its circuit's buckets, and say when its turn comes.

        What would have to wait too long is refused; it has then waited as long as any other request of its circuit.
        """
        now, most = self._clock(), self._limits.circuit_wait_seconds
        with self._lock:
            buckets = self._of(circuit, now)
            wait = self._requests.wait(buckets.requests, now)
            if wait > most:
                return Leave(most, math.ceil(wait))
            buckets.requests = self._requests.taken(buckets.requests, now)
            if not costly:
                return Leave(wait)
            longer = self._costly.wait(buckets.costly, now)
            if longer > most:
                buckets.requests = self._requests.taken(buckets.requests, now, REFUSED_FORM - 1)
                return Leave(wait, math.ceil(longer))
            buckets.costly = self._costly.taken(buckets.costly, now)
            return Leave(max(wait, longer))

    def tidy(self) -> None:
        """Forget the circuits whose buckets are full again."""
        now = self._clock()
        with self._lock:
            for circuit in [name for name, each in self._circuits.items() if max(each.requests, each.costly) <= now]:
                del self._circuits[circuit]

    def __len__(self) -> int:
        return len(self._circuits)

    def _of(self, circuit: str, now: float) -> _Buckets:
        found = self._circuits.pop(circuit, None) or _Buckets(now, now)
        while len(self._circuits) >= self._most:
            self._circuits.popitem(last=False)
        self._circuits[circuit] = found
        return found


class _Rate:
    """A token bucket as one moment: the later it is full again, the less is in it."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self._interval = _MINUTE / per_minute
        self._slack = self._interval * (burst - 1)

    def wait(self, full_at: float, now: float) -> float:
        return max(0.0, full_at - self._slack - now)

    def taken(self, full_at: float, now: float, times: int = 1) -> float:
        return max(full_at, now) + times * self._interval
