"""Changing a desk's members in config.toml as a careful operator would: comments and layout stay, the old file is kept.

What would no longer load is never put in place. Nothing here makes anybody a member; a signature does.
"""

import os
import shutil
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from dropbox import config
from dropbox.disk import sync_folder
from dropbox.errors import ConfigUnwritable, InvalidValue
from dropbox.models import DeskId, Fingerprint, parse_fingerprint

Change = Callable[["DeskTable"], None]


class DeskTable:
    """One desk's table in the file, by what it says of its members."""

    def __init__(self, table: MutableMapping[str, Any]) -> None:
        self._table = table

    def list(self, fingerprint: Fingerprint) -> None:
        """List a key after those that are listed; one that was leaving stays."""
        self.stay(fingerprint)
        if not any(_same(entry, fingerprint) for entry in self._table["fingerprints"]):
            self._table["fingerprints"].append(fingerprint)

    def strike(self, fingerprint: Fingerprint) -> None:
        """Take a key off the list."""
        self.stay(fingerprint)
        listed = self._table["fingerprints"]
        for index in [at for at, entry in enumerate(listed) if _same(entry, fingerprint)]:
            del listed[index]

    def leave(self, fingerprint: Fingerprint, day: date) -> None:
        """Have a listed key leave after a day."""
        self.stay(fingerprint)
        if "leaving" in self._table:
            self._table["leaving"][fingerprint] = day
            return
        leaving = tomlkit.inline_table()
        leaving[fingerprint] = day
        if isinstance(self._table, Table):
            # right below the list: at the table's end stand the comments of what follows
            self._table["fingerprints"].trivia.trail = f"\nleaving = {leaving.as_string()}\n"
        else:
            self._table["leaving"] = leaving

    def stay(self, fingerprint: Fingerprint) -> None:
        leaving = self._table.get("leaving", {})
        for name in [name for name in leaving if _same(name, fingerprint)]:
            del leaving[name]
        if "leaving" in self._table and not leaving:
            del self._table["leaving"]


def edit_desk(path: Path, desk: DeskId, change: Change, publish: Callable[[], None] = lambda: None) -> Path:
    """Change a desk's table and put the new file in place of the old one; return where that is kept.

    `publish` is called once the new file is known to load. Raises ConfigError for what would not, ConfigUnwritable.
    """
    path = path.resolve()
    before = path.with_name(path.name + ".before")
    with _written(path) as new:
        new.write_bytes(_changed(path, desk, change))
        config.load(new)
        publish()
        with _written(path, before.name) as kept:
            kept.write_bytes(path.read_bytes())
            kept.replace(before)
        new.replace(path)
        sync_folder(path.parent)
    return before


def _changed(path: Path, desk: DeskId, change: Change) -> bytes:
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8"))
        table = next(each for each in _tables(document) if each["id"] == desk)
    except (TOMLKitError, UnicodeDecodeError, StopIteration):
        raise InvalidValue from None  # it was loaded a moment ago
    change(DeskTable(table))
    return tomlkit.dumps(document).encode()


def _tables(document: MutableMapping[str, Any]) -> Sequence[MutableMapping[str, Any]]:
    tables: Sequence[MutableMapping[str, Any]] = document["desk"]
    return tables


@contextmanager
def _written(path: Path, name: str = "") -> Iterator[Path]:
    """Give a new file beside `path`, with its owner and mode, and remove it when it was put nowhere."""
    new = None
    try:
        descriptor, made = mkstemp(prefix=f".{name or path.name}.", dir=path.parent)
        os.close(descriptor)
        new = Path(made)
        shutil.copymode(path, new)
        owner = path.stat()
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(new, owner.st_uid, owner.st_gid)
        yield new
    except OSError:
        raise ConfigUnwritable from None
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def _same(entry: object, fingerprint: Fingerprint) -> bool:
    try:
        return parse_fingerprint(str(entry)) == fingerprint
    except InvalidValue:
        return False
