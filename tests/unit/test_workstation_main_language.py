"""The commands in the terminal's language: Dutch where it asks for it, wholly; what a script reads stays as it is."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

import pytest

from dropbox.models import Kind, Mandate
from dropbox.workstation import letters, speech, terminal
from dropbox.workstation.main import main
from tests.envelopes import Case
from tests.factories_bundles import DESK, World, write_as
from tests.pages.spoken import CLOSES, DAY, OPENS, Marked, bracketed, outside
from tests.site_room import compile_catalogues

TEXT = "Zzz."
DATA = {
    "Zzz",
    "zzz",
    "txt",
    DESK,
    "bram",
    "anna",
    "dropbox",
    "workstation",
    "export",
    "FILE",
    "SHA",
    "en",
    "nl",
    "tmp",
    "KiB",
}
"""What a line holds beside sentences: others' words, names, what is typed, units."""
DATA |= set(re.findall("[a-z]+", " ".join(letters._TITLES)))
IDS = re.compile(r"\b[0-9A-Fa-f]{4,}\b|/[^\s⟧]+|[0-9-]{10}")


def run(here: World, language: str, *arguments: object, code: int = 0) -> str:
    """Run a command at a terminal of this language and return all that it prints."""
    out = io.StringIO()
    environment = {"GNUPGHOME": str(here.anna.home), "LC_ALL": language, "COLUMNS": "500"}
    given = [*map(str, arguments), "--vault", str(here.anna.vault)]
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        redirect_stdout(out),
        redirect_stderr(out),
    ):
        assert main(given) == code, out.getvalue()
    return out.getvalue()


def rest_of(printed: str) -> str:
    """Return what of a command's lines is neither a sentence of the catalogue nor somebody's data."""
    return outside(IDS.sub(" ", DAY.sub(" ", bracketed(printed))), DATA)


@pytest.fixture
def _marked() -> Iterator[None]:
    """Each sentence of a catalogue in marks."""
    compile_catalogues()
    said = {code: Marked(speech._translations(code)) for code in speech.LANGUAGES}
    with (
        mock.patch.object(speech, "_translations", said.__getitem__),
        mock.patch.object(terminal, "_JOINERS", terminal._JOINERS + OPENS + CLOSES),
    ):
        yield


@pytest.fixture
def told(here: World) -> Case:
    """A case with every kind of item, imported."""
    here.start()
    case = Case()
    here.drop.send(case, TEXT, [("zzz.txt", "text/plain", b"zzz")], mandate=Mandate.INVESTIGATE)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("reply", case.id, "--text-file", here.text(TEXT))
    write_as(here.drop, here.bram, case, Kind.NOTE, text=TEXT)
    here.drop.send(case, TEXT, kind=Kind.MANDATE, mandate=Mandate.ADVISE)
    here.drop.send(Case(), TEXT, signer=Case().case_key)
    here.drop.let_go(here.drop.send(Case(), TEXT))
    here.anna.run("import", here.drop.pickup())
    return case


@pytest.mark.usefixtures("_marked")
def test_no_line_at_the_terminal_is_outside_the_catalogue(here: World, told: Case) -> None:
    text = here.text(TEXT)
    lines = [
        ("cases",),
        ("read", told.id),
        ("extract", told.id, "--to", here.folder / "files"),
        ("reply", told.id, "--text-file", text),
        ("reply", told.id, "--text-file", text, "--preview"),
        ("tag", told.id, "+zzz"),
        ("state", told.id, "waiting"),
        ("work", told.id),
        ("search", "zzz"),
        ("calendar",),
        ("letters",),
        ("check-text", "--text-file", text),
        ("explain",),
        ("import", here.drop.pickup()),
        ("export", here.folder / "a.tar"),
    ]
    found = {each[0]: rest_of(run(here, "nl_NL.UTF-8", *each)) for each in lines}
    assert not {name: rest for name, rest in found.items() if rest}


def test_a_refusal_is_said_in_the_terminals_language(here: World) -> None:
    compile_catalogues()
    assert "error: In deze map is nog geen kluis." in run(here, "nl_NL.UTF-8", "cases", code=1)
    assert "error: There is no vault in this folder yet." in run(here, "en_GB.UTF-8", "cases", code=1)


def test_what_a_script_reads_is_the_same_in_every_language(here: World, told: Case) -> None:
    compile_catalogues()
    for command in (("cases",), ("read", told.id), ("work", told.id), ("calendar",), ("letters",)):
        answers = [run(here, language, *command, "--json") for language in ("nl_NL.UTF-8", "C.UTF-8")]
        dutch, english = (json.loads(answer.strip().splitlines()[-1]) for answer in answers)
        assert dutch == english
