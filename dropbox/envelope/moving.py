"""That a submission moves its case from one desk to another, because its reporter agreed to it.

It stands in the signed header, so that both desks can check it without the drop: who has the case from here on, who has
it no more, and which question the yes belongs to.
"""

from dataclasses import dataclass

from dropbox.models import DeskId, parse_desk_id
from dropbox.records import from_json, is_hex, require, to_json

_ASK_DIGITS = 32


@dataclass(frozen=True)
class Moved:
    """`origin` asked, by `ask`, whether `to` may have the case in its place. The submission is sealed to both."""

    ask: str
    origin: DeskId
    to: DeskId

    def __post_init__(self) -> None:
        require(parse_desk_id(self.origin) == self.origin and parse_desk_id(self.to) == self.to)
        require(self.origin != self.to)
        require(is_hex(self.ask, _ASK_DIGITS))

    def as_json(self) -> dict[str, object]:
        value: dict[str, object] = to_json(self)
        return value


def parse_moved(value: object) -> Moved:
    """Return what a submission's header says of its case's way. Raises InvalidValue."""
    return from_json(Moved, value)
