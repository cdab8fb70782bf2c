"""The plaintext hunt finds what is planted: a searcher that finds nothing anywhere would say that all is well."""

from __future__ import annotations

import base64
import html
import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.attacking import hunt
from tests.attacking.hunt import memory, places, prying
from tests.attacking.hunt.memory import Keyhole
from tests.attacking.hunt.needles import Needles, needles, stem
from tests.attacking.hunt.prying import Pried
from tests.attacking.hunt.watching import Family
from tests.attacking.outcome import Outcome
from tests.attacking.plan import Plan

STEM = "Kanarie7Fluit"
KEY = bytes(range(100, 132))
WORDS = "abacus banister cactus dagger eagle fabric gadget"
WANTED = needles({"text": STEM}, {"key": KEY}, WORDS)
TYPED = f'{STEM} & "so" é €'


def kinds(data: bytes, wanted: Needles = WANTED) -> set[str]:
    return {kind for kind, _ in wanted.found(data)}


@pytest.mark.parametrize(
    "left",
    [
        TYPED.encode(),
        TYPED.upper().encode(),
        TYPED.encode("utf-16-le"),
        TYPED.encode("utf-16-be"),
        TYPED.encode("utf-32-le"),
        urllib.parse.quote_plus(TYPED).encode(),
        html.escape(TYPED).encode(),
        json.dumps({"a": TYPED}).encode(),
        TYPED.encode().hex().encode(),
        TYPED.encode().hex().upper().encode(),
        *(base64.b64encode(b"x" * shift + TYPED.encode()) for shift in range(3)),
        *(base64.urlsafe_b64encode(b"\xff" * shift + TYPED.encode()) for shift in range(3)),
    ],
)
def test_a_text_is_found_however_it_is_written(left: bytes) -> None:
    assert kinds(b"before " + left + b" after") == {"text"}


@pytest.mark.parametrize(
    "left",
    [
        KEY,
        repr(KEY).encode(),
        KEY.hex().encode(),
        base64.b64encode(KEY),
        base64.urlsafe_b64encode(KEY + b"."),
        base64.b64encode(b"ab" + KEY + b"c"),
    ],
)
def test_a_key_is_found_however_it_is_written(left: bytes) -> None:
    assert kinds(b"\0\1" + left + b"\2") == {"key"}


@pytest.mark.parametrize("between", [" ", "", "+", "%20", "</li>\n<li>", ", ", '", "', "\0"])
def test_a_codename_is_found_whatever_stands_between_its_words(between: str) -> None:
    assert kinds(between.join(WORDS.split()).encode()) == {"codename"}
    assert kinds(between.join(word.capitalize() for word in WORDS.split()).encode()) == {"codename"}
    assert kinds(between.join(WORDS.split()).encode("utf-16-be")) == {"codename"}
    assert kinds(between.join(WORDS.split()[2:5]).encode()) == {"codename"}


def test_single_words_of_a_codename_say_nothing() -> None:
    assert kinds(b"an eagle has landed") == set()
    assert kinds((" " * 300).join(WORDS.split()).encode()) == set()


def test_nothing_is_found_where_nothing_is() -> None:
    assert kinds(os.urandom(1 << 20)) == set()
    assert stem() != stem()


def test_a_canary_in_a_file_or_a_file_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_text(f"x {TYPED}")
    (tmp_path / f"{STEM}.part").touch()
    looked = places.folders(WANTED, tmp_path)
    assert (looked.files, looked.times) == (2, 2)
    assert places.folders(WANTED, tmp_path, apart=[tmp_path / "deep"]).times == 1


def test_a_canary_in_a_free_page_of_a_database_is_found(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store") as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{number} {STEM} {'y' * 900}",) for number in range(50)])
        connection.commit()
        connection.execute("DELETE FROM t")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    connection.close()
    assert places.free_pages(tmp_path) > 5
    assert places.folders(WANTED, tmp_path).times > 5


def test_a_canary_in_a_fresh_temporary_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "TEMPORARY", (str(tmp_path),))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "spool").write_text(STEM)
    assert places.temporary(WANTED, time.time() - 5, tmp_path / "own")[0].times == 1
    assert places.temporary(WANTED, time.time() + 5, tmp_path / "own")[0].times == 0


def test_a_canary_that_a_tracer_saw_being_written_is_found_although_the_file_is_gone(tmp_path: Path) -> None:
    script, trace = tmp_path / "script.py", tmp_path / "trace"
    script.write_text(
        "import os, sys\n"
        f"one = os.open(sys.argv[1] + '/{STEM}', os.O_CREAT | os.O_WRONLY)\n"
        f"os.write(one, {TYPED[:8].encode()!r})\n"
        f"os.writev(one, [{TYPED[8:].encode()!r}, b'end'])\n"
        f"os.unlink(sys.argv[1] + '/{STEM}')\n"
        "r, w = os.pipe()\n"
        f"os.write(w, {KEY!r})\n"
    )
    tracer = ["strace", "-f", "-qq", "-y", "-xx", "-s", "2000000", "-e", f"trace={places.CALLS}", "-o", str(trace)]
    subprocess.run([*tracer, sys.executable, "-B", str(script), str(tmp_path)], check=True)
    looked, writes = places.written(trace.read_text().splitlines(), WANTED)
    assert writes == 2
    assert {kind for kind, _ in looked.found} == {"text"}, "what goes into a pipe is no file"
    assert any(line.startswith(str(tmp_path / STEM)) for line in looked.where), "split over two writes"
    assert any(line.startswith("the arguments of openat") for line in looked.where)


def test_swap_that_is_in_use_is_searched_or_said_not_to_be(tmp_path: Path) -> None:
    area, swaps = tmp_path / "swap", tmp_path / "swaps"
    swaps.write_text(f"Filename Type Size Used Priority\n{area} file 1 0 -2\n")
    looked, why = places.swap(WANTED, swaps)
    assert looked is None
    assert "not searched" in why
    area.write_text(f"xx{STEM}")
    looked, why = places.swap(WANTED, swaps)
    assert looked is not None
    assert (looked.times, why) == (1, "")


@contextmanager
def process(code: str, *arguments: str, **environment: str) -> Iterator[int]:
    command = [sys.executable, "-c", f"{code}\nprint(1, flush=True)\nimport time\ntime.sleep(60)", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"1\n"
        yield child.pid
        child.kill()


def test_a_canary_in_an_environment_or_a_command_line_is_found() -> None:
    for arguments, environment in (((STEM,), {}), ((), {"A": STEM})):
        with process("", *arguments, **environment) as pid, Family(pid) as family:
            time.sleep(0.1)
        assert kinds(family.seen[pid]) == {"text"}


def test_what_a_child_that_lives_for_a_moment_shows_is_found() -> None:
    environment = {"A": STEM, "PATH": "/bin"}
    code = f"import subprocess\nfor _ in range(3):\n    subprocess.run(['sleep', '0.1'], env={environment})"
    with subprocess.Popen([sys.executable, "-c", code]) as child, Family(child.pid) as family:
        child.wait()
    assert "sleep" in family.programs
    assert any(kinds(seen) == {"text"} for pid, seen in family.seen.items() if pid != child.pid)


def test_a_canary_in_memory_is_found_and_what_was_overwritten_is_not() -> None:
    """The canary is put together in there, so that it stands in no command line."""
    code = f"import sys\nkept = ''.join(['{STEM[:4]}', sys.argv[1]])\nkey = bytearray(range(100, 132))"
    for more, found in (("", {"text", "key"}), ("\nkey[:] = bytes(32)", {"text"})):
        with process(code + more, STEM[4:]) as pid:
            keyhole = Keyhole.of(pid)
            assert keyhole is not None
            counted, read = keyhole.search(WANTED)
            keyhole.close()
        assert {kind for kind, _ in counted} == found
        assert read > 1 << 20


def test_a_process_that_shuts_nothing_off_is_looked_into_and_one_that_does_is_not() -> None:
    user = prying.USER if os.geteuid() == 0 else None
    with prying.waiting(user) as pid:
        assert memory.peek(pid, user) == ["mem", "ptrace", "process_vm_readv", "environ"]
    with prying.waiting(user, "from dropbox.server import hardening; hardening.close_the_shutters()") as pid:
        assert memory.peek(pid, user) == []


def test_what_is_found_breaks_the_outcome() -> None:
    """One canary anywhere, one way in, one core: each alone."""
    plan = Plan(False, 1, Path("/nowhere"))
    good = Pried((), (), ("mem", "ptrace"), 0)

    def holds(found: hunt.Hunt, pried: Pried = good) -> bool:
        figures = tuple(hunt._figures(found, pried))
        return Outcome("", figures, tuple(hunt._findings(found)), tuple(hunt._notes(plan, found, pried))).holds

    def fresh() -> hunt.Hunt:
        looked = places.Looked(files=20)
        return hunt.Hunt(writes=100, gpgs=2, began_anew=1, lying=looked, memory={"m": Counter()}, known_in_memory=1)

    assert holds(fresh())
    for name in ("written", "lying", "temporary", "shown"):
        broken = fresh()
        getattr(broken, name).at("here", STEM.encode(), WANTED)
        assert not holds(broken), name
    for kind in ("codename", "reply", "root", "message", "session key 1"):
        broken = fresh()
        broken.memory["m"][kind, "utf-8"] += 1
        assert not holds(broken), kind
    for name in ("writes", "gpgs", "began_anew", "known_in_memory"):
        broken = fresh()
        setattr(broken, name, 0)
        assert not holds(broken), name
    assert not holds(fresh(), Pried(("ptrace",), (), ("mem", "ptrace"), 0))
    assert not holds(fresh(), Pried((), ("mem",), ("mem", "ptrace"), 0))
    assert not holds(fresh(), Pried((), (), ("mem", "ptrace"), 1))
