"""Letters: bounded, honest about days, in the reporter's language, and never more than text."""

import os
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.errors import LetterLanguageUnknown, LetterUnknown
from dropbox.models import Kind, Mandate, today
from dropbox.workstation import letters
from dropbox.workstation.casebook import ItemRecord
from dropbox.workstation.letters import MAX_LETTER_BYTES, Origin, fill, read_shelf, values_of
from dropbox.workstation.pointing import PointKind, points_in
from dropbox.workstation.previewing import theirs
from dropbox.workstation.thread import items_of
from tests.casebooks import CASE, DAY, DESK, casebook, submission, writing

OURS = {"acknowledge", "late", "ask", "ask-more", "inform", "close"}


def items(received: date, mandate: Mandate = Mandate.ADVISE, replied: date | None = None) -> list[ItemRecord]:
    """A case of that day, with a reply of another one."""
    made = casebook()
    submission(made, 1, days=(received - DAY).days, mandate=mandate)
    if replied is not None:
        writing(made, Kind.REPLY, days=(replied - DAY).days)
    return items_of(made, CASE)


def put(folder: Path, name: str, text: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_no_letter_lacks_a_language(tmp_path: Path) -> None:
    shelf = read_shelf(None, tmp_path)
    assert set(shelf.letters) == {(name, code) for name in OURS for code in ("en", "nl")}
    assert shelf.names[:3] == ("acknowledge", "late", "ask")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_ours_promise_no_day_that_is_not_a_case_s_own(tmp_path: Path, language: str) -> None:
    """Every day and the mandate come by name; nothing that looks like a name or a number stands in a letter of ours."""
    values = values_of(items(today(), Mandate.LISTEN), DESK, theirs(language))
    for letter in read_shelf(None, tmp_path).letters.values():
        if letter.language == language:
            text = fill(letter.text, values)
            assert "{" not in text, letter.name
            assert {point.kind for point in points_in(text)} <= {PointKind.BLANK}, letter.name
            assert len(text) < 2000


def test_the_days_are_those_of_the_reporters_page() -> None:
    received = today() - timedelta(days=3)
    values = values_of(items(received), DESK, theirs("nl"))
    spoken = theirs("nl")
    assert values["received"] == spoken.day_text(received)
    assert values["acknowledge_by"] == spoken.day_text(acknowledge_by(received))
    assert values["answer_by"] == spoken.day_text(answer_by(received, today()))


def test_a_late_or_a_second_reply_moves_no_day() -> None:
    received = today() - timedelta(days=40)
    late = values_of(items(received), DESK, theirs("en"))
    assert late["answer_by"] == theirs("en").day_text(answer_by(received))
    first = received + timedelta(days=2)
    second = values_of(items(received, replied=first), DESK, theirs("en"))
    assert second["answer_by"] == theirs("en").day_text(answer_by(received, first))


def test_a_clock_that_is_behind_promises_no_day_before_the_laws() -> None:
    received = today() + timedelta(days=5)
    values = values_of(items(received), DESK, theirs("en"))
    assert values["answer_by"] == theirs("en").day_text(answer_by(received, received))


def test_the_operator_overrides_ours_and_the_desk_overrides_the_operator(tmp_path: Path) -> None:
    kit, vault = tmp_path / "kit", tmp_path / "vault"
    for folder in (kit, vault):
        folder.mkdir()
    put(kit / "letters", "close.nl.txt", "Van de beheerder.")
    put(kit / "letters", "own.en.txt", "Only the operator's.")
    put(vault / "letters", "close.nl.txt", "\ufeffVan het bureau.\r\nTot ziens.\r\n")
    shelf = read_shelf(vault, kit)
    assert shelf.find("close", "nl").text == "Van het bureau.\nTot ziens."
    assert shelf.find("close", "nl").origin is Origin.DESK
    assert shelf.find("own", "nl").origin is Origin.OPERATOR
    assert shelf.find("close", "en").origin is Origin.OURS
    assert shelf.names[-1] == "own"


def test_a_file_that_is_no_letter_is_named_and_not_read(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    folder = vault / "letters"
    put(folder, "long.en.txt", "x" * (MAX_LETTER_BYTES + 1))
    put(folder, "binary.en.txt", b"\xff\xfe")
    put(folder, "empty.en.txt", " \n")
    put(folder, "No Name.txt", "x")
    put(folder, "a\x1b[2J.en.txt", "x")
    secret = put(tmp_path / "elsewhere", "secret", "A secret.")
    (folder / "link.en.txt").symlink_to(secret)
    (folder / "folder.en.txt").mkdir()
    os.mkfifo(folder / "pipe.en.txt")
    shelf = read_shelf(vault, tmp_path)
    assert {letter.name for letter in shelf.letters.values()} == OURS
    assert len(shelf.unusable) == 8
    assert not any("secret" in letter.text.lower() for letter in shelf.letters.values() if letter.name == "link")


def test_a_folder_full_of_letters_is_not_read_for_ever(tmp_path: Path) -> None:
    for number in range(letters.MAX_LETTERS + 5):
        put(tmp_path / "letters", f"n{number:04}.en.txt", "x")
    assert len(read_shelf(tmp_path, tmp_path / "none").letters) == letters.MAX_LETTERS + 2 * len(OURS)


def test_the_language_is_the_one_asked_for_or_said_to_be_missing(tmp_path: Path) -> None:
    shelf = read_shelf(None, tmp_path)
    assert shelf.find("ask", "ar").language == "en"
    assert shelf.in_language("ask", "nl").language == "nl"
    with pytest.raises(LetterLanguageUnknown):
        shelf.in_language("ask", "ar")
    with pytest.raises(LetterUnknown):
        shelf.find("nonsense", "nl")


def test_a_place_without_a_value_stays_to_be_seen() -> None:
    assert fill("{received} {unknown} {received.__class__} {{x}}", {"received": "today"}) == (
        "today {unknown} {received.__class__} {{x}}"
    )


def test_a_letter_s_text_is_not_in_its_repr(tmp_path: Path) -> None:
    assert "Bedankt" not in repr(read_shelf(None, tmp_path).letters)


def test_a_case_without_its_report_has_no_days() -> None:
    values = values_of([], DESK, theirs("en"))
    assert set(values) == {"desk", "today", "mandate"}
    assert values["today"] == theirs("en").day_text(today())


def test_the_operators_letters_are_looked_for_beside_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kit that is the folder that was unpacked; elsewhere the one that holds the program's environment."""
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert (letters.beside_program() / "dropbox" / "workstation" / "letters.py").is_file()
    monkeypatch.setattr(sys, "prefix", "/somewhere/.venv")
    assert letters.beside_program() == Path("/somewhere")
