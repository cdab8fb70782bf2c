"""Has coverage lead through one reader of a stranger's bytes, in a process that ends by itself; says what came of it.

That process is `led_inside`; only there atheris is imported.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "tests.attacking.led_inside"
PATIENCE_SECONDS = 180
_KINDS = re.compile(r"(?m)^(?:[A-Za-z_.]*(?:Error|Exception|Broken|Exceeded|Lie|NotATar\w*)\b.*|SUMMARY: .*)$")
_MAX_SHOWN = 4096


@dataclass(frozen=True)
class Readers:
    """`module` has `reader(name, folder)`: what to call, seeds, the most bytes. `watched`: what coverage looks at."""

    module: str
    watched: tuple[str, ...]
    memory_mib: int


@dataclass(frozen=True)
class Led:
    """`inputs` were tried and reached `places` in the code; `fault` says what went wrong, and by which bytes."""

    name: str
    inputs: int
    places: int
    fault: str = ""


def lead(readers: Readers, name: str, folder: Path, seconds: int, seed: int) -> Led:
    """Fuzz one reader for so long; `folder` is made for it."""
    folder.mkdir()
    of_readers = [readers.module, ",".join(readers.watched), str(readers.memory_mib)]
    command = [sys.executable, "-m", INSIDE, *of_readers, name, str(folder), str(seconds), str(seed)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=seconds + PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Led(name, 0, 0, "it does not come to an end")
    said = (done.stderr + done.stdout).decode("utf-8", "replace")
    fault = "" if done.returncode == 0 else _fault(said, folder)
    return Led(name, _last(r"stat::number_of_executed_units:\s*(\d+)", said), _last(r"cov: (\d+)", said), fault)


def _last(pattern: str, said: str) -> int:
    found = re.findall(pattern, said)
    return int(found[-1]) if found else 0


def _fault(said: str, folder: Path) -> str:
    """Return what went wrong, where, and the bytes that bring it about."""
    kinds = _KINDS.findall(said)
    places = re.findall(r'File "[^"]*?([^/"]+\.py)", line (\d+)', said)
    made = next((path for path in sorted(folder.iterdir()) if re.match("crash|timeout|oom|slow", path.name)), None)
    shown = base64.b64encode(made.read_bytes()).decode()[:_MAX_SHOWN] if made else ""
    where = f" at {places[-1][0]} line {places[-1][1]}" if places else ""
    return f"{kinds[0] if kinds else said.strip()[-300:]}{where}; base64: {shown}"
