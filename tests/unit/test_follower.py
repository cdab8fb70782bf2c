"""The follower: the hash of the whole file, however it grew, or an error."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from dropbox.errors import SealError, StoreError
from dropbox.server.follower import Follower


def test_no_byte_is_missed_however_the_file_grows(tmp_path: Path) -> None:
    path, content = tmp_path / "part", os.urandom(3_000_000)
    with Follower(path) as follower, path.open("wb", buffering=0) as file:
        for start in range(0, len(content), 300_001):
            file.write(content[start : start + 300_001])
            if start % 2:
                follower.look()
        assert follower.finish() == (len(content), sha256(content).hexdigest())


def test_an_empty_file_is_hashed_too(tmp_path: Path) -> None:
    (tmp_path / "part").touch()
    with Follower(tmp_path / "part") as follower:
        assert follower.finish() == (0, sha256().hexdigest())


def test_a_file_that_is_whole_before_the_first_look_costs_no_thread(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"small")
    with Follower(tmp_path / "part") as follower:
        assert follower.finish() == (5, sha256(b"small").hexdigest())
    assert follower._thread.ident is None


def test_a_file_that_is_not_there_has_no_hash(tmp_path: Path) -> None:
    with Follower(tmp_path / "part") as follower, pytest.raises(StoreError):
        follower.finish()


def test_a_link_put_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x")
    (tmp_path / "part").symlink_to(tmp_path / "other")
    with Follower(tmp_path / "part") as follower, pytest.raises(StoreError):
        follower.finish()


def _look_and_fail(follower: Follower) -> None:
    follower.look()
    raise SealError


def test_a_failed_sealing_ends_the_follower_and_comes_through(tmp_path: Path) -> None:
    follower = Follower(tmp_path / "part")
    (tmp_path / "part").touch()
    with pytest.raises(SealError), follower:
        _look_and_fail(follower)
    assert not follower._thread.is_alive()
