"""A key on a smartcard through a whole case: gpg's own agent and card daemon, pcscd, and a card in a virtual reader.

Needs Debian's scdaemon, pcscd, libpcsclite1 and vsmartcard-vpcd, installed, or unpacked under CARD_PACKAGES. Reader and
card live in a network of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.gpg import Gpg
from dropbox.workstation.vault import usable_keys
from tests import factories, openpgp_card
from tests.envelopes import Case
from tests.factories_bundles import DESK, LONG_AGO, Investigator, World, joined

PACKAGES = Path(os.environ.get("CARD_PACKAGES", "/"))
LIBRARIES = PACKAGES / "usr/lib/x86_64-linux-gnu"
DRIVER = PACKAGES / "usr/lib/pcsc/drivers/serial/libifdvpcd.so"
PCSCD, SCDAEMON = PACKAGES / "usr/sbin/pcscd", PACKAGES / "usr/lib/gnupg/scdaemon"
PORT = 35963
PINENTRY = f"""#!/bin/sh
echo "OK ready"
while read -r command rest; do
    case "$command" in
    GETPIN) echo "D {openpgp_card.PIN.decode()}"; echo OK ;;
    BYE) echo OK; exit 0 ;;
    *) echo OK ;;
    esac
done
"""
TO_CARD = b"keytocard\ny\n1\nkey 1\nkeytocard\n2\nsave\ny\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(path.exists() for path in (PCSCD, SCDAEMON, DRIVER, LIBRARIES / "libpcsclite.so.1")),
        reason="needs scdaemon, pcscd and vsmartcard-vpcd (or CARD_PACKAGES)",
    ),
]


@pytest.fixture
def reader(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running reader with a card in it; gives the file of the card's counts."""
    sockets, state = short_dir / "run", short_dir / "state"
    sockets.mkdir()
    configuration = short_dir / "reader.conf"
    device = f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{PORT}\nLIBPATH {DRIVER}\nCHANNELID {PORT}\n'
    configuration.write_text(device)
    libraries = f"{LIBRARIES}:{PACKAGES / 'lib/x86_64-linux-gnu'}"
    monkeypatch.setenv("LD_LIBRARY_PATH", libraries)
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(sockets / "pcscd.comm"))
    pcscd = f"{PCSCD} --foreground --error --config {configuration} 2>/dev/null &"
    card = f"LD_LIBRARY_PATH= exec {sys.executable} {openpgp_card.__file__} {PORT} {state}"
    apart = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--unshare-pid", "--proc", "/proc", "--die-with-parent"]
    apart += ["--tmpfs", "/run", "--dir", "/run/pcscd", "--bind", str(sockets), "/run/pcscd"]
    process = subprocess.Popen([*apart, "/bin/sh", "-c", f"{pcscd} {card}"], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while not (sockets / "pcscd.comm").exists():
            assert time.monotonic() < until
            time.sleep(0.1)
        yield state
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def holder(here: World, reader: Path) -> Investigator:
    """An investigator whose key was moved to the card; gpg keeps stubs."""
    home = here.folder / "card"
    home.mkdir(mode=0o700)
    pinentry = home / "pinentry"
    pinentry.write_text(PINENTRY)
    pinentry.chmod(0o700)
    (home / "gpg-agent.conf").write_text(f"scdaemon-program {SCDAEMON}\npinentry-program {pinentry}\n")
    (home / "scdaemon.conf").write_text(f"disable-ccid\npcsc-driver {LIBRARIES / 'libpcsclite.so.1'}\n")
    key = factories.make_key(home, "card")
    here.drop.public.import_keys(factories.export_public(home, key))
    moving = ["gpg", "--homedir", str(home), "--no-tty", "--command-fd", "0", "--edit-key", key]
    subprocess.run(moving, input=TO_CARD, check=True, capture_output=True, timeout=60)
    # what gpg has left in memory must not stand in for the card
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True, capture_output=True)
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], key, LONG_AGO)
    return replace(here.anna, name="card", home=home, key=key, vault=here.folder / "vault-card")


def counts(state: Path) -> tuple[int, int]:
    signed, opened = state.read_text().split()
    return int(signed), int(opened)


def test_a_case_is_not_closed_to_a_key_on_a_card(here: World, holder: Investigator, reader: Path) -> None:
    own = Gpg(holder.home, agent=True)
    (key,) = usable_keys(own)
    assert key.on_card
    assert key.primary.place == openpgp_card.SERIAL
    case = Case()
    here.drop.send(case, "Read me.")
    here.start(holder)
    signed, opened = counts(reader)
    assert (signed, opened) >= (1, 0)
    assert holder.ok("import", here.drop.pickup())["new"] == 1
    assert holder.ok("read", case.id)["items"][0]["text"] == "Read me."
    holder.ok("reply", case.id, "--text-file", here.text())
    holder.ok("export", here.folder / "a.tar")
    assert len(here.drop.take(here.folder / "a.tar", case).entries) == 1
    assert counts(reader)[0] > signed
    assert counts(reader)[1] > opened
    own.prove(holder.key, None)
    assert b"PUBLIC KEY BLOCK" in own.revocation(holder.key, None)
    holder.ok("key")
