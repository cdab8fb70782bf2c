"""Measures an import of a pickup bundle against bare `gpg --decrypt-files` on the same items, and its memory."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from scripts.bench_figures import Figure, pairs_of, spread
from tests.envelopes import Case
from tests.factories_bundles import World, people, world

MESSAGES_IN_A_CASE = 2
MAX_TIMES = 1.3
MAX_MIB = 500


def figures(items: int, rounds: int) -> list[Figure]:
    """Make so many items of a text each, sealed to two hidden members, and import them into empty vaults."""
    with people() as homes, world(homes) as here:
        for number in range(items):
            if number % MESSAGES_IN_A_CASE == 0:
                case = Case()
            here.drop.send(case, f"What happened, part {number}. " * 40)
        bundle = here.drop.pickup()
        here.start()
        peaks: list[float] = []
        pairs = pairs_of(rounds, lambda: _decrypt(here), lambda: peaks.append(_import(here, bundle)))
    return [_rate(items, pairs), _memory(items, peaks)]


def _rate(items: int, pairs: list[tuple[float, float]]) -> Figure:
    ratios = [ours / bare for bare, ours in pairs]
    ratio, rate = statistics.median(ratios), statistics.median(items / ours for _, ours in pairs)
    what = f"Import of {items} items, to verified and in the casebook: time against bare gpg --decrypt-files"
    return Figure(what, f"{ratio:.2f} ({rate:.0f} items/s)", f"<= {MAX_TIMES}", ratio <= MAX_TIMES, spread(ratios))


def _memory(items: int, peaks: list[float]) -> Figure:
    peak = max(peaks)
    return Figure(f"Peak memory of that import ({items} items)", f"{peak:.0f} MiB", f"< {MAX_MIB}", peak < MAX_MIB, "")


def _decrypt(here: World) -> None:
    """Let gpg open copies of the items, whose names end as it wants, into files beside them."""
    folder = here.folder / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    copies = [folder / f"{item}.gpg" for item in here.drop.items]
    for copy in copies:
        os.link(here.drop.folder / copy.stem, copy)
    command = ["gpg", "--homedir", str(here.anna.home), "--batch", "--quiet", "--try-secret-key", here.anna.key]
    subprocess.run([*command, "--decrypt-files", *map(str, copies)], capture_output=True, check=False)
    if len(list(folder.iterdir())) != 2 * len(copies):
        raise RuntimeError("gpg did not open every item")


def _import(here: World, bundle: Path) -> float:
    """Import into an empty vault, in a process of its own; return its peak memory in MiB."""
    shutil.rmtree(here.anna.vault)
    here.start()
    program = (
        "import resource, sys; from dropbox.workstation.main import main; code = main(); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "import", str(bundle), "--vault", str(here.anna.vault)]
    environment = {**os.environ, "GNUPGHOME": str(here.anna.home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stderr.split()[-1]) / 1024
