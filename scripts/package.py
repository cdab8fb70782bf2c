"""Makes the Debian package: Debian's Python, a place of its own for the locked packages, units, profiles and commands.

The same commit and lock make the same bytes. Nothing is fetched when it is installed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts import kit_wheels, sbom
from scripts.kit import version
from scripts.kit_wheels import ROOT, SOME_DAY, KitError
from scripts.licences import UnknownLicence

LOCK = ROOT / "scripts" / "lock" / "runtime.txt"
PACKAGING = ROOT / "packaging"
MACHINE = ROOT / "scripts" / "machine"
HOME = "usr/lib/onion-dropbox"
PYTHON = (3, 11)
"""Debian 12's: compiled packages fit this one Python only, and the package says so to dpkg."""
SITE = f"lib/python{PYTHON[0]}.{PYTHON[1]}/site-packages"
NEEDS = (
    "alembic",
    "babel",
    "blinker",
    "cffi",
    "click",
    "flask",
    "flask-babel",
    "itsdangerous",
    "jinja2",
    "mako",
    "markupsafe",
    "pycparser",
    "pynacl",
    "python-gnupg",
    "pytz",
    "shamir-mnemonic",
    "sqlalchemy",
    "stem",
    "tomlkit",
    "typing-extensions",
    "waitress",
    "werkzeug",
)
"""What the server imports of the lock, and what that imports; the check after the build says when one is missing."""
NOT_HERE = ("dropbox/workstation/", "dropbox/courier/")
"""Programs of other machines: what is not installed cannot be run by whoever takes this one over."""
DOCUMENTS = ("machine.md", "operator.md", "threat-model.md", "formats.md", "licences.md")
_LOCKED = re.compile(r"^([a-z0-9-]+)==[^\\]+\\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)
_CHANGES = (
    ('# data_dir = "data"', 'data_dir = "/var/lib/onion-dropbox/@NAME@"'),
    ('# listen = "data/drop.sock"', 'listen = "/run/onion-dropbox/@NAME@/drop.sock"'),
    ('# mode = "launch"', 'mode = "external"'),
    ("# circuit_ids = false", "circuit_ids = true"),
    ("# enabled = false", "enabled = true"),
    ('# listen = "data/courier.sock"', 'listen = "/run/onion-dropbox/@NAME@/courier.sock"'),
    ('# folder = "/var/spool/onion-dropbox-status"', '# folder = "/var/spool/onion-dropbox/@NAME@"'),
)
_OPENING = """\
# The drop @NAME@: every key, its default, and the reason.
#
# Change what stands without a `#` before it, but for paths, sockets and onion.mode: systemd and tor know those. A line
# `# key = value` shows a default and needs to be there only to change it. A mistake stops the start with one line that
# names the key, as in `desk[2].fingerprints[1]`: the first fingerprint of the second desk. Try it with:
#   onion-dropbox @NAME@ check
"""


@dataclass(frozen=True)
class Launcher:
    """A command: where it lies, which Python runs it, and which function of which module it calls."""

    path: str
    python: str
    module: str
    function: str = "main"


LAUNCHERS = (
    Launcher(f"{HOME}/bin/dropbox-server", f"/{HOME}/bin/python", "dropbox.server.main"),
    Launcher(f"{HOME}/bin/dropbox-files", f"/{HOME}/bin/python", "onion_dropbox_machine.parsing"),
    Launcher(f"{HOME}/bin/onion-dropbox-carry", "/usr/bin/python3", "onion_dropbox_machine.carry"),
    Launcher("usr/bin/onion-dropbox", "/usr/bin/python3", "onion_dropbox_machine.command"),
    Launcher("usr/sbin/onion-dropbox-add", "/usr/bin/python3", "onion_dropbox_machine.adding"),
    Launcher("usr/sbin/onion-dropbox-remove", "/usr/bin/python3", "onion_dropbox_machine.removing"),
)


def make_package(to: Path) -> Path:
    """Make the package in a folder and return it. Raises KitError."""
    if sys.version_info[:2] != PYTHON:
        raise KitError(f"This needs Python {PYTHON[0]}.{PYTHON[1]}, Debian 12's.", "Make it on a Debian 12.")
    architecture = _run("dpkg", "--print-architecture").strip()
    package = to / f"onion-dropbox_{version()}_{architecture}.deb"
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        stage = Path(folder) / "onion-dropbox"
        put_program(stage)
        put_files(stage)
        put_list(stage)
        verify_program(stage)
        put_control(stage, architecture)
        moment = epoch()
        level(stage, moment)
        made = Path(folder) / package.name
        how = ("--root-owner-group", "--threads-max=1", "-Zxz")  # several threads cut the data elsewhere
        _run("dpkg-deb", *how, "--build", str(stage), str(made), SOURCE_DATE_EPOCH=str(moment))
        shutil.move(made, package)
    return package


def put_program(stage: Path) -> None:
    """Put the locked packages and our own, its catalogues compiled, where Debian's Python finds them."""
    home = stage / HOME
    site = home / SITE
    site.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="package-") as folder:
        lock = Path(folder) / "server.txt"
        lock.write_text(locked(LOCK.read_text(encoding="ascii")), encoding="ascii")
        kit_wheels.pip(
            *("install", "--no-deps", "--require-hashes", "--no-build-isolation", "--no-compile"),
            *("--target", str(site), "-r", str(lock)),
        )
        kit_wheels.build_own(Path(folder))
        with zipfile.ZipFile(next(Path(folder).glob("onion_dropbox-*.whl"))) as own:
            own.extractall(site, [name for name in own.namelist() if not name.startswith(NOT_HERE)])
    shutil.rmtree(site / "bin", ignore_errors=True)  # other packages' commands, with the build's path in them
    for path in site.glob("*.dist-info/direct_url.json"):
        path.unlink()
    machine = home / "root/onion_dropbox_machine"
    machine.mkdir(parents=True)
    for source in sorted(MACHINE.glob("*.py")):
        shutil.copyfile(source, machine / source.name)
    (home / "bin").mkdir()
    (home / "bin/python").symlink_to("/usr/bin/python3")
    (home / "pyvenv.cfg").write_text("home = /usr/bin\ninclude-system-site-packages = false\n", encoding="ascii")
    _compile(home)


def locked(lock: str) -> str:
    """Return the lock's entries of what the server needs, hashes and all. Raises KitError when one is not locked."""
    entries = {found[1]: found[0] for found in _LOCKED.finditer(lock)}
    missing = [name for name in NEEDS if name not in entries]
    if missing:
        raise KitError(f"The lock has no {', '.join(missing)}.")
    return "".join(entries[name] for name in NEEDS)


def put_files(stage: Path) -> None:
    """Put commands, units, profiles, templates and documents where Debian wants them."""
    for launcher in LAUNCHERS:
        path = stage / launcher.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(_launcher(launcher)), encoding="ascii")
    shutil.copytree(PACKAGING / "systemd", stage / "lib/systemd/system")
    (stage / "etc/apparmor.d").mkdir(parents=True)
    shutil.copyfile(PACKAGING / "apparmor/onion-dropbox", stage / "etc/apparmor.d/onion-dropbox")
    share = stage / "usr/share/onion-dropbox"
    share.mkdir(parents=True)
    shutil.copyfile(PACKAGING / "tor/drop.conf", share / "tor-drop.conf")
    example = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    (share / "config.toml").write_text(template_of(example), encoding="utf-8")
    documents = stage / "usr/share/doc/onion-dropbox"
    documents.mkdir(parents=True)
    for name in DOCUMENTS:
        if (ROOT / "docs" / name).exists():
            shutil.copyfile(ROOT / "docs" / name, documents / name)
    shutil.copyfile(ROOT / "LICENSE", documents / "copyright")
    (documents / "changelog.gz").write_bytes(gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), mtime=0))


def put_list(stage: Path) -> None:
    """Put the bill of materials beside the documents. Raises KitError for a licence that nobody has read."""
    needs = sbom.debian_needs((PACKAGING / "debian/control").read_text(encoding="utf-8"))
    whole = sbom.Whole("onion-dropbox", version(), epoch(), needs)
    try:
        listed = sbom.of_site(stage / HOME / SITE, whole)
    except UnknownLicence as error:
        raise KitError(f"A licence that nobody has read: {error}") from None
    (stage / "usr/share/doc/onion-dropbox" / sbom.NAME).write_bytes(listed)


def template_of(example: str) -> str:
    """Return the configuration of a drop on such a machine, with @NAME@ in it. Raises KitError when a line is gone."""
    _, body = example.split("\n# The folder with the investigators'", 1)
    text = f"{_OPENING}\n# The folder with the investigators'{body}"
    for old, new in _CHANGES:
        if text.count(f"\n{old}") != 1:
            raise KitError(f"config.example.toml has no single line {old}")
        text = text.replace(f"\n{old}", f"\n{new}")
    return text


def verify_program(stage: Path) -> None:
    """Load every module of the server from the stage alone. Raises KitError when something is missing."""
    site = stage / HOME / SITE
    code = (
        "import sys, pkgutil, importlib, json\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "import dropbox\n"
        "names = [m.name for m in pkgutil.walk_packages(dropbox.__path__, 'dropbox.')]\n"
        "for name in names:\n"
        "    if '.migrations.' not in name:\n"
        "        importlib.import_module(name)\n"
        "print(json.dumps(len(names)))\n"
    )
    if json.loads(_run("/usr/bin/python3", "-I", "-S", "-B", "-c", code)) < 50:
        raise KitError("The package lacks most of the program.")


def put_control(stage: Path, architecture: str) -> None:
    folder = stage / "DEBIAN"
    folder.mkdir()
    size = sum(path.lstat().st_size for path in stage.rglob("*") if path.is_file()) // 1024
    python, following = (f"{PYTHON[0]}.{minor}" for minor in (PYTHON[1], PYTHON[1] + 1))
    text = (PACKAGING / "debian/control").read_text(encoding="utf-8")
    for name, value in {
        "VERSION": version(),
        "ARCHITECTURE": architecture,
        "SIZE": str(size),
        "PYTHON": python,
        "NEXT_PYTHON": following,
    }.items():
        text = text.replace(f"@{name}@", value)
    (folder / "control").write_text(text, encoding="utf-8")
    for name in ("conffiles", "postinst", "prerm", "postrm"):
        shutil.copyfile(PACKAGING / "debian" / name, folder / name)


def level(stage: Path, moment: int) -> None:
    """Give everything the rights that it is to have, and the commit's time."""
    scripts = {stage / launcher.path for launcher in LAUNCHERS}
    scripts |= {stage / "DEBIAN" / name for name in ("postinst", "prerm", "postrm")}
    for path in (*sorted(stage.rglob("*"), reverse=True), stage):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path in scripts else 0o644)
        os.utime(path, (moment, moment), follow_symlinks=False)


def epoch() -> int:
    """Return the moment of the commit; without a repository, one that is always the same."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given.isdigit():
        return int(given)
    done = subprocess.run(
        ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False
    )
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdigit() else int(SOME_DAY)


def _compile(home: Path) -> None:
    """Compile all Python beside its source, by its content and under its final name; nothing is written later."""
    arguments = ["-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(home), "-p", f"/{HOME}"]
    done = subprocess.run(
        ["/usr/bin/python3", "-I", *arguments, str(home)],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"},
    )
    if done.returncode:
        raise KitError(f"Compiling failed: {(done.stdout or done.stderr).strip().splitlines()[-1]}")


def _launcher(launcher: Launcher) -> Iterator[str]:
    yield f"#!{launcher.python} -IB\n"
    yield "import sys\n\n"
    if launcher.module.startswith("onion_dropbox_machine"):
        yield f'sys.path.insert(0, "/{HOME}/root")\n'
    yield f"from {launcher.module} import {launcher.function}  # noqa: E402\n\n"
    yield f"sys.exit({launcher.function}())\n"


def _run(*command: str, **environment: str) -> str:
    env = {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=env)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines() or ["it does not say why"]
        raise KitError(f"{command[0]} failed: {last[-1]}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/package", description="Make the server's Debian package.")
    parser.add_argument("--to", type=Path, default=ROOT / "build", metavar="DIR", help="where to put it (build)")
    options = parser.parse_args()
    try:
        package = make_package(options.to)
    except KitError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
    print(f"The package: {package} ({package.stat().st_size / 1e6:.1f} MB). Install it with: apt install {package}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
