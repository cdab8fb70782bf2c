"""`scripts/demo`: the whole loop on a private Tor network, narrated, from the report to the return."""

from __future__ import annotations

import subprocess

import pytest

from tests.doc_lines import ROOT


@pytest.mark.slow
@pytest.mark.tor
def test_the_demo_runs_to_its_end() -> None:
    done = subprocess.run(
        [ROOT / "scripts/demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stdout + done.stderr
