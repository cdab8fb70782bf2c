"""The inside of `led`: one reader, fuzzed by atheris until its time is over. For a process that does nothing else.

`python -m tests.attacking.led_inside MODULE WATCHED MIB NAME FOLDER SECONDS SEED`

MODULE is imported here and not run itself: its package would be imported before it, and what that imports would be led
by no coverage.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import atheris  # type: ignore[import-untyped]


def main() -> None:
    module, watched, mib, name, place, seconds, seed = sys.argv[1:]
    folder = Path(place)
    with atheris.instrument_imports(include=watched.split(",")):
        readers = import_module(module)
    attempt, seeds, max_bytes = readers.reader(name, folder)
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, data in enumerate(seeds):
        (corpus / str(number)).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        f"-seed={int(seed) or 1}",
        f"-artifact_prefix={folder}/",
        f"-max_len={max_bytes}",
        f"-rss_limit_mb={mib}",
        "-timeout=20",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
