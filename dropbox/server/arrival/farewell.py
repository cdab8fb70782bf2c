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

    @property
    def form_answered_at(self) -> float | None: ...


class Farewell:
    """One stopping of one server. Times are seconds of the clock that is given, as in `form_answered_at`."""

    def __init__(self, connections: Iterable[Connection], limits: ArrivalLimits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._began = clock()
        # whose form was answered a moment before the stop may still want the page that it leads to
        self._kept = {id(each) for each in connections if each.is_sending or self._awaits_a_page(each)}

    def may_stay(self, connection: Connection) -> bool:
        """Tell whether this connection still has to do what it had begun; asked of each, many times a second."""
        elapsed, limits = self._clock() - self._began, self._limits
        if connection.is_being_answered and elapsed < limits.last_answers_seconds:
            return True
        if id(connection) not in self._kept or elapsed >= limits.stop_seconds:
            return False
        return connection.is_sending or connection.is_being_answered or self._awaits_a_page(connection)

    def _awaits_a_page(self, connection: Connection) -> bool:
        at = connection.form_answered_at
        return at is not None and self._clock() - at < self._limits.next_page_seconds
