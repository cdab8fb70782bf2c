"""Many reporters at once, while another process exports: nobody waits for ever, nothing is lost or counted twice."""

import os
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from hashlib import sha256
from pathlib import Path

from dropbox.bundle import LineState
from dropbox.errors import DropboxError
from dropbox.models import ItemId
from tests.store_room import ANN, BOARD, BOB, DAY, Member, Reporter, later, open_store, run_child, seat

THREADS = 8
SUBMISSIONS = 6


def _export_until(stop: Path, data_dir: Path) -> None:
    """Export again and again; every item of every pickup must be there, whole."""
    with closing(open_store(data_dir)) as store:
        known: dict[int, str] = {}
        last_round = False
        while not last_round:
            last_round = stop.exists()
            with store.transfer_lock():
                pickup = store.pickup(BOARD, DAY)
                for item in pickup.items:
                    assert sha256(item.path.read_bytes()).hexdigest() == item.sha256
                store.record_fetch(BOARD, DAY)
            assert [line.n for line in pickup.log] == list(range(1, len(pickup.log) + 1))
            for line in pickup.log:
                assert known.setdefault(line.n, line.sha256) == line.sha256
        assert len(known) == THREADS * SUBMISSIONS


def _in_threads(work: list[Callable[[], object]]) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(one: Callable[[], object]) -> None:
        try:
            one()
        except (DropboxError, AssertionError, OSError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_submissions_from_all_sides_while_another_process_exports(tmp_path: Path) -> None:
    data_dir, stop = tmp_path / "data", tmp_path / "stop"
    with closing(open_store(data_dir)) as first:
        seat(first)
    exporter = os.fork()
    if exporter == 0:
        os._exit(run_child(lambda: _export_until(stop, data_dir)))
    sent: list[ItemId] = []
    with closing(open_store(data_dir)) as store:
        shared = Reporter(store)
        shared.send()

        def report(number: int) -> None:
            mine = shared if number % 2 else Reporter(store)
            for _ in range(SUBMISSIONS):
                sent.append(mine.send())
                store.find_case(mine.lookup_id)
                store.case(mine.case)

        failures = _in_threads([partial(report, number) for number in range(THREADS - 1)])
        for _ in range(SUBMISSIONS - 1):
            sent.append(shared.send())
        stop.touch()
        assert os.waitstatus_to_exitcode(os.waitpid(exporter, 0)[1]) == 0
        assert failures == []
        held = {item.item for item in store.pickup(BOARD, DAY).items}
        assert len(held) == THREADS * SUBMISSIONS
        assert set(sent) < held
        with store.case_turn(shared.case) as turn:
            assert turn.number == len([item for item in store.pickup(BOARD, DAY).items if item.case == shared.case]) + 1


def test_retiring_deleting_and_importing_amid_submissions(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        seat(store)
        talker = Reporter(store)
        kept = {talker.send()}

        def talk() -> None:
            for _ in range(10):
                kept.add(talker.send(later(1)))

        def answer() -> None:
            ann = Member(store, ANN)
            for _ in range(5):
                ann.answer(later(1), writings=[ann.writing(talker.case)])
                store.delete_replies(talker.case)

        def receive() -> None:
            bob = Member(store, BOB)
            for _ in range(5):
                with store.transfer_lock():
                    held = store.pickup(BOARD, later(1)).items
                bob.answer(later(1), items=[item.item for item in held])

        def retire() -> None:
            for _ in range(5):
                store.retire(later(1))

        assert _in_threads([talk, talk, answer, receive, retire]) == []
        store.retire(later(2))
        assert store.sweep().missing == 0
        pickup = store.pickup(BOARD, later(2))
        assert kept < {item.item for item in pickup.items}
        assert {line.state for line in pickup.log} == {LineState.HERE}
        for item in pickup.items:
            assert sha256(item.path.read_bytes()).hexdigest() == item.sha256
