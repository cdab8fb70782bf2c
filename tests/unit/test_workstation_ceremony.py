"""The ceremony's rooms: no home is guessed, nothing is overwritten, no step is forgotten, no secret reaches a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dropbox import in_memory
from dropbox.errors import (
    BackupDamaged,
    HomeMissing,
    HomePathTooLong,
    KeyNameUnusable,
    KeyOnCard,
    MemoryFolderMissing,
    PassphraseRefused,
    TargetExists,
    TargetUnusable,
)
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, Passphrase
from dropbox.shares import Collection, read_share
from dropbox.workstation import ceremony, restoring
from dropbox.workstation.backup import Backup, make_backup
from dropbox.workstation.ceremony import BackupState
from dropbox.workstation.vault import usable_keys
from tests import factories
from tests.ceremonies import PASSPHRASE, Newcomer, leave_stubs, newcomer, quick_home


@pytest.fixture(scope="module")
def made() -> Iterator[Newcomer]:
    with newcomer() as anna:
        yield anna


@pytest.fixture
def anna(made: Newcomer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Newcomer]:
    monkeypatch.setenv("GNUPGHOME", str(made.home))
    (made.home / "onion-dropbox-keys.json").unlink(missing_ok=True)
    with TemporaryDirectory(dir="/dev/shm", prefix="t") as memory:  # of this test alone: others work in memory, too
        monkeypatch.setenv("XDG_RUNTIME_DIR", memory)
        yield Newcomer(made.home, made.key, tmp_path / "stick")


@pytest.fixture(scope="module")
def backup(made: Newcomer) -> Backup:
    return make_backup(made.gpg.export_secret(made.key, PASSPHRASE), made.key, 2, 3, date(2026, 3, 1))


def given(backup: Backup, count: int = 2) -> Collection:
    found = Collection(backup.head.set_id)
    for words in backup.shares[-count:]:
        found.add(read_share(words.reveal()))
    return found


def left_in_memory() -> list[Path]:
    return list(Path(os.environ["XDG_RUNTIME_DIR"]).iterdir())


@pytest.mark.parametrize(
    "typed", ["", " ", "a" * 61, "Anna <anna@example.org>", "a(b)", "tab\x1b[2J", "\u202edne", "a@b"]
)
def test_a_name_that_gpg_or_a_screen_would_obey_is_not_taken(typed: str) -> None:
    with pytest.raises(KeyNameUnusable):
        ceremony.key_name(typed)


def test_a_name_may_be_anybodys() -> None:
    assert ceremony.key_name("  Zoë  van 't Hoff ") == "Zoë van 't Hoff"
    assert ceremony.key_name("-Vertrouwenspersoon 1") == "-Vertrouwenspersoon 1"


def test_an_empty_home_does_not_become_the_root_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GNUPGHOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    with pytest.raises(HomeMissing):
        ceremony.prepare_home()
    with pytest.raises(HomeMissing):
        ceremony.find_home()
    assert not (tmp_path / "nowhere").exists()


def test_a_gnupg_home_that_is_not_there_is_made_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, short_dir: Path
) -> None:
    monkeypatch.delenv("GNUPGHOME", raising=False)
    monkeypatch.setenv("HOME", str(short_dir))
    assert usable_keys(ceremony.find_home()) == ()
    assert not (short_dir / ".gnupg").exists()
    ceremony.prepare_home()
    assert (short_dir / ".gnupg").stat().st_mode & 0o777 == 0o700


def test_a_home_too_deep_for_its_agent_is_not_left_unexplained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / ("d" * 120)))
    (tmp_path / ("d" * 120)).mkdir(mode=0o700)
    if len(str(Gpg(None, agent=True).agent_socket())) <= 107:
        pytest.skip("this system has a short folder for sockets")
    with pytest.raises(HomePathTooLong):
        ceremony.find_home()


def test_a_keys_files_are_whole_and_never_overwrite(anna: Newcomer) -> None:
    saved = ceremony.save_files(anna.gpg, anna.info, anna.files, PASSPHRASE)
    assert b"BEGIN PGP PUBLIC KEY BLOCK" in saved.public.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (saved.public, saved.revocation)} == {0o600}
    assert ceremony.state_of(anna.key).saved == ceremony.today()
    with pytest.raises(TargetExists):
        ceremony.save_files(anna.gpg, anna.info, anna.files, PASSPHRASE)
    saved.public.unlink()
    with pytest.raises(TargetExists):
        ceremony.save_files(anna.gpg, anna.info, anna.files, PASSPHRASE)
    assert [path.name for path in anna.files.iterdir()] == [saved.revocation.name]


def test_a_folder_that_cannot_be_is_not_written_to(anna: Newcomer) -> None:
    with pytest.raises(TargetUnusable):
        ceremony.make_folder(Path("/proc/nowhere"))


def test_an_extended_key_is_not_shorter_and_its_file_goes_to_the_operator(anna: Newcomer) -> None:
    longer = ceremony.extend(anna.gpg, anna.key, PASSPHRASE)
    assert longer.expires is not None
    assert longer.expires >= ceremony.today() + timedelta(days=729)
    path = ceremony.save_public(anna.gpg, longer, anna.files)
    assert str(longer.expires) in path.name
    assert anna.gpg.inspect_keys(path.read_bytes())[0].expires == longer.expires


def test_a_keys_end_does_not_come_unannounced(anna: Newcomer) -> None:
    key = anna.info
    assert key.expires is not None
    assert not ceremony.ends_soon(key, key.expires - timedelta(days=61))
    assert ceremony.ends_soon(key, key.expires - timedelta(days=60))
    assert ceremony.ends_soon(key, key.expires + timedelta(days=3))


@pytest.mark.parametrize("record", [b"", b"{", b'{"format":2,"keys":{}}\n', b'{"format":1,"keys":[]}\n'])
def test_a_damaged_record_of_what_was_done_stops_nothing(anna: Newcomer, record: bytes) -> None:
    (anna.home / "onion-dropbox-keys.json").write_bytes(record)
    assert ceremony.state_of(anna.key) == ceremony.KeyState()
    ceremony.note_state(anna.key, saved=date(2026, 3, 1))
    ceremony.note_state(anna.key, backup=BackupState(date(2026, 3, 2), 3, 2))
    assert ceremony.state_of(anna.key).saved == date(2026, 3, 1)


def test_a_backup_that_was_tried_leaves_no_secret_key_anywhere(anna: Newcomer, backup: Backup) -> None:
    restoring.try_backup(backup.file, given(backup), PASSPHRASE)
    assert ceremony.state_of(anna.key).backup == BackupState(date(2026, 3, 1), 3, 2, ceremony.today())
    assert left_in_memory() == []


def test_a_trial_with_a_wrong_passphrase_does_not_count_and_leaves_nothing(anna: Newcomer, backup: Backup) -> None:
    with pytest.raises(PassphraseRefused):
        restoring.try_backup(backup.file, given(backup), Passphrase("gravel sixpence umbrella tundri"))
    assert ceremony.state_of(anna.key).backup is None
    assert left_in_memory() == []


def test_a_trial_is_not_made_on_a_disk(
    anna: Newcomer, backup: Backup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:5 / /proc rw - proc proc rw\n")
    monkeypatch.setattr(in_memory, "_MOUNTS", mounts)
    with pytest.raises(MemoryFolderMissing):
        restoring.try_backup(backup.file, given(backup), PASSPHRASE)


def test_a_folder_on_a_disk_inside_memory_is_not_taken_for_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 0:1 / / rw - tmpfs tmpfs rw\n"
        f"23 22 8:1 / {tmp_path} rw - ext4 /dev/sda1 rw\n24 22 8:1 / /dev/shm rw - ext4 x rw\n"
        "25 22 8:1 / /tmp rw - ext4 x rw\n"
    )
    monkeypatch.setattr(in_memory, "_MOUNTS", mounts)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(MemoryFolderMissing):
        in_memory.memory_folder()


def test_a_key_comes_back_on_a_machine_that_never_had_it(
    backup: Backup, monkeypatch: pytest.MonkeyPatch, short_dir: Path
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(quick_home(short_dir, "new")))
    own = ceremony.prepare_home()
    assert restoring.restore(own, backup.file, given(backup, 3)) == backup.head.fingerprint
    assert [key.fingerprint for key in usable_keys(own)] == [backup.head.fingerprint]
    own.prove(backup.head.fingerprint, PASSPHRASE)


def test_a_backup_of_another_key_than_it_says_is_not_restored(
    made: Newcomer, monkeypatch: pytest.MonkeyPatch, short_dir: Path
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(short_dir / "new"))
    other = Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567")
    forged = make_backup(made.gpg.export_secret(made.key, PASSPHRASE), other, 2, 2, date(2026, 3, 1))
    own = ceremony.prepare_home()
    with pytest.raises(BackupDamaged):
        restoring.restore(own, forged.file, given(forged))
    assert usable_keys(own) == ()


def test_a_key_without_a_passphrase_is_told_from_one_that_has(made: Newcomer, backup: Backup) -> None:
    assert restoring.needs_passphrase(backup.file, given(backup))
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        key = factories.make_key(home, "bare")
        bare = make_backup(Gpg(home, agent=True).export_secret(key, None), key, 2, 2, date(2026, 3, 1))
        assert not restoring.needs_passphrase(bare.file, given(bare))


def test_backups_of_one_day_do_not_overwrite_each_other(anna: Newcomer, backup: Backup) -> None:
    one, two = (restoring.save_backup(backup, anna.files) for _ in range(2))
    assert one != two
    assert restoring.read_backup(one) == restoring.read_backup(two) == backup.file
    assert ceremony.state_of(anna.key).backup == BackupState(date(2026, 3, 1), 3, 2)


def test_a_key_on_a_card_is_usable_and_has_no_backup(monkeypatch: pytest.MonkeyPatch) -> None:
    with newcomer() as ben:
        monkeypatch.setenv("GNUPGHOME", str(ben.home))
        leave_stubs(ben.home, ben.key)
        own = ceremony.find_home()
        assert [key.fingerprint for key in usable_keys(own)] == [ben.key]
        with pytest.raises(KeyOnCard):
            restoring.refuse_card(own, ben.key)
        with pytest.raises(KeyOnCard):
            restoring.back_up(own, ben.key, None, 2, 3)
