"""A commit whose fsync fails, and a crash right after: what was refused does not come back without its file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dropbox.errors import StoreError
from tests.store_room import BOARD, DAY, Reporter, open_store, seat

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the system call fail")
ROOT = Path(__file__).parents[2]
REFUSED = "refused"


@pytest.mark.parametrize("goes_on", [False, True], ids=["for a moment", "from then on"])
def test_a_commit_that_failed_does_not_come_back_without_its_file(tmp_path: Path, goes_on: bool) -> None:
    open_store(tmp_path / "data").close()
    shutil.copytree(tmp_path / "data", tmp_path / "trial")
    _send_twice_and_die(tmp_path / "trial", tmp_path / "calls")
    last = (tmp_path / "calls").read_text().count("fdatasync(")
    failing = f"inject=fdatasync:error=EIO:when={last}{'+' * goes_on}"
    assert _send_twice_and_die(tmp_path / "data", tmp_path / "calls", "-e", failing) == REFUSED
    with closing(open_store(tmp_path / "data")) as store:
        assert store.sweep().missing == 0
        assert len(store.pickup(BOARD, DAY).items) == store.counts().items
        if not goes_on:
            assert store.counts().items == 1, "what was refused is there after all"


def _send_twice_and_die(data_dir: Path, calls: Path, *failing: str) -> str:
    """Send two reports in a process that then dies without closing anything; return what it said of the second."""
    trace = ["strace", "-f", "-qq", "-o", str(calls), "-e", "trace=fdatasync", *failing]
    child = [sys.executable, "-m", __name__, str(data_dir)]
    done = subprocess.run([*trace, *child], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _child(data_dir: Path) -> None:
    store = open_store(data_dir)
    seat(store)
    Reporter(store).send()
    try:
        Reporter(store).send()
    except StoreError:
        print(REFUSED, flush=True)
    os._exit(0)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
