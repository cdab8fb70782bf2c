"""dropbox-courier: the key that an investigator makes is the one that tor knows; its private half stays put."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropbox import courier, errors
from dropbox.client_key import ClientKey, parse_public
from dropbox.courier import main, speech
from dropbox.server.onion import OnionKey

ADDRESS = OnionKey.new().address


def run(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> Any:
    """Run the command and return its document, or what it says on stderr."""
    found = main.main([*map(str, words), "--json"])
    said = capsys.readouterr()
    assert found == code, said.err
    return json.loads(said.out) if code == 0 else said.err


def test_what_is_shown_belongs_to_what_was_handed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = run(capsys, "key", tmp_path / "key")
    assert set(made) == {"public"}
    shown = run(capsys, "show", tmp_path / "key", "--address", f"http://{ADDRESS}/")
    assert parse_public(made["public"]) == shown["public"] == ClientKey.from_private(shown["private"]).public
    assert shown["auth_private"] == f"{ADDRESS.removesuffix('.onion')}:descriptor:x25519:{shown['private']}"


def test_the_private_half_is_printed_only_when_asked_for_and_nobody_else_can_read_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["key", str(tmp_path / "key")]) == 0
    said = capsys.readouterr()
    private = (tmp_path / "key").read_text().split("\n")[1]
    assert private not in said.out + said.err
    assert ClientKey.from_private(private).public in said.out
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_there_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "key", tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    run(capsys, "key", tmp_path / "key", code=1)
    assert (tmp_path / "key").read_bytes() == before
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    run(capsys, "key", tmp_path / "link", code=1)
    assert not (tmp_path / "elsewhere").exists()
    run(capsys, "key", tmp_path / "key" / "below", code=1)


def test_without_a_name_the_key_lies_where_it_lasts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    made = run(capsys, "key")
    place = tmp_path / ".local" / "share" / "onion-dropbox"
    assert (place / "courier.key").is_file()
    assert place.stat().st_mode & 0o777 == 0o700
    assert run(capsys, "show")["public"] == made["public"]
    run(capsys, "key", code=1)
    (tmp_path / "Persistent").mkdir()  # as on Tails, which forgets all else
    run(capsys, "key")
    assert (tmp_path / "Persistent" / "onion-dropbox" / "courier.key").is_file()


@pytest.mark.parametrize("text", ["", "hello\n", "onion-dropbox client key 1\nAAAA\n", "\n" * 500, "\xff" * 80])
def test_a_file_that_is_no_key_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "key").write_text(text, encoding="latin-1")
    (tmp_path / "key").chmod(0o600)
    assert "no key" in run(capsys, "show", tmp_path / "key", code=1)
    assert "no key" in run(capsys, "show", tmp_path / "nothing", code=1)


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "key", tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    assert "Others" in run(capsys, "show", tmp_path / "key", code=1)


@pytest.mark.parametrize("address", ["", "abc.onion", "a" * 56 + ".onion", "x" * 62])
def test_an_address_with_a_slip_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    run(capsys, "key", tmp_path / "key")
    assert "no onion address" in run(capsys, "show", tmp_path / "key", "--address", address, code=1)


def sentences() -> set[str]:
    """Return every sentence that the command's main says, and every error's of its own."""
    (source,) = (Path(path) / "main.py" for path in courier.__path__)
    found = {main._FOR_A_TOR, "error", "hint"}
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            found |= {str(each.value) for each in node.args if isinstance(each, ast.Constant)}
    for kind in (errors.ClientKeyExists, errors.ClientKeyOpen, errors.ClientKeyUnreadable, errors.ClientKeyUnwritable):
        found |= {kind.message, kind.hint}
    return found | {errors.NotAnAddress.message, errors.NotAnAddress.hint}


def test_no_sentence_is_without_its_dutch_and_none_is_left_over() -> None:
    assert sentences() == set(speech.DUTCH)
    for english, dutch in speech.DUTCH.items():
        assert re.findall(r"\{\w+\}", english) == re.findall(r"\{\w+\}", dutch)
        assert english != dutch


def test_a_dutch_terminal_is_answered_in_dutch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    assert main.main(["key", str(tmp_path / "key")]) == 0
    assert "Geef dit aan de beheerder" in capsys.readouterr().out
    assert main.main(["key", str(tmp_path / "key")]) == 1
    assert capsys.readouterr().err.startswith("fout: Er is al een bestand")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert main.main(["show", str(tmp_path / "key")]) == 0
    assert "It is secret" in capsys.readouterr().out


def test_nothing_of_the_server_the_workstation_or_a_network_is_loaded() -> None:
    loaded = "import sys, dropbox.courier.main; print([name for name in sys.modules])"
    names = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    for name in ("dropbox.server", "dropbox.workstation", "'http.client'", "'ssl'", "flask", "sqlalchemy"):
        assert name not in names
