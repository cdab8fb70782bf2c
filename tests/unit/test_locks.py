"""No lock file leaves a package unchecked, or names where or on which machine it was made."""

import json
import re
from pathlib import Path

import pytest

LOCKS = Path(__file__).parent.parent.parent / "scripts" / "lock"
PYTHON = sorted(LOCKS.glob("*.txt"))


@pytest.mark.parametrize("lock", PYTHON, ids=lambda path: str(path.stem))
def test_no_python_package_is_without_a_hash(lock: Path) -> None:
    packages = re.split(r"(?m)^(?=\S)", re.sub(r"(?m)^#.*\n", "", lock.read_text(encoding="utf-8")))[1:]
    assert packages
    assert not [package for package in packages if "==" not in package or "--hash=sha256:" not in package]


def test_no_npm_package_is_without_a_hash() -> None:
    packages = json.loads((LOCKS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((LOCKS / "package.json").read_text(encoding="utf-8"))["dependencies"]
    locked = {name.removeprefix("node_modules/"): package for name, package in packages.items() if name}
    assert set(wanted) <= set(locked)
    assert all(package["integrity"].startswith("sha512-") for package in locked.values())


@pytest.mark.parametrize("lock", [*PYTHON, LOCKS / "package-lock.json"], ids=lambda path: str(path.name))
def test_no_lock_names_a_registry_or_a_machine(lock: Path) -> None:
    absolute_path = r"(?:^|[\s\"])/\w+/"
    assert not re.search(rf"https?:|file:/|\"resolved\"|--index-url|{absolute_path}", lock.read_text(encoding="utf-8"))
