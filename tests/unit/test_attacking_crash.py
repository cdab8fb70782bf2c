"""The attack `crash` calls what is broken: a folder from which something acknowledged is gone, torn, double or half."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacking import crash
from tests.attacking.crash import checker
from tests.attacking.crash.checker import Checker
from tests.attacking.crash.gate import Gate
from tests.attacking.crash.ledger import Case, Ledger, Sent, mark_of, sha256
from tests.attacking.crash.served import child_named, kill_child
from tests.attacking.crash.strace import Failure, started
from tests.attacking.plan import Plan

CASE = "c" * 32


def sealed(mark: str, number: int, previous: str | None, *files: bytes) -> tuple[bytes, str]:
    """Return an item as gpg would give it, and its index's hash."""
    parts = {"envelope.json": b"{}", "message.txt": mark.encode()}
    parts |= {f"attachments/{n:04d}.bin": content for n, content in enumerate(files, 1)}
    entries = [{"path": path, "sha256": sha256(content)} for path, content in parts.items()]
    index = json.dumps({"entries": entries, "number": number, "previous": previous}).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, content in {**parts, "index.json": index}.items():
            archive.writestr(path, content)
    return out.getvalue(), sha256(index)


@dataclass
class Folder:
    """A data folder with a case of two submissions, both acknowledged; sealing is left out."""

    place: Path
    ledger: Ledger
    case: Case

    @property
    def checker(self) -> Checker:
        return Checker(self.place, self.ledger, {"one": Path.read_bytes})

    def hold(self, item: str, data: bytes, case: str = CASE) -> Path:
        path = self.place / "items" / f"{item * 32}.pgp"
        path.write_bytes(data)
        with closing(sqlite3.connect(self.place / "store.sqlite")) as store, store:
            row = (item * 32, case, "submission", len(data), sha256(data))
            store.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)
            store.execute("INSERT INTO item_desks VALUES (?, 'one')", (item * 32,))
        return path

    def acknowledge(self, mark: str, *files: bytes) -> None:
        sent = Sent(mark, ("one",), tuple(map(sha256, files)))
        self.ledger.add(self.case, sent)
        self.ledger.acknowledge(self.case, sent)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(checker, "SETTLE_SECONDS", 0.0)
    (tmp_path / "items").mkdir()
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as store, store:
        store.execute("CREATE TABLE items (item_id, case_id, kind, bytes, sha256)")
        store.execute("CREATE TABLE item_desks (item_id, desk_id)")
    ledger = Ledger()
    made = Folder(tmp_path, ledger, ledger.begin(Sent("ra1x1", ("one",), (sha256(b"file"),))))
    ledger.acknowledge(made.case, made.case.sent[0], "seven words")
    made.acknowledge("ra2x2")
    first, link = sealed("ra1x1 was here.", 1, None, b"file")
    made.hold("1", first)
    made.hold("2", sealed("ra2x2 once more.", 2, link)[0])
    assert made.checker.faults() == []
    return made


def test_an_acknowledged_item_without_its_file_is_called(folder: Folder) -> None:
    (folder.place / "items" / f"{'2' * 32}.pgp").unlink()
    assert any("has no file" in fault for fault in folder.checker.faults())


def test_an_acknowledged_item_that_is_gone_altogether_is_called(folder: Folder) -> None:
    (folder.place / "items" / f"{'2' * 32}.pgp").unlink()
    with closing(sqlite3.connect(folder.place / "store.sqlite")) as store, store:
        store.execute("DELETE FROM items WHERE item_id = ?", ("2" * 32,))
    assert folder.checker.faults() == ["lost: ra2x2 was acknowledged"]


def test_a_truncated_item_is_called(folder: Folder) -> None:
    path = folder.place / "items" / f"{'1' * 32}.pgp"
    path.write_bytes(path.read_bytes()[:-9])
    faults = folder.checker.faults()
    assert any(fault.startswith("changed") for fault in faults)
    assert any(fault.startswith("does not unseal") for fault in faults)


def test_an_item_that_was_unsealed_before_is_looked_at_again(folder: Folder) -> None:
    known = folder.checker
    assert known.faults() == []
    (folder.place / "items" / f"{'1' * 32}.pgp").write_bytes(b"")
    assert known.faults()


def test_a_submission_that_is_there_twice_is_called(folder: Folder) -> None:
    shutil.copy(folder.place / "items" / f"{'2' * 32}.pgp", folder.place / "copy")
    folder.hold("3", (folder.place / "copy").read_bytes())
    faults = folder.checker.faults()
    assert "twice: ra2x2 is there 2 times" in faults
    assert any(fault.startswith("broken chain") for fault in faults)


def test_half_items_and_orphans_are_called(folder: Folder) -> None:
    (folder.place / "items" / f"{'8' * 32}.part").write_bytes(b"half")
    (folder.place / "items" / f"{'9' * 32}.pgp").write_bytes(b"nobody's")
    assert [fault.split(":")[0] for fault in folder.checker.faults()] == ["half item", "orphan"]


def test_a_missing_attachment_a_wrong_link_and_another_case_are_called(folder: Folder) -> None:
    folder.acknowledge("ra3x3", b"lost on the way")
    folder.acknowledge("ra4x4")
    folder.hold("3", sealed("ra3x3", 3, "f" * 64)[0])
    folder.hold("4", sealed("ra4x4", 1, None)[0], "d" * 32)
    folder.hold("5", sealed("rb5x5 nobody sent", 2, None)[0], "d" * 32)
    kinds = {fault.split(":")[0] for fault in folder.checker.faults()}
    assert {"half", "broken chain", "another case", "unknown"} <= kinds


def test_what_nobody_saw_acknowledged_may_be_missing(folder: Folder) -> None:
    folder.ledger.add(folder.case, Sent("ra3x3", ("one",)))
    assert folder.checker.faults() == []


def test_lost_doubled_strange_and_returned_replies_are_called() -> None:
    ledger = Ledger()
    case = ledger.begin(Sent("ra1x1", ("one",)))
    for mark in ("va1x1", "va2x2", "va3x3"):
        ledger.write(case, mark).imported = True
    case.answers["va3x3"].deleting = case.answers["va3x3"].deleted = True
    before = (case.must_show, case.must_not_show)
    assert before == ({"va1x1", "va2x2"}, {"va3x3"})
    ledger.see(case, before, ["va1x1", "va2x2"])
    assert ledger.wrong == []
    ledger.see(case, before, ["va1x1", "va1x1", "va3x3", "vb9x9"])
    assert len(ledger.wrong) == 4


def test_another_codename_after_a_resend_is_called() -> None:
    ledger = Ledger()
    case = ledger.begin(Sent("ra1x1", ("one",)))
    ledger.acknowledge(case, case.sent[0], "one two three")
    ledger.acknowledge(case, case.sent[0], "four five six")
    assert len(ledger.wrong) == 1


def test_a_mark_is_read_wherever_a_text_begins() -> None:
    assert mark_of("<p>ra12x345 was here, not rb1x1.</p>") == "ra12x345"
    assert mark_of("no mark") == ""


def test_nobody_is_inside_while_the_gate_is_closed() -> None:
    gate, inside, left = Gate(), threading.Event(), threading.Event()

    def act() -> None:
        with gate.act():
            inside.set()
            time.sleep(0.1)
            left.set()

    worker = threading.Thread(target=act)
    worker.start()
    inside.wait(5)
    with gate.closed():
        assert left.is_set()
    worker.join(5)


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def test_a_kill_hits_the_child_that_was_meant_and_no_other(child: subprocess.Popen[bytes]) -> None:
    assert not kill_child(os.getpid(), "gpg", 0.05)
    assert child_named(os.getpid(), "sleep")
    assert child.poll() is None
    while not kill_child(os.getpid(), "sleep", 1):
        continue
    assert child.wait(5) == -9


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the system call fail")
def test_a_call_that_was_told_to_fail_fails_and_is_counted(tmp_path: Path) -> None:
    program = f"import os; f = os.open({str(tmp_path / 'f')!r}, os.O_CREAT | os.O_WRONLY); os.fsync(f); os.fsync(f)"
    command = [sys.executable, "-S", "-c", program]
    seen, code, err = started(tmp_path / "log", [Failure("fsync", "EIO", 2)], command, 30)
    assert (code, [call for call, _ in seen.calls]) == (1, ["fsync"])
    assert "Input/output error" in err
    seen, code, _ = started(tmp_path / "log", [Failure("fsync", "EIO", 3)], command, 30)
    assert (code, seen.calls) == (0, [])


def test_what_the_checker_finds_breaks_the_promise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    story = crash.kills.Story(Ledger(), starts=[1.0], wrong=["lost: ra1x1 was acknowledged"])
    story.killed["server"] = 15
    monkeypatch.setattr(crash.kills, "run_kills", lambda *_: story)
    monkeypatch.setattr(crash.unshared, "outcome_of", lambda *_, **__: None)
    outcome = crash.run(Plan(False, 1, tmp_path))
    assert not outcome.holds
    assert crash.NOT_TRACED in outcome.notes
    story.wrong.clear()
    assert crash.run(Plan(False, 1, tmp_path)).holds
