"""The onion keys' files: both forms say the same, a change of mode keeps the address, nothing half is left behind."""

from __future__ import annotations

import pickle
import subprocess
import time
from pathlib import Path

import pytest

from dropbox.errors import OnionKeyAway, OnionKeyDamaged
from dropbox.server import onion
from dropbox.server.onion import KEY_FILES, OnionKey, Service, key_files, keys, put_key_files, read_key, write_key
from dropbox.settings import OnionMode

MODES: tuple[OnionMode, ...] = ("launch", "control")


@pytest.mark.tor
@pytest.mark.parametrize("alone", [False, True])
def test_tor_takes_our_key_under_the_address_that_we_say(tmp_path: Path, alone: bool) -> None:
    key, folder = OnionKey.new(), tmp_path / "tor" / "onion"
    (tmp_path / "tor").mkdir(mode=0o700)
    write_key(tmp_path, "launch", Service.REPORTERS, key)
    (folder / "hostname").unlink()
    if alone:  # as after a crash between the two
        (folder / "hs_ed25519_public_key").unlink()
    empty = tmp_path / "empty"
    empty.touch()
    options = ["--DataDirectory", tmp_path / "data", "--HiddenServiceDir", folder, "--HiddenServicePort", "80"]
    command = ["tor", "-f", empty, "--defaults-torrc", empty, "--DisableNetwork", "1", "--SocksPort", "0", *options]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not (folder / "hostname").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    assert onion.known_address(tmp_path) == key.address
    assert read_key(tmp_path, "launch", Service.REPORTERS) == key


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("service", Service)
def test_a_key_reads_back_and_only_its_owner_can_read_it(tmp_path: Path, mode: OnionMode, service: Service) -> None:
    key = OnionKey.new()
    write_key(tmp_path, mode, service, key)
    assert read_key(tmp_path, mode, service) == key
    address = onion.known_address if service is Service.REPORTERS else onion.courier_address
    assert address(tmp_path) == key.address
    assert {path.stat().st_mode & 0o777 for path in key_files(tmp_path).values()} == {0o600}


@pytest.mark.parametrize("first", MODES)
def test_a_change_of_mode_does_not_change_the_address(tmp_path: Path, first: OnionMode) -> None:
    (then,) = set(MODES) - {first}
    made = {service: OnionKey.new() for service in Service}
    for service, key in made.items():
        write_key(tmp_path, first, service, key)
    keys.carry_over(tmp_path, then)
    assert {service: read_key(tmp_path, then, service) for service in Service} == made
    assert onion.courier_address(tmp_path) == made[Service.COURIER].address
    keys.carry_over(tmp_path, then)
    assert onion.known_address(tmp_path) == made[Service.REPORTERS].address


def test_two_keys_of_two_modes_are_both_left_alone(tmp_path: Path) -> None:
    one, other = OnionKey.new(), OnionKey.new()
    write_key(tmp_path, "launch", Service.REPORTERS, one)
    keys.write_private(tmp_path / "tor" / "onion.key", other.for_control.encode())
    for mode in MODES:
        keys.carry_over(tmp_path, mode)
    assert read_key(tmp_path, "launch", Service.REPORTERS) == one
    assert read_key(tmp_path, "control", Service.REPORTERS) == other


@pytest.mark.parametrize(
    "text", ["", "ED25519-V3:", "ED25519-V3:!!", "RSA1024:" + "A" * 88, "ED25519-V3:" + "/" * 86 + "=="]
)
def test_a_damaged_key_is_not_taken_for_none(tmp_path: Path, text: str) -> None:
    keys.put_key_files(tmp_path, {"tor/onion.key": text.encode(), "tor/onion/hs_ed25519_secret_key": text.encode()})
    for mode in MODES:
        with pytest.raises(OnionKeyDamaged):
            read_key(tmp_path, mode, Service.REPORTERS)


def test_a_backups_files_come_back_as_they_were_and_nothing_else_does(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    write_key(there, "launch", Service.REPORTERS, OnionKey.new())
    write_key(there, "control", Service.COURIER, OnionKey.new())
    files = {name: path.read_bytes() for name, path in key_files(there).items()}
    assert set(files) < set(KEY_FILES)
    put_key_files(here, files)
    assert {name: path.read_bytes() for name, path in key_files(here).items()} == files
    assert (here / "tor").stat().st_mode & 0o777 == 0o700
    for name in ("../x", "/etc/x", "tor/torrc", "tor/onion/../../x"):
        with pytest.raises(ValueError, match="not a name"):
            put_key_files(here, {name: b""})


@pytest.mark.parametrize("mode", MODES)
def test_keys_taken_out_leave_their_addresses_and_stop_the_start(tmp_path: Path, mode: OnionMode) -> None:
    made = {service: OnionKey.new() for service in Service}
    for service, key in made.items():
        write_key(tmp_path, mode, service, key)
    keys.refuse_away(tmp_path)
    keys.take_out(tmp_path)
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for key in made.values():
        assert key.expanded not in held
        assert key.for_control.encode() not in held
    assert onion.known_address(tmp_path) == made[Service.REPORTERS].address
    with pytest.raises(OnionKeyAway):
        keys.refuse_away(tmp_path)


@pytest.mark.parametrize("name", ["tor/address", "tor/onion/hostname"])
def test_an_address_that_has_lost_its_key_is_not_silently_another_one(tmp_path: Path, name: str) -> None:
    keys.refuse_away(tmp_path)
    put_key_files(tmp_path, {name: f"{OnionKey.new().address}\n".encode()})
    with pytest.raises(OnionKeyAway):
        keys.refuse_away(tmp_path)


def test_a_key_shows_itself_nowhere() -> None:
    key = OnionKey.new()
    assert key.for_control not in repr(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
