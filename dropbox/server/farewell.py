"""Who may finish while the server stops: what is being sent or answered, within limits, and nothing that is new.

A form that is cut off costs its reporter the text and the chosen files, so it may arrive, be answered, and its browser
may fetch the page that the answer leads to: on a report's one stands the codename.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from dropbox.server.limits import ArrivalLimits


class Connection(Protocol):
    @property
    def is_sending(self) -> bool: ...

    @property
    def is_being_answered(self) -> bool: ...


class Farewell:
    """One stopping of one server. Times are seconds of the clock that is given."""

    def __init__(self, connections: Iterable[Connection], limits: ArrivalLimits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._began = clock()
        self._senders = {id(each) for each in connections if each.is_sending}
        self._at_rest_since: dict[int, float] = {}

    def may_stay(self, connection: Connection) -> bool:
        """Tell whether this connection still has to do what it had begun; asked of each, many times a second."""
        elapsed, limits = self._clock() - self._began, self._limits
        if connection.is_being_answered and elapsed < limits.last_answers_seconds:
            return True
        if id(connection) not in self._senders or elapsed >= limits.stop_seconds:
            return False
        if connection.is_sending or connection.is_being_answered:
            self._at_rest_since.pop(id(connection), None)
            return True
        return elapsed - self._at_rest_since.setdefault(id(connection), elapsed) < limits.next_page_seconds
