"""The ceremony as somebody at a terminal meets it, with nothing but an empty home: real gpg, a real pseudo-terminal."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import factories
from tests.ceremonies import PASSPHRASE, quick_home
from tests.drop_process import BIN
from tests.terminals import Terminal

SECRET = PASSPHRASE.reveal()
SECOND_SCREEN, FIRST_SCREEN = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
def env(short_dir: Path) -> dict[str, str]:
    quick_home(short_dir, ".gnupg")
    kept = {name: value for name, value in os.environ.items() if name not in ("GNUPGHOME", "XDG_DATA_HOME", "LANG")}
    return {**kept, "HOME": str(short_dir), "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100", "LINES": "50"}


def command(line: str) -> list[str]:
    return ["/bin/sh", "-c", f"{BIN}/dropbox-workstation {line}"]


def run(env: dict[str, str], *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command where nobody can answer."""
    whole = [str(BIN / "dropbox-workstation"), *arguments]
    return subprocess.run(whole, env=env, input=text, capture_output=True, text=True, check=False, timeout=60)


def words_in(shown: str) -> list[str]:
    """Return a share's words by their numbers, as somebody copies them."""
    found = {int(number): word for number, word in re.findall(r"(\d+)\. ([a-z]+)", shown)}
    return [found[number] for number in range(1, 34)]


def type_share(terminal: Terminal, words: list[str]) -> None:
    terminal.wait("to type share")
    terminal.type("")
    for first in (1, 12, 23):
        terminal.wait(f"Words {first} to {first + 10}:")
        terminal.type(" ".join(words[first - 1 : first + 10]))


def test_a_ceremony_from_nothing_leaves_a_vault_a_backup_and_no_secret_in_any_file(
    env: dict[str, str], short_dir: Path
) -> None:
    with Terminal(command(f"init > {short_dir}/out 2> {short_dir}/err"), env) as terminal:
        terminal.wait("Make one now?")
        terminal.type("yes")
        terminal.wait("A name for it")
        terminal.type("Anna <anna@example.org>")
        terminal.wait("cannot be used")
        terminal.type("Anna de Wit")
        terminal.wait("Shall six words be drawn")
        terminal.type("yes")
        terminal.wait("not be shown again.\n\n")
        offered = terminal.wait("\n\n").split()
        terminal.type("")
        for typed, again in ((" ".join(offered), "not the same words again"), (SECRET, SECRET)):
            terminal.wait("\nPassphrase:")
            terminal.type(typed)
            terminal.wait("The same again:")
            terminal.type(again)
        terminal.wait("Folder for both files")
        terminal.type("~/stick")
        terminal.wait("Make one now?")
        terminal.type("yes")
        terminal.wait("Folder for the backup file:")
        terminal.type("~/stick")
        sheets = []
        for number in (1, 2, 3):
            terminal.wait(f"to see share {number} of 3")
            terminal.type("")
            sheets.append(words_in(terminal.wait("not shown again")))
            terminal.type("")
        terminal.wait("2 shares are needed")
        type_share(terminal, sheets[2])
        terminal.wait("That share is right")
        type_share(terminal, sheets[0])
        terminal.wait("The backup works")
        assert terminal.end() == 0
        apart = terminal.raw

    for words in sheets:
        # every share stood on the second screen alone, which was left again
        pieces = apart.split(words[7] + "  ")
        assert len(pieces) > 1
        for before in itertools.accumulate(pieces[:-1]):
            assert before.rfind(SECOND_SCREEN) >= before.rfind(FIRST_SCREEN)
    assert apart.rfind(FIRST_SCREEN) > apart.rfind(SECOND_SCREEN)
    assert SECRET not in terminal.shown
    assert "belongs to your key" in (short_dir / "out").read_text()
    assert (short_dir / "err").read_text() == ""
    leaks = [SECRET, " ".join(offered), *(" ".join(words[4:7]) for words in sheets)]
    for path in short_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(leak.encode() in data for leak in leaks), path
    shown = json.loads(run(env, "key", "--json").stdout)
    assert shown["backup"]["tried"] is not None

    (backup,) = (short_dir / "stick").glob("*.backup")
    new = {**env, "GNUPGHOME": str(quick_home(short_dir, "new"))}
    mixed = "\n".join([" ".join(sheets[0]), " ".join([*sheets[1][:-1], sheets[1][0]])])
    refused = run(new, "restore", str(backup), text=mixed)
    assert refused.returncode == 1
    assert "Word 33 seems to be wrong" in refused.stderr
    back = run(new, "restore", str(backup), "--json", text="\n\n".join(map(" ".join, sheets[:2])))
    assert json.loads(back.stdout) == {"key": shown["key"], "proved": False}


@pytest.mark.parametrize("line", ["key", "backup --to x"])
def test_no_question_is_asked_where_nobody_can_answer(env: dict[str, str], short_dir: Path, line: str) -> None:
    refused = run(env, *line.split())
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert "Traceback" not in refused.stderr


def test_a_question_that_is_left_stops_without_a_trace(env: dict[str, str]) -> None:
    with Terminal(command("key"), env) as terminal:
        terminal.wait("A name for it")
        os.write(terminal._master, b"\x03")
        terminal.wait("error: Stopped.")
        assert terminal.end() != 0
    assert "Traceback" not in terminal.shown


def test_an_agent_that_a_command_started_does_not_hold_up_its_end(env: dict[str, str], short_dir: Path) -> None:
    factories.make_key(short_dir / ".gnupg", "anna")
    factories.end_agents(short_dir)
    # communicate() waits until everybody who holds the pipes has let go of them
    assert run(env, "init", "--json").returncode == 0
