"""The onion room without a network: versions, torrc, paths that tor would not take."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox import config
from dropbox.config import Settings
from dropbox.errors import OnionControlFailed, OnionError, OnionKeyAway
from dropbox.server import onion
from dropbox.server.onion import OnionKey, Service, keys, torrc
from dropbox.settings import ONION_MODES, OnionMode
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
    changed = replace(settings, server=server)
    (folder / "tor").mkdir(parents=True, mode=0o700)
    told, defaults = folder / "tor" / "torrc", folder / "tor" / "defaults"
    text = torrc.torrc(changed, proof_of_work=True)
    told.write_text(text)
    defaults.touch()
    command = ["tor", "--verify-config", "-f", told, "--defaults-torrc", defaults]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    warnings = [line for line in done.stdout.splitlines() if "[warn]" in line and "as root" not in line]
    assert warnings == []
    for line in ("PoWDefensesEnabled 1", "ExportCircuitID haproxy", "EnableIntroDoSDefense 1", "OnionTrafficOnly"):
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


def test_a_torrc_alone_opens_no_courier_to_anybody(settings: Settings) -> None:
    both = replace(settings, courier=replace(settings.courier, enabled=True))
    assert torrc.torrc(both, proof_of_work=True) == torrc.torrc(settings, proof_of_work=True)
    assert str(onion.onion_dir(settings.server.data_dir)) in torrc.torrc(both, proof_of_work=True)


def test_circuit_ids_are_expected_only_where_tor_sends_them(settings: Settings) -> None:
    def has(mode: OnionMode, *, configured: bool) -> bool:
        return onion.has_circuit_ids(
            replace(settings, onion=replace(settings.onion, mode=mode, circuit_ids=configured))
        )

    assert [has(mode, configured=False) for mode in ONION_MODES] == [True, False, False, False]
    assert [has(mode, configured=True) for mode in ONION_MODES] == [True, False, True, False]


def test_a_drop_whose_onion_key_was_taken_out_gets_no_new_address(settings: Settings) -> None:
    for mode in ("launch", "control"):
        keys.write_key(settings.server.data_dir, mode, Service.REPORTERS, OnionKey.new())
        keys.take_out(settings.server.data_dir)
        service = onion.onion_service(replace(settings, onion=replace(settings.onion, mode=mode)), print)
        assert service is not None
        with pytest.raises(OnionKeyAway):
            service.start()
