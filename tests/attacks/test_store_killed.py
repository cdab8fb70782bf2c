"""The server killed without warning at every step that touches the disk: the acknowledged is there, nothing half."""

import os
import secrets
import signal
from collections.abc import Callable
from contextlib import closing
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from dropbox.bundle import current_key
from dropbox.errors import CaseEnded
from dropbox.models import CaseId, ItemId, SealedKind
from dropbox.server.identity import Identity
from dropbox.server.store import NewWriting, Store
from dropbox.server.store import connection as connection_room
from tests.store_room import ANN, BOARD, BOB, DAY, Member, Reporter, bytes_under, later, open_store, run_child, seat

MOST_STEPS = 200


class Fuse:
    """Kills its own process before its n-th step that could be seen on the disk. For use in a child alone."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def light(self) -> None:
        for place, name in ((os, "fsync"), (os, "utime"), (Path, "rename"), (Path, "replace"), (Path, "unlink")):
            setattr(place, name, self._fused(getattr(place, name)))
        for name in ("scrub", "compact"):
            setattr(connection_room.Database, name, self._fused(getattr(connection_room.Database, name)))
        engine_of = connection_room._engine

        def fused_engine(path: Path) -> Any:
            engine = engine_of(path)
            event.listen(engine, "begin", self.burn)
            event.listen(engine, "commit", self.burn)
            event.listen(engine, "before_cursor_execute", self.burn)
            return engine

        connection_room._engine = fused_engine

    def _fused(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def fused(*arguments: Any, **named: Any) -> Any:
            self.burn()
            return function(*arguments, **named)

        return fused


def _kill_at_every_step(work: Callable[[], None], look: Callable[[], None], stride: int = 1) -> int:
    """Run `work` again and again, killed a stride later each time, and look at what is left; return the steps."""
    for step in range(1, MOST_STEPS, stride):

        def fused(step: int = step) -> None:
            Fuse(step).light()
            work()

        status = run_child(fused)
        assert status in {0, -signal.SIGKILL}
        look()
        if status == 0:
            return step
    pytest.fail("the work has more steps than are tried")


def _acknowledged(path: Path) -> list[tuple[str, str]]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [(line.split()[0], line.split()[1]) for line in lines]


def _check_whole(store: Store, data_dir: Path) -> dict[str, str]:
    """Return the hash of every item's file; rows and files are the same set."""
    store.sweep()
    files = {path.stem: sha256(path.read_bytes()).hexdigest() for path in (data_dir / "items").iterdir()}
    assert {item: store.has_item(ItemId(item)) for item in files} == files
    assert store.counts().items == len(files)
    return files


def test_a_kill_at_any_step_loses_no_acknowledged_report(tmp_path: Path) -> None:
    data_dir, acknowledged = tmp_path / "data", tmp_path / "acknowledged"
    reporter = Reporter(open_store(data_dir))
    reporter.store.close()

    def work() -> None:
        store = open_store(data_dir)
        seat(store)
        reporter.store = store
        item = reporter.send(content=secrets.token_bytes(100))
        with acknowledged.open("a") as file:
            file.write(f"{item} {store.has_item(item)}\n")

    def look() -> None:
        with closing(open_store(data_dir)) as store:
            files = _check_whole(store, data_dir)
            for item, digest in _acknowledged(acknowledged):
                assert files[item] == digest
            with store.case_turn(reporter.case) as turn:
                assert turn.number == len(files) + 1
            assert {held.item for held in store.pickup(BOARD, DAY).items} == set(files)

    assert _kill_at_every_step(work, look) > 15
    assert len(_acknowledged(acknowledged)) >= 1


def test_a_kill_at_any_step_of_the_first_start_does_no_harm(tmp_path: Path) -> None:
    started = 0

    def work() -> None:
        data_dir = tmp_path / str(started)
        store = open_store(data_dir)
        seat(store)
        Reporter(store).send()

    def look() -> None:
        nonlocal started
        data_dir = tmp_path / str(started)
        for _ in range(2):
            with closing(open_store(data_dir)) as store:
                seat(store)
                Reporter(store).send()
                _check_whole(store, data_dir)
        started += 1

    # the tables alone are dozens of statements of one transaction: not each of them needs its own death
    assert _kill_at_every_step(work, look, stride=7) > 50


@pytest.mark.parametrize("lost", [False, True])
def test_a_kill_at_any_step_of_a_succession_never_loses_the_drops_key(tmp_path: Path, lost: bool) -> None:
    data_dir = tmp_path / "data"
    open_store(data_dir).close()
    name = Identity.load_or_create(data_dir).current
    seen = []

    def work() -> None:
        identity = Identity.load_or_create(data_dir, without_signing_key=lost)
        store = Store.open(data_dir, identity, trial=False, key_lost=lost)
        with store.transfer_lock():
            store.successions.succeed(identity, DAY, lost=lost)

    def look() -> None:
        with closing(open_store(data_dir)) as store:
            chain = store.successions.all()
            assert store.meta.drop == name
            assert current_key(name, chain) == Identity.load_or_create(data_dir).current
            assert all((each.signature is None) == lost for each in chain)
            seen.append(len(chain))

    assert _kill_at_every_step(work, look) > 15
    assert (seen[0], seen[-1]) == (0, max(seen))
    assert max(seen) >= 2  # killed after it counted, and once more at the end


def _case_with_replies(data_dir: Path) -> tuple[CaseId, Member, list[NewWriting]]:
    with closing(open_store(data_dir)) as store:
        seat(store)
        reporter, ann = Reporter(store), Member(store)
        reporter.send()
        return reporter.case, ann, [ann.writing(reporter.case, lock=b"gone lock!" * 8) for _ in range(2)]


def test_a_kill_at_any_step_of_an_import_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    case, ann, writings = _case_with_replies(data_dir)
    held = []

    def work() -> None:
        ann.store = open_store(data_dir)
        ann.answer(writings=writings)

    def look() -> None:
        with closing(open_store(data_dir)) as store:
            files = _check_whole(store, data_dir)
            replies = store.case(case).replies
            assert len(replies) in {0, 2}
            assert len(files) == 1 + len(replies)
            assert len(store.pickup(BOARD, DAY).confirmed) == (1 if replies else 0)
            held.append(len(replies))

    assert _kill_at_every_step(work, look) > 15
    assert (held[0], held[-1]) == (0, 2)


def test_a_kill_at_any_step_of_a_deletion_leaves_the_lock_readable_or_nowhere(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    case, ann, writings = _case_with_replies(data_dir)
    with closing(open_store(data_dir)) as store:
        ann.store = store
        ann.answer(writings=writings)
    left = []

    def work() -> None:
        open_store(data_dir).delete_replies(case)

    def look() -> None:
        with closing(open_store(data_dir)) as store:
            replies = store.case(case).replies
            assert (b"gone lock!" in bytes_under(data_dir)) == bool(replies)
            left.append(len(replies))

    assert _kill_at_every_step(work, look) > 5
    assert (left[0], left[-1]) == (2, 0)


def test_a_kill_at_any_step_of_letting_go_loses_nothing_that_somebody_lacks(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with closing(open_store(data_dir)) as store:
        seat(store)
        done, withdrawn, kept = Reporter(store), Reporter(store), Reporter(store)
        finished = done.send()
        for member in (ANN, BOB):
            Member(store, member).answer(items=[finished])
        withdrawn.send()
        notice = withdrawn.send(withdraw="withdraw")
        items = {item: store.has_item(item) for item in (notice, kept.send(), kept.send())}

    def work() -> None:
        open_store(data_dir).retire(later(400))

    def look() -> None:
        with closing(open_store(data_dir)) as store:
            files = _check_whole(store, data_dir)
            assert files.items() >= items.items()
            assert store.case(kept.case).first_day == DAY
            assert {line.state.value for line in store.pickup(BOARD, DAY).log} <= {"here", "received", "withdrawn"}

    assert _kill_at_every_step(work, look) > 20
    with closing(open_store(data_dir)) as store:
        assert _check_whole(store, data_dir) == items
        with pytest.raises(CaseEnded):
            store.case(done.case)


def test_the_row_comes_after_everything_that_makes_the_file_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    store = open_store(tmp_path)
    seat(store)
    Reporter(store).send()

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            folder = name == "fsync" and Path(f"/proc/self/fd/{arguments[0]}").is_dir()
            steps.append(f"{name} folder" if folder else name)
            return function(*arguments, **named)

        return noted

    for place, name in ((os, "fsync"), (os, "utime"), (Path, "rename")):
        monkeypatch.setattr(place, name, noting(name, getattr(place, name)))
    event.listen(store._database._engine, "commit", lambda _: steps.append("commit"))
    reporter, ann = Reporter(store), Member(store)
    reporter.send()
    assert _without_reads(steps) == ["utime", "fsync", "rename", "fsync folder", "commit"]
    steps.clear()
    ann.answer(writings=[ann.writing(reporter.case, SealedKind.NOTE)])
    assert _without_reads(steps) == ["utime", "fsync", "rename", "fsync folder", "commit"]
    store.close()


def _without_reads(steps: list[str]) -> list[str]:
    """Leave out the commits of transactions that only read, which come before the file is touched."""
    return steps[steps.index("utime") :]
