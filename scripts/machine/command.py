"""onion-dropbox NAME COMMAND…: dropbox-server's command as the drop's own user, with its configuration.

A file that the operator names may lie where that user cannot go, such as on a stick. Root carries it: into a folder of
its own before, or out of it after, and never over a file that is there.
"""

import json
import os
import pwd
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from . import onion_keys
from .as_user import as_user
from .carry import carry, reload_tor
from .exchange import bring_out, exchange, give, plan, prepare, replaced, take
from .places import Places, Refused, places_of, template_of
from .saying import in_plain_words

PROGRAM = Path("/usr/lib/onion-dropbox/bin/dropbox-server")
PARSER = Path("/usr/lib/onion-dropbox/bin/dropbox-files")
USAGE = "usage: onion-dropbox NAME COMMAND… (as root; see onion-dropbox NAME --help)"
STDIN = Path("-")


def main(arguments: Sequence[str] | None = None) -> int:
    return in_plain_words(_main, sys.argv[1:] if arguments is None else arguments)


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2 or arguments[0].startswith("-"):
        raise Refused(
            USAGE, f"The drops here: {' '.join(known_drops()) or 'none yet; make one with onion-dropbox-add'}"
        )
    places, words = places_of(arguments[0]), list(arguments[1:])
    if os.geteuid() != 0:
        raise Refused("this needs root, to become the drop's own user", "Put sudo before it.")
    if not places.config.is_file():
        raise Refused(f"there is no drop {places.name}", f"The drops here: {' '.join(known_drops()) or 'none'}")
    refuse_what_is_not_for_here(words, places)
    make_socket_folder(places)
    if words[:2] == ["onion", "rotate-courier"] and len(words) == 2:
        return rotate(places)
    carry_both_ways(places)
    with lent_keys(places, words), room_for_the_backups_configuration(places, words):
        code = run(places, words)
    if words[0] == "restore" and code == 0 and onion_keys.give_to_tor(places):
        say("tor has the onion keys of the backup, and the drop its address.")
    carry_both_ways(places)
    return code


def carry_both_ways(places: Places) -> None:
    """Let tor know of client keys at once, and the drop of its addresses; a unit does the same by itself."""
    if (places.data / "store.sqlite").exists() and carry(places):
        reload_tor()


@contextmanager
def lent_keys(places: Places, words: Sequence[str]) -> Iterator[None]:
    """Lend a backup the onion keys, which lie in tor's folders, for as long as it takes."""
    if words[0] != "backup" or "--help" in words or "-h" in words:
        yield
        return
    onion_keys.lend(places)
    try:
        yield
    finally:
        onion_keys.take_back(places)


@contextmanager
def room_for_the_backups_configuration(places: Places, words: Sequence[str]) -> Iterator[None]:
    """Before a restore, put a configuration aside that nobody has touched yet: then the backup's own one comes back."""
    text = template_of(places)
    # root does not read it: the drop's user could have put anything in its place
    if words[0] != "restore" or as_user(places.user, lambda: has_text(places.config, text)) is not True:
        yield
        return
    as_user(places.user, places.config.unlink)
    try:
        yield
    finally:
        if not places.config.exists():
            as_user(places.user, lambda: write_new(places.config, text))


def has_text(path: Path, text: str) -> bool:
    wanted = text.encode()
    with path.open("rb") as file:
        return file.read(len(wanted) + 1) == wanted


def write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def rotate(places: Places) -> int:
    address = onion_keys.rotate_courier(places)
    if address is None:
        raise Refused("tor has made no new key yet", "See: systemctl status tor@default")
    print(f"The courier's new address: {address}")
    print("The old address leads nowhere any more. Give every investigator the new one; their client keys stay good.")
    return 0


def say(line: str) -> None:
    print(line, file=sys.stderr)


def known_drops(root: Path = Path("/")) -> list[str]:
    folder = root / "etc/onion-dropbox"
    return sorted(path.parent.name for path in folder.glob("*/config.toml"))


def refuse_what_is_not_for_here(words: Sequence[str], places: Places) -> None:
    if words[0] == "serve":
        raise Refused("the server is started by systemd", f"systemctl start onion-dropbox@{places.name}")
    if any(word == "--config" or word.startswith(("--config=", "--conf")) for word in words):
        raise Refused("the configuration of a drop is its own", f"It is {places.config}; leave --config out.")


def make_socket_folder(places: Places) -> None:
    """Make the folder of the sockets, as the unit does: the configuration names it, and after a boot it is gone."""
    if places.sockets.is_dir():
        return
    places.sockets.parent.mkdir(mode=0o711, exist_ok=True)
    command = ["install", "-d", "-m", "2710", "-o", places.user, "-g", "debian-tor", str(places.sockets)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def run(places: Places, words: list[str]) -> int:
    """Run the command with its files carried, and return its exit code."""
    if "-h" in words or "--help" in words:
        return _as_drop(places, [str(PROGRAM), *words]).returncode
    asked = _as_drop(places, [str(PARSER), *words], capture=True)
    if asked.returncode:
        return asked.returncode
    files = [(name, Path(file)) for name, file in json.loads(asked.stdout)]
    files = [(name, file) for name, file in files if file != STDIN and not file.absolute().is_relative_to(places.spool)]
    config = ["--config", str(places.config)]
    with exchange(places) as room:
        carried = [plan(words, name, file, room) for name, file in files]
        for one in carried:
            prepare(one, places)
        give(room, places)
        done = _as_drop(places, [str(PROGRAM), *replaced(words, carried), *config])
        take(room)
        if done.returncode == 0:
            for one in carried:
                bring_out(one, places)
    return done.returncode


def _as_drop(places: Places, command: Sequence[str], *, capture: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run a program as the drop's user, without rights, without root's environment and without a network of its own."""
    account = pwd.getpwnam(places.user)
    kept = {name: os.environ[name] for name in ("TERM", "COLUMNS", "NO_COLOR") if name in os.environ}
    environment = {
        **kept,
        "PATH": "/usr/bin:/bin",
        "HOME": str(places.data),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    less = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
    return subprocess.run(
        ["unshare", "--net", "--", "setpriv", *ids, *less, "--", *command],
        check=False,
        env=environment,
        cwd=places.data,
        umask=0o077,
        stdout=subprocess.PIPE if capture else None,
    )
