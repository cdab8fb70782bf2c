"""Small kits for tests: the real checker and starter, a program of ten lines, signed by a key made on the spot."""

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dropbox.models import Fingerprint
from scripts import kit
from scripts.kit_files import checking
from scripts.kit_wheels import ALL_PAIRS
from tests import factories

PROGRAM = """\
import json, os, sys
import shown
def main():
    print(json.dumps({"arguments": sys.argv, "path": sys.path, "pid": os.getpid(), "shown": shown.WORD}))
    return 7 if "seven" in sys.argv else 0
"""
SHOWN_WHEEL = "shown-1.0-py3-none-any.whl"
OWN = "onion_dropbox-0.2.0-py3-none-any.whl"


@dataclass(frozen=True)
class Started:
    """What `sh verify-and-start` left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class SmallKit:
    """A kit, and an offline machine's home to start it in."""

    folder: Path
    home: Path
    gpg_home: Path
    signer: Fingerprint

    @property
    def kits(self) -> Path:
        return self.home / ".local/share/onion-dropbox/kits"

    @property
    def program(self) -> Path:
        return next(path for path in self.kits.iterdir() if path.is_dir())

    def start(self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> Started:
        """Start it as on a stick mounted noexec, with an environment of its own."""
        command = ["sh", str(self.folder / "verify-and-start"), *arguments]
        variables = {"HOME": str(self.home), **(environment or {})}
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=variables)
        return Started(done.returncode, done.stdout, done.stderr)

    def trusted(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Started:
        """Start it by somebody whom the operator told the fingerprint."""
        return self.start("--signer", self.signer, *arguments, environment=environment)

    def sign(self, home: Path | None = None, signer: str = "", *options: str) -> None:
        """List and sign what is in the folder now."""
        for name in checking.UNLISTED:
            (self.folder / name).unlink(missing_ok=True)
        names = sorted(checking.walk(self.folder))
        digests = [f"{hashlib.sha256((self.folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
        (self.folder / checking.LIST).write_text("".join(digests))
        self.sign_list(home, signer, *options)

    def sign_list(self, home: Path | None = None, signer: str = "", *options: str) -> None:
        """Sign the list as it stands, by the kit's key or by another."""
        (self.folder / checking.SIGNATURE).unlink(missing_ok=True)
        used, key = home or self.gpg_home, Fingerprint(signer or self.signer)
        factories.run_gpg(used, *options, "-u", key, "--armor", "--detach-sign", str(self.folder / checking.LIST))
        (self.folder / checking.SIGNER).write_bytes(factories.export_public(used, key))


def make(folder: Path, gpg_home: Path, signer: Fingerprint) -> SmallKit:
    """Make a signed kit of three small wheels for every pair, and an empty home."""
    made = SmallKit(folder / "kit", folder / "home", gpg_home, signer)
    made.home.mkdir()
    for place in ("verify_and_start", "wheels"):
        (made.folder / place).mkdir(parents=True)
    for source, name in kit.LOOSE.items():
        if "verify" in name:
            shutil.copyfile(source, made.folder / name)
    write_wheel(
        made,
        OWN,
        {"dropbox/__init__.py": "", "dropbox/workstation/main.py": PROGRAM, "dropbox/courier/main.py": PROGRAM},
    )
    write_wheel(made, SHOWN_WHEEL, {"shown.py": "WORD = 'first'\n", "shown-1.0.data/scripts/shown": "#!python\n"})
    table = {pair.name: [OWN, SHOWN_WHEEL] for pair in ALL_PAIRS}
    (made.folder / "kit.json").write_text(json.dumps({"format": 1, "glibc": [2, 17], "wheels": table}))
    made.sign()
    return made


def write_wheel(made: SmallKit, name: str, files: Mapping[str, str]) -> None:
    with zipfile.ZipFile(made.folder / "wheels" / name, "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


def without_a_network(*command: str | Path, hidden: Path, home: Path) -> list[str]:
    """Return a command that runs another with loopback alone, with an empty environment, and with a folder hidden."""
    walls = Path(__file__).with_name("walled.py").read_text(encoding="utf-8")
    asked = json.dumps({"command": [str(part) for part in command], "hidden": str(hidden), "home": str(home)})
    namespaces = ["--net", "--mount"] if os.geteuid() == 0 else ["--map-root-user", "--net", "--mount"]
    return ["unshare", *namespaces, "/usr/bin/python3", "-I", "-S", "-c", walls, asked]
