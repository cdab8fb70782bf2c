"""Backups that are torn, altered, forged or another drop's, and restores that die: nothing half is ever a drop."""

import errno
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from nacl.signing import SigningKey

from dropbox.errors import (
    BackupAhead,
    BackupForeign,
    BackupOfOther,
    BackupTooOld,
    BackupTorn,
    DropboxError,
    FileUnreadable,
    NoSecretKey,
    RestoreOverDrop,
    RestoreOverOther,
    SharesTooFew,
    StartRefused,
    StoreFull,
)
from dropbox.gpg import Gpg
from dropbox.models import today
from dropbox.server.backup import restoring
from dropbox.server.backup.configuring import Configuration
from dropbox.server.backup.gathering import DONE
from dropbox.server.backup.manifest import read_manifest
from dropbox.server.backup.writing import Split
from dropbox.server.identity import RESTORE_FOLDER, Identity
from dropbox.server.onion.keys import KEY_FILES
from dropbox.shares import Collection, read_share, split
from tests.backup_room import LEAST, KeptDrop, forged, kept_drop
from tests.store_room import open_store, run_child

_IDENTITY = ("store.sqlite", "secret.key", "signing.key")


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptDrop]:
    with kept_drop(tmp_path_factory.mktemp("kept")) as kept:
        yield kept


@pytest.fixture(scope="module")
def backup(drop: KeptDrop) -> Path:
    return drop.back_up(drop.root / "one.backup").path


def nothing_is_there(folder: Path) -> bool:
    """Whether a refused restore left neither a drop nor a part of one nor a configuration."""
    data = folder / "data"
    return not (folder / "config.toml").exists() and (not data.exists() or not any(data.iterdir()))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98, 0.9999])
def test_a_torn_backup_restores_nothing(drop: KeptDrop, backup: Path, tmp_path: Path, share: float) -> None:
    torn = tmp_path / "torn"
    data = backup.read_bytes()
    torn.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BackupTorn):
        drop.restore(torn, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


@pytest.mark.parametrize("share", [0.001, 0.01, 0.5, 0.999])
def test_an_altered_byte_restores_nothing(drop: KeptDrop, backup: Path, tmp_path: Path, share: float) -> None:
    altered = tmp_path / "altered"
    data = bytearray(backup.read_bytes())
    data[int(len(data) * share)] ^= 1
    altered.write_bytes(data)
    with pytest.raises(DropboxError):
        drop.restore(altered, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


def test_what_stands_behind_a_backup_restores_nothing(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer"
    longer.write_bytes(backup.read_bytes() * 2)
    with pytest.raises(BackupTorn):
        drop.restore(longer, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


def test_another_drops_backup_is_refused_by_its_words(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupOfOther):
        drop.restore(backup, tmp_path / "new", words="abacus " * 10)
    assert nothing_is_there(tmp_path / "new")


@pytest.mark.parametrize("days", [31, 400])
def test_a_backup_past_its_age_is_refused_unless_somebody_insists(
    drop: KeptDrop, backup: Path, tmp_path: Path, days: int
) -> None:
    later = today() + timedelta(days=days)
    with mock.patch.object(restoring, "today", return_value=later):
        with pytest.raises(BackupTooOld) as refused:
            drop.restore(backup, tmp_path / "new")
        assert nothing_is_there(tmp_path / "new")
        assert "deleted" in refused.value.hint
        drop.restore(backup, tmp_path / "new", though_old=True)


def test_a_backup_of_a_day_to_come_is_refused(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    earlier = today() - timedelta(days=3)
    with mock.patch.object(restoring, "today", return_value=earlier), pytest.raises(BackupAhead):
        drop.restore(backup, tmp_path / "new", though_old=True)


def test_a_drop_that_is_there_is_never_restored_over(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    drop.restore(backup, tmp_path / "new")
    before = (tmp_path / "new/data/store.sqlite").read_bytes()
    with pytest.raises(RestoreOverDrop):
        drop.restore(backup, tmp_path / "new")
    assert (tmp_path / "new/data/store.sqlite").read_bytes() == before


def test_a_folder_with_anything_in_it_is_never_restored_over(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new/data").mkdir(parents=True)
    (tmp_path / "new/data/thesis.txt").write_text("mine")
    with pytest.raises(RestoreOverOther):
        drop.restore(backup, tmp_path / "new")
    assert [path.name for path in (tmp_path / "new/data").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    "name",
    [
        "data/../../escaped",
        "/data/escaped",
        "data/items/../../../escaped",
        "data//escaped",
        "data/.ssh",
        "config/.bashrc",
        "elsewhere/file",
        "data/a\nb",
        "data/" + "x" * 200,
        "data/store.sqlite/below",
        "data",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(
    drop: KeptDrop, tmp_path: Path, name: str
) -> None:
    sealed = drop.seal(tmp_path / "forged", forged_or_skip([*LEAST, (name, b"x")]))
    with pytest.raises(BackupTorn):
        drop.restore(sealed, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")
    assert not list(tmp_path.rglob("escaped"))


def forged_or_skip(files: list[tuple[str, bytes]]) -> Any:
    members = forged([file for file in files if len(file[0]) < 100 and "\n" not in file[0]], SigningKey.generate())
    if len(members) == len(files) + 2:
        return members
    # a name that no header can hold: only the manifest speaks of it
    return forged(files, SigningKey.generate())[:4]


def test_a_backup_that_its_drop_did_not_sign_is_refused(drop: KeptDrop, tmp_path: Path) -> None:
    key, other = SigningKey.generate(), SigningKey.generate()
    sealed = drop.seal(tmp_path / "forged", forged(LEAST, key, key=bytes(other.verify_key).hex()))
    with pytest.raises(BackupTorn):
        drop.restore(sealed, tmp_path / "new")


def test_a_backup_whose_keys_are_not_those_of_its_store_is_refused(drop: KeptDrop, tmp_path: Path) -> None:
    """Whoever has the operator's public key, and an old store of ours, cannot sign for our drop."""
    stranger = SigningKey.generate()
    with drop.open() as opened:
        name = opened.store.meta.drop
    files = [
        LEAST[0],
        ("data/store.sqlite", (drop.root / "data/store.sqlite").read_bytes()),
        ("data/secret.key", (drop.root / "data/secret.key").read_bytes()),
        ("data/signing.key", bytes(stranger)),
    ]
    sealed = drop.seal(tmp_path / "forged", forged(files, stranger, drop=name))
    with pytest.raises((BackupTorn, StartRefused)):
        drop.restore(sealed, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


def test_a_stranger_who_has_our_files_cannot_call_them_his_drop(drop: KeptDrop, tmp_path: Path) -> None:
    items = [f"items/{item}.pgp" for item in drop.items]
    files = [LEAST[0], *((f"data/{name}", (drop.root / "data" / name).read_bytes()) for name in (*_IDENTITY, *items))]
    sealed = drop.seal(tmp_path / "forged", forged(files, SigningKey.generate()))
    with pytest.raises(BackupTorn):
        drop.restore(sealed, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


def test_a_file_that_is_not_the_one_of_the_manifest_is_refused(drop: KeptDrop, tmp_path: Path) -> None:
    members = forged(LEAST, SigningKey.generate())
    members[-1] = ("data/store.sqlite", 11, (b"other bytes",))
    with pytest.raises(BackupTorn):
        drop.restore(drop.seal(tmp_path / "forged", members), tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")


def test_shares_of_another_backup_open_nothing(drop: KeptDrop, tmp_path: Path) -> None:
    written = drop.back_up(tmp_path / "shared.backup", Split(3, 2))
    strange = Collection()
    for words in split(os.urandom(32), 2, 3)[:2]:
        strange.add(read_share(words.reveal()))
    with pytest.raises(BackupForeign):
        drop.restore(written.path, tmp_path / "new", by=strange)
    few = Collection()
    few.add(read_share(written.shares[0].reveal()))
    with pytest.raises(SharesTooFew):
        drop.restore(written.path, tmp_path / "new", by=few)
    assert nothing_is_there(tmp_path / "new")


def test_without_key_or_shares_nobody_is_asked_for_anything(
    drop: KeptDrop, backup: Path, tmp_path: Path, short_dir: Path
) -> None:
    with mock.patch.object(KeptDrop, "home", short_dir, create=True):
        stranger = KeptDrop(drop.root, short_dir, drop.operator)
        with pytest.raises(NoSecretKey):
            stranger.restore(backup, tmp_path / "new")
    with pytest.raises(FileUnreadable):
        drop.restore(tmp_path / "nowhere", tmp_path / "new")


def test_no_configuration_and_no_key_is_written_through_a_link(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    new = tmp_path / "new"
    (new / "keys").mkdir(parents=True)
    (new / "config.toml").symlink_to(tmp_path / "absent")
    name = next(iter((drop.root / "keys").iterdir())).name
    (new / "keys" / name).symlink_to(tmp_path / "victim")
    with pytest.raises(DropboxError):
        drop.restore(backup, new)
    (new / "config.toml").unlink()
    restored = drop.restore(backup, new)
    assert (tmp_path / "victim").read_text() == "precious"
    assert str(new / "keys" / name) in restored.kept


def test_a_data_folder_that_is_a_link_to_another_drop_is_refused(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new/data").symlink_to(drop.root / "data")
    with pytest.raises(RestoreOverDrop):
        drop.restore(backup, tmp_path / "new")


def test_a_full_disk_leaves_nothing(drop: KeptDrop, backup: Path, tmp_path: Path) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with mock.patch("os.fsync", full), pytest.raises(StoreFull):
        drop.restore(backup, tmp_path / "new")
    assert nothing_is_there(tmp_path / "new")
    drop.restore(backup, tmp_path / "new")


def test_a_restore_killed_at_any_step_leaves_no_half_drop_that_serves(
    drop: KeptDrop, backup: Path, tmp_path: Path
) -> None:
    new, data = tmp_path / "new", tmp_path / "new/data"
    refused = served = 0
    for step in range(1, 100):
        status = run_child(partial(_restore_with_fuse, step, lambda: drop.restore(backup, new)))
        assert status in {0, -signal.SIGKILL}
        if (data / RESTORE_FOLDER).exists():
            refused += 1
            with pytest.raises(StartRefused, match="not finished"):
                Identity.load_or_create(data)
        elif (data / "store.sqlite").exists():
            served += 1
            _is_whole(drop, data)
        if status == 0:
            break
        if (data / "store.sqlite").exists() and not (data / RESTORE_FOLDER).exists():
            shutil.rmtree(data)
    assert refused > 8
    assert served >= 1
    _is_whole(drop, data)
    assert not (data / DONE).exists()


def _restore_with_fuse(steps: int, work: Callable[[], object]) -> None:
    left = [steps]

    def fused(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def burning(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return burning

    for place, name in ((os, "fsync"), (Path, "rename"), (os, "unlink"), (os, "rmdir")):
        setattr(place, name, fused(getattr(place, name)))
    work()


def _is_whole(drop: KeptDrop, data: Path) -> None:
    store = open_store(data)
    assert len(store.restores.starts()) == 1
    assert store.sweep().missing == 0
    assert all(store.has_item(item) for item in drop.items)
    store.close()


def test_gpg_alone_opens_what_is_inside(drop: KeptDrop, backup: Path) -> None:
    with Gpg(drop.home, agent=True).unseal_either(backup, None) as stream:
        assert b"manifest.json" in stream.read()[:512]


@pytest.mark.parametrize(
    "name",
    [
        "data/gnupg/gpg.conf",
        "data/gnupg-operator/gpg.conf",
        "data/store.sqlite-wal",
        "data/tor/torrc",
        "data/authorized_keys",
        "data/items/x.sh",
        "data/courier/bundles/x.tar",
        "data/restore.part/whole",
        "config/crontab",
        "config/keys/x/y",
    ],
)
def test_a_backup_plants_no_file_that_no_drop_ever_put_into_one(name: str) -> None:
    (_, _, (data,)), (_, _, (signature,)), *_files = forged([*LEAST, (name, b"theirs")], SigningKey.generate())
    with pytest.raises(BackupTorn):
        read_manifest(data, signature)


def test_everything_that_a_drop_has_fits_into_its_backup(tmp_path: Path) -> None:
    names = [*KEY_FILES, "secret.key", "signing.key", f"items/{'0' * 32}.pgp", f"items/{'1' * 32}.reply"]
    files = [(f"data/{name}", b"") for name in (*names, "courier/authorized_clients/anna-2.auth")]
    signer = SigningKey.generate()
    (_, _, (data,)), (_, _, (signature,)), *_files = forged(
        [*LEAST, *files, ("config/keys/Anna.asc", b""), ("config/logo/logo.svg", b"")], signer
    )
    assert len(read_manifest(data, signature).files) == len(LEAST) + len(files) + 2


def test_a_backups_configuration_reaches_into_no_hidden_place(tmp_path: Path) -> None:
    text = b'keys_dir = ".ssh"\n[server]\ndata_dir = "data"\n[organisation]\nlogo = ".bash_profile"\n'
    for name, data in (("keys/authorized_keys", b"theirs"), ("logo/logo.svg", b"theirs"), ("config.toml", text)):
        (tmp_path / "part/config" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "part/config" / name).write_bytes(data)
    home = tmp_path / "home"
    configuration = Configuration(home / "config.toml", None)
    configuration.take(text)
    _kept, elsewhere = configuration.put(tmp_path / "part")
    assert sorted(elsewhere) == [str(home / "keys"), str(home / "logo.svg")]
    assert not [path for path in home.rglob("*") if path.name.startswith(".")]
