"""The line: requests on their way to the threads, each circuit's within its budget and never with all threads.

Only who is next is decided here. A request without a circuit's id goes straight on.
"""

import heapq
from collections import Counter, deque
from collections.abc import Callable
from itertools import chain, count
from threading import Lock
from typing import Protocol

from dropbox.server.budget import Budgets
from dropbox.server.limits import ArrivalLimits


class Request(Protocol):
    """`holds_slot`: its thread is one of the uploads', which have a cap of their own."""

    @property
    def is_costly(self) -> bool: ...

    @property
    def holds_slot(self) -> bool: ...

    def over_budget(self, retry_seconds: int) -> None: ...


class Connection(Protocol):
    """A connection has at most one request here, its first: the others wait behind that one."""

    @property
    def circuit(self) -> str | None: ...

    @property
    def next_request(self) -> Request: ...

    def let_go(self) -> None: ...


class Line:
    """`start` gives a connection's first request to a thread; `finished` must be told when that one is done."""

    def __init__(self, limits: ArrivalLimits, clock: Callable[[], float], start: Callable[[Connection], None]) -> None:
        self._limits, self._clock, self._start = limits, clock, start
        self.budgets = Budgets(limits, clock)
        self._lock = Lock()
        self._numbers = count()
        self._due: list[tuple[float, int]] = []
        self._waiting: dict[int, Connection] = {}
        self._ready: dict[str, deque[Connection]] = {}
        self._working: Counter[str] = Counter()
        self._costly: set[str] = set()
        self._counted: dict[Request, bool] = {}

    def add(self, connection: Connection) -> None:
        """Give a connection's first request to a thread, now or when its circuit's turn has come."""
        circuit, request = connection.circuit, connection.next_request
        if circuit is None:
            self._start(connection)
            return
        leave = self.budgets.take(circuit, costly=request.is_costly)
        if leave.retry_seconds is not None:
            request.over_budget(leave.retry_seconds)
        with self._lock:
            if leave.wait_seconds > 0:
                number = next(self._numbers)
                self._waiting[number] = connection
                heapq.heappush(self._due, (self._clock() + leave.wait_seconds, number))
                return
            chosen = self._next_thread(circuit, connection)
        if chosen:
            self._start(connection)

    def turn(self) -> None:
        """Give on what has waited long enough; for the loop, at each of its turns."""
        now, chosen = self._clock(), []
        with self._lock:
            while self._due and self._due[0][0] <= now:
                connection = self._waiting.pop(heapq.heappop(self._due)[1], None)
                if connection is not None and self._next_thread(str(connection.circuit), connection):
                    chosen.append(connection)
        for connection in chosen:
            self._start(connection)

    def seconds_to_turn(self, most: float) -> float:
        with self._lock:
            return min(most, max(0.0, self._due[0][0] - self._clock())) if self._due else most

    def finished(self, connection: Connection, request: Request) -> None:
        """Take note that a thread has done with a request, and give its circuit's next one to a thread."""
        circuit = str(connection.circuit)
        with self._lock:
            if request not in self._counted:
                return
            if self._counted.pop(request):
                self._costly.discard(circuit)
            self._working[circuit] -= 1
            following = self._following(circuit)
            if not self._working[circuit]:
                del self._working[circuit]
        if following is not None:
            self._start(following)

    def closed(self, connection: Connection) -> None:
        """Let a thread have what a closed connection still has here, at once: it only gives back what that holds."""
        with self._lock:
            numbers = [number for number, each in self._waiting.items() if each is connection]
            for number in numbers:
                del self._waiting[number]
            ready = self._ready.get(str(connection.circuit), deque())
            was_ready = connection in ready
            if was_ready:
                ready.remove(connection)
        if numbers or was_ready:
            self._start(connection)

    def crowding(self, count: int) -> list[Connection]:
        """Return up to `count` connections that make room: of what waits here, from whichever circuit has the most.

        One of each circuit stays, however few connections there are.
        """
        waiting: dict[str, list[Connection]] = {}
        with self._lock:
            for each in (*chain.from_iterable(self._ready.values()), *self._waiting.values()):
                waiting.setdefault(str(each.circuit), []).append(each)
        most = [(-len(each), circuit) for circuit, each in waiting.items() if len(each) > 1]
        heapq.heapify(most)
        chosen: list[Connection] = []
        while most and len(chosen) < count:
            circuit = most[0][1]
            chosen.append(waiting[circuit].pop())
            if len(waiting[circuit]) > 1:
                heapq.heapreplace(most, (-len(waiting[circuit]), circuit))
            else:
                heapq.heappop(most)
        return chosen

    def __len__(self) -> int:
        with self._lock:
            return len(self._waiting) + sum(map(len, self._ready.values()))

    def _next_thread(self, circuit: str, connection: Connection) -> bool:
        """Say whether a thread may have it now; if not, it is the circuit's next when one of its others is done."""
        request = connection.next_request
        if request.holds_slot:
            return True
        if not self._may_begin(circuit, request):
            self._ready.setdefault(circuit, deque()).append(connection)
            return False
        self._count(circuit, request)
        return True

    def _may_begin(self, circuit: str, request: Request) -> bool:
        if request.is_costly and circuit in self._costly:
            return False  # Argon2id runs for one at a time, and its queue is for others too
        return self._working[circuit] < self._limits.threads_of_a_circuit

    def _following(self, circuit: str) -> Connection | None:
        ready = self._ready.get(circuit, deque())
        found = next((each for each in ready if self._may_begin(circuit, each.next_request)), None)
        if found is not None:
            ready.remove(found)
            self._count(circuit, found.next_request)
        if not ready:
            self._ready.pop(circuit, None)
        return found

    def _count(self, circuit: str, request: Request) -> None:
        self._counted[request] = request.is_costly
        self._working[circuit] += 1
        if request.is_costly:
            self._costly.add(circuit)
