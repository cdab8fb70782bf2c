"""Kit and package, each built twice: other folders, umasks, time zones, languages, orders of hashes, the same bytes.

And their bills of materials, held to CycloneDX's own schema and to what its makers' tool reads out of the lock.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.attacking.eyes.reading import tool
from tests.attacking.supply.pins import LOCKS, ROOT

SOURCES = ("dropbox", "scripts", "docs", "packaging", "README.md", "LICENSE", "CHANGELOG.md", "setup.cfg",
           "pyproject.toml", "config.example.toml")  # fmt: skip
NAME = "sbom.cdx.json"
MOMENT = "1750000000"
ENVIRONMENTS = (
    {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": MOMENT},
    {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "nl_NL.UTF-8", "PYTHONHASHSEED": "2",
     "SOURCE_DATE_EPOCH": MOMENT},
)  # fmt: skip
UMASKS = (0o022, 0o077)
_VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(f"{fault}"[:2000] if fault else 0)
"""


class BuildFailed(Exception):
    """Nothing was built, so nothing can be said of it."""


def twice(folder: Path, what: str) -> list[Path]:
    """Build the kit of this machine (`kit`) or the package (`package`) twice; return both files. Raises BuildFailed."""
    once, again = folder / f"{what}0" / "a", folder / f"{what}1" / "another-folder-of-another-length"
    _copy(ROOT, once, SOURCES)
    _copy(once, again, SOURCES[::-1])
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda each: _build(each[1].parent, each[1], what, each[0]), enumerate((once, again))))


def _copy(root: Path, tree: Path, names: tuple[str, ...]) -> None:
    tree.mkdir(parents=True)
    for name in names:
        if (root / name).is_dir():
            shutil.copytree(root / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
        else:
            shutil.copyfile(root / name, tree / name)


def _build(folder: Path, tree: Path, what: str, number: int) -> Path:
    if number:
        time.sleep(2)  # a time of a file's making that got in would differ by more than its grain
    options = ["--for", f"cp311-{os.uname().machine}"] if what == "kit" else []
    command = [sys.executable, "-m", f"scripts.{what}", "--to", str(folder / "out"), *options]
    environment = {**os.environ, "PYTHONPATH": str(tree), "HOME": str(folder), **ENVIRONMENTS[number]}
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False)
    environment["PIP_CACHE_DIR"] = cache.stdout.strip()
    done = subprocess.run(
        command, cwd=tree, capture_output=True, text=True, check=False, env=environment, umask=UMASKS[number]
    )
    made = sorted((folder / "out").glob("*.tar" if what == "kit" else "*.deb"))
    if done.returncode or len(made) != 1:
        raise BuildFailed(f"{what}: {done.stderr.strip()[-400:]}")
    return made[0]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def list_in(made: Path, folder: Path) -> bytes:
    """Return the bill of materials out of a kit's tar or a package. Raises BuildFailed when there is none."""
    if made.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(made), str(folder)], check=True)
        found = folder / "usr/share/doc/onion-dropbox" / NAME
        if not found.exists():
            raise BuildFailed(f"{made.name} has no {NAME}")
        return found.read_bytes()
    with tarfile.open(made) as archive:
        names = [name for name in archive.getnames() if name.endswith(f"/{NAME}")]
        file = archive.extractfile(names[0]) if names else None
        if file is None:
            raise BuildFailed(f"{made.name} has no {NAME}")
        return file.read()


def schema_fault(listed: bytes) -> str:
    """Return what CycloneDX's own validator says against a list; empty when it is right."""
    done = subprocess.run([tool("eyes", "python"), "-c", _VALIDATE], input=listed, capture_output=True, check=False)
    return done.stderr.decode("utf-8", "replace").strip() or ("" if done.returncode == 0 else "it fails")


def read_by_others(lock: str) -> set[str]:
    """Return name@version of a lock as CycloneDX's own tool reads it."""
    command = [str(tool("eyes", "cyclonedx-py")), "requirements", str(LOCKS / f"{lock}.txt"), "--of", "JSON"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildFailed(f"cyclonedx-py: {done.stderr.strip()[-300:]}")
    return pieces(json.loads(done.stdout))


def pieces(document: Any) -> set[str]:
    """Return name@version of a list's Python packages."""
    names = (each for each in document["components"] if str(each.get("purl", "")).startswith("pkg:pypi/"))
    return {f"{re.sub('[-_.]+', '-', each['name']).lower()}@{each['version']}" for each in names}


def without_licence(document: Any) -> list[str]:
    """Return what a list names without a licence, but for Debian's packages, which bring their own."""
    parts = [*document["components"], *(part for each in document["components"] for part in each.get("components", ()))]
    return [
        str(part["name"])
        for part in parts
        if not part.get("licenses") and not str(part.get("purl", "")).startswith("pkg:deb/")
    ]
