"""keys/ as rosters: what is not exactly the configured key, usable now, seals nothing; and asking costs little."""

import errno
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from dropbox.errors import KeyUnavailable, SecretKeyFound, StoreFull, TargetUnusable
from dropbox.gpg import Gpg, scan_keys
from dropbox.gpg.process import Engine
from dropbox.keyring import MAX_KEY_FILE_BYTES, OLD_HOME_SECONDS, KeyReport, Keyring
from dropbox.models import DeskId, Fingerprint, Recipient
from tests.conftest import Members
from tests.factories import export_public, export_secret, make_desk, make_key, publish_keys, run_gpg

ONE, TWO = DeskId("one"), DeskId("two")


@pytest.fixture
def keys_dir(members: Members, tmp_path: Path) -> Path:
    """anna, bram and cora, a file each."""
    publish_keys(members.home, tmp_path / "keys", [members.anna, members.bram, members.cora])
    return tmp_path / "keys"


def open_keyring(members: Members, keys_dir: Path, *, hidden: bool = True) -> Keyring:
    """Give desk one to anna and bram, desk two to bram and cora."""
    desks = [
        make_desk("one", [members.anna, members.bram]),
        make_desk("two", [members.bram, members.cora], hidden=hidden),
    ]
    return Keyring(keys_dir, desks, keys_dir.parent / "data" / "gnupg")


def homes(keys_dir: Path) -> set[Path]:
    return set((keys_dir.parent / "data" / "gnupg").iterdir())


def test_no_member_of_any_chosen_desk_is_left_out_or_there_twice(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    assert [each.fingerprint for each in keyring.recipients([ONE])[1]] == sorted([members.anna, members.bram])
    both = [each.fingerprint for each in keyring.recipients([TWO, ONE])[1]]
    assert both == sorted([members.anna, members.bram, members.cora])


def test_a_card_holder_is_not_hidden_from_their_card(members: Members, keys_dir: Path) -> None:
    _, recipients = open_keyring(members, keys_dir, hidden=False).recipients([ONE, TWO])
    assert set(recipients) == {
        Recipient(members.anna, hidden=True),
        Recipient(members.bram, hidden=False),
        Recipient(members.cora, hidden=False),
    }


def test_an_unknown_desk_is_no_desk_without_members(members: Members, keys_dir: Path) -> None:
    with pytest.raises(KeyUnavailable):
        open_keyring(members, keys_dir).recipients([DeskId("three")])


def test_asking_again_runs_no_gpg(members: Members, keys_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = open_keyring(members, keys_dir)
    first, recipients = keyring.recipients([ONE])

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Engine, "_popen", refuse)
    for path in keys_dir.iterdir():
        os.utime(path, (0, 0))
    assert keyring.recipients([ONE]) == (first, recipients)


def test_a_changed_file_is_seen_though_its_size_and_times_are_the_same(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    keyring.recipients([ONE])
    path = keys_dir / f"{members.anna}.asc"
    seen, armored = path.stat(), path.read_bytes()
    path.write_bytes(armored[:100] + bytes([armored[100] ^ 1]) + armored[101:])
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    with pytest.raises(KeyUnavailable):
        keyring.recipients([ONE])


def test_a_key_that_is_back_seals_again_without_a_restart(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    path = keys_dir / f"{members.anna}.asc"
    armored = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyUnavailable) as caught:
        keyring.recipients([ONE, TWO])
    assert caught.value.name == ONE
    keyring.recipients([TWO])
    (keys_dir / "another name").write_bytes(armored)
    keyring.recipients([ONE])


def test_a_key_that_expires_between_two_requests_is_noticed_without_a_changed_file(
    members: Members, keys_dir: Path, key_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brief = make_key(key_home, "brief", expires="2d")
    publish_keys(key_home, keys_dir, [brief])
    keyring = Keyring(keys_dir, [make_desk("one", [brief])], keys_dir.parent / "gnupg")
    assert keyring.report()[0].problem is None
    keyring.recipients([ONE])
    later = time.time() + 3 * 86_400
    monkeypatch.setattr("dropbox.gpg.keys.time.time", lambda: later)
    with pytest.raises(KeyUnavailable):
        keyring.recipients([ONE])
    assert keyring.report()[0].problem == "expired"


@pytest.mark.parametrize("form", ["armoured", "binary", "one file", "with text around"])
def test_no_usual_form_of_a_key_file_is_missed(form: str, members: Members, tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    keys = {name: export_public(members.home, name) for name in (members.anna, members.bram, members.cora)}
    if form == "one file":
        (folder / "all").write_bytes(b"".join(keys.values()))
    for name, armored in keys.items() if form != "one file" else ():
        binary = run_gpg(members.home, "--export", name) if form == "binary" else armored
        (folder / f"{name[:8]}.key").write_bytes(b"Our key:\n\n" + binary if form == "with text around" else binary)
    assert len(open_keyring(members, folder).recipients([ONE, TWO])[1]) == 3


def test_what_is_no_key_stops_nobody(members: Members, keys_dir: Path) -> None:
    (keys_dir / "README").write_text("Public keys only.\n")
    (keys_dir / "empty.asc").touch()
    (keys_dir / "noise.gpg").write_bytes(os.urandom(3000))
    (keys_dir / "huge.asc").write_bytes(bytes(MAX_KEY_FILE_BYTES + 1))
    (keys_dir / "folder").mkdir()
    (keys_dir / "dangling").symlink_to(keys_dir / "nowhere")
    keyring = open_keyring(members, keys_dir)
    assert len(keyring.recipients([ONE, TWO])[1]) == 3
    assert keyring.strangers() == ()


def test_keys_of_no_desk_are_named_and_not_imported(members: Members, keys_dir: Path, key_home: Path) -> None:
    stranger = make_key(key_home, "stranger")
    (keys_dir / "old member.asc").write_bytes(export_public(key_home, stranger))
    keyring = open_keyring(members, keys_dir)
    gpg, _ = keyring.recipients([ONE])
    assert keyring.strangers() == ("old member.asc",)
    assert stranger not in gpg.known()


def test_every_problem_is_reported_by_its_name(members: Members, key_home: Path, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    good = make_key(key_home, "good", expires="90d")
    expired = make_key(key_home, "expired", expires="1d", at=now - timedelta(days=3))
    signing = make_key(key_home, "signing", encrypt=False)
    missing = Fingerprint("A" * 40)
    publish_keys(key_home, tmp_path / "keys", [good, expired, signing])
    (tmp_path / "keys" / "oops.asc").write_bytes(export_secret(members.home, members.anna))
    desk = make_desk("one", [good, expired, signing, missing, members.anna])
    found = {each.fingerprint: each for each in Keyring(tmp_path / "keys", [desk], tmp_path / "gnupg").report()}
    problems = [found[name].problem for name in desk.fingerprints]
    assert problems == [None, "expired", "cannot_encrypt", "missing", "secret"]
    assert isinstance(found[good].expires, date)
    assert found[missing] == KeyReport(ONE, missing, None, "missing")
    assert found[expired].expires in ((now - timedelta(days=2)).date(), (now - timedelta(days=1)).date())


def test_rosters_get_the_keys_that_are_there_and_nothing_else(members: Members, keys_dir: Path, key_home: Path) -> None:
    expired = make_key(key_home, "expired", expires="1d", at=datetime.now(UTC) - timedelta(days=3))
    publish_keys(key_home, keys_dir, [expired])
    (keys_dir / f"{members.cora}.asc").unlink()
    desks = [make_desk("one", [members.anna, expired]), make_desk("two", [members.bram, members.cora])]
    exported = Keyring(keys_dir, desks, keys_dir.parent / "gnupg").members()
    assert {desk: set(keys) for desk, keys in exported.items()} == {
        ONE: {members.anna, expired},
        TWO: {members.bram},
    }
    for keys in exported.values():
        for fingerprint, armored in keys.items():
            assert [key.fingerprint for key in scan_keys(armored)] == [fingerprint]


def test_a_secret_key_is_refused_by_its_file_name(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    keyring.refuse_secret_keys()
    (keys_dir / "cora-backup.gpg").write_bytes(run_gpg(members.home, "--export-secret-keys", members.cora))
    with pytest.raises(SecretKeyFound) as caught:
        keyring.refuse_secret_keys()
    assert caught.value.name == "cora-backup.gpg"


def test_homes_are_closed_to_others_and_old_ones_do_not_pile_up(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    keyring.recipients([ONE])
    (first,) = homes(keys_dir)
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    (keys_dir / "note").write_text("x")
    keyring.recipients([ONE])
    assert len(homes(keys_dir)) == 2
    os.utime(first, (0, time.time() - OLD_HOME_SECONDS - 60))
    (keys_dir / "note").write_text("y")
    keyring.recipients([ONE])
    assert first not in homes(keys_dir)
    assert len(homes(keys_dir)) == 2


def test_another_process_with_the_same_files_shares_the_home(members: Members, keys_dir: Path) -> None:
    open_keyring(members, keys_dir).recipients([ONE])
    before = homes(keys_dir)
    open_keyring(members, keys_dir).recipients([ONE])
    assert homes(keys_dir) == before


def test_a_damaged_home_is_built_again(members: Members, keys_dir: Path) -> None:
    open_keyring(members, keys_dir).recipients([ONE])
    (home,) = homes(keys_dir)
    (home / "pubring.kbx").unlink()
    gpg, recipients = open_keyring(members, keys_dir).recipients([ONE])
    assert gpg.seal_bytes(b"x", recipients)
    shutil.rmtree(home)
    assert open_keyring(members, keys_dir).recipients([ONE])


def test_a_folder_that_cannot_be_written_or_read_stops_cleanly(members: Members, keys_dir: Path) -> None:
    (keys_dir.parent / "file").touch()
    with pytest.raises(TargetUnusable):
        Keyring(keys_dir, [make_desk("one", [members.anna])], keys_dir.parent / "file" / "gnupg").recipients([ONE])
    with pytest.raises(KeyUnavailable):
        Keyring(keys_dir / "none", [make_desk("one", [members.anna])], keys_dir.parent / "gnupg").recipients([ONE])


def test_a_full_disk_takes_no_key_from_anybody(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    keyring.recipients([ONE, TWO])
    (made,) = homes(keys_dir)
    with no_room_above(1 << 12):
        with pytest.raises(StoreFull):
            open_keyring(members, keys_dir).recipients([ONE])
        assert keyring.recipients([ONE, TWO])
    assert made in homes(keys_dir)
    assert keyring.recipients([ONE, TWO])
    assert open_keyring(members, keys_dir).recipients([ONE, TWO])


def test_a_home_that_is_lost_under_a_server_is_made_again(members: Members, keys_dir: Path) -> None:
    keyring = open_keyring(members, keys_dir)
    keyring.recipients([ONE])
    (made,) = homes(keys_dir)
    shutil.rmtree(made)
    assert keyring.recipients([ONE, TWO])
    assert homes(keys_dir) == {made}


def test_keys_that_gpg_did_not_find_for_once_are_looked_for_again(
    members: Members, keys_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(Gpg, "inspect_keys", lambda *_: ())
        keyring = open_keyring(members, keys_dir)
        with pytest.raises(KeyUnavailable):
            keyring.recipients([ONE])
    monkeypatch.setattr("dropbox.keyring.RETRY_SECONDS", 0.0)
    assert keyring.recipients([ONE, TWO])


@contextmanager
def no_room_above(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes; what is refused is said to be for want of room."""
    real = Path.write_bytes

    def refused(path: Path, data: bytes) -> int:
        if len(data) > size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, data)

    with mock.patch.object(Path, "write_bytes", refused):
        yield


def test_one_keys_file_that_gpg_does_not_take_stops_only_its_desk(members: Members, keys_dir: Path) -> None:
    path = keys_dir / f"{members.anna}.asc"
    path.write_bytes(path.read_bytes()[:200])
    keyring = open_keyring(members, keys_dir)
    keyring.recipients([TWO])
    with pytest.raises(KeyUnavailable):
        keyring.recipients([ONE])
    assert isinstance(keyring.recipients([TWO])[0], Gpg)
