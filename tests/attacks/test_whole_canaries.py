"""Through the real server: what was typed, sent and answered is in no file, log, environment or command line of it."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from dropbox import config
from dropbox.codename import parse
from dropbox.models import today
from dropbox.server.drop import Drop
from dropbox.server.identity import AUTHORS_FOLDER
from tests.arrivals import eventually
from tests.attacks.whole import files_with, new_world
from tests.journeys.world import World, come_back, send_report

CANARY = "Kanarie8Fluit"
FILES = [(f"{CANARY}-naam.txt", "text/plain", f"{CANARY} in the file\n".encode() * 20_000)]


@dataclass
class Told:
    """One report that was answered and gone on with; the server still runs."""

    world: World
    codename: str
    temp: Path
    visits: list[tuple[float, float]]
    shown: bytes


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with new_world() as world, pytest.MonkeyPatch.context() as patch:
        temp = world.root / "temp"
        temp.mkdir()
        patch.setenv("TMPDIR", str(temp))
        with world.drop:
            told = Told(world, "", temp, [], b"")
            _tell(told)
            yield told


@contextmanager
def visit(told: Told) -> Iterator[None]:
    """Note from when to when somebody was there; commands, which are the operator's doing, stay outside."""
    time.sleep(0.05)
    began = time.time()
    yield
    told.visits.append((began, time.time()))
    time.sleep(0.05)


def _tell(told: Told) -> None:
    world = told.world
    assert eventually((world.root / "data" / AUTHORS_FOLDER / "pubring.kbx").exists)
    time.sleep(0.5)
    reporter = world.drop.visitor()
    with visit(told):
        codename = send_report(reporter, f"{CANARY} in the text", ["advisers"], files=FILES).codename
    world.fetch("anna")
    own = world.root.parent / "own"
    own.mkdir()
    (own / "reply.txt").write_text(f"{CANARY} in the reply")
    (own / f"{CANARY}.pdf").write_bytes(f"{CANARY} in the attachment\n".encode() * 1000)
    anna = world.members["anna"]
    case = anna.json("cases")[0]["case"]
    anna.run("reply", case, "--text-file", own / "reply.txt", "--attach", own / f"{CANARY}.pdf")
    world.bring("anna")
    with visit(told):
        again = world.drop.visitor()
        page = come_back(again, codename)
        attachment = again.get(re.findall(r'href="(/case/reply/[^"]+)"', page.text)[0]).body
        again.submit(again.get("/case").form("message"), {"message": f"{CANARY} once more"}, FILES)
        again.get("/leave")
        wrong = world.drop.visitor()
        come_back(wrong, f"{codename} {CANARY}")
        come_back(wrong, " ".join(reversed(codename.split())))
    told.codename, told.shown = codename, page.body + attachment


def spellings(codename: str) -> list[bytes]:
    words = codename.split()
    return [separator.join(words).encode() for separator in (" ", "", "+", "-", "%20", ", ", '", "', "\n")]


def test_the_reporter_could_read_what_is_looked_for(told: Told) -> None:
    for text in (f"{CANARY} in the reply", f"{CANARY}.pdf", f"{CANARY} in the attachment"):
        assert text.encode() in told.shown


def test_no_file_of_the_server_holds_what_was_sent_or_answered_or_the_codename(told: Told) -> None:
    config_dir = told.world.drop.config.parent
    assert files_with([CANARY.encode(), *spellings(told.codename)], config_dir) == []
    assert any((config_dir / "data" / "items").iterdir()), "nothing was stored, so this proves nothing"


def test_no_file_of_the_server_holds_a_key_that_the_codename_yields(told: Told) -> None:
    with Drop.open(config.load(told.world.drop.config)) as drop:
        keys = drop.derivation.derive(parse(told.codename))
    secrets = (keys.root, keys.lookup_id, bytes(keys.reply_key), bytes(keys.case_key))
    forms = [form for key in secrets for form in (key, key.hex().encode(), base64.b64encode(key))]
    found = [path for path in told.world.root.rglob("*") if path.is_file()]
    assert len(found) > 10
    assert [path for path in found if any(form in path.read_bytes() for form in forms)] == []


def test_nothing_is_in_the_servers_environment_command_line_or_temporary_folder(told: Told) -> None:
    process = told.world.drop.process
    assert process is not None
    seen = b""
    for name in ("environ", "cmdline", "comm"):
        try:
            seen += Path(f"/proc/{process.pid}/{name}").read_bytes()
        except PermissionError:  # for anybody but root a process without dumps keeps its environment closed
            continue
    assert b"dropbox-server" in seen
    assert not any(word in seen for word in (CANARY.encode(), *spellings(told.codename)))
    assert list(told.temp.iterdir()) == []


def test_the_server_leaves_no_core_and_lets_nobody_peek(told: Told) -> None:
    process = told.world.drop.process
    assert process is not None
    limits = Path(f"/proc/{process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    # the kernel gives the files of a process that is not dumpable to root, whoever runs it
    assert Path(f"/proc/{process.pid}/mem").stat().st_uid == 0


def test_a_closed_day_keeps_no_time_of_a_visit(told: Told) -> None:
    """Last in this file: it closes the day."""
    told.world.drop.stop()
    settings = config.load(told.world.drop.config)
    with Drop.open(settings) as drop:
        drop.store.retire(today() + timedelta(days=1))
    data = settings.server.data_dir
    traces = []
    for path in (data, *data.rglob("*")):
        seen = path.lstat()
        for kind, when in (("read", seen.st_atime), ("written", seen.st_mtime), ("changed", seen.st_ctime)):
            if any(began <= when <= ended for began, ended in told.visits):
                traces.append((str(path.relative_to(data)), kind))
    assert traces == []
