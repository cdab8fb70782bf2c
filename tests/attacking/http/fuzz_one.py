"""One reader of a stranger's bytes, fuzzed where its coverage leads, in a process of its own that ends by itself.

`python -m tests.attacking.http.fuzz_one TARGET FOLDER SECONDS SEED`
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

_WATCHED = [
    "dropbox.codename", "dropbox.file_names", "dropbox.server", "dropbox.words", "itsdangerous", "waitress",
    "werkzeug.datastructures", "werkzeug.http", "werkzeug.sansio", "werkzeug.wrappers",
]  # fmt: skip

with atheris.instrument_imports(include=_WATCHED):
    from tests.attacking.http import fuzz_seeds, fuzz_targets

MAX_BYTES = {"codename": 400}
"""Where the work of a text that is full would leave time for few of them."""
MANY_BYTES = 4096


def main() -> None:
    name, folder, seconds, seed = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, data in enumerate(fuzz_seeds.seeds(name)):
        (corpus / str(number)).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        f"-seed={seed or 1}",
        f"-artifact_prefix={folder}/",
        f"-max_len={MAX_BYTES.get(name, MANY_BYTES)}",
        "-rss_limit_mb=1024",
        "-timeout=20",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], fuzz_targets.on_time(fuzz_targets.TARGETS[name]))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
