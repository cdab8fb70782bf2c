"""A small drop with an operator's key, for the tests of backups: made once, and restored into new folders."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from unittest import mock

from nacl.signing import SigningKey

from dropbox import config
from dropbox.gpg import Gpg
from dropbox.models import DeskId, Fingerprint, ItemId, Passphrase, Recipient, today
from dropbox.server.backup.manifest import CONFIG_FILE, STORE, BackupManifest, KeptFile
from dropbox.server.backup.restoring import Restored, Wish, restore
from dropbox.server.backup.tar import Member, tar_pieces
from dropbox.server.backup.writing import Split, Written, back_up
from dropbox.server.drop import Drop
from dropbox.settings import Settings
from tests import factories
from tests.store_room import Reporter

DESK = DeskId("board")


@dataclass
class KeptDrop:
    """A drop under `root`; `home` has the secret keys of its one member and of its operator."""

    root: Path
    home: Path
    operator: Fingerprint
    items: list[ItemId] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.root / "config.toml"

    @property
    def settings(self) -> Settings:
        return config.load(self.config)

    def open(self) -> Drop:
        return Drop.open(self.settings)

    def back_up(self, target: Path, wanted: Split | None = None) -> Written:
        with Drop.open(self.settings, beside_server=True) as drop:
            return back_up(drop, self.config, target, wanted)

    def restore(self, file: Path, folder: Path, **more: object) -> Restored:
        """Restore into a folder of its own, with the operator's secret key at hand."""
        folder.mkdir(exist_ok=True)
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(self.home)}):
            return restore(Wish(file, folder / "config.toml", data_dir=folder / "data", **more))  # type: ignore[arg-type]

    def seal(self, target: Path, members: Sequence[Member], passphrase: Passphrase | None = None) -> Path:
        """Seal any tar to the operator's key, as anybody can who has its public half."""
        source = Pieces(b"".join(tar_pieces(members)))
        with target.open("wb") as stream:
            gpg = Gpg(self.home, agent=True)
            gpg.seal_into(source, [Recipient(self.operator, hidden=False)], stream.fileno(), passphrase)
        return target


class Pieces:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return data


@contextmanager
def kept_drop(root: Path, reports: int = 2) -> Iterator[KeptDrop]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder)
        member, operator = factories.make_key(home, "anna"), factories.make_key(home, "operator")
        factories.write_config(root, {DESK: [member]}, operator=f'key = "{operator}"')
        factories.publish_keys(home, root / "keys", [member, operator])
        kept = KeptDrop(root, home, operator)
        with kept.open() as drop:
            kept.items = [Reporter(drop.store, (DESK,)).send(today()) for _ in range(reports)]
        yield kept


def forged(files: Sequence[tuple[str, bytes]], signer: SigningKey, **other: object) -> list[Member]:
    """Return the members of a backup whose manifest is signed, but by whichever key, over whichever files."""
    kept = [KeptFile(name, len(data), sha256(data).hexdigest()) for name, data in files]
    values: dict[str, object] = {
        "drop": bytes(signer.verify_key).hex(),
        "key": bytes(signer.verify_key).hex(),
        "trial": False,
        "epoch": secrets.token_hex(16),
        "day": today(),
        "version": "0",
    }
    manifest = BackupManifest(**(values | {"files": tuple(kept)} | other))  # type: ignore[arg-type]
    with mock.patch("dropbox.server.backup.manifest.read_manifest"):
        data, signature = manifest.signed_by(signer)
    return told(data, signature, files)


def told(manifest: bytes, signature: bytes, files: Sequence[tuple[str, bytes]]) -> list[Member]:
    first = [("manifest.json", manifest), ("manifest.sig", signature)]
    return [(name, len(data), (data,)) for name, data in (*first, *files)]


LEAST = ((CONFIG_FILE, b'[server]\ndata_dir = "data"\n'), (STORE, b"no database"))
