"""Has coverage lead through the readers, part by part, and gathers what came of it."""

from __future__ import annotations

import base64
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.attacking.bundles.cover_targets import NAMES
from tests.attacking.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
SHORT_NAMES = ("manifest", "header")
SHORT_SECONDS, LONG_SECONDS = 2, 120
_PATIENCE_SECONDS = 180


@dataclass(frozen=True)
class Covered:
    name: str
    inputs: int
    places: int
    fault: str = ""


def cover(plan: Plan) -> list[Covered]:
    """Fuzz each part for its time. Nothing where there is no atheris: its wheels are for one kind of processor."""
    if platform.machine() != "x86_64":
        return []
    names: Sequence[str] = NAMES if plan.long else SHORT_NAMES
    seed = plan.random("bundles/covering").randrange(1, 1 << 31)
    with ThreadPoolExecutor(1) as one:
        return list(one.map(lambda name: _covered(plan, name, seed), names))


def _covered(plan: Plan, name: str, seed: int) -> Covered:
    folder = plan.folder / f"c-{name}"
    folder.mkdir()
    seconds = plan.times(SHORT_SECONDS, LONG_SECONDS)
    command = [sys.executable, "-m", "tests.attacking.bundles.cover_one", name, str(folder), str(seconds), str(seed)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=seconds + _PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Covered(name, 0, 0, "it does not come to an end")
    said = (done.stderr + done.stdout).decode("utf-8", "replace")
    inputs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
    places = re.findall(r"cov: (\d+)", said)
    fault = "" if done.returncode == 0 else _fault(said, folder)
    return Covered(name, int(inputs[-1]) if inputs else 0, int(places[-1]) if places else 0, fault)


def _fault(said: str, folder: Path) -> str:
    """Return what went wrong, and the bytes that bring it about."""
    kinds = re.findall(r"(?m)^(?:[A-Za-z_.]*(?:Error|Exception|Lie|NotATar\w*)\b.*|SUMMARY: .*)$", said)
    made = next((path for path in sorted(folder.iterdir()) if re.match("crash|timeout|oom|slow", path.name)), None)
    shown = base64.b64encode(made.read_bytes()).decode()[:4096] if made else ""
    return f"{kinds[0] if kinds else said.strip()[-300:]}; base64: {shown}"
