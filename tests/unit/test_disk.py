"""A name that was made to last, and a disk that is full, are what they are said to be."""

import errno
import os
from pathlib import Path
from unittest import mock

import pytest

from dropbox.disk import is_full, may_make_files, read_up_to, sync_folder
from dropbox.errors import FileUnreadable


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_folders_names_are_not_left_to_chance(tmp_path: Path) -> None:
    synced: list[str] = []

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    with mock.patch.object(os, "fsync", note):
        sync_folder(tmp_path)
    assert synced == [str(tmp_path)]


def test_a_folder_that_could_not_be_synced_is_not_called_safe_and_leaves_no_descriptor(tmp_path: Path) -> None:
    before = open_descriptors()
    with (
        mock.patch.object(os, "fsync", side_effect=OSError(errno.EIO, "")),
        pytest.raises(OSError, match=str(errno.EIO)),
    ):
        sync_folder(tmp_path)
    assert open_descriptors() == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")


@pytest.mark.parametrize(
    ("number", "full"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False), (errno.EIO, False)]
)
def test_only_want_of_room_is_called_a_full_disk(number: int, full: bool) -> None:
    assert is_full(OSError(number, os.strerror(number))) is full


def test_a_file_that_is_too_large_is_not_read_whole_and_shows_that_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert len(read_up_to(path, 10)) == 11
    assert len(read_up_to(path, 100)) == 100


def test_a_file_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileUnreadable):
            read_up_to(path, 10)


def test_a_disk_that_counts_no_files_is_not_taken_for_one_without_room(tmp_path: Path) -> None:
    assert may_make_files(tmp_path)
    real = os.statvfs(tmp_path)
    for files, left, may in ((0, 0, True), (100, 0, False), (100, 1, True)):
        told = os.statvfs_result((*real[:5], files, left, left, *real[8:10]))
        with mock.patch.object(os, "statvfs", lambda _path, told=told: told):
            assert may_make_files(tmp_path) == may
