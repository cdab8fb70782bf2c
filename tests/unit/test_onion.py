"""The onion room without a network: versions, torrc, paths that tor would not take."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox import config
from dropbox.config import Settings
from dropbox.errors import OnionControlFailed, OnionError
from dropbox.server import onion
from tests import factories
from tests.conftest import Members


@pytest.fixture
def settings(tmp_path: Path, members: Members) -> Settings:
    return config.load(factories.write_config(tmp_path, {"desk": [members.anna]}, onion='mode = "launch"'))


@pytest.mark.parametrize(
    ("version", "supported"),
    [("0.4.8.1", True), ("0.4.8.10-dev", True), ("0.4.9.11", True), ("0.5.0.0-alpha", True), ("0.4.7.16", False)],
)
def test_an_old_tor_is_not_taken_for_a_new_one(version: str, *, supported: bool) -> None:
    assert onion.is_supported(version) is supported


def test_a_missing_tor_has_no_version_and_no_defence() -> None:
    assert onion.tor_version("no-such-tor") is None
    assert not onion.has_proof_of_work("no-such-tor")


@pytest.mark.tor
def test_the_installed_tor_is_new_enough_and_defends() -> None:
    version = onion.tor_version("tor")
    assert version is not None
    assert onion.is_supported(version)
    assert onion.has_proof_of_work("tor")


@pytest.mark.tor
def test_tor_accepts_our_torrc_with_every_defence_also_under_a_path_with_blanks(
    tmp_path: Path, settings: Settings
) -> None:
    folder = tmp_path / "a folder"
    server = replace(settings.server, data_dir=folder, listen=folder / "drop.sock")
    service = onion.LaunchedOnion(replace(settings, server=server), print)
    (folder / "tor").mkdir(parents=True, mode=0o700)
    torrc, defaults = folder / "tor" / "torrc", folder / "tor" / "defaults"
    text = service._torrc("tor")
    torrc.write_text(text)
    defaults.touch()
    command = ["tor", "--verify-config", "-f", torrc, "--defaults-torrc", defaults]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    warnings = [line for line in done.stdout.splitlines() if "[warn]" in line and "as root" not in line]
    assert warnings == []
    for line in ("PoWDefensesEnabled 1", "ExportCircuitID haproxy", "EnableIntroDoSDefense 1", "SocksPort 0"):
        assert line in text


def test_a_socket_path_longer_than_the_kernels_is_refused_at_once(settings: Settings) -> None:
    server = replace(settings.server, listen=Path("/tmp") / ("x" * 120))
    with pytest.raises(OnionError):
        onion.LaunchedOnion(replace(settings, server=server), print).start()


def test_modes_that_publish_nothing_themselves_have_no_service(settings: Settings) -> None:
    for mode in ("external", "off"):
        assert onion.onion_service(replace(settings, onion=replace(settings.onion, mode=mode)), print) is None


def test_a_control_socket_that_is_not_there_raises_our_error(tmp_path: Path) -> None:
    with pytest.raises(OnionControlFailed), onion.connected(tmp_path / "nothing"):
        pytest.fail("there is nothing to talk to")


def test_no_address_is_made_up(tmp_path: Path) -> None:
    assert onion.known_address(tmp_path) is None
    (tmp_path / "tor").mkdir()
    (tmp_path / "tor" / "address").write_text("abc.onion\n")
    assert onion.known_address(tmp_path) == "abc.onion"
