"""The investigator's own agent and pinentry: asked for a passphrase where one is needed, and a refusal is no damage."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests import factories
from tests.envelopes import Case
from tests.factories_bundles import DESK, LONG_AGO, Investigator, World, joined

PASSPHRASE = "correct horse"
PINENTRY = f"""#!/bin/sh
here=$(dirname "$0")
echo "OK ready"
while read -r command rest; do
    case "$command" in
    GETPIN)
        echo asked >> "$here/asked"
        if [ -e "$here/cancel" ]; then echo "ERR 83886179 cancelled"; else echo "D {PASSPHRASE}"; echo OK; fi ;;
    BYE) echo OK; exit 0 ;;
    *) echo OK ;;
    esac
done
"""


def forget(home: Path) -> None:
    """Let the agent forget every passphrase."""
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True, capture_output=True)


@pytest.fixture
def locked(here: World) -> Investigator:
    """An investigator whose key has a passphrase and whose pinentry is a script."""
    home = here.folder / "locked"
    home.mkdir(mode=0o700)
    pinentry = home / "pinentry"
    pinentry.write_text(PINENTRY)
    pinentry.chmod(0o700)
    (home / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\ns2k-count 65536\n")
    key = factories.make_key(home, "locked")
    subprocess.run(
        ["gpg", "--homedir", str(home), "--quiet", "--logger-file", "/dev/null", "--passwd", key],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    here.drop.public.import_keys(factories.export_public(home, key))
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], key, LONG_AGO)
    forget(home)
    (home / "asked").unlink(missing_ok=True)
    return replace(here.anna, name="locked", home=home, key=key, vault=here.folder / "vault-locked")


def test_a_passphrase_is_asked_for_by_the_persons_own_pinentry(here: World, locked: Investigator) -> None:
    case = Case()
    here.drop.send(case, "Read me.")
    here.start(locked)
    forget(locked.home)
    locked.ok("import", here.drop.pickup())
    assert locked.ok("read", case.id)["items"][0]["text"] == "Read me."
    locked.ok("reply", case.id, "--text-file", here.text())
    locked.ok("export", here.folder / "a.tar")
    assert (locked.home / "asked").exists()


def test_a_refused_passphrase_is_no_damage_and_changes_nothing(here: World, locked: Investigator) -> None:
    case = Case()
    here.drop.send(case, "Read me.")
    here.start(locked)
    bundle = here.drop.pickup()
    (locked.home / "cancel").touch()
    forget(locked.home)
    for refused in (["cases"], ["import", bundle]):
        line = locked.refused(*map(str, refused))
        assert "could not be unsealed" in line
        assert "damaged" not in line
    (locked.home / "cancel").unlink()
    assert locked.ok("import", bundle)["new"] == 1
    assert [line["case"] for line in locked.ok("cases")] == [case.id]


def test_a_refused_passphrase_at_the_start_leaves_no_vault(here: World, locked: Investigator) -> None:
    (locked.home / "cancel").touch()
    locked.refused("init")
    assert not (locked.vault / "casebook.pgp").exists()
    (locked.home / "cancel").unlink()
    locked.ok("init")
