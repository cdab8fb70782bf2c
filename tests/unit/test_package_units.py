"""The units and snippets of the package: what they forbid stays forbidden."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dropbox import config
from dropbox.server.onion.torrc import MAX_STREAMS_PER_CIRCUIT
from dropbox.settings import Server
from scripts import package
from scripts.kit_wheels import ROOT, KitError
from scripts.machine.places import places_of

UNITS = package.PACKAGING / "systemd"
SERVER = UNITS / "onion-dropbox@.service"
SERVICES = sorted(UNITS.glob("*.service"))


def values(unit: Path, key: str) -> list[str]:
    lines = unit.read_text(encoding="utf-8").splitlines()
    return [line.split("=", 1)[1] for line in lines if line.startswith(f"{key}=")]


def words(unit: Path, key: str) -> set[str]:
    return {word.lstrip("-") for value in values(unit, key) for word in value.split()}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here (package systemd)")
@pytest.mark.parametrize(("unit", "most"), [("", 1.0), ("-canary", 1.0), ("-daily", 1.2), ("-tor", 1.6)])
def test_no_unit_is_more_exposed_than_it_was(unit: str, most: float) -> None:
    path = UNITS / f"onion-dropbox{unit}@.service"
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    score = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) <= most


def test_the_server_has_no_network_and_no_way_round_through_tors_own_sockets() -> None:
    assert values(SERVER, "PrivateNetwork") == ["yes"]
    assert values(SERVER, "RestrictAddressFamilies") == ["AF_UNIX"]
    assert {"/run/tor", "/var/lib/tor", "/run/dbus"} <= words(SERVER, "InaccessiblePaths")


def test_the_server_can_write_to_no_other_drop_and_not_to_its_configuration() -> None:
    assert values(SERVER, "ProtectSystem") == ["strict"]
    writable = words(SERVER, "BindPaths") | words(SERVER, "ReadWritePaths")
    assert all(path.endswith("/%i") for path in writable)
    assert not any(path.startswith("/etc") for path in writable)
    assert words(SERVER, "BindReadOnlyPaths") == {"/etc/onion-dropbox/%i"}


def test_no_secret_of_the_server_reaches_the_disk() -> None:
    assert values(SERVER, "LimitCORE") == ["0"]
    assert values(SERVER, "MemorySwapMax") == ["0"]


def test_the_servers_folder_of_swaps_is_not_hidden_from_its_own_check() -> None:
    assert values(SERVER, "ProcSubset") == []


def test_systemd_does_not_kill_before_uploads_in_flight_had_their_time() -> None:
    assert int(values(SERVER, "TimeoutStopSec")[0]) >= Server(Path(), Path()).stop_seconds + 30


def test_every_unit_starts_a_command_that_the_package_installs() -> None:
    installed = {f"/{launcher.path}" for launcher in package.LAUNCHERS}
    for unit in SERVICES:
        for command in values(unit, "ExecStart"):
            assert command.split()[0] in installed


def test_a_taken_over_drop_cannot_stop_revocations_by_asking_too_often() -> None:
    assert values(UNITS / "onion-dropbox-tor@.service", "StartLimitIntervalSec") == ["0"]
    assert values(UNITS / "onion-dropbox-tor@.path", "TriggerLimitIntervalSec") == ["0"]


def test_the_drop_in_for_tor_gives_it_nothing() -> None:
    text = (UNITS / "tor@default.service.d/onion-dropbox.conf").read_text(encoding="utf-8")
    given = ("ReadWrite", "Capabilit", "SupplementaryGroups", "Exec", "User=", "AppArmorProfile", "BindPaths")
    assert not [line for line in text.splitlines() if line.startswith(given)]


def test_tors_snippet_lacks_no_defence() -> None:
    text = (package.PACKAGING / "tor/drop.conf").read_text(encoding="ascii")
    reporters, courier = text.split("HiddenServiceDir ")[1:]
    for service in (reporters, courier):
        assert f"HiddenServiceMaxStreams {MAX_STREAMS_PER_CIRCUIT}\nHiddenServiceMaxStreamsCloseCircuit 1" in service
        assert "HiddenServiceEnableIntroDoSDefense 1" in service
        assert "HiddenServiceExportCircuitID haproxy" in service
    assert "HiddenServicePoWDefensesEnabled 1" in reporters


@pytest.mark.tor
@pytest.mark.skipif(shutil.which("tor") is None, reason="tor is not here")
def test_tor_does_not_refuse_its_snippet(tmp_path: Path) -> None:
    text = (package.PACKAGING / "tor/drop.conf").read_text(encoding="ascii").replace("@NAME@", "adviser")
    modules = subprocess.run(["tor", "--list-modules"], capture_output=True, text=True, check=False).stdout
    lines = [line for line in text.splitlines() if "PoW" not in line or "pow: yes" in modules]
    torrc, defaults = tmp_path / "torrc", tmp_path / "defaults"
    here = "\n".join(lines).replace("/var/lib/tor", str(tmp_path))
    torrc.write_text(f"DataDirectory {tmp_path}/data\nSocksPort 0\n{here}\n")
    defaults.touch()
    command = ["tor", "-f", str(torrc), "--defaults-torrc", str(defaults), "--verify-config", "--hush"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("apparmor_parser") is None, reason="apparmor_parser is not here (package apparmor)")
def test_apparmor_does_not_refuse_the_profile() -> None:
    profile = package.PACKAGING / "apparmor/onion-dropbox"
    done = subprocess.run(["apparmor_parser", "-Q", "-K", str(profile)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_gpgs_profile_reaches_neither_the_store_nor_the_drops_own_keys() -> None:
    text = (package.PACKAGING / "apparmor/onion-dropbox").read_text(encoding="utf-8")
    gpg = text[text.index("profile onion-dropbox-gpg") :]
    rules = [line.strip() for line in gpg.splitlines() if "/var/lib/onion-dropbox" in line]
    assert rules
    assert all("/gnupg*/" in rule or ".part " in rule for rule in rules)
    assert "deny network inet," in gpg


def test_the_template_of_the_configuration_is_not_refused(short_dir: Path) -> None:
    text = package.template_of((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    places = places_of("my-town", short_dir)
    for folder in (places.settings / "keys", places.data, places.sockets):
        folder.mkdir(parents=True)
    text = (
        text.replace("@NAME@", "my-town")
        .replace('"/var/', f'"{short_dir}/var/')
        .replace('"/run/on', f'"{short_dir}/run/on')
    )
    places.config.write_text(text, encoding="utf-8")
    settings = config.load(places.config)
    assert settings.onion.mode == "external"
    assert settings.onion.circuit_ids
    assert settings.courier.enabled
    assert settings.server.data_dir == places.data
    assert settings.server.listen == places.sockets / "drop.sock"
    assert settings.courier.listen == places.sockets / "courier.sock"
    assert settings.keys_dir == places.settings / "keys"


def test_an_example_that_lost_a_line_makes_no_template() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    with pytest.raises(KitError):
        package.template_of(text.replace('# mode = "launch"', '# mode = "lunch"'))


def test_a_lock_without_one_of_the_needs_makes_no_package() -> None:
    lock = package.LOCK.read_text(encoding="ascii")
    assert package.locked(lock).count("--hash=") > len(package.NEEDS)
    with pytest.raises(KitError, match="stem"):
        package.locked(lock.replace("\nstem==", "\nstern=="))


def test_removing_the_package_removes_no_drop() -> None:
    text = (package.PACKAGING / "debian/postrm").read_text(encoding="utf-8")
    removed = re.findall(r"rm -r?f (.+)", text)
    assert removed == ["/var/lib/onion-dropbox-exchange", "/run/onion-dropbox-stopped"]
