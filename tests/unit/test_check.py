"""What the operator must not miss: keys that end, files that others read, a full disk, swap in clear, late members."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dropbox import config
from dropbox.errors import FileUnreadable
from dropbox.models import DeskId, Fingerprint, today
from dropbox.server import check, hardening, onion
from dropbox.server.check import Row, Verdict
from dropbox.server.drop import Drop
from dropbox.server.store import Store
from dropbox.server.store.records import Behind
from tests import factories
from tests.conftest import Members


@pytest.fixture
def drop(tmp_path: Path, members: Members) -> Iterator[Drop]:
    made = factories.write_config(tmp_path, {"desk": [members.anna]})
    factories.publish_keys(members.home, tmp_path / "keys", [members.anna])
    with Drop.open(config.load(made)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _without_gpg(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each test a key made and thrown away; one of them has it."""
    monkeypatch.setattr(check, "_ANYHOW", tuple(each for each in check._ANYHOW if each.subject != "gpg"))


def rows(drop: Drop, **changed: object) -> dict[str, Row]:
    settings = replace(drop.settings, **changed)  # type: ignore[arg-type]
    found = check.examine(settings, drop.store, drop.keyring, today())
    return {row.subject: row for row in found}


def reopened(tmp_path: Path, home: Path, fingerprint: Fingerprint) -> Drop:
    made = factories.write_config(tmp_path, {"desk": [fingerprint]})
    factories.publish_keys(home, tmp_path / "keys", [fingerprint])
    return Drop.open(config.load(made))


def test_a_healthy_drop_has_no_row_that_fails(drop: Drop) -> None:
    found = rows(drop)
    assert {row.verdict for row in found.values()} <= {Verdict.OK, Verdict.WARN}
    assert all(row.advice for row in found.values() if row.verdict is not Verdict.OK)


@pytest.mark.parametrize(("days", "verdict"), [(30, Verdict.WARN), (90, Verdict.OK)])
def test_a_key_is_not_left_to_expire_unannounced(tmp_path: Path, key_home: Path, days: int, verdict: Verdict) -> None:
    fingerprint = factories.make_key(key_home, expires=f"{days}d")
    with reopened(tmp_path, key_home, fingerprint) as drop:
        row = rows(drop)[f"key of desk …{fingerprint[-8:]}"]
    assert row.verdict is verdict
    assert str(today() + timedelta(days=days)) in row.finding


def test_a_stranger_in_the_keys_folder_only_warns(drop: Drop, members: Members) -> None:
    factories.publish_keys(members.home, drop.settings.keys_dir, [members.cora])
    assert rows(drop)[f"keys/{members.cora}.asc"].verdict is Verdict.WARN


def test_a_stranger_slipped_into_a_members_own_file_is_told(drop: Drop, members: Members) -> None:
    path = drop.settings.keys_dir / f"{members.anna}.asc"
    assert f"keys/{path.name}" not in rows(drop)
    for both in ((members.cora, members.anna), (members.anna, members.cora)):
        path.write_bytes(b"".join(factories.export_public(members.home, each) for each in both))
        assert rows(drop)[f"keys/{path.name}"].verdict is Verdict.WARN


def test_no_key_is_a_strangers_while_nobody_can_see_who_sits_at_a_desk(drop: Drop, members: Members) -> None:
    factories.publish_keys(members.home, drop.settings.keys_dir, [members.cora])
    found = check.examine_refused(drop.settings, drop.keyring, today(), FileUnreadable())
    assert not [row for row in found if row.subject.startswith("keys/")]


def test_a_secret_key_in_the_keys_folder_fails(drop: Drop, members: Members) -> None:
    (drop.settings.keys_dir / "oops").write_bytes(factories.export_secret(members.home, members.bram))
    found = check.examine(drop.settings, drop.store, drop.keyring, today())
    assert any(row.verdict is Verdict.FAIL and "oops" in row.finding for row in found)


@pytest.mark.parametrize("name", ["secret.key", "signing.key", "store.sqlite"])
def test_a_file_that_others_may_read_fails(drop: Drop, name: str) -> None:
    (drop.settings.server.data_dir / name).chmod(0o644)
    assert rows(drop)[name].verdict is Verdict.FAIL
    assert "chmod 600" in rows(drop)[name].advice


def test_a_missing_secret_fails_and_is_not_made_anew(drop: Drop) -> None:
    (drop.settings.server.data_dir / "signing.key").unlink()
    assert "backup" in rows(drop)["signing.key"].advice


def test_a_keys_folder_that_others_may_write_to_fails(drop: Drop) -> None:
    drop.settings.keys_dir.chmod(0o777)
    assert rows(drop)["keys folder"].verdict is Verdict.FAIL


def test_a_disk_without_room_fails(drop: Drop) -> None:
    server = replace(drop.settings.server, min_free_mib=1 << 40)
    assert rows(drop, server=server)["disk"].verdict is Verdict.FAIL


def test_swap_in_clear_fails_unless_it_was_allowed(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardening, "clear_swap", lambda: ("/dev/sda5",))
    assert rows(drop)["swap"].verdict is Verdict.FAIL
    allowed = replace(drop.settings.server, allow_swap=True)
    assert rows(drop, server=allowed)["swap"].verdict is Verdict.WARN


def test_a_tor_that_is_missing_or_old_fails(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    launching = replace(drop.settings.onion, mode="launch", tor_binary="no-such-tor")
    assert rows(drop, onion=launching)["tor"].verdict is Verdict.FAIL
    monkeypatch.setattr(onion, "tor_version", lambda _binary: "0.4.7.16")
    assert "too old" in rows(drop, onion=launching)["tor"].finding


def test_a_tor_without_proof_of_work_is_named(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onion, "tor_version", lambda _binary: "0.4.8.10")
    monkeypatch.setattr(onion, "has_proof_of_work", lambda _binary: False)
    launching = replace(drop.settings.onion, mode="launch")
    assert rows(drop, onion=launching)["onion defences"].verdict is Verdict.WARN


def test_what_control_mode_cannot_set_is_said(drop: Drop) -> None:
    control = replace(drop.settings.onion, mode="control", control_socket=Path("/nonexistent"))
    found = rows(drop, onion=control)
    assert found["onion defences"].verdict is Verdict.WARN
    assert "onion.control_socket" in found["onion service"].advice


def test_a_change_of_members_that_nobody_has_signed_is_named(drop: Drop, members: Members) -> None:
    assert "desk desk" not in rows(drop)
    folder = drop.settings.keys_dir.parent
    factories.publish_keys(members.home, folder / "keys", [members.bram])
    changed = factories.write_config(folder, {"desk": [members.anna, members.bram]})
    with Drop.open(config.load(changed)) as again:
        row = rows(again)["desk desk"]
    assert row.verdict is Verdict.WARN
    assert "signature" in row.finding


def test_a_member_who_is_behind_is_named(drop: Drop, members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Behind(DeskId("desk"), members.anna, 3, today(), None)
    slow = Behind(DeskId("slow"), members.anna, 1, today(), today())
    nobody = Behind(DeskId("empty"), None, 2, today(), None)
    monkeypatch.setattr(Store, "behind", lambda _store, _day: (late, slow, nobody))
    found = rows(drop)
    finding = found[f"desk desk …{members.anna[-8:]}"].finding
    assert "3 items" in finding
    assert f"the oldest of {today()}; the desk has never fetched" in finding
    assert f"last fetched on {today()}" in found[f"desk slow …{members.anna[-8:]}"].finding
    assert found["desk empty"].verdict is Verdict.FAIL
