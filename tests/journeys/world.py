"""The people and machines of a journey: desks, members with a key home and a vault each, and the real server."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dropbox.models import Fingerprint
from tests.drop_process import DropProcess, command, command_json
from tests.factories import export_public, write_config
from tests.visitor import File, Page, Visitor

DESK_OF = {"anna": "advisers", "bob": "advisers", "carla": "committee"}


@dataclass(frozen=True)
class Person:
    """A GnuPG home with one key."""

    home: Path
    fingerprint: Fingerprint


@dataclass
class Member:
    """One investigator: a GnuPG home and a vault for the one desk that they read for."""

    name: str
    desk: str
    home: Path
    fingerprint: Fingerprint
    vault: Path

    @property
    def env(self) -> dict[str, str]:
        return {"GNUPGHOME": str(self.home)}

    def run(self, name: str, *arguments: str | Path, code: int | None = 0) -> str:
        return command("dropbox-workstation", name, *arguments, "--vault", self.vault, env=self.env, code=code)

    def json(self, name: str, *arguments: str | Path) -> Any:
        return command_json("dropbox-workstation", name, *arguments, "--vault", self.vault, env=self.env)

    def unseal(self, sealed: Path) -> bytes | None:
        """Open a sealed item with gpg alone, as anybody with the key can in twenty years; None when it does not.

        With hidden recipients gpg tries one key after the other, and its exit code speaks of those that did not fit.
        """
        command_line = ["gpg", "--batch", "--homedir", str(self.home), "--status-fd", "2", "--decrypt", str(sealed)]
        done = subprocess.run(command_line, capture_output=True, check=False)
        return done.stdout if b"[GNUPG:] DECRYPTION_OKAY" in done.stderr else None


@dataclass
class World:
    """A drop with two desks (advisers: anna and bob; committee: carla) and everybody's vault."""

    root: Path
    drop: DropProcess
    members: dict[str, Member] = field(default_factory=dict)
    bundles: int = 0

    @classmethod
    def make(
        cls, root: Path, people: Mapping[str, Person], desk_of: Mapping[str, str] = DESK_OF, /, **overrides: str
    ) -> World:
        """Write a configuration under `root` with these people's keys; `overrides` as in `write_config`."""
        desks: dict[str, list[Fingerprint]] = {}
        for name, desk in desk_of.items():
            desks.setdefault(desk, []).append(people[name].fingerprint)
        config = write_config(root, desks, **overrides)
        members = {}
        for name in desk_of:
            person = people[name]
            public = export_public(person.home, person.fingerprint)
            (config.parent / "keys" / f"{name}.asc").write_bytes(public)
            members[name] = Member(name, desk_of[name], person.home, person.fingerprint, root / f"vault-{name}")
        return cls(root, DropProcess(config), members)

    def start_vaults(self) -> None:
        words = self.drop.server_json("status")["drop_key"]
        for member in self.members.values():
            member.run("init", "--key", member.fingerprint, "--drop-key", words)

    def export(self, desk: str) -> Path:
        self.bundles += 1
        target = self.root / f"pickup-{self.bundles}.tar"
        self.drop.server("export", "--desk", desk, target)
        return target

    def fetch(self, *names: str) -> None:
        """Carry a fresh pickup bundle to each of these members."""
        for name in names:
            self.members[name].run("import", self.export(self.members[name].desk))

    def bring(self, *names: str) -> None:
        """Carry an answer bundle of each of these members to the server."""
        for name in names:
            self.bundles += 1
            target = self.root / f"answer-{self.bundles}.tar"
            self.members[name].run("export", target)
            self.drop.server("import", target)


def send_report(
    visitor: Visitor,
    message: str,
    desks: Sequence[str],
    mandate: str = "listen",
    files: Sequence[File] | None = None,
) -> Page:
    form = visitor.get("/report").form("message", "mandate")
    page = visitor.submit(form, {"desk": list(desks), "mandate": mandate, "message": message}, files)
    assert page.status == 200, page.text
    return page


def come_back(visitor: Visitor, codename: str) -> Page:
    return visitor.submit(visitor.get("/return").form("codename"), {"codename": codename})


def unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
