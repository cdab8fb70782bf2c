"""The backup file: frozen to the byte, and not opened by anything but its own key."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dropbox.errors import BackupDamaged, BackupForeign, FileUnreadable, SharesUnusable
from dropbox.models import Fingerprint
from dropbox.shares import Collection, read_share
from dropbox.workstation.backup import MAX_BACKUP_BYTES, BackupHead, make_backup, pack, read_head, unpack
from dropbox.workstation.restoring import read_backup

SAMPLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors/key-backup/sample.json").read_text())
FILE = bytes.fromhex(SAMPLE["file"])
KEY = bytes.fromhex(SAMPLE["key"])
HEAD = BackupHead(
    Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567"), date(2026, 11, 22), 2, 3, SAMPLE["head"]["set"]
)


def given(*texts: str) -> Collection:
    found = Collection(HEAD.set_id)
    for text in texts:
        found.add(read_share(text))
    return found


def test_the_frozen_sample_does_not_change() -> None:
    assert pack(SAMPLE["content"].encode(), HEAD, KEY, bytes.fromhex(SAMPLE["nonce"])) == FILE
    assert read_head(FILE) == HEAD
    assert unpack(FILE, KEY).decode() == SAMPLE["content"]


def test_the_frozen_shares_do_not_stop_opening_the_frozen_file() -> None:
    one, two, three = SAMPLE["shares"]
    for pair in ((one, two), (three, one), (two, three)):
        assert unpack(FILE, given(*pair).key()).decode() == SAMPLE["content"]


@pytest.mark.parametrize("at", [0, 30, 60, FILE.index(b'"needed":2') + 9, len(FILE) - 200, len(FILE) - 1])
def test_a_changed_byte_is_not_passed_over(at: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= 1
    with pytest.raises((BackupDamaged, BackupForeign)):
        unpack(bytes(changed), KEY)


def test_another_key_does_not_open_the_file() -> None:
    with pytest.raises(BackupForeign):
        unpack(FILE, bytes(32))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"onion-dropbox key backup 1\n",
        FILE[: FILE.index(b"}") + 2],
        FILE.replace(b"backup 1", b"backup 2"),
        FILE.replace(b'"shares":3', b'"shares":1'),
        FILE.replace(b'"set":', b'"sat":'),
        FILE.replace(b'"needed":2', b'"needed": 2'),
        FILE.replace(b'"needed":2', b'"needed":true'),
        FILE.replace(b'"day":"2026-11-22"', b'"day":"2026-22-11"'),
        FILE + b"x" * MAX_BACKUP_BYTES,
        b"onion-dropbox key backup 1\n" + b"[" * 2000 + b"\nxx",
        b"-----BEGIN PGP PRIVATE KEY" + b" BLOCK-----\n\nxx\n",
    ],
    ids=["empty", "line", "head", "version", "shares", "field", "spelling", "type", "day", "huge", "deep", "other"],
)
def test_what_is_no_backup_is_not_opened(file: bytes) -> None:
    with pytest.raises(BackupDamaged):
        unpack(file, KEY)


def test_two_backups_of_one_key_share_nothing() -> None:
    one, two = (make_backup(b"secret", HEAD.fingerprint, 2, 3, HEAD.day) for _ in range(2))
    assert one.file[-60:] != two.file[-60:]
    assert not {words.reveal() for words in one.shares} & {words.reveal() for words in two.shares}
    found = Collection()
    for words in two.shares[:2]:
        found.add(read_share(words.reveal()))
    with pytest.raises(BackupForeign):
        unpack(one.file, found.key())


def test_a_backup_that_one_paper_opens_is_not_made() -> None:
    with pytest.raises(SharesUnusable):
        make_backup(b"secret", HEAD.fingerprint, 1, 3, HEAD.day)


def test_a_backup_shows_neither_key_nor_shares() -> None:
    made = make_backup(b"the secret key", HEAD.fingerprint, 2, 2, HEAD.day)
    assert b"the secret key" not in made.file
    assert "secret" not in repr(made)
    assert made.shares[0].reveal() not in repr(made)


def test_a_pipe_or_a_device_in_the_place_of_a_backup_does_not_hold_up_the_page(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "key.backup")
    for path in (tmp_path / "key.backup", tmp_path, Path("/dev/zero")):
        with pytest.raises(FileUnreadable):
            read_backup(path)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(b'"format":1', b'"format":true'), (b'"01234567', b'"0123 4567'), (b"ABCDEF", b"abcdef")]
)
def test_a_head_in_another_spelling_is_refused(ours: bytes, theirs: bytes) -> None:
    assert ours in FILE
    with pytest.raises(BackupDamaged):
        read_head(FILE.replace(ours, theirs, 1))
