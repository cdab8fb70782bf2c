"""Which words of a command line are files: asked of dropbox-server's own parser, by the drop's user.

The only module here that imports `dropbox`; it runs with the program's own Python, and never as root.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


def files_of(arguments: Sequence[str]) -> list[list[str]]:
    """Return [name of the argument, file] for each file that is named; exits with 2 where the command line is wrong."""
    from dropbox.server.main import _parser  # noqa: PLC0415  # the other rooms must load without it

    return [list(pair) for pair in _files(vars(_parser().parse_args(arguments)))]


def _files(values: dict[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name != "config":
            for one in value if isinstance(value, list | tuple) else (value,):
                if isinstance(one, Path):
                    yield name, str(one)


def main() -> int:
    print(json.dumps(files_of(sys.argv[1:])))
    return 0
