"""Runs the coverage-guided fuzzing of every reader and gathers what came of it."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.attacking.http.fuzz_targets import TARGETS
from tests.attacking.outcome import Figure, Finding, at_least
from tests.attacking.plan import Plan

ROOT = Path(__file__).resolve().parents[3]
AT_ONCE = 2
SHORT_SECONDS = 1
LONG_SECONDS = 3600
_EXTRA_SECONDS = 120
_LEAST_RUNS = 100
_LEAST_EDGES = 4
"""Without coverage it would reach none, and lead nowhere."""
_SHARE = {"form": 2.0, "head": 2.0, "codename": 1.0, "tokens": 0.7, "names": 0.7, "ranges": 0.7, "proxy": 0.3}
"""How much of its time each reader gets: the ones with the most ways through them, the most."""


@dataclass(frozen=True)
class Fuzzed:
    name: str
    runs: int
    edges: int
    fault: str = ""


def fuzz_all(plan: Plan) -> tuple[list[Figure], list[Finding]]:
    """Fuzz every reader for its time; each fault is a finding with the bytes that bring it about."""
    seed = plan.random("fuzzing").randrange(1, 1 << 31)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        all_ = list(pool.map(lambda name: fuzz(name, plan.folder / f"f-{name}", _seconds(plan, name), seed), TARGETS))
    figures = [
        at_least("inputs led by coverage", sum(each.runs for each in all_), _LEAST_RUNS * len(TARGETS), "inputs"),
        *(at_least(f"places reached in the reader of {each.name}", each.edges, _LEAST_EDGES) for each in all_),
    ]
    return figures, [Finding(f"the reader of {each.name}: {each.fault}") for each in all_ if each.fault]


def _seconds(plan: Plan, name: str) -> int:
    return max(1, round(plan.times(SHORT_SECONDS, LONG_SECONDS) * _SHARE[name]))


def fuzz(name: str, folder: Path, seconds: int, seed: int) -> Fuzzed:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.attacking.http.fuzz_one", name, str(folder), str(seconds), str(seed)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=seconds + _EXTRA_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Fuzzed(name, 0, 0, "it does not come to an end")
    said = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
    edges = re.findall(r"cov: (\d+)", said)
    fault = "" if done.returncode == 0 else _fault(said, folder)
    return Fuzzed(name, int(runs[-1]) if runs else 0, int(edges[-1]) if edges else 0, fault)


def _fault(said: str, folder: Path) -> str:
    """Return what went wrong, where, and the bytes that bring it about."""
    kinds = re.findall(r"(?m)^(?:[A-Za-z_.]+(?:Error|Exception|Broken|Exceeded)\b.*|SUMMARY: .*)$", said)
    places = re.findall(r'File "[^"]*?([^/"]+\.py)", line (\d+)', said)
    made = next((path for path in sorted(folder.iterdir()) if re.match("crash|timeout|oom|slow", path.name)), None)
    shown = made.read_bytes()[:300] if made else b""
    where = f" at {places[-1][0]} line {places[-1][1]}" if places else ""
    return f"{kinds[0] if kinds else said.strip()[-200:]}{where}: {shown!r}"
