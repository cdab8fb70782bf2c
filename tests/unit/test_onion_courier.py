"""The courier's service without a network: it is never published to all, and follows its registry both ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.client_key import ClientKey, auth_line
from dropbox.errors import CourierNotClosed, OnionControlFailed, OnionRefused
from dropbox.server import onion
from dropbox.server.onion import OnionKey, Service, clients, courier, write_key
from dropbox.server.onion.courier import CourierDoor
from tests.onions import register

ANNA, BOB = ClientKey.new(), ClientKey.new()
TOR = mock.sentinel.tor


@dataclass
class Recorder:
    """A way to a tor that notes what it is told; `fail` is raised once instead of publishing."""

    data_dir: Path
    told: list[frozenset[str] | None] = field(default_factory=list)
    fail: Exception | None = None

    def publish_courier(self, controller: object, keys: frozenset[str]) -> None:
        assert controller is TOR
        failing, self.fail = self.fail, None
        if failing is not None:
            raise failing
        if onion.courier_address(self.data_dir) is None:
            write_key(self.data_dir, "launch", Service.COURIER, OnionKey.new())
        self.told.append(keys)

    def withdraw_courier(self, controller: object) -> None:
        self.told.append(None)


@dataclass
class Door:
    data_dir: Path
    way: Recorder
    door: CourierDoor
    said: list[str]

    def tend(self) -> list[Any]:
        """Look once, and return what tor was told thereby: client keys without nobody's, or None for withdrawn."""
        seen = len(self.way.told)
        self.door.tend(TOR)
        return [keys if keys is None else keys - {clients.NOBODY} for keys in self.way.told[seen:]]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    (tmp_path / "tor").mkdir(mode=0o700)
    way, said = Recorder(tmp_path), list[str]()
    return Door(tmp_path, way, CourierDoor(tmp_path, way, said.append), said)


def test_with_nobody_in_the_registry_it_is_published_to_a_key_that_nobody_holds(door: Door) -> None:
    assert door.tend() == [None, frozenset()]
    assert door.way.told[-1] == frozenset({clients.NOBODY})
    assert "for no clients" in door.said[-1]


def test_nothing_is_told_twice(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    assert door.tend() == [None, {ANNA.public}]
    assert door.tend() == door.tend() == []


def test_somebody_new_does_not_break_off_those_who_are_there(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    register(door.data_dir, anna=ANNA, bob=BOB)
    assert door.tend() == [{ANNA.public, BOB.public}]


def test_somebody_revoked_takes_the_way_in_away_before_it_is_made_anew(door: Door) -> None:
    register(door.data_dir, anna=ANNA, bob=BOB)
    door.tend()
    register(door.data_dir, bob=BOB)
    assert door.tend() == [None, {BOB.public}]


def test_another_key_under_the_same_name_is_somebody_revoked(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    register(door.data_dir, anna=BOB)
    assert door.tend() == [None, {BOB.public}]


def test_a_new_onion_key_takes_effect_while_it_is_served(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    key = OnionKey.new()
    write_key(door.data_dir, "launch", Service.COURIER, key)
    assert door.tend() == [None, {ANNA.public}]
    assert key.address in door.said[-1]


def test_a_tor_that_started_again_is_told_everything_anew(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    door.door.begin()
    assert door.tend() == [None, {ANNA.public}]


@pytest.mark.parametrize("fault", [CourierNotClosed(), OnionRefused(), OSError("full")])
def test_what_goes_wrong_shuts_it_is_said_and_is_tried_again(
    door: Door, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    register(door.data_dir, anna=ANNA, bob=BOB)
    door.way.fail = fault
    assert door.tend() == [None]
    assert door.said[-1].startswith("courier's onion service: ")
    assert "http" not in door.said[-1]
    assert door.tend() == [], "not in a loop"
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    assert door.tend() == [None, {ANNA.public, BOB.public}]


def test_a_line_to_tor_that_broke_is_not_taken_for_a_fault_of_the_couriers(door: Door) -> None:
    door.way.fail = OnionControlFailed()
    with pytest.raises(OnionControlFailed):
        door.tend()


def test_a_registry_that_cannot_be_read_shuts_it(door: Door) -> None:
    register(door.data_dir, anna=ANNA)
    door.tend()
    with mock.patch.object(courier, "registered", side_effect=PermissionError):
        assert door.tend() == [None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "descriptor:x25519:",
        "descriptor:x25519:" + "A" * 52,
        "everybody",
        "A" * 100_000,
        "descriptor:x25519:" + "1" * 52,
    ],
)
def test_a_registry_of_nonsense_lets_nobody_in(door: Door, text: str) -> None:
    register(door.data_dir)
    (door.data_dir / "courier" / "authorized_clients" / "eve.auth").write_text(text)
    assert door.tend() == [None, frozenset()]


def test_a_link_or_another_file_in_the_registry_lets_nobody_in(door: Door) -> None:
    register(door.data_dir)
    folder = door.data_dir / "courier" / "authorized_clients"
    (door.data_dir / "elsewhere").write_text(auth_line(ANNA.public))
    (folder / "eve.auth").symlink_to(door.data_dir / "elsewhere")
    (folder / "bob.auth.1234").write_text(auth_line(BOB.public))
    (folder / "nobody.auth").write_text(auth_line(BOB.public))
    assert door.tend() == [None, frozenset()]


def test_the_folder_that_tor_reads_is_never_empty_and_names_no_people(tmp_path: Path) -> None:
    folder = tmp_path / "tor" / "courier" / "authorized_clients"
    clients.write_folder(tmp_path, clients.with_nobody({ANNA.public}))
    assert folder.stat().st_mode & 0o777 == 0o700
    seen = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        seen.append(len(list(folder.glob("*.auth"))))
        unlink(path, missing_ok=missing_ok)

    with mock.patch.object(Path, "unlink", watched):
        clients.write_folder(tmp_path, clients.with_nobody({BOB.public}))
    texts = {path.read_text() for path in folder.iterdir()}
    assert texts == {auth_line(BOB.public), auth_line(clients.NOBODY)}
    assert min(seen) >= 2
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize("keys", [frozenset(), {"A" * 52}, {ANNA.public, "nonsense"}, {ANNA.public.lower()}])
def test_a_list_that_tor_would_take_for_open_is_not_written(tmp_path: Path, keys: frozenset[str]) -> None:
    with pytest.raises(CourierNotClosed):
        clients.write_folder(tmp_path, keys)
    assert not (tmp_path / "tor").exists()


def test_a_folder_that_does_not_hold_what_was_written_is_not_published(tmp_path: Path) -> None:
    with mock.patch.object(clients, "_put"), pytest.raises(CourierNotClosed):
        clients.write_folder(tmp_path, {ANNA.public})
