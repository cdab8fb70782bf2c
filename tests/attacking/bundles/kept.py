"""Mutants of what is brought back: the tar inside a drop's backup, and the backup file of a key."""

from __future__ import annotations

import io
import tarfile
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.signing import VerifyKey

from dropbox.server.backup.manifest import BackupManifest
from dropbox.server.backup.places import places_in
from dropbox.server.backup.reading import UNSEALED, extract
from dropbox.workstation.backup import BackupHead, read_head, unpack
from tests.attacking.bundles import bending, shapes, tars
from tests.attacking.bundles.samples import ALICE, DAY, EPOCH, key_of
from tests.attacking.bundles.small import CONFIG
from tests.attacking.bundles.target import bent, claim, document, hashed

BACKUP_LINE = b"onion-dropbox backup 1\n"
KEY_LINE = b"onion-dropbox key backup 1\n"

NAMES = (
    "data/../planted",
    "../planted",
    "/tmp/planted",
    "data/items/" + "a" * 32 + ".pgp/x",
    "config/keys/.hidden",
    "data/gnupg/gpg.conf",
    "data/store.sqlite-wal",
    "config/keys/a/b",
    "data/tor/onion/hostname",
    "data/items",
    "config/keys/..",
    "data/items/x.pgp",
    "config/logo/logo.png",
    "data\\planted",
    "config/keys/a\n",
    "DATA/store.sqlite",
    "data/courier/authorized_clients/a.auth",
)


class Backups:
    """The tar inside a drop's backup, written out file by file; gpg's part of it is tried by other tests."""

    name = "backup"

    def __init__(self, chances: Random) -> None:
        self.key, self.stranger = key_of(chances), key_of(chances)
        self.files = [
            ("config/config.toml", CONFIG),
            ("data/store.sqlite", b"SQLite" * 90),
            ("data/secret.key", b"s" * 32),
            (f"data/items/{'a' * 32}.pgp", chances.randbytes(700)),
            ("config/keys/anna.asc", b"a key"),
        ]

    def _manifest(self, files: list[tuple[str, bytes]]) -> dict[str, Any]:
        drop = bytes(self.key.verify_key).hex()
        return {
            "format": 1,
            "type": "backup",
            "drop": drop,
            "key": drop,
            "trial": False,
            "epoch": EPOCH,
            "day": DAY,
            "version": "1.0",
            "missing": ["b" * 32],
            "files": [{"name": name, "bytes": len(data), "sha256": hashed(data)} for name, data in files],
        }

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        files = list(self.files)
        pick = chances.random()
        if 0.25 <= pick < 0.5:
            at, name = chances.randrange(len(files)), chances.choice(NAMES)
            how.append(f"signed anew: a file called {name!r}")
            files[at:at] = [(name, b"planted")] if chances.random() < 0.5 else []
            files[at] = (name, files[at][1])
        value = self._manifest(files)
        manifest = bent(value, chances, how) if pick < 0.25 else bending.dump(value)
        key = self.stranger if 0.5 <= pick < 0.53 else self.key
        members = [
            ("manifest.json", manifest),
            ("manifest.sig", bytes(key.sign(BACKUP_LINE + manifest).signature)),
            *files,
        ]
        entries = tars.entries_of(members)
        if 0.53 <= pick < 0.85:
            return tars.bend(entries, chances, how)
        whole = tars.assemble(entries)
        return bending.bytewise(whole, chances, how, whole) if pick >= 0.85 else whole

    def read(self, data: bytes, folder: Path) -> tuple[BackupManifest, dict[str, bytes]]:
        path, target = folder / "m.tar", folder / "out"
        path.write_bytes(data)
        target.mkdir(exist_ok=True)

        def choose(_manifest: BackupManifest, config: bytes) -> Path:
            places_in(config, folder)
            return target

        manifest = extract(path, UNSEALED, choose)
        return manifest, {
            str(each.relative_to(target)): each.read_bytes() for each in sorted(target.rglob("*")) if each.is_file()
        }

    def judge(self, data: bytes, accepted: tuple[BackupManifest, dict[str, bytes]]) -> None:
        manifest, written = accepted
        try:
            members = tars.members(data)
        except tars.NotATarError:
            claim(False, "a tar of another form was accepted")
            return
        said = document(members[0][1], shapes.BACKUP, "the manifest")
        try:
            VerifyKey(bytes.fromhex(said["key"])).verify(BACKUP_LINE + members[0][1], members[1][1])
        except (CryptoError, ValueError):
            claim(False, "a signature that is none was accepted")
        claim(
            [name for name, _ in members[2:]] == [each["name"] for each in said["files"]], "other files were accepted"
        )
        for each, (_, content) in zip(said["files"], members[2:], strict=True):
            claim(
                (each["bytes"], each["sha256"]) == (len(content), hashed(content)),
                "a file with another hash was accepted",
            )
        claim(written == dict(members[2:]), "other files were written than were accepted")
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            claim(tar.getnames() == [name for name, _ in members], "the standard library sees other members")
        claim(
            not any(".." in name or name.startswith("/") or "/." in name for name in written),
            "a path that leads elsewhere",
        )
        claim(manifest.drop == said["drop"] and manifest.epoch == said["epoch"], "the manifest was taken for another")


class KeyBackups:
    """A key's backup file: two lines in clear, and the box."""

    name = "key backup"

    def __init__(self, chances: Random) -> None:
        self.wrapping, self.nonce, self.secret = chances.randbytes(32), chances.randbytes(24), chances.randbytes(900)

    def _file(self, head: bytes) -> bytes:
        lines = KEY_LINE + head
        key = blake2b(lines, digest_size=32, key=self.wrapping, person=b"drop1-keybackup").digest()
        return lines + bytes(SecretBox(key).encrypt(self.secret, self.nonce))

    def mutant(self, chances: Random, how: list[str]) -> bytes:
        head = {"day": DAY, "fingerprint": ALICE, "format": 1, "needed": 2, "set": 77, "shares": 3}
        if chances.random() < 0.6:
            how.append("boxed anew")
            return self._file(bent(head, chances, how))
        whole = self._file(bending.dump(head))
        return bending.bytewise(whole, chances, how, whole)

    def read(self, data: bytes, folder: Path) -> tuple[BackupHead, bytes]:
        return read_head(data), unpack(data, self.wrapping)

    def judge(self, data: bytes, accepted: tuple[BackupHead, bytes]) -> None:
        lines = data.split(b"\n", 2)
        head = document(lines[1] + b"\n", shapes.KEY_BACKUP, "the head")
        claim(lines[0] + b"\n" == KEY_LINE and accepted[0].as_json() == head, "the head was taken for another")
        claim(accepted[1] == self.secret and data == self._file(lines[1] + b"\n"), "another key came out")
