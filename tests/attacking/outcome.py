"""What an attack ends in: figures with what they may be at most, and what was found.

A figure without a bound only informs. A finding that no decision record accepts is a failure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Bound(StrEnum):
    AT_MOST = "at most"
    AT_LEAST = "at least"
    EXACTLY = "exactly"
    NONE = "none"


@dataclass(frozen=True)
class Figure:
    """`unit` as it is read after the number: "kills", "seconds", "MiB"; empty for a plain count or ratio."""

    name: str
    value: float
    unit: str = ""
    bound: Bound = Bound.NONE
    limit: float | None = None

    @property
    def holds(self) -> bool:
        if self.bound is Bound.NONE or self.limit is None:
            return True
        if self.bound is Bound.AT_MOST:
            return self.value <= self.limit
        return self.value >= self.limit if self.bound is Bound.AT_LEAST else self.value == self.limit


def count(name: str, value: float, unit: str = "") -> Figure:
    return Figure(name, value, unit)


def none_of(name: str, value: float) -> Figure:
    """Return a figure that must be nought: lost reports, leaks, tracebacks."""
    return Figure(name, value, "", Bound.EXACTLY, 0)


def at_most(name: str, value: float, limit: float, unit: str = "") -> Figure:
    return Figure(name, value, unit, Bound.AT_MOST, limit)


def at_least(name: str, value: float, limit: float, unit: str = "") -> Figure:
    return Figure(name, value, unit, Bound.AT_LEAST, limit)


@dataclass(frozen=True)
class Finding:
    """`where`: a file and line, a page, a table. `accepted`: the decision record that says why it stays, as "0012"."""

    what: str
    where: str = ""
    accepted: str | None = None


@dataclass(frozen=True)
class Outcome:
    """`promise`: what was attacked, in one line. `notes`: what a reader must know to judge the figures."""

    promise: str
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether all is as promised; an attack that tried nothing, so that no figure has a bound, shows nothing."""
        tried = any(figure.bound is not Bound.NONE for figure in self.figures)
        return tried and all(figure.holds for figure in self.figures) and all(found.accepted for found in self.findings)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        figures = tuple(Figure(**{**figure, "bound": Bound(figure["bound"])}) for figure in data["figures"])
        findings = tuple(Finding(**found) for found in data["findings"])
        return cls(data["promise"], figures, findings, tuple(data["notes"]))
