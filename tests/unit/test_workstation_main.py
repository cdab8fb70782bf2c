"""The commands as scripts and people use them: exact JSON, orderly refusals, calm screens."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from dropbox.codename import case_name
from dropbox.models import Kind, Mandate
from dropbox.workstation.commands import cases
from dropbox.workstation.main import main
from dropbox.workstation.terminal import columns
from tests.envelopes import Case
from tests.factories import make_key
from tests.factories_bundles import DESK, Investigator, Result, World

COMMANDS = ["init", "confirm", "import", "cases", "read", "extract", "reply", "note", "export"]
PROGRAM = "import sys; from dropbox.workstation.main import main; sys.exit(main())"
REPORT = "It began in spring.\n\nEverybody knew."


def begun(here: World) -> Case:
    case = Case()
    here.start()
    photo = ("photo.jpg", "image/jpeg", b"pixels")
    here.drop.send(case, REPORT, [photo], mandate=Mandate.LISTEN, answers={"answer-when": "spring"})
    here.anna.ok("import", here.drop.pickup())
    return case


def test_cases_has_exactly_the_promised_fields(here: World) -> None:
    case = begun(here)
    assert here.anna.ok("cases") == [
        {
            "case": case.id,
            "name": case_name(case.id),
            "desk": DESK,
            "mandate": "listen",
            "received": here.drop.day.isoformat(),
            "submissions": 1,
            "replies": 0,
            "unread": 1,
        }
    ]


def test_read_has_exactly_the_promised_fields(here: World) -> None:
    case = begun(here)
    thread = here.anna.ok("read", case.id)
    assert set(thread) == {"case", "name", "items"}
    (item,) = thread["items"]
    assert item == {
        "item": next(iter(here.drop.items)),
        "kind": "report",
        "day": here.drop.day.isoformat(),
        "text": REPORT,
        "mandate": "listen",
        "answers": {"answer-when": "spring"},
        "attachments": [
            {
                "name": "photo.jpg",
                "bytes": 6,
                "sha256": "6ec9c2b0eb14010746c8bce8939303b382344b296206612eb8a907a37b2b2f37",
            }
        ],
    }


def test_reading_marks_as_read_and_nothing_else_does(here: World) -> None:
    case = begun(here)
    here.anna.ok("extract", case.id, "--to", here.folder / "out")
    assert here.anna.ok("cases")[0]["unread"] == 1
    here.anna.run("read", case.id)
    assert here.anna.ok("cases")[0]["unread"] == 0


def test_a_case_is_found_by_id_prefix_and_name_and_by_nothing_less(here: World) -> None:
    case = begun(here)
    name = case_name(case.id)
    for wanted in (case.id, case.id[:4], case.id[:9].upper(), name, name.title(), name.replace(" ", "-")):
        assert here.anna.ok("read", wanted)["case"] == case.id
    for wanted in (case.id[:3], "zzzz", name.split()[0], case.id + "0", "", "../x"):
        assert "no such case" in here.anna.refused("read", wanted)


def test_a_prefix_of_two_cases_is_refused(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(here)
    here.drop.send(Case())
    here.anna.ok("import", here.drop.pickup())
    monkeypatch.setattr("dropbox.workstation.casebook.casebook.case_name", lambda _case: "same words")
    assert "More than one case" in here.anna.refused("read", "same words")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["read"], ["extract", "abcd"], ["reply", "abcd"], ["import"]])
def test_wrong_usage_is_2_and_one_error_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    said = capsys.readouterr()
    assert (stop.value.code, said.out) == (2, "")
    assert said.err.startswith("error: ")
    assert "\nhint: " in said.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    said = capsys.readouterr().out
    assert stop.value.code == 0
    assert "--vault DIR" in said
    assert "--json" in said


def test_json_is_one_document_and_banners_go_elsewhere(here: World) -> None:
    here.drop.send(Case())
    here.anna.ok("init")
    for arguments in (["import", here.drop.pickup()], ["cases"]):
        result = here.anna.run(*map(str, arguments), "--json")
        assert json.loads(result.out) is not None
        assert len(result.out.splitlines()) == 1
        assert "UNCONFIRMED" in result.err


def test_json_holds_nothing_that_a_terminal_obeys(here: World) -> None:
    case = Case()
    here.start()
    here.drop.send(case, "\x1b[2J\u202e\x07", [("\x1b]0;x\x07\u202e", "text/plain", b"")])
    here.anna.ok("import", here.drop.pickup())
    out = here.anna.run("read", case.id, "--json").out
    assert out.isascii()
    assert out.strip().isprintable()
    assert json.loads(out)["items"][0]["text"] == "\x1b[2J\u202e\x07"


@pytest.mark.parametrize("width", [80, 120])
def test_screens_fit_the_terminal(here: World, width: int) -> None:
    case = Case()
    here.anna.ok("init")
    name = "a name with spaces.pdf"
    here.drop.send(case, "word " * 300, [(name, "text/plain", b"x")], mandate=Mandate.INVESTIGATE)
    here.drop.let_go(here.drop.send(case))
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.anna.ok("import", here.drop.pickup())
    for arguments in (["cases"], ["read", case.id]):
        shown = here.anna.run(*arguments, columns=width).out
        too_wide = [line for line in shown.splitlines() if columns(line) > width]
        assert too_wide == []
        assert shown.index("UNCONFIRMED") < shown.index(case.id[:8])


def test_the_words_to_compare_are_shown_and_confirm_takes_them(here: World) -> None:
    here.anna.ok("init")
    here.anna.ok("import", here.drop.pickup())
    shown = here.anna.run("cases").out
    words = shown.split("person:")[1].split("If they")[0]
    assert words.split() == here.drop.words.split()
    assert here.anna.ok("confirm", words) == {"confirmed": "drop"}
    assert "UNCONFIRMED" not in here.anna.run("cases").out


def test_words_without_quotation_marks_are_the_same_words(here: World) -> None:
    here.anna.ok("init", "--drop-key", *here.drop.words.split())
    here.anna.ok("import", here.drop.pickup())
    assert "UNCONFIRMED" not in here.anna.run("cases").out
    assert here.anna.ok("confirm", *here.drop.words.split()) == {"confirmed": "drop"}


def test_what_comes_next_is_said_with_the_vault_that_was_named(here: World) -> None:
    assert f"import FILE --vault {here.anna.vault}" in here.anna.run("init").out


def test_a_file_that_cannot_be_read_is_told_apart(here: World) -> None:
    case = begun(here)
    (here.folder / "text.txt").write_text("Thank you.")
    assert "text file" in here.anna.refused("reply", case.id, "--text-file", here.folder / "none.txt")
    attach = ["--text-file", str(here.folder / "text.txt"), "--attach", str(here.folder / "none.pdf")]
    assert "attachment" in here.anna.refused("reply", case.id, *attach)


def test_wrong_words_are_an_alarm_and_a_slip_is_not(here: World) -> None:
    here.anna.ok("init")
    here.anna.ok("import", here.drop.pickup())
    words = here.drop.words.split()
    assert "ALARM" in here.anna.refused("confirm", " ".join(reversed(words)))
    assert "ALARM" not in here.anna.refused("confirm", " ".join(words[:9]))
    assert "UNCONFIRMED" in here.anna.run("cases").out


def test_confirming_before_any_bundle_says_what_to_do(here: World) -> None:
    here.anna.ok("init")
    assert "does not know a drop" in here.anna.refused("confirm", here.drop.words)
    assert "does not know a drop" in here.anna.refused("confirm", "--roster", here.drop.words)


def console(person: Investigator, *arguments: str | Path) -> Result:
    """Run the command as a process of its own."""
    command = [sys.executable, "-c", "import sys; from dropbox.workstation.main import main; sys.exit(main())"]
    environment = {**os.environ, "GNUPGHOME": str(person.home)}
    done = subprocess.run(
        [*command, *map(str, arguments), "--vault", str(person.vault)],
        capture_output=True,
        env=environment,
        check=False,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_a_reader_that_goes_away_costs_no_traceback(here: World) -> None:
    begun(here)
    shell = f"{sys.executable} -c '{PROGRAM}' cases --vault {here.anna.vault} | true"
    environment = {**os.environ, "GNUPGHOME": str(here.anna.home)}
    done = subprocess.run(shell, shell=True, capture_output=True, env=environment, check=False)
    assert done.stderr == b""


def test_a_terminal_of_another_character_set_still_shows_everything(here: World) -> None:
    case = Case()
    here.start()
    here.drop.send(case, "één vráág \u2014 \u4f1a\u8b70")
    here.anna.ok("import", here.drop.pickup())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONIOENCODING", "ascii")
        result = console(here.anna, "read", case.id)
    assert result.code == 0
    assert "\\xe9\\xe9n" in result.out


def test_at_a_terminal_init_offers_the_choice_of_keys(here: World) -> None:
    home = here.folder / "two"
    keys = [make_key(home, name) for name in ("one", "two")]
    control, terminal = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, "init", "--json", "--vault", str(here.folder / "v")]
    os.write(control, b"2\n")
    done = subprocess.run(
        command, stdin=terminal, capture_output=True, env={**os.environ, "GNUPGHOME": str(home)}, check=False
    )
    os.close(control)
    os.close(terminal)
    assert done.returncode == 0, done.stderr
    listed = [line.split()[1] for line in done.stderr.decode().splitlines()[:2]]
    assert sorted(listed) == sorted(keys)
    assert json.loads(done.stdout)["key"] == listed[1]


def test_a_fault_in_the_program_shows_neither_a_traceback_nor_what_it_held(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(here)

    def fail(_casebook: object) -> None:
        raise RuntimeError("unsealed words")

    monkeypatch.setattr(cases, "summaries", fail)
    result = here.anna.run("cases")
    assert result.code == 1
    assert "unsealed words" not in result.out + result.err
    assert result.err.splitlines() == [
        "error: unexpected RuntimeError",
        "hint: This is a fault in the program; please report it.",
    ]
