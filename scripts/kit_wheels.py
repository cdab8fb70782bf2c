"""The wheels of a kit: the locked ones for each Python and machine, and our own with its catalogues compiled.

Only pip talks to a package index here, and it takes nothing whose hash is not in the lock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "scripts" / "lock" / "workstation.txt"
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = ("x86_64", "aarch64")
NEWEST_GLIBC = 36
"""Debian 12's: a wheel that needs a newer one is not taken."""
SOME_DAY = "1577836800"
"""The time of everything in a kit (2020-01-01, UTC), so that the same sources make the same bytes."""
_OLDEST_GLIBC = 17
_BESIDE = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


class KitError(Exception):
    """What went wrong while a kit was made, and what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Pair:
    """A Python and a machine that a kit is for."""

    python: str
    machine: str

    @property
    def name(self) -> str:
        return f"cp{self.python.replace('.', '')}-{self.machine}"


ALL_PAIRS = tuple(Pair(python, machine) for python in PYTHONS for machine in MACHINES)


def fetch(pair: Pair, target: Path) -> None:
    """Download the locked wheels for a pair into a folder. Raises KitError."""
    glibcs = range(_OLDEST_GLIBC, NEWEST_GLIBC + 1)
    platforms = [f"manylinux_2_{minor}_{pair.machine}" for minor in glibcs] + [f"manylinux2014_{pair.machine}", "any"]
    abis = [f"cp{pair.python.replace('.', '')}", "abi3", "none"]
    options = [part for platform in platforms for part in ("--platform", platform)]
    options += [part for abi in abis for part in ("--abi", abi)]
    options += ["--implementation", "cp", "--python-version", pair.python, "--only-binary", ":all:"]
    pip("download", "--no-deps", "--require-hashes", "-r", str(LOCK), "-d", str(target), *options)


def oldest_glibc(wheel: str) -> tuple[int, int]:
    """Return the oldest glibc that a wheel says it runs with; (2, 0) for one that does not mind."""
    found = [(int(major), int(minor)) for major, minor in re.findall(r"manylinux_(\d+)_(\d+)_", wheel)]
    return min(found or [(2, _OLDEST_GLIBC if "manylinux" in wheel else 0)])


def build_own(target: Path) -> None:
    """Build our own wheel from the sources as they stand, every catalogue compiled anew. Raises KitError."""
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        sources = Path(folder) / "sources"
        _copy_sources(sources)
        for catalogue in sources.glob("dropbox/translations/*/LC_MESSAGES/*.po"):
            compile_catalogue(catalogue)
        pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(target), str(sources))
    _must_speak(next(target.glob("onion_dropbox-*.whl")))


def _copy_sources(target: Path) -> None:
    """Copy what a wheel is made of: no leftovers of earlier builds, and nothing that hides or was compiled."""
    package = ((ROOT / "dropbox").rglob("*"), (ROOT / name for name in _BESIDE))
    for source in sorted(path for paths in package for path in paths if path.is_file() and _is_source(path)):
        copy = target / source.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        shutil.copyfile(source, copy)
        copy.chmod(0o644)


def _is_source(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return "__pycache__" not in parts and path.suffix != ".mo" and not any(part.startswith(".") for part in parts)


def compile_catalogue(catalogue: Path) -> None:
    """Write the .mo beside a .po; its header tells no moment, where Babel would put this one."""
    with catalogue.open("rb") as file:
        catalog = read_po(file, locale=catalogue.parent.parent.name, charset="utf-8", abort_invalid=True)
    catalog.creation_date = catalog.revision_date = datetime.fromtimestamp(int(SOME_DAY), UTC)
    compiled = catalogue.with_suffix(".mo")
    with compiled.open("wb") as file:
        write_mo(file, catalog)
    compiled.chmod(0o644)  # a wheel keeps rights, and the caller's umask must not be in it


def _must_speak(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    catalogues = {name for name in names if name.endswith(".po")}
    if not catalogues or not {f"{name[:-3]}.mo" for name in catalogues} <= names:
        raise KitError("Our own wheel lacks its compiled catalogues; the workstation would speak English only.")


def pip(*arguments: str) -> None:
    _python("-m", "pip", "--disable-pip-version-check", "--no-input", "-q", *arguments)


def _python(*arguments: str) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": SOME_DAY, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, umask=0o022
    )
    if done.returncode:
        last = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise KitError(f"{' '.join(arguments[1:5])} failed: {' '.join(last[-2:])}")
