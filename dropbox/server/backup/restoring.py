"""A drop brought back on a machine that has none: everything is checked in DATA/restore.part before it is a drop.

What stands in the data folder at any moment is nothing, a folder that refuses to serve, or the whole restored drop,
under a new epoch already: a restore that dies leaves nothing that could be taken for a drop.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dropbox import trust_words
from dropbox.disk import is_full, replace_private, sync_folder
from dropbox.errors import (
    BackupOfOther,
    BackupRunning,
    BackupTorn,
    RestoreOverDrop,
    RestoreOverOther,
    StoreFull,
    TargetUnusable,
)
from dropbox.models import today
from dropbox.server.backup import ageing
from dropbox.server.backup.configuring import Configuration
from dropbox.server.backup.gathering import DONE
from dropbox.server.backup.manifest import DATA, BackupManifest
from dropbox.server.backup.reading import Opener, extract
from dropbox.server.identity import RESTORE_FOLDER, SECRET_FILE, STORE_FILE, Identity
from dropbox.server.store import Store
from dropbox.words import find_words

RESTORED = "restored"
_WHOLE = "whole"
"""In DATA/restore.part: all is there and checked, and is being moved up. It names what that is."""
_HARMLESS = frozenset(
    {DONE, "lost+found", "gnupg", "gnupg-authors", "gnupg-operator", "serve.lock", "backup.lock", "transfer.lock"}
)
"""What a data folder may hold and still be empty: things that any command makes anew."""


@dataclass(frozen=True)
class Wish:
    """What is to be restored. `data_dir`: instead of what the configuration says. `words`: those of the drop's key."""

    file: Path
    config: Path
    by: Opener = None
    data_dir: Path | None = None
    words: str | None = None
    though_old: bool = False


@dataclass(frozen=True)
class Restored:
    """What came back. kept: files of the configuration that were there and stayed as they were. elsewhere: files that
    the configuration wants in a folder that is not its own, and that lie beside it instead.
    """

    data_dir: Path
    words: str
    backup: date
    items: int
    missing: tuple[str, ...]
    kept: tuple[str, ...]
    elsewhere: tuple[str, ...]


def restore(wish: Wish) -> Restored:
    """Bring a drop back under a new epoch; nothing is there before all of it was checked.

    Raises BackupTorn, BackupForeign, BackupOfOther, BackupTooOld, BackupAhead, RestoreOverDrop, RestoreOverOther,
    BackupRunning, ConfigError, StartRefused, StoreFull, TargetUnusable, and what opening the file raises.
    """
    configuration = Configuration(wish.config, wish.data_dir)
    if configuration.data_dir is not None:
        _refuse_full(configuration.data_dir)
    with ExitStack() as held:

        def choose(manifest: BackupManifest, config: bytes) -> Path:
            configuration.take(config)
            _accept(wish, configuration.max_age_days, manifest)
            return held.enter_context(_scratch(configuration.target))

        manifest = extract(wish.file, wish.by, choose)
        data_dir = configuration.target
        part = data_dir / RESTORE_FOLDER
        words = _begin_epoch(part / DATA, manifest)
        kept, elsewhere = configuration.put(part)
        _move_up(part, data_dir)
    items = sum(file.name.startswith(f"{DATA}/items/") for file in manifest.files)
    return Restored(data_dir, words, manifest.day, items, manifest.missing, kept, elsewhere)


def _accept(wish: Wish, max_age_days: int, manifest: BackupManifest) -> None:
    """Raise what stands against a backup that the drop itself has signed."""
    if wish.words is not None:
        typed = " ".join(word.text for word in find_words(wish.words))
        if typed != trust_words.drop_words(manifest.key):
            raise BackupOfOther
    ageing.require_fresh(manifest.day, max_age_days, today(), though_old=wish.though_old)


def _begin_epoch(folder: Path, manifest: BackupManifest) -> str:
    """Open what was extracted as the drop that it says it is, begin its new epoch, and return the words of its key."""
    identity = Identity.load_or_create(folder)
    with closing(Store.open(folder, identity, trial=manifest.trial)) as store:
        named = identity.named(store.meta.drop)
        if (named.drop, named.current) != (manifest.drop, manifest.key) or store.meta.epoch != manifest.epoch:
            raise BackupTorn
        if store.sweep().missing != len(manifest.missing):
            raise BackupTorn
        store.restores.begin(named, max(today(), manifest.day), manifest.day)
        store.happenings.set(RESTORED, f"{today().isoformat()} {manifest.day.isoformat()}")
        return named.drop_words()


@contextmanager
def _scratch(data_dir: Path) -> Iterator[Path]:
    """Give DATA/restore.part, empty; if what follows fails it is gone again. One restore at a time."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise TargetUnusable from None
    part = data_dir / RESTORE_FOLDER
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _roll_back(part, data_dir)
        _refuse_full(data_dir)
        data_dir.chmod(0o700)
        part.mkdir(mode=0o700)
        try:
            yield part
        except BaseException:
            _roll_back(part, data_dir)
            raise
    except BlockingIOError:
        raise BackupRunning from None
    except OSError as error:
        raise (StoreFull if is_full(error) else TargetUnusable) from None
    finally:
        os.close(descriptor)


def _refuse_full(data_dir: Path) -> None:
    """Raise RestoreOverDrop or RestoreOverOther unless the folder holds nothing, or what an earlier restore left."""
    try:
        entries = list(data_dir.iterdir()) if data_dir.exists() else []
    except OSError:
        raise TargetUnusable from None
    names = {path.name for path in entries}
    if RESTORE_FOLDER in names or not (held := [path for path in entries if not _is_nothing(path)]):
        return
    if names & {STORE_FILE, SECRET_FILE} or (data_dir / "items") in held:
        raise RestoreOverDrop(str(data_dir))
    raise RestoreOverOther(str(data_dir))


def _is_nothing(path: Path) -> bool:
    if path.name in _HARMLESS:
        return True
    return path.is_dir() and not path.is_symlink() and all(below.is_dir() for below in path.rglob("*"))


def _roll_back(part: Path, data_dir: Path) -> None:
    """Take away what a restore that died had moved up, and the rest of it. Nothing served while it lay there."""
    if not part.is_dir() or part.is_symlink():
        return
    mark = part / _WHOLE
    names = json.loads(mark.read_text()) if mark.is_file() else []
    for name in names:
        if not (part / DATA / name).exists():
            _remove(data_dir / name)
    shutil.rmtree(part)
    sync_folder(data_dir)


def _move_up(part: Path, data_dir: Path) -> None:
    """Make the checked folder the drop: until restore.part is gone, whatever dies, nothing serves here."""
    names = sorted(path.name for path in (part / DATA).iterdir())
    _write_mark(part, names)
    for name in names:
        target = data_dir / name
        if target.is_dir():
            shutil.rmtree(target)  # nothing but empty folders, or it would have been refused
        (part / DATA / name).rename(target)
    sync_folder(data_dir)
    done = data_dir / DONE
    part.rename(done)  # in one step, or half of what marks an unfinished restore could be left
    sync_folder(data_dir)
    shutil.rmtree(done, ignore_errors=True)


def _write_mark(part: Path, names: Sequence[str]) -> None:
    replace_private(part / _WHOLE, part / f"{_WHOLE}.part", json.dumps(names).encode())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
