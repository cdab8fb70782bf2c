"""One part of a bundle or envelope, fuzzed where its reader's coverage leads, in a process that ends by itself.

`python -m tests.attacking.bundles.cover_one NAME FOLDER SECONDS SEED`
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["dropbox"]):
    from tests.attacking.bundles import cover_targets

MAX_BYTES = 16_384


def main() -> None:
    name, folder, seconds, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    inside, corpus = folder / "inside", folder / "corpus"
    inside.mkdir()
    corpus.mkdir()
    attempt, seeds = cover_targets.make(name, inside)
    for number, data in enumerate(seeds):
        (corpus / str(number)).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        f"-seed={seed or 1}",
        f"-artifact_prefix={folder}/",
        f"-max_len={MAX_BYTES}",
    ]
    options += ["-rss_limit_mb=700", "-timeout=20", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
