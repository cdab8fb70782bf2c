"""A store of any earlier version becomes today's and loses nothing; one of a newer version is left alone."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from nacl.public import PrivateKey

from dropbox.envelope import Moved
from dropbox.errors import DiskLow, StartRefused, StoreFull
from dropbox.models import SealedKind
from dropbox.server.identity import Identity
from dropbox.server.store import CaseState, Store, earlier, migrations
from dropbox.server.store.connection import Database
from dropbox.server.store.migrations import HEAD, STEPS
from dropbox.shown import Shown, open_shown, seal_shown
from tests.earlier_stores import age, shape_of
from tests.store_room import BOARD, BUREAU, DAY, Member, Reporter, later, open_store, seat

_COPY = f"store-before-{HEAD}.sqlite"
_EARLIER = STEPS[:-1]


@dataclass
class Old:
    """A closed store with an answered case and a fresh one, and what was in it."""

    folder: Path
    answered: Reporter
    fresh: Reporter
    before: tuple[CaseState, CaseState]

    @property
    def file(self) -> Path:
        return self.folder / "store.sqlite"

    def cases(self) -> tuple[CaseState, CaseState]:
        with closing(open_store(self.folder)) as store:
            return store.case(self.answered.case), store.case(self.fresh.case)

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.file, isolation_level=None)) as database:
            database.execute(statement)


@pytest.fixture
def old(tmp_path: Path) -> Old:
    folder = tmp_path / "data"
    with closing(open_store(folder)) as store:
        seat(store)
        answered, fresh, ann = Reporter(store), Reporter(store), Member(store)
        for reporter in (answered, fresh):
            reporter.send(sealed_view=seal_shown(Shown(), PrivateKey.generate()))
        for days in (3, 5):
            ann.answer(later(days), writings=[ann.writing(answered.case)])
        ann.answer(later(1), writings=[ann.writing(answered.case, SealedKind.NOTE)])
        ann.receive_all()
        before = store.case(answered.case), store.case(fresh.case)
    return Old(folder, answered, fresh, before)


@pytest.mark.parametrize("state", _EARLIER)
def test_a_store_of_an_earlier_version_loses_nothing_on_its_way_to_this_one(old: Old, state: str) -> None:
    age(old.folder, state)
    first = old.cases()
    expected = [replace(now, sealed_view=then.sealed_view) for now, then in zip(old.before, first, strict=True)]
    assert list(first) == expected
    assert first[0].first_reply_day == later(3)
    assert old.cases() == first


@pytest.mark.parametrize("state", _EARLIER)
def test_a_migrated_store_is_told_from_a_new_one_by_nothing(old: Old, tmp_path: Path, state: str) -> None:
    """When it fails after a change of the tables: a step is missing, or is not what the metadata says."""
    open_store(tmp_path / "new").close()
    age(old.folder, state)
    old.cases()
    assert shape_of(old.file) == shape_of(tmp_path / "new" / "store.sqlite")


def test_the_first_step_makes_what_the_first_program_made(old: Old, tmp_path: Path) -> None:
    made = Database(tmp_path / "first.sqlite")
    with made.write() as connection:
        migrations.migrate(connection, None, STEPS[0])
    made.close()
    age(old.folder, STEPS[0])
    shape = shape_of(tmp_path / "first.sqlite")
    shape.pop("alembic_version")
    assert shape == shape_of(old.file)


def test_the_steps_are_one_chain_that_ends_at_today() -> None:
    folder = Path(migrations.__file__).parent
    script = ScriptDirectory(folder, version_locations=[folder / "steps"])
    assert tuple(step.revision for step in reversed(list(script.walk_revisions()))) == STEPS
    assert script.get_heads() == [HEAD]


def test_a_case_of_before_the_boxes_has_one_like_any_other(old: Old) -> None:
    """Were it empty until the first choice, a seized store would name the reporters who hide what they read."""
    age(old.folder, "0.1.0")
    boxes = [case.sealed_view or b"" for case in old.cases()]
    key = PrivateKey.generate()
    assert {len(box) for box in boxes} == {len(seal_shown(Shown(), key))}
    assert len(set(boxes)) == 2
    assert all(open_shown(box, key) == Shown() for box in boxes)


def test_what_came_later_works_in_a_store_of_before(old: Old) -> None:
    age(old.folder, "0.1.0")
    with closing(open_store(old.folder)) as store:
        store.set_view(old.fresh.case, b"box")
        assert store.case(old.fresh.case).sealed_view == b"box"
        store.happenings.set("backup", "2026-03-02")
        old.fresh.store, old.fresh.desks = store, (BOARD, BUREAU)
        old.fresh.send(later(2), moved=Moved("ab" * 16, BOARD, BUREAU))
        assert store.case(old.fresh.case).desks == (BUREAU,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE alembic_version SET version_num = '0.3.0'",
        "UPDATE drop_meta SET format = 3",
    ],
)
def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(old: Old, statement: str) -> None:
    old.change(statement)
    before = {path.name: path.read_bytes() for path in old.folder.glob("*.sqlite*") if "-shm" not in path.name}
    with pytest.raises(StartRefused, match="newer program") as refused:
        open_store(old.folder)
    assert refused.value.hint
    assert {path.name: path.read_bytes() for path in old.folder.glob("*.sqlite*") if "-shm" not in path.name} == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('0.1.0')",
        "UPDATE drop_meta SET format = 1",
        "DROP TABLE alembic_version",
    ],
)
def test_a_store_that_does_not_know_its_own_version_is_refused(old: Old, statement: str) -> None:
    old.change(statement)
    with pytest.raises(StartRefused):
        open_store(old.folder)
    assert not (old.folder / _COPY).exists()


@pytest.mark.parametrize("statement", ["DROP TABLE tombstones", "CREATE TABLE more (name)"])
def test_an_unstamped_store_of_no_released_shape_is_refused(old: Old, statement: str) -> None:
    age(old.folder, "0.1.0_moves")
    old.change(statement)
    with pytest.raises(StartRefused):
        open_store(old.folder)


# --- the copy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["0.1.0", "0.1.0_moves"])
def test_what_was_there_before_is_kept_in_a_copy_of_ones_own(old: Old, state: str) -> None:
    age(old.folder, state)
    shape = shape_of(old.file)
    old.cases()
    copy = old.folder / _COPY
    assert copy.stat().st_mode & 0o777 == 0o600
    assert shape_of(copy) == shape
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
        assert database.execute("SELECT count(*) FROM items").fetchone() == (5,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(path.name for path in old.folder.glob("store-before-*")) == [_COPY]


def test_the_copy_leads_back(old: Old) -> None:
    age(old.folder, "0.1.0")
    old.cases()
    for path in old.folder.glob("store.sqlite*"):
        path.unlink()
    (old.folder / _COPY).rename(old.file)
    assert old.cases()[0].first_reply_day == later(3)


def test_no_copy_is_made_where_nothing_is_migrated(old: Old) -> None:
    old.cases()
    assert not list(old.folder.glob("store-before-*"))


def _aged_copy(folder: Path, days: int) -> Path:
    path = folder / _COPY
    path.write_bytes(b"deleted rows")
    path.chmod(0o600)
    then = (datetime.combine(DAY, datetime.min.time(), UTC) - timedelta(days=days)).timestamp() + 3600
    os.utime(path, (then, then))
    return path


@pytest.mark.parametrize(("days", "gone"), [(0, False), (6, False), (7, True), (400, True), (-2, True)])
def test_deleted_rows_do_not_live_on_in_a_copy(old: Old, days: int, *, gone: bool) -> None:
    """One dated later than today goes too: a clock that was wrong must not keep it for years."""
    path = _aged_copy(old.folder, days)
    with closing(open_store(old.folder)) as store:
        store.retire(DAY)
    assert path.exists() is not gone


def test_letting_go_of_a_copy_touches_nothing_else(old: Old, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.write_bytes(b"not ours")
    (old.folder / "store-before-0.0.1.sqlite").symlink_to(other)
    (old.folder / "store-before-0.2.0.sqlite.part").write_bytes(b"half")
    (old.folder / "store-before-me.txt").write_bytes(b"notes")
    os.utime(old.folder / "store-before-0.0.1.sqlite", (0, 0), follow_symlinks=False)
    assert earlier.let_go(old.folder, DAY) == 2
    assert other.read_bytes() == b"not ours"
    assert [path.name for path in old.folder.glob("store-before-*")] == ["store-before-me.txt"]
    assert old.file.exists()


def test_without_room_for_the_copy_nothing_is_changed(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    age(old.folder, "0.1.0")
    shape = shape_of(old.file)

    def full(*_: object) -> None:
        raise DiskLow

    monkeypatch.setattr(earlier, "_copy", full)
    with pytest.raises(StoreFull):
        open_store(old.folder)
    assert shape_of(old.file) == shape
    assert not list(old.folder.glob("store-before-*"))


# --- interrupted, and two at once -------------------------------------------------------------------------------------

_OPEN = """
import sys
from pathlib import Path
from dropbox.server.identity import Identity
from dropbox.server.store import Store
folder = Path(sys.argv[1])
store = Store.open(folder, Identity.load_or_create(folder), trial=False)
print(store.counts().cases)
"""

_KILLED = """
import os, signal
from alembic.operations import Operations
made = []
create_table = Operations.create_table
def stop(self, name, *rest, **more):
    create_table(self, name, *rest, **more)
    if name == "happenings":
        os.kill(os.getpid(), signal.SIGKILL)
Operations.create_table = stop
"""


def _process(code: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)


def test_a_kill_in_the_middle_leaves_the_store_as_it_was(old: Old) -> None:
    age(old.folder, "0.1.0")
    shape = shape_of(old.file)
    with _process(_KILLED + _OPEN, old.folder) as process:
        assert process.wait(30) == -signal.SIGKILL
    assert shape_of(old.file) == shape
    assert old.cases()[0].first_reply_day == later(3)
    assert [path.name for path in old.folder.glob("store-before-*")] == [_COPY]


def test_of_two_that_open_at_once_one_migrates_and_the_other_waits(old: Old) -> None:
    age(old.folder, "0.1.0")
    with _process(_OPEN, old.folder) as one, _process(_OPEN, old.folder) as other:
        assert (one.communicate(timeout=30)[0], other.communicate(timeout=30)[0]) == ("2\n", "2\n")
    assert old.cases()[0].first_reply_day == later(3)
    # the second to come found nothing to do: the copy is of the store as it was at first
    assert "first_reply_day" not in str(shape_of(old.folder / _COPY)["cases"])


def test_alembic_is_not_loaded_where_nothing_is_migrated(old: Old) -> None:
    code = _OPEN + "assert not [name for name in sys.modules if name.startswith('alembic')]\n"
    with _process(code, old.folder) as process:
        assert process.wait(30) == 0


def test_a_store_of_the_other_kind_is_refused_before_it_is_migrated(old: Old) -> None:
    age(old.folder, "0.1.0")
    shape = shape_of(old.file)
    with pytest.raises(StartRefused, match="for ever"):
        Store.open(old.folder, Identity.load_or_create(old.folder), trial=True)
    assert shape_of(old.file) == shape
    assert not (old.folder / _COPY).exists()
