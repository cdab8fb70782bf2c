"""`python -m tests.attacking.hunt.peeking PID [USER]`: tries to look into a process; prints the ways that worked."""

from __future__ import annotations

import os
import sys

from tests.attacking.hunt import memory


def main() -> int:
    if len(sys.argv) > 2:
        user = int(sys.argv[2])
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    print(" ".join(memory.ways(int(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
