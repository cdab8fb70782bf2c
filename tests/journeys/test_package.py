"""The Debian package in a fresh Debian 12 without a network: two drops side by side, neither reaching the other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import package
from tests import factories, machines

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(machines.missing() is not None, reason=str(machines.missing())),
]
DROPS = ("adviser", "council")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.make_package(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def brought(built: Path) -> Iterator[Path]:
    """What goes into the machine: the package, and a member's public key for each drop."""
    with factories.short_dir() as folder:
        shutil.copy(built, folder)
        home = factories.new_home(folder)
        for drop in DROPS:
            fingerprint = factories.make_key(home, drop)
            (folder / f"{drop}.fpr").write_text(fingerprint)
            (folder / f"{drop}.asc").write_bytes(factories.export_public(home, fingerprint))
        shutil.rmtree(home)
        yield folder


@pytest.fixture(scope="module")
def found(brought: Path) -> Iterator[dict[str, Any]]:
    """What was seen inside a fresh Debian where the servers ran by hand, without rights and without a network."""
    room = machines.KEPT / f"try-{os.getpid()}"
    try:
        yield machines.run_in_chroot(machines.furnished(machines.fresh_debian(), room, brought))
    finally:
        shutil.rmtree(room, ignore_errors=True)


def test_nothing_fails_on_a_fresh_debian(found: dict[str, Any]) -> None:
    assert found["failures"] == []


def test_nothing_is_fetched_when_it_is_installed(found: dict[str, Any]) -> None:
    assert found["network"] == []
    assert found["sockets_at_install"] == 0


@pytest.mark.parametrize("drop", DROPS)
def test_no_drop_keeps_a_reporter_waiting(found: dict[str, Any], drop: str) -> None:
    assert found[f"active_{drop}"] == "active"
    assert found[f"welcome_{drop}"] == [200, True]
    assert found[f"report_{drop}"] == [200, 7]
    assert found[f"return_{drop}"][0] == 200
    assert found[f"courier_{drop}"] == 200


@pytest.mark.parametrize("drop", DROPS)
def test_a_visitor_without_a_circuit_is_turned_away(found: dict[str, Any], drop: str) -> None:
    assert found[f"without_circuit_{drop}"] is True


@pytest.mark.parametrize("drop", DROPS)
def test_a_stick_that_the_drops_user_cannot_read_is_no_obstacle_and_nothing_is_overwritten(
    found: dict[str, Any], drop: str
) -> None:
    summary, owner, mode = found[f"export_{drop}"]
    assert (summary["desk"], summary["items"], owner, mode) == ("adviser", 1, 0, "0o600")
    assert "is there already" in found[f"export_again_{drop}"][0]
    code, said = found[f"import_wrong_{drop}"]
    assert code == 1
    assert "refused" in said[0]
    assert found["left_in_exchange"] == []


def test_no_drop_reaches_another_ones_data_keys_or_sockets(found: dict[str, Any]) -> None:
    assert found["reached_across"] == []
    assert found["tor_reaches"] is True
    assert found["nobody_reaches"] is False


def test_no_planted_link_becomes_a_client_of_tor_and_tor_is_never_without_one(found: dict[str, Any]) -> None:
    assert found["clients"] == ["anna.auth", "nobody.auth"]
    assert found["client_owner"] == "debian-tor"
    assert found["clients_after"] == ["nobody.auth"]


def test_no_drop_is_deleted_by_removing_it_or_the_package(found: dict[str, Any]) -> None:
    assert found["kept"] == list(DROPS)
    assert any("Nothing that it holds was deleted" in line for line in found["remove"])
    assert any("/var/lib/onion-dropbox/adviser" in line for line in found["purge"])


def test_an_erased_drop_is_not_lost_its_address_and_codenames_come_back_from_shares(found: dict[str, Any]) -> None:
    assert found["lent_keys_left"] is False
    assert found["erased"] is True
    assert found["restore"][0] == 0, found["restore"]
    assert found["same_address"] is True
    assert found["codename_after"][0] == 200
    assert found["codename_after"][1].startswith("/case")


def test_a_server_without_rights_is_not_slow_to_stop(found: dict[str, Any]) -> None:
    assert found["exit"] == [0, 0]
    assert found["stop_seconds"] < 10


@pytest.fixture(scope="module")
def booted(brought: Path) -> Iterator[dict[str, Any]]:
    """What was seen in a Debian that booted with its own kernel, systemd and AppArmor. Takes some ten minutes."""
    room = machines.KEPT / f"boot-{os.getpid()}"
    try:
        yield machines.run_booted(machines.furnished(machines.bootable_debian(), room, brought))
    finally:
        shutil.rmtree(room, ignore_errors=True)


@pytest.mark.skipif(machines.cannot_boot() is not None, reason=str(machines.cannot_boot()))
def test_the_sandbox_stops_nothing_that_a_drop_needs_and_the_server_is_in_it(booted: dict[str, Any]) -> None:
    assert booted["failures"] == []
    assert booted["denied"] == []
    for drop in DROPS:
        assert booted[f"active_{drop}"] == "active"
        assert booted[f"report_{drop}"] == [200, 7]
    assert booted["reached_across"] == []
    assert booted["process"]["NoNewPrivs"] == "1"
    assert booted["process"]["Seccomp"] == "2"
    assert int(booted["process"]["CapEff"], 16) == int(booted["process"]["CapBnd"], 16) == 0
    assert booted["links"] == ["lo"]
    assert booted["MemorySwapMax"] == "0"
    assert booted["apparmor"] == "onion-dropbox-server (enforce)"
    assert {"onion-dropbox-server", "onion-dropbox-gpg"} <= set(booted["gpg_apparmor"].split(" ")[0].split("//&"))
    assert booted["clients_after"] == ["nobody.auth"]
    assert booted["same_address"] is True


def test_the_same_commit_never_makes_another_package(built: Path, tmp_path: Path) -> None:
    again = package.make_package(tmp_path)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(built.read_bytes()).digest()


def test_no_other_machines_program_is_in_the_package(built: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "-c", str(built)], capture_output=True, text=True, check=True).stdout
    assert "site-packages/dropbox/server/main.py" in listed
    assert "LC_MESSAGES/messages.mo" in listed or ".mo\n" in listed
    for absent in ("dropbox/workstation", "dropbox/courier/", "site-packages/PIL", "site-packages/pip", "__editable__"):
        assert absent not in listed
    owners = {line.split()[1] for line in listed.splitlines()}
    assert owners == {"root/root"}
