"""Variants that take minutes: many kills of the real server while reports come in, and one upload of 500 MB."""

from __future__ import annotations

import http.client
import os
import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from dropbox.models import Fingerprint
from tests import factories
from tests.conftest import Members
from tests.drop_process import DropProcess
from tests.journeys.world import come_back, send_report
from tests.visitor import Page

KILLS = 50
MIB = 1024 * 1024

pytestmark = pytest.mark.slow


@pytest.fixture
def config(short_dir: Path, members: Members) -> Path:
    fingerprints: list[Fingerprint] = [members.anna, members.bram]
    factories.publish_keys(members.home, short_dir / "keys", fingerprints)
    return factories.write_config(short_dir, {"desk": fingerprints}, server="min_free_mib = 16")


def report(drop: DropProcess) -> str | None:
    """Return the codename of an acknowledged report; None when the server was killed before its answer."""
    try:
        return send_report(drop.visitor(), os.urandom(64).hex(), ["desk"]).codename
    except (OSError, http.client.HTTPException, AssertionError):
        return None


def test_no_kill_at_a_random_moment_loses_an_acknowledged_report(config: Path) -> None:
    chance = random.Random(4)
    acknowledged: list[str] = []
    drop = DropProcess(config)
    with drop, ThreadPoolExecutor(3) as pool:
        for _ in range(KILLS):
            sending: list[Future[str | None]] = [pool.submit(report, drop) for _ in range(3)]
            time.sleep(chance.uniform(0.0, 0.6))
            drop.kill()
            acknowledged += [codename for each in sending if (codename := each.result())]
            drop.start()
        assert len(acknowledged) >= KILLS / 5, "too few reports were under way for this to show anything"
        assert drop.server_json("status")["items"] >= len(acknowledged)
        for codename in acknowledged:
            page: Page = come_back(drop.visitor(), codename)
            assert page.path.split("?")[0] == "/case"


def peak_mib(config: Path, size: int) -> float:
    """Return the server's peak memory over one report with a file of that size."""
    with DropProcess(config) as drop:
        visitor = drop.visitor()
        form = visitor.get("/report").form("message", "mandate")
        files = [("film.mp4", "video/mp4", os.urandom(size))]
        assert visitor.submit(form, {"desk": ["desk"], "mandate": "listen"}, files).codename
        assert drop.process is not None
        status = Path(f"/proc/{drop.process.pid}/status").read_text(encoding="ascii").splitlines()
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM:"))) / 1024


def test_the_largest_upload_does_not_fill_the_memory(config: Path) -> None:
    assert peak_mib(config, 490 * MIB) - peak_mib(config, MIB) < 20
