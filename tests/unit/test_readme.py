"""The README never promises a command or an option that the programs do not have, nor keeps one back."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dropbox.server import main as server
from dropbox.workstation import main as workstation
from scripts import run

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAINS: dict[str, Callable[[list[str]], int]] = {
    "dropbox-server": server.main,
    "dropbox-workstation": workstation.main,
}
SHARED = {"--help", "--json", "--config", "--vault"}
"""Named once, below the tables."""

Captured = pytest.CaptureFixture[str]


def options_in(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", text))


def promised() -> dict[str, dict[str, set[str]]]:
    """Return the options of every command that stands in a table: program -> command -> options."""
    found: dict[str, dict[str, set[str]]] = {program: {} for program in MAINS}
    for program, command, rest in re.findall(r"^\| `(dropbox-\w+) ([\w-]+)([^`]*)` \|", README, re.MULTILINE):
        found[program][command] = options_in(rest)
    return found


def help_of(program: str, *arguments: str, capsys: Captured) -> str:
    with pytest.raises(SystemExit) as ended:
        MAINS[program]([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("program", MAINS)
def test_no_command_is_missing_or_made_up(program: str, capsys: Captured) -> None:
    shown = help_of(program, capsys=capsys)
    assert sorted(re.findall(r"^    ([a-z][\w-]*)", shown, re.MULTILINE)) == sorted(promised()[program])


@pytest.mark.parametrize(("program", "command"), [(name, each) for name, all_ in promised().items() for each in all_])
def test_no_option_is_missing_or_made_up(program: str, command: str, capsys: Captured) -> None:
    shown = options_in(help_of(program, command, capsys=capsys))
    assert shown - SHARED == promised()[program][command]
    assert "--help" in shown
    assert ("--json" in shown) is (command != "serve")
    assert shown & {"--config", "--vault"} == ({"--config"} if program == "dropbox-server" else {"--vault"})


def test_every_script_that_is_named_is_there() -> None:
    named = set(re.findall(r"scripts/[a-z]+", README)) - {"scripts/lock"}
    assert {"scripts/setup", "scripts/run", "scripts/test", "scripts/demo"} <= named
    for name in named:
        assert (ROOT / name).stat().st_mode & 0o100, f"{name} cannot be run"


def test_no_link_leads_nowhere() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name


def test_scripts_run_has_the_options_that_its_first_lines_name(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = (ROOT / "scripts" / "run").read_text(encoding="utf-8").split("usage:")[1].splitlines()[0]
    monkeypatch.setattr(sys, "argv", ["run", "--help"])
    with pytest.raises(SystemExit):
        run.main()
    assert options_in(capsys.readouterr().out) - {"--help"} == options_in(usage)
