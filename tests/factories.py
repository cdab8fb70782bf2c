"""What tests are made of: real GnuPG homes and keys, keys/ folders, configurations. Others append theirs at the end."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dropbox.models import DeskId, Fingerprint
from dropbox.settings import Desk

_QUIET = ("--no-options", "--batch", "--no-tty", "--quiet", "--logger-file", "/dev/null", "--no-auto-check-trustdb")


@contextmanager
def short_dir() -> Iterator[Path]:
    """Give a folder with a short path (an agent's socket may have 108 bytes) and end the agents that use it."""
    folder = Path(tempfile.mkdtemp(prefix="d", dir="/tmp"))
    try:
        yield folder
    finally:
        end_agents(folder)
        shutil.rmtree(folder, ignore_errors=True)


def end_agents(folder: Path) -> None:
    for marker in folder.rglob("S.gpg-agent"):
        subprocess.run(["gpgconf", "--homedir", str(marker.parent), "--kill", "all"], check=False, capture_output=True)


def new_home(folder: Path, name: str = "h") -> Path:
    home = folder / name
    home.mkdir(mode=0o700)
    return home


def run_gpg(home: Path, *arguments: str, data: bytes = b"") -> bytes:
    """Run gpg by hand on a home, with its agent, and return its output."""
    command = ["gpg", *_QUIET, "--homedir", str(home), "--pinentry-mode", "loopback", "--passphrase", "", *arguments]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def make_key(
    home: Path, name: str = "member", *, expires: str = "0", at: datetime | None = None, encrypt: bool = True
) -> Fingerprint:
    """Make an ed25519 key with a cv25519 subkey; `expires` as gpg takes it (`1d`, `2y`), `at` its time of making."""
    clock = () if at is None else ("--faked-system-time", at.astimezone(UTC).strftime("%Y%m%dT%H%M%S!"))
    home.mkdir(mode=0o700, exist_ok=True)
    status = run_gpg(
        home,
        *clock,
        "--status-fd",
        "1",
        "--quick-generate-key",
        f"{name} <{name}@example.org>",
        "ed25519",
        "sign",
        expires,
    )
    fingerprint = Fingerprint(status.decode().split("KEY_CREATED P ")[1].split()[0])
    if encrypt:
        run_gpg(home, *clock, "--quick-add-key", fingerprint, "cv25519", "encr", expires)
    return fingerprint


def revoke_key(home: Path, fingerprint: Fingerprint) -> None:
    """Revoke by the certificate that gpg made along with the key."""
    certificate = (home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text()
    run_gpg(home, "--import", data=certificate.replace("\n:-----BEGIN", "\n-----BEGIN").encode())


def hang_key_under(home: Path, key: Fingerprint, other: Fingerprint, made: datetime) -> None:
    """Bind one primary key as a subkey (for authentication) under another, as anybody can do with a public key."""
    listed = run_gpg(home, "--with-colons", "--with-keygrip", "--list-keys", key).decode().splitlines()
    grip = next(line.split(":")[9] for line in listed if line.startswith("grp"))
    clock = ("--faked-system-time", made.astimezone(UTC).strftime("%Y%m%dT%H%M%S!"))
    answers = "\n".join(["addkey", "13", grip, "S", "A", "Q", "0", "save", ""])
    run_gpg(home, *clock, "--expert", "--command-fd", "0", "--edit-key", other, data=answers.encode())


def export_public(home: Path, fingerprint: Fingerprint) -> bytes:
    return run_gpg(home, "--armor", "--export", fingerprint)


def export_secret(home: Path, fingerprint: Fingerprint) -> bytes:
    return run_gpg(home, "--armor", "--export-secret-keys", fingerprint)


def publish_keys(home: Path, keys_dir: Path, fingerprints: Iterable[Fingerprint]) -> None:
    """Put public keys into a keys folder, a file each."""
    keys_dir.mkdir(exist_ok=True)
    for fingerprint in fingerprints:
        (keys_dir / f"{fingerprint}.asc").write_bytes(export_public(home, fingerprint))


def make_desk(name: str, fingerprints: Sequence[Fingerprint], *, hidden: bool = True) -> Desk:
    return Desk(DeskId(name), {"en": name.title()}, {}, tuple(fingerprints), hidden)


def write_config(folder: Path, desks: Mapping[str, Sequence[str]], **overrides: str) -> Path:
    """Write a configuration with keys/ and data/ beside it; an override is a TOML line list by table name.

    `write_config(folder, {"desk": [fpr]}, server="max_upload_mib = 5", desk="hidden_recipients = false")`
    """
    (folder / "keys").mkdir(exist_ok=True)
    lines = [overrides.pop("top", ""), 'keys_dir = "keys"', "[organisation]", 'name = "Test"']
    lines += [overrides.pop("organisation", 'languages = ["en", "nl"]'), "[server]", f'data_dir = "{folder / "data"}"']
    lines += [overrides.pop("server", ""), "[onion]", overrides.pop("onion", 'mode = "off"')]
    each_desk = overrides.pop("desk", "")
    for table, body in overrides.items():
        lines += [f"[{table}]", body]
    for name, fingerprints in desks.items():
        listed = ", ".join(f'"{fingerprint}"' for fingerprint in fingerprints)
        names = f'name.nl = "Bureau {name}"\nname.en = "Desk {name}"'
        lines += ["[[desk]]", f'id = "{name}"', names, f"fingerprints = [{listed}]", each_desk]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
