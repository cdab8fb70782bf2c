"""Over HTTP, with the real server: a key that cannot be used stores nothing, and is used again when it is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dropbox.models import Fingerprint
from tests import factories
from tests.attacks.whole import ALLOW
from tests.drop_process import DropProcess
from tests.visitor import Page, Visitor

TEXT = "This must reach nobody else."


@dataclass
class Room:
    """A running drop with one desk of two; `key` is the member whose file is tampered with."""

    drop: DropProcess
    home: Path
    key: Fingerprint
    file: Path

    @property
    def stored(self) -> list[Path]:
        return sorted((self.drop.config.parent / "data" / "items").iterdir())

    def good(self) -> bytes:
        return factories.export_public(self.home, self.key)


@pytest.fixture
def room(short_dir: Path) -> Iterator[Room]:
    home = factories.new_home(short_dir)
    made = datetime.now(UTC) - timedelta(days=3)
    key, other = (factories.make_key(home, name, at=made) for name in ("anna", "bob"))
    factories.publish_keys(home, short_dir / "keys", (key, other))
    drop = DropProcess(factories.write_config(short_dir, {"desk": [key, other]}, server=ALLOW))
    with drop:
        yield Room(drop, home, key, short_dir / "keys" / f"{key}.asc")


def removed(room: Room) -> None:
    room.file.unlink()


def expired(room: Room) -> None:
    clock = ("--faked-system-time", (datetime.now(UTC) - timedelta(days=2)).strftime("%Y%m%dT%H%M%S!"))
    with factories.short_dir() as other:
        home = factories.new_home(other)
        factories.run_gpg(home, "--import", data=factories.export_secret(room.home, room.key))
        factories.run_gpg(home, *clock, "--quick-set-expire", room.key, "1d")
        room.file.write_bytes(factories.export_public(home, room.key))


def revoked(room: Room) -> None:
    with factories.short_dir() as other:
        home = factories.new_home(other)
        factories.run_gpg(home, "--import", data=room.good())
        certificate = (room.home / "openpgp-revocs.d" / f"{room.key}.rev").read_text()
        factories.run_gpg(home, "--import", data=certificate.replace("\n:-----BEGIN", "\n-----BEGIN").encode())
        room.file.write_bytes(factories.export_public(home, room.key))


def swapped(room: Room) -> None:
    with factories.short_dir() as other:
        home = factories.new_home(other)
        room.file.write_bytes(factories.export_public(home, factories.make_key(home, "anna")))


def emptied(room: Room) -> None:
    room.file.write_bytes(b"")


def send(visitor: Visitor) -> Page:
    form = visitor.get("/report").form("message")
    return visitor.submit(form, {"desk": "desk", "mandate": "listen", "message": TEXT}, [("a.txt", "text/plain", b"a")])


@pytest.mark.parametrize("harm", [removed, expired, revoked, swapped, emptied])
def test_nothing_is_sealed_past_a_readers_key_and_all_is_well_when_it_is_back(
    room: Room, harm: Callable[[Room], None]
) -> None:
    good = room.good()
    harm(room)
    visitor = room.drop.visitor()
    page = send(visitor)
    assert page.status == 503
    assert TEXT in page.text
    assert "session" not in visitor.cookies
    assert "A key of one of your readers cannot be used now" in page.text
    assert room.stored == []
    assert room.drop.server_json("status")["cases"] == 0
    room.file.write_bytes(good)
    assert len(send(visitor).codename.split()) == 7
    assert len(room.stored) == 1


def test_a_key_that_fails_between_a_report_and_its_follow_up_takes_no_follow_up(room: Room) -> None:
    good, visitor = room.good(), room.drop.visitor()
    send(visitor)
    removed(room)
    page = visitor.submit(visitor.get("/case").form("message"), {"message": TEXT})
    assert page.status == 503
    assert TEXT in page.text
    assert len(room.stored) == 1
    room.file.write_bytes(good)
    assert "Sent." in visitor.submit(page.form("message", "mandate")).text
    assert len(room.stored) == 2
