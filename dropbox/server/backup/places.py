"""Where a configuration says that things lie: all that a backup and a restore read of it.

A restore meets a machine on which the folders of the configuration are not there yet, so nothing is looked for here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from dropbox.errors import ConfigError
from dropbox.settings import Backup

MAX_DOT_PAIRS = 20_000_000
"""Dots of a line times themselves, over all lines. Python's reader of TOML takes that many steps for dotted keys: half
a second for these, and hours for as many as would fit into a backup, which may be anybody's.
"""


@dataclass(frozen=True)
class Places:
    """Absolute paths; `logo` is None where no logo is named."""

    data_dir: Path
    keys_dir: Path
    logo: Path | None
    max_age_days: int


def places_in(data: bytes, base: Path) -> Places:
    """Read a configuration's bytes; `base`: the folder that relative paths start from. Raises ConfigError."""
    if sum(line.count(b".") ** 2 for line in data.splitlines()) > MAX_DOT_PAIRS:
        raise ConfigError("the configuration", "must have no line with thousands of dots")
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError):
        raise ConfigError("the configuration", "must be valid TOML in UTF-8") from None
    age = _table(document, "backup").get("max_age_days", Backup.max_age_days)
    logo = _table(document, "organisation").get("logo")
    return Places(
        data_dir=base / _text(_table(document, "server").get("data_dir"), "data"),
        keys_dir=base / _text(document.get("keys_dir"), "keys"),
        logo=base / logo if isinstance(logo, str) else None,
        max_age_days=age if type(age) is int else Backup.max_age_days,
    )


def with_data_dir(data: bytes, data_dir: Path) -> bytes:
    """Return a configuration that names another data folder, its comments and order kept."""
    document = tomlkit.parse(data.decode())
    server = document.setdefault("server", tomlkit.table())
    server["data_dir"] = str(data_dir)
    return tomlkit.dumps(document).encode()


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = document.get(name, {})
    return table if isinstance(table, dict) else {}


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) and value else default
