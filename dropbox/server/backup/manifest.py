"""What a backup says of itself: whose it is, of which day, and every file with its size and hash. Pure.

The manifest comes first and is signed with the key that signs the drop's bundles, so that each byte behind it is known
to be the drop's own as soon as it is read: anybody can seal a file to the operator's public key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from dropbox.bundle import fields
from dropbox.canonical import dump, load
from dropbox.errors import BackupTorn, InvalidValue
from dropbox.models import FORMAT, parse_day

SIGNED_LINE = b"onion-dropbox backup 1\n"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
SIGNATURE_BYTES = 64
MAX_CONFIG_BYTES = 1 << 20
MAX_MANIFEST_BYTES = 256 << 20
MAX_FILE_BYTES = (8 << 30) - 1  # what the tar's header can say
DATA, CONFIG = "data", "config"
STORE = f"{DATA}/store.sqlite"
CONFIG_FILE = f"{CONFIG}/config.toml"
KEYS = f"{CONFIG}/keys"
LOGO = f"{CONFIG}/logo"
_MAX_NAME_CHARACTERS = 99
_MAX_TEXT_CHARACTERS = 60
_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}"
_NAMES = re.compile(
    r"data/(?:store\.sqlite|secret\.key|signing\.key)"
    r"|data/items/[0-9a-f]{32}\.(?:pgp|reply)"
    r"|data/tor/(?:onion|courier)/(?:hs_ed25519_secret_key|hs_ed25519_public_key|hostname)"
    r"|data/tor/(?:onion\.key|address|courier\.key|courier-address|taken-out)"
    r"|data/courier/authorized_clients/[a-z0-9-]{1,40}\.auth"
    rf"|config/(?:config\.toml|keys/{_PART}|logo/{_PART})"
)
"""All that a drop ever puts into a backup. Any other name would let whoever made one plant a file: a gpg.conf, a log of
the database, whatever a folder that their configuration names does something with.
"""


@dataclass(frozen=True)
class KeptFile:
    """A file by its place: `data/…` goes into the data folder, `config/…` beside the configuration."""

    name: str
    bytes: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "bytes": self.bytes, "sha256": self.sha256}

    @classmethod
    def from_json(cls, value: object) -> "KeptFile":
        given = fields.exact(value, ("name", "bytes", "sha256"))
        return cls(
            _file_name(given["name"]),
            fields.integer(given["bytes"], 0, MAX_FILE_BYTES),
            fields.hex_256(given["sha256"]),
        )


@dataclass(frozen=True)
class BackupManifest:
    """drop: its name for ever; key: the one that signs today. version: of the program that wrote it.

    missing: items of which the store knew, and whose file was gone already.
    """

    drop: str
    key: str
    trial: bool
    epoch: str
    day: date
    version: str
    files: tuple[KeptFile, ...]
    missing: tuple[str, ...] = ()

    def signed_by(self, key: SigningKey) -> tuple[bytes, bytes]:
        """Return the manifest's bytes and the drop's signature over them."""
        data = dump(self._as_json())
        read_manifest(data, signature := bytes(key.sign(SIGNED_LINE + data).signature))
        return data, signature

    def _as_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "type": "backup",
            "drop": self.drop,
            "key": self.key,
            "trial": self.trial,
            "epoch": self.epoch,
            "day": self.day.isoformat(),
            "version": self.version,
            "files": [file.as_json() for file in self.files],
            "missing": list(self.missing),
        }


def read_manifest(data: bytes, signature: bytes) -> BackupManifest:
    """Return a manifest that the key which it names has signed. Raises BackupTorn for any other bytes."""
    try:
        manifest = _from_json(load(data, MAX_MANIFEST_BYTES))
        VerifyKey(bytes.fromhex(manifest.key)).verify(SIGNED_LINE + data, signature)
    except (InvalidValue, CryptoError, ValueError):  # a wrong length is a ValueError
        raise BackupTorn from None
    return manifest


def _from_json(value: Mapping[str, Any]) -> BackupManifest:
    names = ("format", "type", "drop", "key", "trial", "epoch", "day", "version", "files", "missing")
    given = fields.exact(value, names)
    fields.literal(given["format"], FORMAT)
    fields.literal(given["type"], "backup")
    manifest = BackupManifest(
        drop=fields.hex_256(given["drop"]),
        key=fields.hex_256(given["key"]),
        trial=fields.boolean(given["trial"]),
        epoch=fields.hex_128(given["epoch"]),
        day=parse_day(given["day"]),
        version=_text(given["version"]),
        files=fields.array(given["files"], KeptFile.from_json),
        missing=fields.array(given["missing"], fields.hex_128),
    )
    names_of_files = [file.name for file in manifest.files]
    fields.unique(names_of_files)
    if names_of_files[:2] != [CONFIG_FILE, STORE] or _are_folders(names_of_files):
        raise InvalidValue
    return manifest


def _are_folders(names: list[str]) -> bool:
    """Tell whether a file's name is the folder of another one, too."""
    folders = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 1)}
    return not folders.isdisjoint(names)


def _file_name(value: object) -> str:
    """Return the name of a file that a drop puts into its backups."""
    if not isinstance(value, str) or len(value) > _MAX_NAME_CHARACTERS or not _NAMES.fullmatch(value):
        raise InvalidValue
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_TEXT_CHARACTERS:
        raise InvalidValue
    return value
