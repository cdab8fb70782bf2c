"""The drop's signing key and its successors: the name stays, nothing is lost, and a strange hand is noticed."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import current_key, trusted_key
from dropbox.errors import StartRefused
from dropbox.server.identity import Identity
from dropbox.server.main import main
from dropbox.server.store import Store
from tests import factories
from tests.conftest import Members
from tests.store_room import DAY, later, open_store


def identity(data: Path) -> Identity:
    return Identity.load_or_create(data)


def succeed(data: Path, *, lost: bool = False) -> str:
    """Give the drop a new key, and return it."""
    found = Identity.load_or_create(data, without_signing_key=lost)
    with closing(Store.open(data, found, trial=False, key_lost=lost)) as store, store.transfer_lock():
        return store.successions.succeed(found, DAY, lost=lost).after


def edit(data: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(data / "store.sqlite")) as database:
        assert database.execute(statement, values).rowcount == 1
        database.commit()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    open_store(tmp_path).close()
    return tmp_path


def test_the_name_stays_while_the_keys_follow_each_other(data: Path) -> None:
    name = identity(data).current
    first, second = succeed(data), succeed(data)
    with closing(open_store(data)) as store:
        chain = store.successions.all()
        assert store.meta.drop == name
        assert [each.after for each in chain] == [first, second]
        assert current_key(name, chain) == trusted_key(name, chain) == second == identity(data).current
    assert identity(data).named(name).drop == name
    assert sorted(path.name for path in data.glob("*.key*")) == ["secret.key", "signing.key"]
    assert {path.stat().st_mode & 0o777 for path in data.glob("*.key")} == {0o600}


def test_a_drop_without_successors_states_none(data: Path) -> None:
    with closing(open_store(data)) as store:
        assert store.successions.all() == ()


def test_a_process_that_runs_signs_with_the_new_key_at_once(data: Path) -> None:
    serving = identity(data)
    before = serving.current
    after = succeed(data)
    assert serving.current == bytes(serving.signing_key.verify_key).hex() == after != before


def test_a_lost_key_has_a_successor_that_nobody_signed_for(data: Path) -> None:
    name = identity(data).current
    (data / "signing.key").unlink()
    with pytest.raises(StartRefused, match=r"signing\.key"):
        open_store(data)
    after = succeed(data, lost=True)
    with closing(open_store(data)) as store:
        (made,) = store.successions.all()
        assert (store.meta.drop, made.before, made.after, made.signature) == (name, name, after, None)
        assert trusted_key(name, [made]) == name


def test_a_key_that_is_not_the_last_one_is_refused(data: Path) -> None:
    old = (data / "signing.key").read_bytes()
    succeed(data)
    for wrong in (old, bytes(SigningKey.generate())):
        (data / "signing.key").write_bytes(wrong)
        with pytest.raises(StartRefused, match="signed with last") as refused:
            open_store(data)
        assert "succeed --lost" in refused.value.hint


def test_a_successor_that_a_crash_left_unnamed_is_thrown_away(data: Path) -> None:
    name = identity(data).current
    identity(data).make_next()
    with closing(open_store(data)) as store:
        assert store.successions.all() == ()
    after = succeed(data)
    with closing(open_store(data)) as store:
        assert [(each.before, each.after) for each in store.successions.all()] == [(name, after)]


def test_a_succession_cut_short_before_the_swap_is_finished_and_not_repeated(data: Path) -> None:
    """Nothing must throw away the only copy of a key that the store names already, not even another succession."""
    found = identity(data)
    old = (data / "signing.key").read_bytes()
    first = succeed(data)
    (data / "signing.key").rename(data / "signing.key.next")
    (data / "signing.key").write_bytes(old)
    (data / "signing.key").chmod(0o600)
    with closing(Store.open(data, found, trial=False, key_lost=True)) as store, store.transfer_lock():
        second = store.successions.succeed(found, later(1), lost=False)
    assert second.before == first
    assert second.signature is not None


BENT: dict[str, tuple[str, Callable[[str], str]]] = {
    "another successor": ("after", lambda _old: "ab" * 32),
    "another name": ("drop", lambda _old: "cd" * 32),
    "another day": ("day", lambda _old: "2020-01-01"),
    "no key at all": ("after", lambda _old: "none"),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
def test_a_row_that_was_changed_by_hand_stops_the_start(data: Path, bend: tuple[str, Callable[[str], str]]) -> None:
    succeed(data)
    with closing(sqlite3.connect(data / "store.sqlite")) as database:
        (row,) = database.execute("select statement from successions").fetchone()
    name, change = bend
    stated = json.loads(row)
    stated[name] = change(stated[name])
    spelled = json.dumps(stated, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    edit(data, "update successions set statement = ?", spelled)
    with pytest.raises(StartRefused, match=r"store\.sqlite"):
        open_store(data)


def test_a_row_put_in_by_hand_changes_no_key(data: Path) -> None:
    succeed(data)
    edit(data, "update successions set signature = null")
    with closing(open_store(data)) as store:
        assert store.successions.all()[0].signature is None
    edit(data, "delete from successions")
    with pytest.raises(StartRefused, match=r"signing\.key"):
        open_store(data)


def test_another_name_in_the_store_stops_the_start(data: Path) -> None:
    succeed(data)
    edit(data, "update drop_meta set drop_key = ?", identity(data).current)
    with pytest.raises(StartRefused, match=r"store\.sqlite"):
        open_store(data)


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path, members: Members) -> Path:
    made = factories.write_config(tmp_path, {"integrity": [members.anna]})
    factories.publish_keys(members.home, tmp_path / "keys", [members.anna])
    return made


def run(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main([*arguments, "--config", str(config), "--json"]) == 0, capsys.readouterr().err
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_the_command_says_the_new_words_and_status_says_the_same(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run(config, capsys, "init")["drop_key"]
    made = run(config, capsys, "succeed")
    assert made["drop_key"] != before
    assert run(config, capsys, "status")["drop_key"] == made["drop_key"]
    assert (made["number"], made["lost"]) == (1, False)
    lost = run(config, capsys, "succeed", "--lost")
    assert (lost["number"], lost["lost"], lost["drop"]) == (2, True, made["drop"])
    assert main(["succeed", "--lost", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "each investigator" in shown
    assert len(shown.splitlines()[-2].split()) == 5


def test_a_folder_without_a_drop_gets_none_by_a_succession(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["succeed", "--config", str(config)]) == 1
    assert "holds no drop yet" in capsys.readouterr().err
    assert not (config.parent / "data" / "signing.key").exists()
