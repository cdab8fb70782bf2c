"""Makes the kit: everything that the workstation's offline machine needs, in one folder and one tar, signed.

The same sources, lock and letters make the same bytes; only the signature has a time of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from dataclasses import dataclass, field
from pathlib import Path

from scripts import kit_wheels, sbom
from scripts.kit_files import checking as checker
from scripts.kit_wheels import ALL_PAIRS, ROOT, SOME_DAY, KitError, Pair
from scripts.licences import UnknownLicence

FILES = ROOT / "scripts" / "kit_files"
GUIDE = ROOT / "docs" / "guide"
LOOSE = {
    FILES / "verify-and-start": "verify-and-start",
    FILES / "__init__.py": "verify_and_start/__init__.py",
    FILES / "checking.py": "verify_and_start/checking.py",
    FILES / "starting.py": "verify_and_start/starting.py",
    FILES / "LEES-MIJ-EERST.txt": "LEES-MIJ-EERST.txt",
    FILES / "READ-ME-FIRST.txt": "READ-ME-FIRST.txt",
    GUIDE / "guide-nl.pdf": "handleiding-nl.pdf",
    GUIDE / "guide-en.pdf": "guide-en.pdf",
    ROOT / "LICENSE": "LICENSE",
    ROOT / "docs" / "licences.md": "licences.md",
}
NEEDS = ("bubblewrap", "gnupg", "pinentry-gnome3", "poppler-utils", "python3")
"""What the offline machine has of Debian's own."""
_LETTER = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\.[a-z]{2,3}\.txt")
MAX_LETTER_BYTES = 16 * 1024
MAX_KEY_BYTES = 1 << 20


@dataclass(frozen=True)
class Order:
    """What a kit is to hold."""

    to: Path
    sign: str = ""
    letters: Path | None = None
    keys: Sequence[Path] = ()
    pairs: Sequence[Pair] = field(default=ALL_PAIRS)


def version() -> str:
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return settings["metadata"]["version"]


def make_kit(order: Order) -> Path:
    """Make the folder and the tar beside it, and return the folder. Raises KitError."""
    folder = order.to / f"onion-dropbox-workstation-{version()}"
    archive = folder.with_name(f"{folder.name}.tar")
    if folder.exists() or archive.exists():
        raise KitError(f"{folder} or its tar is there already.", "Remove it, or name another folder with --to.")
    order.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kit-", dir=order.to) as made:
        room = Path(made) / folder.name
        room.mkdir()
        fill(room, order)
        if order.sign:
            sign(room, order.sign)
        level(room)
        write_tar(room, Path(made) / archive.name)
        (Path(made) / archive.name).rename(archive)
        room.rename(folder)
    return folder


def fill(room: Path, order: Order) -> None:
    """Put everything into the folder, and the list of hashes over it."""
    (room / "verify_and_start").mkdir()
    for source, name in LOOSE.items():
        shutil.copyfile(source, room / name)
    put_wheels(room, order.pairs)
    if order.letters is not None:
        put_letters(room / "letters", order.letters)
    for key in order.keys:
        put_key(room / "keys", key)
    names = sorted(checker.walk(room))
    lines = [f"{hashlib.sha256((room / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (room / checker.LIST).write_text("".join(lines), encoding="ascii")


def put_wheels(room: Path, pairs: Sequence[Pair]) -> None:
    """Put the wheels of all pairs into one folder, those that are the same once, and what they are and for whom."""
    wheels = room / "wheels"
    wheels.mkdir()
    kit_wheels.build_own(wheels)
    own = [path.name for path in wheels.iterdir()]
    table: dict[str, list[str]] = {}
    for pair in pairs:
        with tempfile.TemporaryDirectory(prefix="kit-") as folder:
            kit_wheels.fetch(pair, Path(folder))
            table[pair.name] = sorted(own + [path.name for path in Path(folder).iterdir()])
            for path in Path(folder).iterdir():
                shutil.move(path, wheels / path.name)
    glibc = max(kit_wheels.oldest_glibc(path.name) for path in wheels.iterdir())
    about = {"format": 1, "version": version(), "glibc": glibc, "wheels": table}
    (room / "kit.json").write_text(json.dumps(about, indent=1) + "\n", encoding="ascii")
    put_list(room)


def put_list(room: Path) -> None:
    """Put the bill of materials beside the wheels. Raises KitError for a licence that nobody has read."""
    whole = sbom.Whole("onion-dropbox-workstation", version(), int(SOME_DAY), NEEDS)
    try:
        listed = sbom.of_wheels((room / "wheels").iterdir(), whole)
    except UnknownLicence as error:
        raise KitError(f"A licence that nobody has read: {error}") from None
    (room / sbom.NAME).write_bytes(listed)


def put_letters(target: Path, source: Path) -> None:
    """Take an organisation's own letters along. Raises KitError for what is no letter."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if not _LETTER.fullmatch(path.name) or not path.is_file() or path.stat().st_size > MAX_LETTER_BYTES:
            raise KitError(f"{path} is no letter.", "Letters are short texts, named like close.nl.txt or close.en.txt.")
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise KitError(f"{path} is no UTF-8 text.") from None
        (target / path.name).write_text(text, encoding="utf-8")


def put_key(target: Path, source: Path) -> None:
    """Take a public key along, named by its fingerprint. Raises KitError for anything else, secret keys above all."""
    data = source.read_bytes() if source.is_file() and source.stat().st_size <= MAX_KEY_BYTES else b""
    shown = _gpg("--with-colons", "--show-keys", data=data).decode("utf-8", "replace").splitlines()
    kinds = [line.split(":")[0] for line in shown]
    prints = [line.split(":")[9] for line in shown if line.startswith("fpr:")]
    if "sec" in kinds or kinds.count("pub") != 1:
        raise KitError(f"{source} does not hold exactly one public key.", "Export it with: gpg --export --armor")
    target.mkdir(exist_ok=True)
    (target / f"{prints[0]}.asc").write_bytes(data)


def sign(room: Path, fingerprint: str) -> None:
    """Sign the list by a key of the user's own GnuPG home, and check all as the offline machine will."""
    key = re.sub(r"\s", "", fingerprint).upper()
    if not re.fullmatch(r"[0-9A-F]{40}", key):
        raise KitError("--sign takes a key's full fingerprint.", "Its forty characters: gpg --list-secret-keys")
    _gpg("--local-user", key, "--digest-algo", "SHA512", "--armor", "--detach-sign", str(room / checker.LIST))
    (room / checker.SIGNER).write_bytes(_gpg("--armor", "--export-options", "export-minimal", "--export", key))
    try:
        kit = checker.verify_kit(room)
    except checker.Refusal as refusal:
        raise KitError(f"The kit would be refused: {refusal}") from None
    if kit.signature.signer != key:
        raise KitError("--sign takes the fingerprint of a primary key.", "The first one that gpg --list-keys shows.")


def _gpg(*arguments: str, data: bytes = b"") -> bytes:
    terminal = {"GPG_TTY": os.ttyname(0)} if sys.stdin.isatty() else {}  # where a passphrase may be asked for
    command = ["gpg", "--no-auto-key-locate", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, check=False, env={**os.environ, **terminal})
    if done.returncode:
        raise KitError(f"gpg {arguments[-2]} failed.", "Is the key there, not expired, and is its passphrase right?")
    return done.stdout


def level(room: Path) -> None:
    """Give everything the same rights and the same time."""
    for path in (*sorted(room.rglob("*"), reverse=True), room):
        path.chmod(0o755 if path.is_dir() or path.name == "verify-and-start" else 0o644)
        os.utime(path, (int(SOME_DAY), int(SOME_DAY)))


def write_tar(room: Path, archive: Path) -> None:
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for path in [room, *sorted(room.rglob("*"))]:
            tar.add(path, str(path.relative_to(room.parent)), recursive=False, filter=_plain)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(SOME_DAY)
    return entry


def report(folder: Path, signer: str) -> Iterator[str]:
    """Tell what was made, and what comes next."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    yield f"The kit: {folder} and {folder.name}.tar ({size / 1e6:.0f} MB)."
    if signer:
        yield f"Signed with: {checker.in_groups(re.sub(r'[^0-9A-F]', '', signer.upper()))}"
        yield "Tell these ten groups to each investigator, in person or by telephone, never along with the kit."
    else:
        yield "It is not signed, so the offline machine will refuse it. Make it with --sign FINGERPRINT."
    yield "Put it on a USB stick, with the guide on paper (docs/guide)."


def main() -> int:
    options = _parser().parse_args()
    pairs = tuple(pair for pair in ALL_PAIRS if not options.pairs or pair.name in options.pairs)
    try:
        folder = make_kit(Order(options.to, options.sign, options.letters, options.key, pairs))
    except KitError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
    print(*report(folder, options.sign), sep="\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/kit", description="Make the kit for the workstation's machine.")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "kit", metavar="DIR", help="default: build/kit")
    parser.add_argument("--sign", default="", metavar="FINGERPRINT", help="sign it with this key of yours")
    parser.add_argument("--letters", type=Path, metavar="DIR", help="your own letters, to go along")
    parser.add_argument(
        "--key", type=Path, action="append", default=[], metavar="FILE", help="a public key to go along"
    )
    names = [pair.name for pair in ALL_PAIRS]
    parser.add_argument("--for", dest="pairs", action="append", choices=names, metavar="PAIR", help=", ".join(names))
    return parser


if __name__ == "__main__":
    sys.exit(main())
