"""Measures the workstation (its import against bare gpg, its desk page) and writes docs/benchmarks-workstation.md."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from scripts import bench_import, bench_workstation
from scripts.bench_figures import machine, notes_in, rows

TARGET = Path(__file__).resolve().parent.parent / "docs" / "benchmarks-workstation.md"
CASES = 10_000
UNSEALED = 1_000
REQUESTS_A_ROUND = 3


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench --workstation")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-write", action="store_true", help="print the table only")
    options = parser.parse_args()
    figures = [
        *bench_import.figures(UNSEALED, options.rounds),
        *bench_workstation.figures(CASES, UNSEALED, options.rounds * REQUESTS_A_ROUND),
    ]
    table = f"""# Benchmarks of the workstation

Made by `scripts/bench --workstation` on {datetime.now(UTC).date().isoformat()} ({machine()}).
An import is the whole command, start of the program included, into an empty vault; bare gpg opens the same items, each
sealed to two hidden members, into files. Both ran in turn, after one warm-up; {options.rounds} rounds, medians. Pages
are asked for over HTTP on loopback, {options.rounds * REQUESTS_A_ROUND} times each.

| what | median | spread | aim | met |
|---|---|---|---|---|
{rows(figures)}
"""
    print(table)
    if not options.no_write:
        TARGET.write_text(table + notes_in(TARGET), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
