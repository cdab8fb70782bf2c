"""Memory that overwrites itself: what a reporter typed is gone from RAM once nothing refers to it any more.

Python hands freed memory out again as it lies, and glibc does too, so that texts, codenames and keys would stay there
for hours. Two settings of theirs change that, and both are read at a process's very beginning: so the server starts
itself anew, once, in the same process. Nothing of a request or the configuration enters here.
"""

import ctypes
import gc
import os
import re
import sys
from collections.abc import Sequence

_PATTERN = 0x55
_TUNABLES = f"glibc.malloc.perturb={_PATTERN}:glibc.malloc.tcache_count=0"  # a thread's own cache is not overwritten
ENVIRONMENT = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": _TUNABLES}
"""What makes Python and glibc overwrite what is freed; of use only when a process begins with it."""
_TRIED = 48
_OPTION = re.compile("-([^cmWX]*)([cmWX]?)(.*)", re.DOTALL)
"""Letters without a value, then one that takes the rest or the next argument."""


def start_anew() -> None:
    """Begin this program once more with memory that overwrites itself, unless this is that one already.

    Same process, same arguments, nothing forked. Never twice: a C library that knows no such thing changes nothing.
    Who was started under a name by which Python does not find itself goes on as it is, and `serve` says so.
    """
    asked = _TUNABLES in os.environ.get("GLIBC_TUNABLES", "")
    if not asked and not overwrites_freed() and sys.executable and sys.orig_argv[0]:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.orig_argv[0], *again(sys.orig_argv[1:])], _environment())  # noqa: S606  # nosec B606  # itself
    _forget_asking()  # gpg and tor need none of it


def overwrites_freed() -> bool:
    """Tell by trying: free a piece and look whether its bytes still lie there."""
    written = os.urandom(_TRIED)
    compared = bytes(reversed(written))
    place, start = id(written), bytes.__basicsize__ - 1
    del written
    left = ctypes.string_at(place + start, _TRIED)
    return all(left[at : at + 8] != compared[::-1][at : at + 8] for at in range(0, _TRIED - 8, 8))


def again(arguments: Sequence[str]) -> list[str]:
    """Return an interpreter's arguments with -I said in other words: with it Python would not read the setting.

    It stands for -E, -P and -s; in place of -E there will be no variable of Python's but ours.
    """
    options: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        each = rest.pop(0)
        if each.startswith("--"):
            options += [each, *_taken(rest, each == "--check-hash-based-pycs")]
            continue
        letters, taking, value = _OPTION.fullmatch(each).groups()  # type: ignore[union-attr]  # it fits whatever comes
        plain = letters.replace("E", "").replace("I", "Ps") + taking + value
        options += [f"-{plain}"] if plain else []
        if taking in {"c", "m"}:
            break
        options += _taken(rest, bool(taking) and not value)
    return [*options, *rest]


def _taken(rest: list[str], wanted: bool) -> list[str]:
    return [rest.pop(0)] if wanted and rest else []


def settle() -> None:
    """Leave what the program needs throughout out of every later search for garbage: it costs a moment then."""
    gc.collect()
    gc.freeze()


def forget() -> None:
    """Free what only refers to itself: an exception and the frames that it came through hold on to what they held."""
    gc.collect()


def _environment() -> dict[str, str]:
    ignores = sys.flags.ignore_environment
    kept = {name: value for name, value in os.environ.items() if not (ignores and name.startswith("PYTHON"))}
    theirs = kept.get("GLIBC_TUNABLES")
    return kept | ENVIRONMENT | ({"GLIBC_TUNABLES": f"{theirs}:{_TUNABLES}"} if theirs else {})


def _forget_asking() -> None:
    theirs = os.environ.pop("GLIBC_TUNABLES", "").removesuffix(_TUNABLES).rstrip(":")
    if theirs:
        os.environ["GLIBC_TUNABLES"] = theirs
    os.environ.pop("PYTHONMALLOC", None)
