"""reply, note, letters and check-text at the terminal: the plain call as ever, and nothing sealed by a look."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dropbox.bundle import Called
from dropbox.models import Mandate
from tests.envelopes import Case
from tests.factories_bundles import DESK, World


@pytest.fixture
def case(here: World) -> Case:
    """A confirmed vault with one case, reported in Dutch, that names somebody."""
    made = Case()
    here.start()
    here.drop.send(made, "Karin Bos was erbij, op 3 maart.", mandate=Mandate.LISTEN, language="nl-BE")
    here.anna.ok("import", here.drop.pickup())
    return made


def items(here: World) -> list[Path]:
    return sorted((here.anna.vault / "items").iterdir())


def test_a_preview_seals_nothing(here: World, case: Case) -> None:
    attached = here.folder / "bijlage.txt"
    attached.write_bytes(b"hello")
    before = items(here), (here.anna.vault / "casebook.pgp").read_bytes()
    arguments = (case.id, "--text-file", here.text("Bel karin op 06-12345678."), "--attach", attached, "--preview")
    shown = here.anna.run("reply", *arguments).out
    assert "Nothing is sealed yet" in shown
    assert "| Bestanden" in shown
    document = here.anna.ok("reply", *arguments)
    assert document["preview"]["files"] == [{"name": "bijlage.txt", "size": "5 byte"}]
    assert [(each["kind"], each["text"]) for each in document["points"]] == [
        ("name", "karin"),
        ("phone", "06-12345678"),
    ]
    assert (items(here), (here.anna.vault / "casebook.pgp").read_bytes()) == before


def test_a_letter_comes_in_the_reporters_language_unless_told_otherwise(here: World, case: Case) -> None:
    here.anna.ok("reply", case.id, "--letter", "acknowledge")
    here.anna.ok("reply", case.id, "--letter", "acknowledge", "--lang", "en", "--text-file", here.text("Two words."))
    dutch, english = (item["text"] for item in here.anna.ok("read", case.id)["items"][1:])
    assert dutch.startswith("Bedankt voor je melding.")
    assert '"Alleen luisteren"' in dutch
    assert english.startswith("Thank you for your report.")
    assert english.endswith("\n\nTwo words.")


def test_a_letter_with_open_places_is_not_sealed_unread(here: World, case: Case) -> None:
    before = items(here)
    assert "[places]" in here.anna.refused("reply", case.id, "--letter", "ask")
    here.anna.refused("reply", case.id, "--letter", "nonsense")
    here.anna.refused("reply", case.id, "--letter", "ask", "--lang", "ar")
    assert items(here) == before
    assert here.anna.ok("reply", case.id, "--letter", "ask", "--preview")["points"]


def test_a_text_of_ones_own_may_have_brackets(here: World, case: Case) -> None:
    here.anna.ok("reply", case.id, "--text-file", here.text("As in [1] and {x}."))


def test_nobody_is_named_but_who_signs(here: World, case: Case) -> None:
    here.anna.ok("reply", case.id, "--text-file", here.text("Plain."))
    here.anna.ok("reply", case.id, "--text-file", here.text("Signed.\n"), "--sign", "Anna de Wit")
    plain, with_name = (item["text"] for item in here.anna.ok("read", case.id)["items"][1:])
    assert (plain, with_name) == ("Plain.", "Signed.\n\nAnna de Wit\n")
    here.anna.refused("reply", case.id, "--text-file", here.text(), "--sign", "A" * 101)


def test_a_reply_without_a_text_or_a_letter_is_wrong_usage(here: World, case: Case) -> None:
    result = here.anna.run("reply", case.id)
    assert (result.code, "--text-file" in result.err) == (2, True)
    assert here.anna.run("note", case.id, "--text-file", here.text(), "--sign", "Anna").code == 2


def test_letters_shows_whole_lines_for_a_file(here: World, case: Case) -> None:
    """What goes from here into a file becomes a reply: no line is broken to fit this terminal."""
    shown = here.anna.run("letters", "acknowledge", "--case", case.id, columns=40).out
    assert max(map(len, shown.splitlines())) > 100
    assert "{" not in shown
    listed = here.anna.ok("letters")
    assert {"name": "ask", "language": "nl", "origin": "ours"} in listed["letters"]
    assert here.anna.ok("letters", "ask", "--lang", "nl")["language"] == "nl"
    here.anna.refused("letters", "nonsense")


def test_letters_of_the_desk_stand_in_the_vault(here: World, case: Case) -> None:
    folder = here.anna.vault / "letters"
    folder.mkdir()
    (folder / "ours.nl.txt").write_text("Van bureau {desk}.")
    (folder / "wrong\x1b[2J.txt").write_text("x")
    listed = here.anna.ok("letters")
    assert {"name": "ours", "language": "nl", "origin": "desk"} in listed["letters"]
    assert listed["unusable"] == ["wrong\x1b[2J.txt"]
    assert "\x1b" not in here.anna.run("letters").out
    here.anna.ok("reply", case.id, "--letter", "ours")
    assert here.anna.ok("read", case.id)["items"][1]["text"] == "Van bureau integrity."


def test_check_text_needs_no_vault_and_never_refuses(here: World) -> None:
    text = here.text("Mail j@example.org.\nDhr. Jansen belde.")
    result = here.dirk.run("check-text", "--text-file", text)
    assert result.code == 0
    assert "2     Dhr. Jansen" in result.out
    document = json.loads(here.dirk.run("check-text", "--text-file", text, "--json").out)
    assert [each["kind"] for each in document["points"]] == ["email", "name"]
    assert here.dirk.ok("check-text", "--text-file", "-", stdin=b"Niets bijzonders.") == {"points": []}


def test_check_text_knows_the_names_of_the_case(here: World, case: Case) -> None:
    text = here.text("We spraken bos en karin.")
    assert here.anna.ok("check-text", "--text-file", text)["points"] == []
    found = here.anna.ok("check-text", "--text-file", text, "--case", case.id)["points"]
    assert [each["text"] for each in found] == ["bos", "karin"]


def test_names_from_the_drop_stand_in_the_preview_and_are_not_pointed_at(here: World) -> None:
    made = Case()
    here.start()
    here.drop.send(made, "Something.", language="nl")
    names = Called.made("Partij Zonneveld", {DESK: {"en": "Adviser", "nl": "Meldloket Oosterwolde"}})
    here.anna.ok("import", here.drop.pickup(bend=lambda manifest: replace(manifest, called=names)))
    text = here.text("Namens Meldloket Oosterwolde van Partij Zonneveld.")
    document = here.anna.ok("reply", made.id, "--text-file", text, "--preview")
    assert document["preview"]["desk"] == "Meldloket Oosterwolde"
    assert document["points"] == []
