"""A backup of a drop: what is in it, who opens it, what it must never do, and where a restore puts what it brings."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from unittest import mock

import pytest

from dropbox import config
from dropbox.canonical import sha256_hex
from dropbox.errors import (
    BackupRunning,
    ConfigError,
    OperatorKeyUnusable,
    SecretKeyFound,
    SharesUnusable,
    StoredItemDamaged,
    TargetExists,
    TargetUnusable,
)
from dropbox.models import today
from dropbox.server.backup import ageing, gathering
from dropbox.server.backup.places import places_in, with_data_dir
from dropbox.server.backup.writing import Split
from dropbox.server.drop import Drop
from dropbox.server.main import main
from dropbox.shares import Collection, read_share
from tests import factories
from tests.backup_room import DESK, KeptDrop, kept_drop
from tests.store_room import Reporter


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDrop]:
    with kept_drop(tmp_path_factory.mktemp("kept")) as kept:
        yield kept


@pytest.fixture
def own(drop: KeptDrop, tmp_path: Path) -> KeptDrop:
    """A copy of the drop that a test may change."""
    shutil.copytree(drop.root, tmp_path / "own")
    text = (drop.root / "config.toml").read_text().replace(str(drop.root), str(tmp_path / "own"))
    (tmp_path / "own/config.toml").write_text(text)
    return KeptDrop(tmp_path / "own", drop.home, drop.operator, drop.items)


def inside(drop: KeptDrop, file: Path) -> dict[str, bytes]:
    """Return what gpg and tar alone find in a backup."""
    command = ["gpg", "--no-options", "--batch", "--no-tty", "--homedir", str(drop.home), "--decrypt", str(file)]
    plain = subprocess.run(command, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=BytesIO(plain)) as tar:
        return {member.name: read(tar, member) for member in tar.getmembers()}


def read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = tar.extractfile(member)
    assert stream is not None
    return stream.read()


def test_gpg_and_tar_alone_find_everything_that_the_drop_needs(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    found = inside(drop, written.path)
    manifest = json.loads(found["manifest.json"])
    assert {file["name"] for file in manifest["files"]} == set(found) - {"manifest.json", "manifest.sig"}
    assert all(sha256_hex(found[file["name"]]) == file["sha256"] for file in manifest["files"])
    assert {f"data/items/{item}.pgp" for item in drop.items} <= set(found)
    assert found["data/secret.key"] == (drop.root / "data/secret.key").read_bytes()
    assert found["config/config.toml"] == drop.config.read_bytes()
    assert sum(name.startswith("config/keys/") for name in found) == 2
    assert (manifest["day"], written.items) == (today().isoformat(), len(drop.items))


def test_a_backup_is_its_owners_alone_and_overwrites_nothing(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    assert written.path.stat().st_mode & 0o777 == 0o600
    before = written.path.read_bytes()
    with pytest.raises(TargetExists):
        drop.back_up(written.path)
    with pytest.raises(TargetUnusable):
        drop.back_up(tmp_path / "no/such/folder")
    assert written.path.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["one.backup"]


def test_nothing_of_a_backup_stays_in_the_data_folder(drop: KeptDrop, tmp_path: Path) -> None:
    drop.back_up(tmp_path / "one.backup")
    assert not (drop.root / "data" / gathering.LINKS).exists()


def test_what_a_killed_backup_left_is_swept_and_a_running_one_is_not(own: KeptDrop, tmp_path: Path) -> None:
    data = own.root / "data"
    (data / gathering.LINKS).mkdir()
    (data / gathering.LINKS / "left").write_text("x")
    (data / gathering.DONE).mkdir()
    gathering.sweep(data)
    assert not (data / gathering.LINKS).exists()
    assert not (data / gathering.DONE).exists()
    with gathering.links_folder(data) as folder:
        gathering.sweep(data)
        assert folder.exists()
        with pytest.raises(BackupRunning):
            own.back_up(tmp_path / "one.backup")


def test_a_file_that_is_let_go_meanwhile_is_in_the_backup(own: KeptDrop) -> None:
    with own.open() as opened, gathering.links_folder(own.root / "data") as folder:
        parts = gathering.gather(opened, own.config, folder).parts
        for path in (own.root / "data/items").iterdir():
            path.unlink()
        held = [part for part in parts if part.file.name.startswith("data/items/")]
        assert len(held) == len(own.items)
        assert all(sha256_hex(b"".join(part.chunks())) == part.file.sha256 for part in held)


def test_a_lost_file_is_told_and_a_damaged_one_stops_the_backup(own: KeptDrop, tmp_path: Path) -> None:
    first, second = (own.root / f"data/items/{item}.pgp" for item in own.items)
    first.unlink()
    written = own.back_up(tmp_path / "one.backup")
    assert written.missing == (own.items[0],)
    restored = own.restore(written.path, tmp_path / "new")
    assert restored.missing == (own.items[0],)
    second.write_bytes(b"\0" * second.stat().st_size)
    with pytest.raises(StoredItemDamaged, match=own.items[1]):
        own.back_up(tmp_path / "two.backup")
    assert not (tmp_path / "two.backup").exists()


def test_the_day_of_the_last_backup_is_noted(own: KeptDrop, tmp_path: Path) -> None:
    with own.open() as opened:
        opened.store.happenings.set("backup", "2026-01-01")
    own.back_up(tmp_path / "one.backup")
    with own.open() as opened:
        assert opened.store.happenings.get("backup") == today().isoformat()


@pytest.mark.parametrize("problem", ["missing", "revoked", "expired", "cannot_encrypt"])
def test_without_a_fit_operators_key_nothing_is_written(
    own: KeptDrop, tmp_path: Path, key_home: Path, problem: str
) -> None:
    if problem == "expired":
        made = factories.make_key(key_home, expires="1d", at=datetime.now(UTC) - timedelta(days=5))
    else:
        made = factories.make_key(key_home, encrypt=problem != "cannot_encrypt")
    if problem == "revoked":
        factories.revoke_key(key_home, made)
    if problem != "missing":
        factories.publish_keys(key_home, own.root / "keys", [made])
    own.config.write_text(own.config.read_text().replace(own.operator, made))
    with pytest.raises(OperatorKeyUnusable, match=problem):
        own.back_up(tmp_path / "one.backup")
    assert not (tmp_path / "one.backup").exists()


def test_a_secret_operators_key_or_none_is_refused(own: KeptDrop, tmp_path: Path) -> None:
    text = own.config.read_text()
    own.config.write_text(text.replace("[operator]\n", "").replace(f'key = "{own.operator}"\n', ""))
    with pytest.raises(ConfigError, match=r"operator\.key"):
        own.back_up(tmp_path / "one.backup")
    own.config.write_text(text)
    (own.root / "keys/leak.asc").write_bytes(factories.export_secret(own.home, own.operator))
    with pytest.raises(SecretKeyFound):
        own.back_up(tmp_path / "one.backup")


def test_any_two_of_three_shares_open_a_backup_and_so_does_the_key(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup", Split(3, 2))
    drop.restore(written.path, tmp_path / "by-key")
    given = Collection()
    for words in written.shares[1:]:
        given.add(read_share(words.reveal()))
    with mock.patch.object(KeptDrop, "home", tmp_path / "nobody", create=True):
        restored = drop.restore(written.path, tmp_path / "by-shares", by=given)
    assert restored.items == len(drop.items)
    with pytest.raises(SharesUnusable):
        drop.back_up(tmp_path / "two.backup", Split(3, 4))


def test_a_restored_drop_is_the_one_that_it_was_in_a_new_epoch(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    drop.restore(written.path, tmp_path / "new")
    with drop.open() as before, Drop.open(config.load(tmp_path / "new/config.toml")) as after:
        assert after.identity.drop == before.identity.drop
        assert after.store.meta.kdf == before.store.meta.kdf
        assert after.store.meta.epoch != before.store.meta.epoch
        (start,) = after.store.restores.starts()
        assert (start.previous, start.epoch) == (before.store.meta.epoch, after.store.meta.epoch)
        assert all(after.store.has_item(item) for item in drop.items)
        Reporter(after.store, (DESK,)).send(today())


def test_numbers_go_on_from_the_backup(own: KeptDrop, tmp_path: Path) -> None:
    with own.open() as opened:
        lines = opened.store.pickup(DESK, today()).log
    written = own.back_up(tmp_path / "one.backup")
    own.restore(written.path, tmp_path / "new")
    with Drop.open(config.load(tmp_path / "new/config.toml")) as after:
        Reporter(after.store, (DESK,)).send(today())
        pickup = after.store.pickup(DESK, today())
        (start,) = after.store.restores.starts()
    assert pickup.log[: len(lines)] == lines
    assert len(pickup.log) == len(lines) + 1
    assert start.logs[DESK][0] == len(lines)


def test_a_second_restore_goes_on_from_the_first(drop: KeptDrop, tmp_path: Path) -> None:
    drop.restore(drop.back_up(tmp_path / "one.backup").path, tmp_path / "new")
    again = KeptDrop(tmp_path / "new", drop.home, drop.operator)
    again.restore(again.back_up(tmp_path / "two.backup").path, tmp_path / "newer")
    with Drop.open(config.load(tmp_path / "newer/config.toml")) as after:
        first, second = after.store.restores.starts()
    assert second.previous == first.epoch


def test_a_configuration_that_is_there_stays(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    new = tmp_path / "new"
    new.mkdir()
    mine = (drop.root / "config.toml").read_text().replace(str(drop.root / "data"), str(new / "data")) + "\n# mine\n"
    (new / "config.toml").write_text(mine)
    restored = drop.restore(written.path, new)
    assert (new / "config.toml").read_text() == mine
    assert restored.kept == (str(new / "config.toml"),)
    assert len(list((new / "keys").iterdir())) == 2


def test_another_data_folder_than_the_configurations_is_refused(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    (tmp_path / "new").mkdir()
    shutil.copy(drop.config, tmp_path / "new/config.toml")
    with pytest.raises(ConfigError, match=r"server\.data_dir"):
        drop.restore(written.path, tmp_path / "new")


def test_keys_are_never_put_where_only_the_backup_says(own: KeptDrop, tmp_path: Path) -> None:
    far = tmp_path / "far"
    (own.root / "keys").rename(far)
    own.config.write_text(own.config.read_text().replace('keys_dir = "keys"', f'keys_dir = "{far}"'))
    written = own.back_up(tmp_path / "one.backup")
    shutil.rmtree(far)
    restored = own.restore(written.path, tmp_path / "new")
    assert not far.exists()
    assert restored.elsewhere == (str(tmp_path / "new/keys"),)


def test_a_keys_file_with_any_name_comes_back_under_a_plain_one(own: KeptDrop, tmp_path: Path) -> None:
    files = sorted((own.root / "keys").iterdir())
    files[0].rename(own.root / "keys" / "clé d’Anna\n.asc")
    restored = own.restore(own.back_up(tmp_path / "one.backup").path, tmp_path / "new")
    names = sorted(path.name for path in (tmp_path / "new/keys").iterdir())
    assert all(name.isascii() and " " not in name for name in names)
    with Drop.open(config.load(tmp_path / "new/config.toml")) as after:
        assert not any(report.problem for report in after.keyring.report())
    assert restored.items == 2


def test_only_this_drops_old_backups_are_removed(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path)
    digits = written.path.name.split("-")[1]
    old, recent = today() - timedelta(days=40), today() - timedelta(days=20)
    keep = [
        f"drop-{digits}-{recent}.backup",
        f"drop-{'0' * 8}-{old}.backup",
        f"drop-{digits}-{old}.backup.txt",
        f"key-{digits}-{old}.backup",
        f"drop-{digits}-2026-02-31.backup",
    ]
    for name in [*keep, f"drop-{digits}-{old}.backup", f"drop-{digits}-{old}-2.backup"]:
        shutil.copy(written.path, tmp_path / name)
    (tmp_path / f"drop-{digits}-{old}-3.backup").write_text("somebody's notes")
    (tmp_path / f"drop-{digits}-{old}-4.backup").symlink_to(written.path)
    with drop.open() as opened:
        gone = ageing.remove_old(tmp_path, opened.store.meta.drop, 30, today())
    assert sorted(gone) == [f"drop-{digits}-{old}-2.backup", f"drop-{digits}-{old}.backup"]
    left = {path.name for path in tmp_path.iterdir()}
    assert {*keep, written.path.name, f"drop-{digits}-{old}-3.backup", f"drop-{digits}-{old}-4.backup"} == left


def test_two_backups_of_a_day_have_names_of_their_own(drop: KeptDrop, tmp_path: Path) -> None:
    assert drop.back_up(tmp_path).path != drop.back_up(tmp_path).path


def run(*arguments: object) -> tuple[int, str]:
    told = StringIO()
    with redirect_stdout(told), mock.patch("os.nice"):
        return main([str(each) for each in arguments]), told.getvalue()


def test_shares_go_to_a_terminal_or_a_script_and_into_no_pipe(
    drop: KeptDrop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = run("backup", tmp_path / "one.backup", "--config", drop.config, "--shares", "3")
    assert (code, told) == (1, "")
    assert not (tmp_path / "one.backup").exists()
    code, told = run("backup", tmp_path, "--config", drop.config, "--shares", "3", "--needed", "2", "--json")
    document = json.loads(told)
    assert (code, len(document["shares"]), document["needed"]) == (0, 3, 2)
    assert document["destroy_after"] == (today() + timedelta(days=30)).isoformat()
    places = ("--config", tmp_path / "new/config.toml", "--data", tmp_path / "new/data")
    with mock.patch.object(sys, "stdin", StringIO("\n\n".join(document["shares"][:2]))):
        code, told = run("restore", document["file"], *places, "--shares", "--json")
    assert (code, json.loads(told)["items"]) == (0, len(drop.items))
    assert capsys.readouterr().err.count("error:") == 1


def test_the_command_says_until_when_a_backup_may_lie_about(drop: KeptDrop, tmp_path: Path) -> None:
    code, told = run("backup", tmp_path / "one.backup", "--config", drop.config)
    assert code == 0
    assert f"after {today() + timedelta(days=30)}" in told


def test_a_data_folder_is_named_anew_and_the_comments_stay() -> None:
    text = b'# whose it is\nkeys_dir = "keys"\n[server]\n# here\ndata_dir = "data"\n'
    changed = with_data_dir(text, Path("/srv/drop"))
    assert tomllib.loads(changed.decode())["server"]["data_dir"] == "/srv/drop"
    assert b"# whose it is" in changed
    assert b"# here" in changed
    assert places_in(with_data_dir(b"", Path("/srv/drop")), Path("/etc")).data_dir == Path("/srv/drop")


def test_a_configuration_of_dots_keeps_nobody_waiting() -> None:
    """Python's reader of TOML takes hours for this one, and a backup with it may come from anybody."""
    begun = time.monotonic()
    with pytest.raises(ConfigError):
        places_in(b"a." * 500_000 + b"a = 1\n", Path("/etc"))
    assert time.monotonic() - begun < 2
    ordinary = b"# " + b"A sentence. " * 2000 + b'\n[server]\ndata_dir = "data"\n'
    assert places_in(ordinary, Path("/etc")).data_dir == Path("/etc/data")


def test_a_backup_of_much_takes_little_memory(own: KeptDrop, tmp_path: Path) -> None:
    """The peak of a process that backs up 64 MiB stays far below them."""
    with own.open() as opened:
        Reporter(opened.store, (DESK,)).send(today(), content=os.urandom(64 << 20))
    command = [sys.executable, "-c", _PEAK, "backup", str(tmp_path / "one.backup"), "--config", str(own.config)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout.split()[-1]) < 150 << 10
    assert (tmp_path / "one.backup").stat().st_size > 64 << 20


_PEAK = """
import re, sys
from pathlib import Path
from dropbox.server.main import main
assert main(sys.argv[1:]) == 0
# getrusage's peak is never below that of the process that started this one
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def test_no_passphrase_is_in_any_processs_arguments_or_environment(drop: KeptDrop, tmp_path: Path) -> None:
    seen: list[bytes] = []
    popen = subprocess.Popen

    def watching(command: list[str], *arguments: object, **named: object) -> object:
        seen.append(" ".join(command).encode() + repr(named.get("env")).encode())
        return popen(command, *arguments, **named)  # type: ignore[call-overload]

    with mock.patch("dropbox.gpg.process.subprocess.Popen", watching):
        written = drop.back_up(tmp_path / "one.backup", Split(3, 2))
    given = Collection()
    for words in written.shares[:2]:
        given.add(read_share(words.reveal()))
    key = given.key().hex().encode()
    assert seen
    assert not any(key in command or key.upper() in command for command in seen)
    assert key not in written.path.read_bytes()


def test_who_never_ran_gpg_is_told_that_the_key_is_not_here(
    drop: KeptDrop, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    monkeypatch.delenv("GNUPGHOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    places = ("--config", tmp_path / "new" / "config.toml", "--data", tmp_path / "new" / "data")
    code, _told = run("restore", str(written.path), *places, "--json")
    assert code == 1
    assert "has no such secret key" in capsys.readouterr().err


def test_what_gpg_unsealed_elsewhere_is_checked_no_less(
    drop: KeptDrop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = drop.back_up(tmp_path / "one.backup")
    command = ["gpg", "--no-options", "--batch", "--no-tty", "--homedir", str(drop.home), "-d", str(written.path)]
    plain = subprocess.run(command, check=True, capture_output=True).stdout
    altered = plain.replace(b"SQLite format 3", b"SQLite format 4", 1)
    for name, data, wanted in (("new", altered, 1), ("new", plain[:-20000], 1), ("new", plain, 0)):
        places = ("--config", tmp_path / name / "config.toml", "--data", tmp_path / name / "data")
        with mock.patch.object(sys, "stdin", TextIOWrapper(BytesIO(data))):
            code, _told = run("restore", "-", *places, "--unsealed", "--json")
        assert code == wanted
    assert capsys.readouterr().err.count("no backup of a drop, or it is torn") == 2
