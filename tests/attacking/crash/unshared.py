"""A part of an attack in a process of its own that is root in namespaces of its own, as whoever it is may make them.

Inside, it may mount small disks and look into its own server, which no other process of the same user may.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.attacking.outcome import Outcome
from tests.attacking.plan import Plan

TRY_SECONDS = 20.0


def outcome_of(module: str, plan: Plan, folder: Path, *, mounts: bool) -> Outcome | None:
    """Run `python -m module` there, which calls `tell`; None when this user may make no such namespace."""
    way = _way(mounts=mounts)
    if way is None:
        return None
    folder.mkdir()
    out = folder / "outcome.json"
    command = [*way, sys.executable, "-m", module, str(out), str(plan.seed), str(int(plan.long))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if not out.exists():
        raise AssertionError(f"{module} broke off ({done.returncode}): {done.stderr[-3000:]}")
    return Outcome.from_json(json.loads(out.read_text(encoding="utf-8")))


def told() -> tuple[Plan, Path]:
    """Return the plan that `outcome_of` was given, with the folder that is this part's own, and where to tell."""
    out = Path(sys.argv[1])
    return Plan(bool(int(sys.argv[3])), int(sys.argv[2]), out.parent), out


def _way(*, mounts: bool) -> list[str] | None:
    namespaces = ["-m"] if mounts else []
    if os.geteuid() == 0 and not mounts:
        return []
    ways = [["unshare", "-r", *namespaces]]
    if os.geteuid() == 0:
        ways.insert(0, ["unshare", *namespaces])
    trial = ["sh", "-c", "d=$(mktemp -d) && mount -t tmpfs -o size=1m t $d && umount $d; r=$?; rmdir $d; exit $r"]
    for way in ways:
        command = [*way, *(trial if mounts else ["true"])]
        tried = subprocess.run(command, check=False, capture_output=True, timeout=TRY_SECONDS)
        if tried.returncode == 0:
            return way
    return None
