"""How long a desk keeps a case after its end, and how long an erasure waits, as a pickup bundle may say it. Pure."""

from dataclasses import dataclass, field
from typing import Any

from dropbox.bundle import fields
from dropbox.envelope.account import Outcome
from dropbox.errors import InvalidValue
from dropbox.records import require

DEFAULT_MONTHS = 24
WITHDRAWN_MONTHS = 1
"""A reporter who withdrew wants nothing of it kept; what is there so long is there to settle what withdrawing asks."""
MAX_MONTHS = 240
ERASE_DELAY_DAYS = 14
MIN_ERASE_DELAY_DAYS = 7
MAX_ERASE_DELAY_DAYS = 90


@dataclass(frozen=True)
class KeepRule:
    """Months after a case's end, `default_months` for an outcome without its own; days between second and erasure."""

    default_months: int = DEFAULT_MONTHS
    months: dict[str, int] = field(default_factory=dict)
    erase_delay_days: int = ERASE_DELAY_DAYS

    def __post_init__(self) -> None:
        require(set(self.months) <= {outcome.value for outcome in Outcome})
        require(all(0 <= months <= MAX_MONTHS for months in (self.default_months, *self.months.values())))
        # whatever a drop says, nothing is erased sooner than anybody could object
        require(MIN_ERASE_DELAY_DAYS <= self.erase_delay_days <= MAX_ERASE_DELAY_DAYS)

    def months_for(self, outcome: Outcome | None) -> int:
        """Return how many months a case with this outcome is kept; None: the desk said none."""
        if outcome is not None and outcome in self.months:
            return self.months[outcome]
        return min(WITHDRAWN_MONTHS, self.default_months) if outcome is Outcome.WITHDRAWN else self.default_months

    def as_json(self) -> dict[str, Any]:
        return {"months": {"default": self.default_months, **self.months}, "erase_delay_days": self.erase_delay_days}

    @classmethod
    def from_json(cls, value: object) -> "KeepRule":
        given = fields.exact(value, ("months", "erase_delay_days"))
        months = {name: fields.integer(each, 0) for name, each in fields.mapping(given["months"]).items()}
        if "default" not in months:
            raise InvalidValue
        return cls(months.pop("default"), months, fields.integer(given["erase_delay_days"], 0))
