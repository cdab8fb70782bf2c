"""The report of a run: one JSON document for programs, one page for people.

An attack that was not run this time keeps its last chapter: long forms are run one by one, on other nights. Each
chapter says when, in which form and with which seed.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.attacking.outcome import Bound, Figure, Outcome

FORMAT = 1


@dataclass(frozen=True)
class Run:
    """One attack's end, on `day` (YYYY-MM-DD). `outcome` is None when it did not come to one; `failure` says why."""

    name: str
    day: str
    long: bool
    seed: int
    seconds: float
    outcome: Outcome | None
    failure: str = ""

    @property
    def holds(self) -> bool:
        return self.outcome is not None and self.outcome.holds

    def as_json(self) -> dict[str, Any]:
        outcome = None if self.outcome is None else self.outcome.as_json()
        return asdict(self) | {"outcome": outcome, "seconds": round(self.seconds, 1), "holds": self.holds}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Run:
        outcome = None if data["outcome"] is None else Outcome.from_json(data["outcome"])
        return cls(**{key: value for key, value in data.items() if key not in {"outcome", "holds"}}, outcome=outcome)


def write(folder: Path, runs: list[Run], order: list[str]) -> Path:
    """Write report.json and report.md into `folder`, attacks in the given order; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / "report.json"
    known = {run.name: run for run in [*_read(document), *runs]}
    kept = [known[name] for name in order if name in known]
    said = {"format": FORMAT, "machine": _machine(), "attacks": [run.as_json() for run in kept]}
    document.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    page = folder / "report.md"
    title = "# What tried to break the promises, and what it got\n"
    page.write_text("\n".join([title, *(_chapter(run) for run in kept)]), encoding="utf-8")
    return page


def _read(document: Path) -> list[Run]:
    if not document.exists():
        return []
    said = json.loads(document.read_text(encoding="utf-8"))
    return [Run.from_json(run) for run in said["attacks"]] if said.get("format") == FORMAT else []


def lines_of(run: Run) -> list[str]:
    """Return what a terminal shows of one attack."""
    head = f"{'holds ' if run.holds else 'BROKEN'}  {run.name}  ({run.seconds:.0f} s)"
    if run.outcome is None:
        return [head, f"    {run.failure}"]
    figures = [
        f"    {'' if figure.holds else 'BROKEN: '}{figure.name}: {_said(figure)}" for figure in run.outcome.figures
    ]
    findings = [
        f"    finding: {found.what} {found.where}".rstrip()
        + (f" (accepted in {found.accepted})" if found.accepted else "")
        for found in run.outcome.findings
    ]
    return [head, *figures, *findings]


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def _chapter(run: Run) -> str:
    form = "long" if run.long else "short"
    title = f"## {run.name}: {'holds' if run.holds else 'BROKEN'}\n"
    title += f"\n{run.day}, {form} form, seed {run.seed}, {run.seconds:,.0f} s.\n"
    if run.outcome is None:
        return f"{title}\n{run.failure}\n"
    rows = ["| figure | value | asked |", "|---|---|---|"]
    rows += [f"| {figure.name} | {_value(figure)} | {_asked(figure)} |" for figure in run.outcome.figures]
    findings = [
        f"- {found.what} {f'`{found.where}` ' if found.where else ''}"
        f"({f'accepted: decision {found.accepted}' if found.accepted else 'NOT ACCEPTED'})"
        for found in run.outcome.findings
    ]
    notes = [f"{note}" for note in run.outcome.notes]
    blocks = [run.outcome.promise, "\n".join(rows), "\n".join(findings), "\n\n".join(notes)]
    return f"{title}\n" + "\n\n".join(block for block in blocks if block) + "\n"


def _value(figure: Figure) -> str:
    return f"{_number(figure.value)} {figure.unit}".rstrip()


def _said(figure: Figure) -> str:
    return _value(figure) + ("" if figure.bound is Bound.NONE else f" ({_asked(figure)})")


def _asked(figure: Figure) -> str:
    return "" if figure.bound is Bound.NONE or figure.limit is None else f"{figure.bound} {_number(figure.limit)}"


def _number(value: float) -> str:
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"
