"""How root's commands end: an exit code, and for what went wrong an `error:` and a `hint:` line, never a traceback."""

import sys
from collections.abc import Callable, Sequence

from .places import Refused

Run = Callable[[Sequence[str]], int]


def in_plain_words(run: Run, arguments: Sequence[str]) -> int:
    """Run and return the exit code; what is raised becomes an `error:` and a `hint:` line."""
    try:
        return run(arguments)
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        if refused.hint:
            print(f"hint: {refused.hint}", file=sys.stderr)
        return 2 if str(refused).startswith("usage:") else 1
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"error: the system refused: {error.strerror or type(error).__name__}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
