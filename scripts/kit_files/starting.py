"""Starts the workstation from a kit that was verified: unpacks what fits this machine, and says what is missing.

Python's own library only; speaks to standard error alone. It is imported only once the kit is known to be good.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path, PurePosixPath

from .checking import Kit, Refusal, data_folder, hash_of, is_tails, say, walk, whole, wrong

_USEFUL = {"gpg-agent": "gpg-agent", "pinentry": "pinentry-gnome3", "bwrap": "bubblewrap", "pdftoppm": "poppler-utils"}
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'dropbox-{part}'; \
from dropbox.{part}.main import main; sys.exit(main())"


def fitting(kit: Kit) -> tuple[str, list[str]]:
    """Return this machine's kind and the wheels for it. Raises Refusal when the kit has none."""
    kind = f"cp{sys.version_info[0]}{sys.version_info[1]}-{os.uname().machine}"
    about = json.loads(whole(kit, "kit.json"))
    wheels = about["wheels"].get(kind)
    libc = re.fullmatch(r"glibc (\d+)\.(\d+).*", _libc())
    if wheels is None or sys.maxsize < 2**32 or libc is None or tuple(map(int, libc.groups())) < tuple(about["glibc"]):
        raise Refusal(
            f"deze kit heeft niets voor deze machine ({kind}, {_libc()}).",
            f"this kit has nothing for this machine ({kind}, {_libc()}).",
            f"Hij is voor: {', '.join(about['wheels'])}; Debian 12, Debian 13.",
            f"It is for: {', '.join(about['wheels'])}; Debian 12, Debian 13.",
        )
    return kind, [f"wheels/{name}" for name in wheels]


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "?"
    except (ValueError, OSError):
        return "?"


def contents(kit: Kit, wheels: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of everything that these wheels install, and of the operator's letters.

    Raises Refusal for a path that leaves the folder, or that two of them claim.
    """
    seen: set[str] = set()
    for name, data in chain(_letters(kit), _installed(kit, wheels)):
        if name in seen or PurePosixPath(name).is_absolute() or ".." in name.split("/") or "\\" in name:
            raise wrong("dit pad deugt niet", "this path is no good", [name])
        seen.add(name)
        yield name, data


def _letters(kit: Kit) -> Iterator[tuple[str, bytes]]:
    for name in kit.hashes:
        if name.startswith("letters/"):
            yield name, whole(kit, name)


def _installed(kit: Kit, wheels: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for wheel in wheels:
        with zipfile.ZipFile(io.BytesIO(whole(kit, wheel))) as archive:
            for info in archive.infolist():
                if not info.is_dir() and (name := _place(info.filename)):
                    yield name, archive.read(info)


def _place(name: str) -> str:
    """Return where a wheel's entry goes; "" for manuals and scripts, which a folder on sys.path has no place for."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    scheme, _, path = rest.partition("/")
    return path if scheme in {"purelib", "platlib"} else ""


def unpacked(kit: Kit, kind: str, wheels: Sequence[str], kits: Path) -> Path:
    """Return the folder with the program, unpacked whole or not at all, and the same as in the kit."""
    target, room = kits / f"{kit.digest[:16]}-{kind}", kits / "unpacking"
    with (kits / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two starts at once: the second waits, then finds it done
        shutil.rmtree(room, ignore_errors=True)
        if target.exists() and not _is_whole(kit, wheels, target):
            target.rename(room)
            shutil.rmtree(room)
        if not target.exists():
            for name, data in contents(kit, wheels):
                path = room / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            room.rename(target)
    return target


def _is_whole(kit: Kit, wheels: Sequence[str], program: Path) -> bool:
    """Compare what was unpacked before with the kit, and say when it is not the same."""
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in contents(kit, wheels)}
    found = set(walk(program))
    odd = (found ^ set(expected)) or {name for name in found if hash_of(program / name) != expected[name]}
    if odd:
        say(f"let op: het uitgepakte programma was veranderd ({min(odd)!a}); het wordt opnieuw uitgepakt.")
        say(f"warning: the unpacked program had changed ({min(odd)!a}); it is unpacked anew.")
    return not odd


def start(kit: Kit, kits: Path, arguments: Sequence[str], *, wait: bool) -> int:
    """Become the workstation; with `wait` stay beside it, so that its window can be kept open. Raises Refusal.

    `courier …` becomes the command for a client key instead, on the online machine on which bundles are fetched.
    """
    part = "courier" if arguments[:1] == ["courier"] else "workstation"
    if part == "workstation":
        notices()
    program = unpacked(kit, *fitting(kit), kits)
    if os.statvfs(program).f_flag & os.ST_NOEXEC:
        raise Refusal(
            "de map voor programmagegevens staat op een schijf die niets uitvoert (noexec).",
            "the folder for program data is on a disk that runs nothing (noexec).",
            "Wijs een andere map aan: XDG_DATA_HOME=/een/map sh verify-and-start",
            "Name another folder: XDG_DATA_HOME=/a/folder sh verify-and-start",
        )
    if is_tails():
        os.environ["XDG_DATA_HOME"] = str(data_folder())
    # Without `site` nothing but Python's own library and the kit can be imported, whatever else is installed.
    # Nothing compiled is kept (-B): it could not be checked, and saves a third of a second.
    command = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        _START.format(part=part),
        str(program),
        *arguments[part == "courier" :],
    ]
    if not wait:
        os.execv(sys.executable, command)  # nosec B606 -- no shell is wanted
    with suppress(KeyboardInterrupt):
        return subprocess.run(command, check=False).returncode
    return 0


def notices() -> None:
    """Say what is missing or odd on this machine, where the work can go on all the same."""
    where = f"{os.environ.get('PATH', os.defpath)}:/usr/lib/gnupg"
    if missing := [package for name, package in _USEFUL.items() if not shutil.which(name, path=where)]:
        listed = ", ".join(missing)
        say(f"let op: Debian-pakketten ontbreken: {listed}. Zonder bubblewrap en poppler-utils is er geen weergave van")
        say("  bijlagen; zonder gpg-agent en pinentry vraagt niemand om de wachtzin van uw sleutel.")
        say(f"warning: Debian packages are missing: {listed}. Without bubblewrap and poppler-utils there is no view of")
        say("  attachments; without gpg-agent and pinentry nobody asks for your key's passphrase.")
    if is_tails():
        _say_on_tails()
    if is_on_a_network():
        say("let op: deze machine hangt aan een netwerk. Het werkstation hoort op een machine die dat nooit doet.")
        say("warning: this machine is on a network. The workstation belongs on one that never is.")


def is_on_a_network(routes: Path = Path("/proc/net")) -> bool:
    """Say whether this machine knows a way to any other."""
    lines = (routes / "route").read_text(encoding="ascii").splitlines()[1:] if (routes / "route").is_file() else []
    six = (routes / "ipv6_route").read_text(encoding="ascii").splitlines() if (routes / "ipv6_route").is_file() else []
    return bool(lines) or any(line.split()[-1:] != ["lo"] for line in six)


def _say_on_tails() -> None:
    if not (Path.home() / "Persistent").is_dir():
        say("let op: zonder permanente opslag (Persistent) vergeet Tails kluis en sleutel bij het uitschakelen.")
        say("warning: without Persistent Storage, Tails forgets vault and key when it is switched off.")
    say("let op: de firewall van Tails houdt de pagina (open) tegen; de opdrachten werken: sh verify-and-start cases")
    say("warning: Tails' firewall blocks the page (open); the commands work: sh verify-and-start cases")


def put_into_menu(kit: Kit) -> int:
    """Let the desktop's menu start this kit in a terminal, and `dropbox-workstation` be a command of this user."""
    if re.search(r"[^A-Za-z0-9/._ -]", str(kit.folder)):
        raise Refusal(
            "het pad van deze map heeft tekens die het menu niet aankan.",
            "the path of this folder has letters that the menu cannot take.",
            "Zet de map van de kit in uw persoonlijke map en geef haar een gewone naam.",
            "Put the kit's folder into your home folder and give it a plain name.",
        )
    entry = ["[Desktop Entry]", "Type=Application", "Name=Report workstation", "Name[nl]=Werkstation meldingen"]
    entry += ["Comment=Read and answer reports", "Comment[nl]=Meldingen lezen en beantwoorden", "Terminal=true"]
    entry += [f'Exec=sh "{kit.folder}/verify-and-start" --wait', "Categories=Office;", ""]
    menu, programs = data_folder() / "applications", Path.home() / ".local" / "bin"
    for folder in (menu, programs):
        folder.mkdir(parents=True, exist_ok=True)
    (menu / "onion-dropbox-workstation.desktop").write_text("\n".join(entry), encoding="utf-8")
    command = programs / "dropbox-workstation"
    command.write_text(f'#!/bin/sh\nexec sh "{kit.folder}/verify-and-start" "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    say("Staat in het menu: Werkstation meldingen. Opdracht, na opnieuw aanmelden: dropbox-workstation")
    say("It is in the menu: Report workstation. A command, after the next login: dropbox-workstation")
    return 0
