"""The README never promises a command or an option that the programs do not have, nor keeps one back."""

import argparse
import re
import sys
from pathlib import Path

import pytest

from dropbox.courier import main as courier
from dropbox.server import main as server
from dropbox.workstation import main as workstation
from scripts import run

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PARSERS: dict[str, argparse.ArgumentParser] = {
    "dropbox-server": server._parser(),
    "dropbox-workstation": workstation._parser("en", Path("vault")),
    "dropbox-courier": courier._parser(str),
}
SHARED = {"-h", "--help", "--json", "--config", "--vault"}
"""Named once, below the tables."""

Captured = pytest.CaptureFixture[str]


def options_in(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]*", text))


def commands_of(parser: argparse.ArgumentParser, so_far: str = "") -> dict[str, argparse.ArgumentParser]:
    """Return every command, `keys add` among them."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            deeper = [commands_of(one, f"{so_far} {name}".strip()) for name, one in action.choices.items()]
            return {name: one for found in deeper for name, one in found.items()}
    return {so_far: parser}


COMMANDS = {program: commands_of(parser) for program, parser in PARSERS.items()}


def promised() -> dict[str, dict[str, set[str]]]:
    """Return the options of every command that stands in a table: program -> command -> options."""
    found: dict[str, dict[str, set[str]]] = {program: {} for program in PARSERS}
    for program, rest in re.findall(r"^\| `(dropbox-\w+) ([^`]*)` \|", README, re.MULTILINE):
        words = rest.split()
        name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS[program] else words[0]
        found[program][name] = options_in(rest)
    return found


@pytest.mark.parametrize("program", PARSERS)
def test_no_command_is_missing_or_made_up(program: str) -> None:
    assert sorted(COMMANDS[program]) == sorted(promised()[program])


@pytest.mark.parametrize(("program", "command"), [(name, each) for name, all_ in promised().items() for each in all_])
def test_no_option_is_missing_or_made_up(program: str, command: str) -> None:
    parser = COMMANDS[program][command]
    shown = {option for action in parser._actions for option in action.option_strings}
    assert shown - SHARED == promised()[program][command]
    assert "--help" in shown
    assert ("--json" in shown) is (command != "serve")
    place = {"dropbox-server": {"--config"}, "dropbox-workstation": {"--vault"}, "dropbox-courier": set()}
    assert shown & {"--config", "--vault"} == place[program]


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
