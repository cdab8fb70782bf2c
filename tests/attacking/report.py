"""The report of a run: one JSON document for programs, one page for people."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.attacking.outcome import Bound, Figure, Outcome


@dataclass(frozen=True)
class Run:
    """One attack's end. `outcome` is None when it did not come to one; `failure` then says why."""

    name: str
    seconds: float
    outcome: Outcome | None
    failure: str = ""

    @property
    def holds(self) -> bool:
        return self.outcome is not None and self.outcome.holds


def write(folder: Path, runs: list[Run], *, seed: int, long: bool) -> Path:
    """Write report.json and report.md into `folder`; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": 1,
        "long": long,
        "seed": seed,
        "machine": _machine(),
        "attacks": [_as_json(run) for run in runs],
    }
    (folder / "report.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    page = folder / "report.md"
    page.write_text(_page(runs, seed=seed, long=long), encoding="utf-8")
    return page


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


def _as_json(run: Run) -> dict[str, Any]:
    ended: dict[str, Any] = {"name": run.name, "seconds": round(run.seconds, 1), "holds": run.holds}
    return ended | ({"failure": run.failure} if run.outcome is None else run.outcome.as_json())


def _machine() -> dict[str, Any]:
    return {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}


def _page(runs: list[Run], *, seed: int, long: bool) -> str:
    command = f"scripts/attack{' --long' if long else ''}"
    written = f"{datetime.now(UTC):%Y-%m-%d}, by `{command}`, {os.cpu_count()} cores, seed {seed}."
    parts = ["# What tried to break the promises, and what it got\n", f"{written}\n"]
    return "\n".join([*parts, *(_chapter(run) for run in runs)])


def _chapter(run: Run) -> str:
    title = f"## {run.name}: {'holds' if run.holds else 'BROKEN'}\n"
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
