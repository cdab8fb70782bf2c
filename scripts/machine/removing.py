"""onion-dropbox-remove NAME: takes a drop out of systemd and tor. What it holds stays, unless told twice.

Without its data nobody can be answered any more, and without its onion key the address is gone for ever.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from .carry import reload_tor
from .places import Places, Refused, places_of
from .saying import in_plain_words

ERASE = "--erase-everything"
USAGE = f"usage: onion-dropbox-remove NAME [{ERASE} NAME] (as root)"


def main(arguments: Sequence[str] | None = None) -> int:
    return in_plain_words(_main, sys.argv[1:] if arguments is None else arguments)


def _main(arguments: Sequence[str]) -> int:
    erase = is_to_be_erased(arguments)
    places = places_of(arguments[0])
    if os.geteuid() != 0:
        raise Refused("this needs root", "Put sudo before it.")
    if not (places.settings.exists() or places.data.exists() or places.snippet.exists()):
        raise Refused(f"there is no drop {places.name}")
    stop(places)
    if erase:
        for folder in keeping(places):
            shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["deluser", "--quiet", "--system", places.user], check=False, stdin=subprocess.DEVNULL)
        print(f"The drop {places.name} is gone, with everything that it held. Its backups are not.")
        return 0
    print(f"The drop {places.name} is switched off. Nothing that it holds was deleted:")
    for folder in keeping(places):
        print(f"  {folder}")
    print(f"onion-dropbox-add {places.name} brings it back. To delete all of it, for ever:")
    print(f"  onion-dropbox-remove {places.name} {ERASE} {places.name}")
    return 0


def is_to_be_erased(arguments: Sequence[str]) -> bool:
    """Tell whether all is to go, which takes the drop's name twice. Refused for anything half said."""
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        return False
    if len(arguments) == 3 and arguments[1] == ERASE:
        if arguments[2] != arguments[0]:
            raise Refused(f"after {ERASE} the drop's name is wanted again", "Nothing was done.")
        return True
    raise Refused(USAGE)


def keeping(places: Places) -> tuple[Path, ...]:
    return (places.data, places.settings, places.spool, places.onion, places.courier_onion)


def stop(places: Places) -> None:
    """Stop and forget its units, and take it out of tor."""
    running = Path("/run/systemd/system").is_dir()
    if shutil.which("systemctl") is not None:
        now = ["--now"] if running else []
        command = ["systemctl", "disable", "--quiet", *now, *places.units]
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if places.snippet.exists():
        places.snippet.unlink()
        if running:
            reload_tor()
    shutil.rmtree(places.sockets, ignore_errors=True)
