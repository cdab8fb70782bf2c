"""The drop's log: private, bounded, in memory where that was asked for, and without a clock."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from dropbox.errors import BundleSignatureInvalid, LogUnusable, StartRefused
from dropbox.server import log_files
from dropbox.server.log_files import LogFiles, note_refused
from dropbox.settings import Log


def lines_of(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("drop.log*")) for line in path.read_text().splitlines()]


def test_a_line_carries_its_day_and_no_time(tmp_path: Path) -> None:
    log = LogFiles.open(Log(tmp_path / "log"))
    log.write("server: started", date(2026, 1, 2))
    assert lines_of(tmp_path / "log") == ["2026-01-02 server: started"]
    log.write("server: stopped")
    assert not re.search(r"\d\d:\d\d", "".join(lines_of(tmp_path / "log")))


def test_nobody_else_may_read_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = LogFiles.open(Log(folder, max_kib=1, keep=3))
    for number in range(100):
        log.write(f"tor: {number} " + "x" * 50)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    folder.chmod(0o750)
    with pytest.raises(StartRefused, match="the log's folder"):
        LogFiles.open(Log(folder))


@pytest.mark.parametrize("keep", [1, 3])
def test_the_log_does_not_outgrow_what_was_allowed(tmp_path: Path, keep: int) -> None:
    folder = tmp_path / "log"
    one, other = (LogFiles.open(Log(folder, max_kib=1, keep=keep)) for _ in range(2))
    for number in range(200):
        (one if number % 2 else other).write(f"tor: {number} " + "x" * 50)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= keep * 1024
    assert any(" 199 " in line for line in lines_of(folder))


def test_a_log_in_memory_is_not_written_to_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = Log(tmp_path / "log", memory_only=True)
    monkeypatch.setattr(log_files, "is_in_memory", lambda _folder: False)
    with pytest.raises(LogUnusable, match="memory_only"):
        LogFiles.open(wanted)
    monkeypatch.setattr(log_files, "is_in_memory", lambda _folder: True)
    LogFiles.open(wanted).write("x")
    assert len(lines_of(tmp_path / "log")) == 1


def test_a_line_cannot_be_made_to_look_like_two(tmp_path: Path) -> None:
    LogFiles.open(Log(tmp_path / "log")).write("tor: one\n2026-01-01 server: stopped\x1b[2J")
    assert len(lines_of(tmp_path / "log")) == 1


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    LogFiles.open(Log()).write("x")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    log = LogFiles.open(Log(tmp_path / "log"))
    (tmp_path / "log" / "drop.log").mkdir()
    log.write("x")


def test_what_is_said_is_kept_and_a_refused_bundle_is_named_by_its_reason_alone(tmp_path: Path) -> None:
    said: list[str] = []
    settings = Log(tmp_path / "log")
    LogFiles.open(settings).also(said.append)("onion service: starting tor")
    note_refused(settings, "answer bundle", BundleSignatureInvalid())
    note_refused(replace(settings, memory_only=False, folder=None), "answer bundle", BundleSignatureInvalid())
    assert said == ["onion service: starting tor"]
    kept = lines_of(tmp_path / "log")
    assert kept[0].endswith("onion service: starting tor")
    assert f"answer bundle refused: {BundleSignatureInvalid.message}" in kept[1]
    assert len(kept) == 2
