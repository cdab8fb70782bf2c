"""The frozen sample of a case's log: its hashes stay what they are, and the guide's own script finds what was bent."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropbox.envelope.account import LogLine, details_digest, hash_input, line_hash
from dropbox.models import CaseId, VaultId
from dropbox.records import from_json

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "vectors" / "case-log.json"


def sample() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(SAMPLE.read_text())
    return value


def line_of(value: dict[str, Any]) -> LogLine:
    kept = {name: text for name, text in value.items() if name not in ("vault", "hash", "note", "details")}
    details = None if value["details"] is None else sorted(map(list, value["details"].items()))
    return from_json(LogLine, {**kept, "details": details})


def by_hand(folder: Path, log: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run the script that stands in docs/formats.md."""
    section = (ROOT / "docs" / "formats.md").read_text().split("### Log of a case")[1]
    script = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert script is not None
    (folder / "check.py").write_text(script[1])
    (folder / "log.json").write_text(json.dumps(log))
    return subprocess.run(
        [sys.executable, "check.py", "log.json"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_no_hash_of_the_sample_has_changed() -> None:
    log = sample()
    case = CaseId(log["case"])
    assert line_hash(case, VaultId(log["lines"][0]["vault"]), None) == log["beginning"]
    for value in log["lines"]:
        line = line_of(value)
        assert line_hash(case, VaultId(value["vault"]), line) == value["hash"]
        assert line.details is None or details_digest(line.details) == line.digest


def test_what_is_hashed_is_one_line_that_can_be_typed() -> None:
    log = sample()
    for value in log["lines"]:
        data = hash_input(CaseId(log["case"]), VaultId(value["vault"]), line_of(value))
        assert data.endswith(b"}\n")
        assert data.count(b"\n") == 1
        assert data.isascii()


def test_the_guides_script_does_not_refuse_the_sample(tmp_path: Path) -> None:
    done = by_hand(tmp_path, sample())
    assert (done.returncode, done.stdout) == (0, "every chain holds\n"), done.stderr


@pytest.mark.parametrize("name", ["day", "by", "act", "mandate", "known", "digest", "previous", "details", "hash"])
def test_the_guides_script_passes_over_no_change(tmp_path: Path, name: str) -> None:
    log = sample()
    log["lines"][1][name] = {"details": {"files": "0"}, "known": 9}.get(name, "0" * 64)
    assert by_hand(tmp_path, log).returncode == 1


def test_the_guides_script_passes_over_no_line_that_is_gone(tmp_path: Path) -> None:
    log = sample()
    del log["lines"][1]
    assert by_hand(tmp_path, log).returncode == 1
