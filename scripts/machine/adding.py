"""onion-dropbox-add NAME: a drop's user, folders, tor snippet and units. Safe to repeat: it mends what is missing.

The courier's client folder is made before tor hears of the courier: without any client, tor shows it to all.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .as_user import as_user
from .carry import TOR_USER, carry, reload_tor
from .clients import read_address, write_clients
from .command import make_socket_folder, write_new
from .places import SHARE, Places, Refused, places_of, template_of
from .saying import in_plain_words

SNIPPET = SHARE / "tor-drop.conf"
DEFAULTS = Path("/usr/share/tor/tor-service-defaults-torrc")
TOR_LOCAL_PROFILE = Path("/etc/apparmor.d/local/system_tor")
INCLUDE = "%include /etc/tor/onion-dropbox/*.conf"
PROFILE_LINE = "  /{,var/}run/onion-dropbox/*/{drop,courier}.sock rw,"
ADDRESS_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    return in_plain_words(_main, sys.argv[1:] if arguments is None else arguments)


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise Refused("usage: onion-dropbox-add NAME (as root)", "NAME is short, of a-z, 0-9 and hyphens.")
    places = places_of(arguments[0])
    if os.geteuid() != 0:
        raise Refused("this needs root", "Put sudo before it.")
    add_user(places)
    add_folders(places)
    add_tor(places)
    add_units(places)
    for line in next_steps(places):
        print(line)
    return 0


def add_user(places: Places) -> None:
    if _runs("getent", "passwd", places.user):
        return
    command = ["adduser", "--system", "--group", "--quiet", "--no-create-home"]
    _run(*command, "--home", str(places.data), "--shell", "/usr/sbin/nologin", places.user)


def add_folders(places: Places) -> None:
    """Make what belongs to the drop's user, private; an existing configuration is left as it is."""
    for parent in (places.settings.parent, places.data.parent, places.spool.parent):
        parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    for folder in (places.settings, places.data, places.spool):
        if not folder.exists():
            folder.mkdir(mode=0o700)
            shutil.chown(folder, places.user, places.user)
    # in a folder of theirs: root makes and gives nothing there, because it could be led elsewhere in between
    as_user(places.user, lambda: make_folder(places.settings / "keys"))
    if not places.config.exists():
        text = template_of(places)
        as_user(places.user, lambda: write_new(places.config, text))
    make_socket_folder(places)


def make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)


def add_tor(places: Places) -> None:
    """Give tor both services; what it would not take is taken back, so that a running tor is never broken."""
    as_user(
        TOR_USER, lambda: write_clients(places.courier_onion / "authorized_clients", {}) if _is_new(places) else False
    )
    places.snippet.parent.mkdir(mode=0o755, exist_ok=True)
    before = places.torrc.read_text(encoding="utf-8")
    places.snippet.write_text(snippet_of(places), encoding="ascii")
    if INCLUDE not in before.splitlines():
        _append(places.torrc, before, f"# The drops of onion-dropbox.\n{INCLUDE}\n")
    allow_sockets(TOR_LOCAL_PROFILE)
    done = subprocess.run(
        ["tor", "--defaults-torrc", str(DEFAULTS), "-f", str(places.torrc), "--verify-config", "--hush"],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        places.snippet.unlink()
        places.torrc.write_text(before, encoding="utf-8")
        said = (done.stdout.strip().splitlines() or ["it does not say why"])[-1]
        raise Refused(f"tor does not take its configuration: {said}", "Mend /etc/tor/torrc, then run this again.")


def snippet_of(places: Places) -> str:
    """Return the drop's lines of torrc, without the proof of work where this tor was built without it."""
    text = SNIPPET.read_text(encoding="ascii").replace("@NAME@", places.name)
    modules = subprocess.run(["tor", "--list-modules"], check=False, capture_output=True, text=True).stdout
    kept = [line for line in text.splitlines() if "PoWDefenses" not in line or "pow: yes" in modules]
    return "\n".join(kept) + "\n"


def allow_sockets(profile: Path) -> None:
    """Let tor's AppArmor profile reach the sockets, in the file that Debian keeps for such lines."""
    if not profile.parent.is_dir():
        return
    before = profile.read_text(encoding="utf-8") if profile.exists() else ""
    if PROFILE_LINE not in before.splitlines():
        _append(profile, before, f"# The drops of onion-dropbox.\n{PROFILE_LINE}\n")
    if _runs("aa-enabled", "--quiet") and Path("/etc/apparmor.d/system_tor").exists():
        _runs("apparmor_parser", "-r", "-T", "-W", "/etc/apparmor.d/system_tor")


def add_units(places: Places) -> None:
    if shutil.which("systemctl") is None:
        return
    _run("systemctl", "enable", "--quiet", *places.units[:2])
    if Path("/run/systemd/system").is_dir():
        _run("systemctl", "start", places.units[1])
        reload_tor()
        wait_for_addresses(places)


def wait_for_addresses(places: Places) -> None:
    """Wait until tor has made both keys, so that the addresses can be shown."""
    until = time.monotonic() + ADDRESS_SECONDS
    while time.monotonic() < until:
        if as_user(TOR_USER, lambda: bool(read_address(places.onion) and read_address(places.courier_onion))):
            carry(places)
            return
        time.sleep(0.5)
    print("tor has made no addresses yet; see: systemctl status tor@default", file=sys.stderr)


def next_steps(places: Places) -> list[str]:
    address = as_user(TOR_USER, lambda: [read_address(places.onion), read_address(places.courier_onion)])
    found = address if isinstance(address, list) else [None, None]
    return [
        f"The drop {places.name} has its user {places.user}, its folders and its place in tor.",
        f"address for reporters: {found[0] or 'not made yet'}",
        f"address of the courier: {found[1] or 'not made yet'}",
        "What comes next:",
        f"  1. put the members' public keys into {places.settings}/keys and edit {places.config}",
        f"  2. onion-dropbox {places.name} check",
        f"  3. systemctl start onion-dropbox@{places.name}",
    ]


def _is_new(places: Places) -> bool:
    return not (places.courier_onion / "authorized_clients" / "nobody.auth").exists()


def _append(path: Path, before: str, lines: str) -> None:
    path.write_text(before + ("" if before.endswith("\n") or not before else "\n") + lines, encoding="utf-8")


def _runs(*command: str) -> bool:
    try:
        return subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it does not say why"])[-1]
        raise Refused(f"{command[0]} failed: {said}")
