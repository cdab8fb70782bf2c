"""`scripts/attack`: runs the attacks, each in its own process, and writes the report. Exit 0: every promise held."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from tests.attacking import report
from tests.attacking.outcome import Outcome
from tests.attacking.plan import Plan
from tests.attacking.report import Run

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "build" / "attack"
STUCK_SECONDS, LONG_STUCK_SECONDS = 300, 12 * 3600
"""An attack of the short form takes a minute at most where nothing else runs, one of the long form hours."""
ASKED_SECONDS = 10.0
"""How long an attack that is to end may take for it before it is killed."""


@dataclass(frozen=True)
class Attack:
    """`alone`: it measures times, so nothing may run beside it."""

    about: str
    alone: bool = False


ATTACKS = {
    "crash": Attack("kills, full disks and failing system calls under work"),
    "disk": Attack("a small disk that fills and empties"),
    "hunt": Attack("every file, environment, command line and memory searched for what was typed"),
    "seized": Attack("a program with the data folder alone tries to tell"),
    "http": Attack("hostile requests, stalled connections"),
    "bundles": Attack("mutants of bundles, envelopes, archives"),
    "flood": Attack("floods over Tor, and another reporter beside them", alone=True),
    "insider": Attack("every row of the threat model's table, broken"),
    "supply": Attack("what the program is made of"),
    "eyes": Attack("other people's tools look"),
    "timing": Attack("hit and miss, right and wrong, told apart by time or size", alone=True),
}


def main() -> int:
    arguments = _arguments()
    if arguments.list:
        print("\n".join(f"{name:10}{attack.about}" for name, attack in ATTACKS.items()))
        return 0
    if arguments.one:
        return _one(arguments)
    seed = secrets.randbelow(1 << 32) if arguments.seed is None else arguments.seed
    names = [name for name in ATTACKS if not arguments.only or name in arguments.only]
    print(f"attack: {'long' if arguments.long else 'short'} form, seed {seed}: {', '.join(names)}", flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal leaves nothing over either
        signal.signal(number, signal.default_int_handler)
    try:
        runs = _run_all(names, seed, long=arguments.long, at_once=arguments.at_once)
    except KeyboardInterrupt:
        print("attack: stopped, and no report was written")
        return 130
    page = report.write(arguments.report, runs, list(ATTACKS))
    held = sum(run.holds for run in runs)
    print(f"attack: {held} of {len(runs)} held; the report is {page}")
    return 0 if held == len(runs) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/attack", description="Breaks every promise on purpose. Exit 0: all held."
    )
    parser.add_argument("--long", action="store_true", help="for hours instead of minutes")
    parser.add_argument("--only", action="append", choices=ATTACKS, metavar="NAME", help="this attack; may repeat")
    parser.add_argument("--list", action="store_true", help="name the attacks")
    parser.add_argument("--seed", type=int, help="draw the same chances again; the report names the seed")
    parser.add_argument("--at-once", type=int, default=max(1, os.cpu_count() or 1), help="attacks side by side")
    parser.add_argument("--report", type=Path, default=REPORT, metavar="FOLDER", help="where the report goes")
    parser.add_argument("--one", choices=ATTACKS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _run_all(names: list[str], seed: int, *, long: bool, at_once: int) -> list[Run]:
    """Run those that measure time after the others, one by one."""
    ended: dict[str, Run] = {}
    stop = threading.Event()

    def attack(name: str) -> None:
        ended[name] = _run(name, seed, long=long, stop=stop)
        if not stop.is_set():
            print("\n".join(report.lines_of(ended[name])), flush=True)

    with ThreadPoolExecutor(at_once) as pool:
        try:
            list(pool.map(attack, [name for name in names if not ATTACKS[name].alone]))
        except KeyboardInterrupt:
            stop.set()
            print("attack: ending what is under way", flush=True)
            raise
    for name in names:
        if ATTACKS[name].alone:
            attack(name)
    return [ended[name] for name in names]


def _run(name: str, seed: int, *, long: bool, stop: threading.Event | None = None) -> Run:
    """Run one attack in a process of its own, with all that it started in one group, so that nothing is left over."""
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="ak"))  # a short path: sockets lie in it
    out = folder / "outcome.json"
    command = [sys.executable, "-m", "tests.attacking", "--one", name, "--seed", str(seed), "--out", str(out)]
    patience = LONG_STUCK_SECONDS if long else STUCK_SECONDS
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(["--long"] if long else [])], cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            failure = _wait(process, patience, stop or threading.Event())
        finally:
            _end(process)
            if sys.exc_info()[0] is not None:
                shutil.rmtree(folder, ignore_errors=True)
    try:
        outcome = Outcome.from_json(json.loads(out.read_text())) if out.exists() and not failure else None
        if outcome is None:
            failure = (failure or "it broke off") + ": " + _tail(folder / "log")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    return Run(name, day, long, seed, time.monotonic() - begun, outcome, failure)


def _wait(process: subprocess.Popen[bytes], patience: float, stop: threading.Event) -> str:
    """Wait for the end of an attack, or until all are to stop; return why it did not end by itself."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if stop.is_set():
            return "it was stopped"
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
            return ""
    return f"it did not end within {patience} s"


def _end(process: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the attack's own process group: asked first, so that it ends what left the group."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ASKED_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text("utf-8", "replace").strip().splitlines()[-30:])


def _one(arguments: argparse.Namespace) -> int:
    folder = arguments.out.parent / "w"
    folder.mkdir()
    module = import_module(f"tests.attacking.{arguments.one}")
    outcome: Outcome = module.run(Plan(arguments.long, arguments.seed, folder))
    arguments.out.write_text(json.dumps(outcome.as_json()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
