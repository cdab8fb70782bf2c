"""That a submission moves its case from one desk to another, because its reporter agreed to it.

It stands in the signed header, so that both desks can check it without the drop: who has the case from here on, who has
it no more, and which question the yes belongs to.
"""

from dataclasses import dataclass

from dropbox.errors import InvalidValue
from dropbox.models import DeskId, parse_desk_id
from dropbox.records import from_json, to_json

_ASK_DIGITS = 32


@dataclass(frozen=True)
class Moved:
    """`origin` asked, by `ask`, whether `to` may have the case in its place. The submission is sealed to both."""

    ask: str
    origin: DeskId
    to: DeskId

    def __post_init__(self) -> None:
        if parse_desk_id(self.origin) != self.origin or parse_desk_id(self.to) != self.to or self.origin == self.to:
            raise InvalidValue
        if len(self.ask) != _ASK_DIGITS or not set(self.ask) <= set("0123456789abcdef"):
            raise InvalidValue

    def as_json(self) -> dict[str, object]:
        value: dict[str, object] = to_json(self)
        return value


def parse_moved(value: object) -> Moved:
    """Return what a submission's header says of its case's way. Raises InvalidValue."""
    return from_json(Moved, value)
