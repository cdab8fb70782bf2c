"""The configuration at a restore: the one that is there counts and stays; else the backup's is put where it belongs.

Nothing is overwritten. What a backup brings is written beside the configuration only: a path in it that leads elsewhere
is told to the operator, and not followed.
"""

import os
from pathlib import Path

from dropbox.disk import read_up_to
from dropbox.errors import ConfigError, FileUnreadable, TargetExists, TargetUnusable
from dropbox.server.backup.manifest import CONFIG_FILE, KEYS, LOGO, MAX_CONFIG_BYTES
from dropbox.server.backup.places import Places, places_in, with_data_dir
from dropbox.target import new_file


class Configuration:
    """`path`: where it is or goes. `data_dir`: a folder that somebody named; one that is there must name it too."""

    def __init__(self, path: Path, data_dir: Path | None) -> None:
        self._path = path
        self._base = path.absolute().parent
        self._named = None if data_dir is None else data_dir.absolute()
        self._places: Places | None = None
        self.there = os.path.lexists(path)
        if self.there:
            self._places = places_in(read_up_to(path, MAX_CONFIG_BYTES), self._base)
            if self._named is not None and self._named.resolve() != self._places.data_dir.resolve():
                raise ConfigError("server.data_dir", "must be the folder of --data, or leave --data out")

    @property
    def data_dir(self) -> Path | None:
        """The data folder, once it is known."""
        known = self._places
        return self._named or (None if known is None else known.data_dir)

    @property
    def target(self) -> Path:
        return self._named or self._known.data_dir

    @property
    def max_age_days(self) -> int:
        return self._known.max_age_days

    @property
    def _known(self) -> Places:
        if self._places is None:
            raise FileUnreadable
        return self._places

    def take(self, data: bytes) -> None:
        """Learn the places from the backup's own configuration, where there is no other."""
        if self._places is None:
            self._places = places_in(data, self._base)

    def put(self, part: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Write what is not there yet; return the names that were there and stayed, and those that lie elsewhere."""
        kept, elsewhere = [], []
        try:
            self._base.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted = self._known.keys_dir
            keys_dir = wanted if self.there or self._is_beside(wanted) else self._base / "keys"
            keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            elsewhere += [] if keys_dir == wanted else [str(keys_dir)]
            logo = self._known.logo
            for source in _files(part / KEYS):
                kept += self._write(keys_dir / source.name, source.read_bytes())
            for source in _files(part / LOGO):
                beside = logo is not None and (self.there or self._is_beside(logo))
                target = logo if logo is not None and beside else self._base / source.name
                elsewhere += [] if beside else [str(target)]
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                kept += self._write(target, source.read_bytes())
            if not self.there:
                config = (part / CONFIG_FILE).read_bytes()
                kept += self._write(self._path, config if self._named is None else with_data_dir(config, self._named))
        except OSError:
            raise TargetUnusable from None
        return tuple([str(self._path)] * self.there + kept), tuple(elsewhere)

    def _is_beside(self, path: Path) -> bool:
        """Tell whether a path stays beside the configuration, and out of what other programs keep hidden there."""
        base = self._base.resolve()
        inside = path.resolve()
        return inside.is_relative_to(base) and not any(p.startswith(".") for p in inside.relative_to(base).parts)

    def _write(self, path: Path, data: bytes) -> list[str]:
        """Write a new file; return its name when another one was there and stayed."""
        try:
            with new_file(path) as stream:
                stream.write(data)
        except TargetExists:
            return [] if path.is_file() and path.read_bytes() == data else [str(path)]
        return []


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
