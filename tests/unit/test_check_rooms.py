"""Each thing that `check` looks at, broken once: what must not pass for well, and what must not be cried over."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dropbox import config
from dropbox.errors import MemoryFolderMissing, OnionUnreachable
from dropbox.gpg import Gpg
from dropbox.models import CaseId, today
from dropbox.server import check, onion, running
from dropbox.server.check import Row, Verdict, bounded, clock, courier, dues, machine, process, sealing, tor
from dropbox.server.check.bounded import Look
from dropbox.server.check.rows import Looked, ok
from dropbox.server.courier import clients
from dropbox.server.drop import Drop
from dropbox.server.happened import BACKUP, LOOP
from dropbox.server.onion.places import registry_dir
from dropbox.server.socks import OnionVisitor, Visited
from tests import factories
from tests.conftest import Members

ADDRESS = "a" * 56 + ".onion"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, members: Members) -> Path:
    folder = tmp_path_factory.mktemp("drop")
    factories.publish_keys(members.home, folder / "keys", [members.anna, members.cora])
    return factories.write_config(folder, {"desk": [members.anna]}, operator=f'key = "{members.cora}"')


@pytest.fixture
def looked(made: Path) -> Iterator[Looked]:
    settings = config.load(made)
    with Drop.open(settings) as drop:
        yield Looked(settings, drop.keyring, today(), drop.store, made)


def only(rows: Iterator[Row]) -> Row:
    (row,) = rows
    return row


def changed(looked: Looked, table: str, **values: object) -> Looked:
    settings = looked.settings
    return replace(looked, settings=replace(settings, **{table: replace(getattr(settings, table), **values)}))


def a_trial(looked: Looked) -> Looked:
    return replace(looked, settings=replace(looked.settings, trial=True))


# --- what hangs or breaks -----------------------------------------------------------------------------------------


def test_a_look_that_hangs_keeps_the_others_from_nothing(looked: Looked) -> None:
    stop = threading.Event()

    def hangs(_looked: Looked) -> Iterator[Row]:
        stop.wait(30)
        yield ok("slow", "at last")

    def breaks(_looked: Looked) -> Iterator[Row]:
        yield ok("first", "seen")
        raise ZeroDivisionError

    looks = [Look("slow", hangs, 0.2), Look("broken", breaks), Look("fine", lambda _looked: [ok("fine", "fine")])]
    begun = time.monotonic()
    rows = bounded.look_at_all(looks, looked)
    stop.set()
    assert time.monotonic() - begun < 10
    assert [(row.subject, row.verdict) for row in rows] == [
        ("slow", Verdict.WARN),
        ("broken", Verdict.FAIL),
        ("fine", Verdict.OK),
    ]
    assert "ZeroDivisionError" in rows[1].finding


# --- clock --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "verdict"), [(0, Verdict.OK), (5, Verdict.WARN), (None, Verdict.WARN)])
def test_a_clock_that_nobody_keeps_is_named(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, state: int | None, verdict: Verdict
) -> None:
    monkeypatch.setattr(clock, "kernel_state", lambda: state)
    assert only(clock.look(looked)).verdict is verdict


def test_a_year_that_cannot_be_fails(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_now", lambda: datetime(1970, 1, 1, tzinfo=UTC))
    assert only(clock.look(looked)).verdict is Verdict.FAIL


def test_the_kernel_answers() -> None:
    assert clock.kernel_state() in {None, 0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(timedelta(hours=2), Verdict.OK), (timedelta(hours=-2), Verdict.FAIL), (timedelta(hours=30), Verdict.WARN)],
)
def test_a_clock_that_tor_does_not_agree_with_is_named(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, age: timedelta, verdict: Verdict
) -> None:
    monkeypatch.setattr(onion, "consensus_since", lambda _settings: datetime.now(UTC) - age)
    monkeypatch.setattr(clock, "kernel_state", lambda: 0)
    _kernel, row = clock.look(changed(looked, "onion", mode="launch"))
    assert row.verdict is verdict


# --- gpg, chance, files -------------------------------------------------------------------------------------------


def test_gpg_is_really_tried_and_leaves_nothing(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, short_dir: Path
) -> None:
    monkeypatch.setattr(sealing, "memory_folder", lambda: short_dir)
    assert only(sealing.look(looked)).verdict is Verdict.OK
    assert not list(short_dir.iterdir())


def test_a_gpg_that_does_not_seal_fails(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gpg, "unseal_bytes", lambda *_arguments: b"something else")
    assert only(sealing.look(looked)).verdict is Verdict.FAIL
    monkeypatch.setattr(sealing, "memory_folder", lambda: (_ for _ in ()).throw(MemoryFolderMissing()))
    assert only(sealing.look(looked)).verdict is Verdict.WARN


def test_a_kernel_without_chance_fails(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(*_arguments: int) -> bytes:
        raise BlockingIOError

    monkeypatch.setattr(os, "getrandom", empty)
    assert {row.subject: row.verdict for row in machine.look(looked)}["entropy"] is Verdict.FAIL


def test_a_configuration_that_others_may_write_fails(looked: Looked, made: Path) -> None:
    made.chmod(0o666)
    rows = {row.subject: row for row in machine.look_at_files(looked)}
    made.chmod(0o644)
    assert rows["configuration"].verdict is Verdict.FAIL
    assert {row.subject: row for row in machine.look_at_files(looked)}["configuration"].verdict is Verdict.OK


def test_a_secret_deep_in_the_data_folder_that_others_may_read_fails(looked: Looked) -> None:
    tor_folder = looked.settings.server.data_dir / "tor"
    tor_folder.mkdir(mode=0o700, exist_ok=True)
    (tor_folder / "onion.key").touch(mode=0o600)
    (tor_folder / "onion.key").chmod(0o644)
    rows = {row.subject: row for row in machine.look_at_files(looked)}
    (tor_folder / "onion.key").unlink()
    assert rows["tor/onion.key"].verdict is Verdict.FAIL
    assert f"chmod 600 {tor_folder}/onion.key" in rows["tor/onion.key"].advice


# --- the running server -------------------------------------------------------------------------------------------

STATUS = "Name:\tpython\nUid:\t{uid}\t0\t0\t0\nCapEff:\t{caps}\nNoNewPrivs:\t{privileges}\nSeccomp:\t{seccomp}\n"
LIMITS = "Limit       Soft Limit   Hard Limit   Units\nMax core file size        {} {} bytes\n"
DEV = "Inter-|   Receive\n face |bytes\n    lo: 1 2\n{}"


@contextmanager
def a_process(  # a process has many sides
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *,
    core: str = "0",
    unit: str = "/system.slice/onion-dropbox@a.service",
    uid: str = "1000",
    caps: str = "0000000000000000",
    privileges: str = "1",
    seccomp: str = "2",
    interface: str = "",
) -> Iterator[None]:
    proc = folder / "4711"
    (proc / "net").mkdir(parents=True)
    (proc / "status").write_text(STATUS.format(uid=uid, caps=caps, privileges=privileges, seccomp=seccomp))
    (proc / "limits").write_text(LIMITS.format(core, core))
    (proc / "cgroup").write_text(f"0::{unit}\n")
    (proc / "net" / "dev").write_text(DEV.format(interface))
    monkeypatch.setattr(process, "PROC", folder)
    monkeypatch.setattr(process, "running_pid", lambda _data_dir: 4711)
    yield


@pytest.mark.parametrize(
    ("odd", "subject"),
    [
        ({"core": "unlimited"}, "core dumps"),
        ({"caps": "0000000000000400"}, "sandbox"),
        ({"privileges": "0"}, "sandbox"),
        ({"seccomp": "0"}, "sandbox"),
        ({"interface": "  eth0: 1 2\n"}, "sandbox"),
    ],
)
def test_a_hole_in_the_running_servers_walls_fails(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, odd: dict[str, str], subject: str
) -> None:
    packaged = changed(looked, "onion", mode="external")
    with a_process(monkeypatch, tmp_path / "well"):
        rows = {row.subject: row for row in process.look(packaged)}
        assert [row.verdict for row in rows.values()] == [Verdict.OK] * 3, rows
    with a_process(monkeypatch, tmp_path / "broken", **odd):
        rows = {row.subject: row for row in process.look(packaged)}
    assert rows[subject].verdict is Verdict.FAIL


@pytest.mark.skipif(os.getuid() != 0, reason="the files must be another's")
def test_a_process_that_others_may_look_into_fails(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with a_process(monkeypatch, tmp_path):
        os.chown(tmp_path / "4711" / "limits", 1000, 1000)
        rows = {row.subject: row for row in process.look(looked)}
    assert rows["core dumps"].verdict is Verdict.FAIL


@pytest.mark.parametrize("unit", ["/user.slice/user-0.slice/user@0.service/app.slice", "/init.scope", "/"])
def test_a_server_that_was_started_by_hand_is_told_so_and_a_trial_is_not(
    looked: Looked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unit: str
) -> None:
    with a_process(monkeypatch, tmp_path, unit=unit):
        rows = {row.subject: row for row in process.look(looked)}
        assert rows["sandbox"].verdict is Verdict.WARN
        assert {row.verdict for row in process.look(a_trial(looked))} == {Verdict.OK}


def test_only_who_holds_the_lock_is_the_server(looked: Looked, tmp_path: Path) -> None:
    data = looked.settings.server.data_dir
    (data / running.LOCK_FILE).write_text(f"{os.getpid()}\n")
    assert running.running_pid(data) is None
    assert [row.verdict for row in process.look(looked)] == [Verdict.WARN]
    assert list(process.look(a_trial(looked))) == []
    assert running.running_pid(tmp_path) is None


# --- the visit through tor ----------------------------------------------------------------------------------------


@pytest.fixture
def published(looked: Looked) -> Iterator[Looked]:
    folder = looked.settings.server.data_dir / "tor"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "address").write_text(ADDRESS)
    yield changed(looked, "onion", mode="control", socks=Path("/nowhere/socks"))
    (folder / "address").unlink()


def test_a_service_that_cannot_be_visited_fails(published: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    row = only(tor.look_by_visit(published))
    assert row.verdict is Verdict.FAIL  # no tor listens there

    def unreachable(*_arguments: object) -> Visited:
        raise OnionUnreachable

    monkeypatch.setattr(OnionVisitor, "get", unreachable)
    assert only(tor.look_by_visit(published)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b'<a href="/report?l=nl">', Verdict.OK),
        (200, b"<h1>It works!</h1>", Verdict.FAIL),
        (503, b'<a href="/report?l=nl">', Verdict.FAIL),
    ],
)
def test_another_page_than_the_drops_is_not_taken_for_it(
    published: Looked, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, verdict: Verdict
) -> None:
    monkeypatch.setattr(OnionVisitor, "get", lambda *_arguments: Visited(status, {}, body))
    assert only(tor.look_by_visit(published)).verdict is verdict


def test_a_drop_without_tor_is_visited_by_nobody(looked: Looked) -> None:
    assert list(tor.look_by_visit(looked)) == []
    assert only(tor.look_by_visit(changed(looked, "onion", mode="external"))).verdict is Verdict.WARN


# --- what is due --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "verdict"), [(0, Verdict.OK), (7, Verdict.OK), (8, Verdict.WARN), (30, Verdict.WARN), (31, Verdict.FAIL)]
)
def test_a_backup_does_not_grow_old_unseen(looked: Looked, days: int, verdict: Verdict) -> None:
    assert looked.store is not None
    looked.store.happenings.set(BACKUP, str(today() - timedelta(days=days)))
    assert only(dues.look_at_backup(looked)).verdict is verdict


def test_a_drop_that_no_backup_could_be_sealed_of_is_told(looked: Looked) -> None:
    row = only(dues.look_at_backup(changed(looked, "operator", key=None)))
    assert (row.verdict, "key" in row.finding) == (Verdict.WARN, True)
    assert list(dues.look_at_backup(a_trial(looked))) == []


def test_a_loop_that_was_not_closed_for_long_is_named(looked: Looked) -> None:
    assert looked.store is not None
    assert only(dues.look_at_loop(looked)).finding.startswith("no test report")
    looked.store.happenings.set(LOOP, str(today()))
    assert only(dues.look_at_loop(looked)).verdict is Verdict.OK
    looked.store.happenings.set(LOOP, str(today() - timedelta(days=32)))
    assert only(dues.look_at_loop(looked)).verdict is Verdict.WARN
    assert list(dues.look_at_loop(a_trial(looked))) == []
    looked.store.canaries.sent("0" * 64, CaseId("1" * 32), today() - timedelta(days=60))
    assert looked.store.canaries.waiting() == ()  # no such case is held


def test_a_status_that_has_nowhere_to_go_fails(looked: Looked, tmp_path: Path) -> None:
    assert list(dues.look_at_status(looked)) == []
    assert only(dues.look_at_status(changed(looked, "status", folder=tmp_path))).verdict is Verdict.OK
    assert only(dues.look_at_status(changed(looked, "status", folder=tmp_path / "no"))).verdict is Verdict.FAIL
    keyless = changed(changed(looked, "status", folder=tmp_path), "operator", key=None)
    assert only(dues.look_at_status(keyless)).verdict is Verdict.FAIL


# --- the courier --------------------------------------------------------------------------------------------------


def test_a_courier_that_tor_would_open_to_others_fails(looked: Looked) -> None:
    assert list(courier.look(looked)) == []
    enabled = changed(looked, "courier", enabled=True)
    assert looked.store is not None
    folder = registry_dir(enabled.settings.server.data_dir)
    assert [row.verdict for row in courier.look(enabled)] == [Verdict.WARN, Verdict.OK]
    clients.write(enabled.settings.server.data_dir, [])
    assert [row.verdict for row in courier.look(enabled)] == [Verdict.OK, Verdict.OK]
    (folder / "stranger.auth").write_text((folder / "nobody.auth").read_text())
    assert next(courier.look(enabled)).verdict is Verdict.FAIL
    (folder / "stranger.auth").unlink()
    (folder / "nobody.auth").unlink()
    assert next(courier.look(enabled)).verdict is Verdict.FAIL
    onions = changed(enabled, "onion", mode="external")
    assert [row.verdict for row in courier.look(onions)][1] is Verdict.WARN


# --- all together -------------------------------------------------------------------------------------------------


def test_every_row_that_is_not_well_says_what_to_do(looked: Looked) -> None:
    assert looked.store is not None
    rows = check.examine(looked.settings, looked.store, looked.keyring, looked.day, looked.config)
    assert all(row.advice for row in rows if row.verdict is not Verdict.OK)
    assert not any(row.advice for row in rows if row.verdict is Verdict.OK)
    assert len({row.subject for row in rows}) == len(rows)


def test_a_trial_is_not_warned_of_what_it_need_not_have(looked: Looked) -> None:
    assert looked.store is not None
    trial = replace(looked.settings, trial=True)
    rows = check.examine(trial, looked.store, looked.keyring, looked.day)
    assert [row.subject for row in rows if row.verdict is not Verdict.OK] == []
