"""A bundle's file is there whole or not at all, and never takes another file's place."""

import errno
import os
import stat
from pathlib import Path

import pytest

from dropbox.errors import TargetExists, TargetUnusable
from dropbox.target import new_file


def write(target: Path, data: bytes = b"bundle") -> None:
    with new_file(target) as stream:
        stream.write(data)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_new_file_is_whole_and_its_owners_alone(tmp_path: Path) -> None:
    write(tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == b"bundle"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    assert names(tmp_path) == ["new"]


def test_a_relative_name_is_written_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("new"))
    assert names(tmp_path) == ["new"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_exists_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "old"
    if kind == "file":
        target.write_bytes(b"old")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TargetExists):
        write(target)
    assert names(tmp_path) == ["old"]
    assert kind != "file" or target.read_bytes() == b"old"


def test_what_exists_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "old").touch()
    with pytest.raises(TargetExists), new_file(tmp_path / "old"):
        pytest.fail("a large bundle would have been written in vain")


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "new"

    def write_late() -> None:
        with new_file(target) as stream:
            stream.write(b"ours")
            target.write_bytes(b"theirs")

    with pytest.raises(TargetExists):
        write_late()
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == ["new"]


def test_a_failure_halfway_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with new_file(tmp_path / "new") as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(tmp_path) == []


def test_nothing_has_the_targets_name_before_it_is_whole(tmp_path: Path) -> None:
    with new_file(tmp_path / "new") as stream:
        stream.write(b"half")
        stream.flush()
        assert "new" not in names(tmp_path)


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path: Path) -> None:

    def fill() -> None:
        with new_file(tmp_path / "new") as stream, Path("/dev/full").open("wb", buffering=0) as full:
            os.dup2(full.fileno(), stream.fileno())
            stream.write(b"x")

    with pytest.raises(TargetUnusable):
        fill()
    assert names(tmp_path) == []


def test_a_folder_that_is_missing_or_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("nothing", "file"):
        with pytest.raises(TargetUnusable):
            write(tmp_path / folder / "new")


def test_a_stick_without_links_is_written_too_and_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links on FAT")

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == b"bundle"
    with pytest.raises(TargetExists):
        write(tmp_path / "new", b"other")
    assert names(tmp_path) == ["new"]


def test_a_stick_without_links_keeps_what_appears_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new"

    def appear(*_: object) -> None:
        target.write_bytes(b"theirs")
        raise OSError(errno.EPERM, "no links on FAT")

    monkeypatch.setattr(os, "link", appear)
    with pytest.raises(TargetExists):
        write(target)
    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == ["new"]
