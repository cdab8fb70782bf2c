"""Measures what a backup costs those who report meanwhile, with one and without in turn; writes benchmarks-backup.md.

A drop of many small cases and some large files serves; one visitor opens the form again and again, another one sends
reports, and a third process writes into the store as the server does. Then the same while `dropbox-server backup` runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from dropbox import config
from dropbox.models import DeskId, today
from dropbox.server.backup import gathering
from dropbox.server.drop import Drop
from scripts.bench_figures import machine
from tests.drop_process import BIN, DropProcess
from tests.factories import make_key, publish_keys, short_dir, write_config
from tests.store_room import Reporter

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "benchmarks-backup.md"
MIB = 1 << 20
DESK = DeskId("desk")
SMALL_BYTES = 70_000
LARGE_BYTES = 50 * MIB
SECONDS = 8.0

Latencies = dict[str, list[float]]


def make(folder: Path, home: Path, cases: int, large: int) -> Path:
    """Fill a drop with cases of one text each, and as many large files."""
    member, operator = make_key(home, "member"), make_key(home, "operator")
    path = write_config(folder, {DESK: [member]}, operator=f'key = "{operator}"')
    publish_keys(home, folder / "keys", [member, operator])
    content = os.urandom(LARGE_BYTES)
    with Drop.open(config.load(path)) as drop:
        for number in range(cases + large):
            sealed = content if number < large else os.urandom(SMALL_BYTES)
            Reporter(drop.store, (DESK,)).send(today(), content=sealed)
    return path


@contextmanager
def repeating(work: Callable[[], object], into: list[float], pause: float = 0.0) -> Iterator[None]:
    """Do something again and again in a thread, and note how long each took."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            begun = monotonic()
            work()
            into.append(monotonic() - begun)
            stop.wait(pause)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def observe(drop: DropProcess, opened: Drop, during: Callable[[], object]) -> Latencies:
    """Return the latencies of pages, reports and commits while something happens."""
    seen: Latencies = {"page": [], "report": [], "commit": []}
    reader, sender = drop.visitor(), drop.visitor()

    def report() -> None:
        form = sender.get("/report").form("message", "mandate")
        page = sender.submit(form, {"desk": [DESK], "mandate": "listen", "message": "x" * 2000})
        if page.status != 200:
            raise SystemExit(f"bench: a report got {page.status}")

    with (
        repeating(lambda: reader.get("/report"), seen["page"], 0.01),
        repeating(report, seen["report"], 0.05),
        repeating(lambda: Reporter(opened.store, (DESK,)).send(today(), content=b"x" * 1000), seen["commit"], 0.02),
    ):
        during()
    return seen


def back_up(path: Path, folder: Path, took: list[float]) -> None:
    """Make backups for as long as one round lasts."""
    begun = monotonic()
    while monotonic() - begun < SECONDS:
        target = folder / "out.backup"
        started = monotonic()
        subprocess.run(
            [BIN / "dropbox-server", "backup", target, "--config", path], check=True, stdout=subprocess.DEVNULL
        )
        took.append(monotonic() - started)
        target.unlink()


def held_seconds(path: Path, folder: Path) -> list[float]:
    """Return how long the store is looked at and its files linked: the one moment that others could wait for."""
    found = []
    with Drop.open(config.load(path), beside_server=True) as drop:
        for _ in range(5):
            with gathering.links_folder(folder / "data") as links:
                begun = monotonic()
                gathering.gather(drop, path, links)
                found.append(monotonic() - begun)
    return found


def milliseconds(values: Sequence[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000:.0f}"


def rows(without: Latencies, beside: Latencies) -> list[str]:
    names = {"page": "The form, GET /report", "report": "A report, form and sending", "commit": "A commit in the store"}
    lines = ["| what, in ms | median | 99 of 100 | longest | how many |", "|---|---|---|---|---|"]
    for key, name in names.items():
        for label, seen in (("no backup", without[key]), ("beside a backup", beside[key])):
            told = [f"{statistics.median(seen) * 1000:.0f}", milliseconds(seen, 0.99), milliseconds(seen, 1.0)]
            lines.append(f"| {name}, {label} | {' | '.join(told)} | {len(seen)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--large", type=int, default=4)
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args(arguments)
    without: Latencies = {"page": [], "report": [], "commit": []}
    beside: Latencies = {"page": [], "report": [], "commit": []}
    took: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, short_dir() as home:
        folder = Path(name)
        path = make(folder, home, options.cases, options.large)
        held = held_seconds(path, folder)
        size = (folder / "data/store.sqlite").stat().st_size // MIB
        items = sum(each.stat().st_size for each in (folder / "data/items").iterdir()) // MIB
        with DropProcess(path) as drop, Drop.open(config.load(path), beside_server=True) as opened:
            observe(drop, opened, lambda: sleep(2))
            for _ in range(options.rounds):
                for total, during in ((without, lambda: sleep(SECONDS)), (beside, lambda: back_up(path, folder, took))):
                    for key, values in observe(drop, opened, during).items():
                        total[key] += values
    speed = items / statistics.median(took)
    made = f"Made by `scripts/bench --backup` on {datetime.now(UTC).date()} ({machine()}):"
    rounds = f"{options.rounds} rounds of {SECONDS:.0f} s each without and with backups in turn,"
    about = (
        f"of a drop of {options.cases} cases and {options.large} large files ({items} MiB sealed, store {size} MiB),"
    )
    whole = f"A backup of all took {statistics.median(took):.1f} s ({speed:.0f} MiB a second, at the lowest priority)."
    moment = f"{statistics.median(held) * 1000:.0f} ms (longest {max(held) * 1000:.0f})"
    lines = ["# Benchmarks: a backup beside the server", "", made, rounds, about, "on the same two cores.", ""]
    lines += [*rows(without, beside), "", f"The store is read and its files are linked in {moment}. {whole}", ""]
    text = "\n".join(lines)
    print(text)
    if not options.no_write:
        kept = TARGET.read_text(encoding="utf-8").partition("\n## ")[2] if TARGET.exists() else ""
        TARGET.write_text(text + (f"\n## {kept}" if kept else ""), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
