"""Whoever gets the register or the assessment looks for the reporter in it, in every byte of every form."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.codename import case_name
from dropbox.models import Kind, Mandate, today
from dropbox.workstation import assessment
from dropbox.workstation.register_file import ENDINGS
from tests.envelopes import Case
from tests.factories_bundles import World, write_as

YEAR = str(today().year)
TEXT = "Wilhelmina saw the treasurer in Appelscha on Tuesday."
FILE_NAME = "wilhelmina-diary.txt"
TAG = "treasurer Appelscha"
NOTE = "Bellefleur says she was there."
MARK = "Bellefleur"
TEXTS = Path(assessment.__file__).parent


def streams(data: bytes) -> Iterator[bytes]:
    """Yield a file's bytes as they are, and of a PDF each compressed part, and the text that a reader finds in it."""
    yield data
    if data.startswith(b"%PDF") and shutil.which("pdftotext"):
        yield subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True).stdout
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", data, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(found[1])
        except zlib.error:
            continue


def secrets_of(here: World, case: Case) -> list[str]:
    """Return what leads to a case or to whoever is in it; case words of three letters stand in ordinary words too."""
    document = here.anna.ok("read", case.id)
    items = [item["item"] for item in document["items"]]
    words = [*case_name(case.id).split(), *re.findall(r"\w{6,}", f"{TEXT} {NOTE} {TAG}")]
    found = [case.id, case.id[:8], *items, *(item[:8] for item in items), FILE_NAME, MARK, *words]
    return sorted({each for each in found if len(each) >= 6})


def is_named_ordinarily(case: Case) -> bool:
    """Say whether a word of a case's name stands in what the program itself says in these files."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in TEXTS.glob("*.txt")).lower()
    return any(word in texts for word in case_name(case.id).split())


@pytest.fixture
def made(here: World) -> dict[str, bytes]:
    """Have one case of every kind of words, and make every file of it that there is."""
    here.start()
    case = next(each for each in iter(Case, None) if not is_named_ordinarily(each))
    here.drop.send(case, TEXT, [(FILE_NAME, "text/plain", TEXT.encode())], mandate=Mandate.INVESTIGATE)
    write_as(here.drop, here.bram, case, Kind.NOTE, text=NOTE)
    here.anna.ok("import", here.drop.pickup())
    here.anna.ok("tag", case.id, f"+{TAG}")
    here.anna.ok("classify", case.id, "--subject", "fraud", "--outcome", "founded")
    here.anna.ok("state", case.id, "closed")
    made = {}
    for days in ((), ("--with-days",)):
        for ending in ENDINGS:
            name = f"register{len(days)}{ending}"
            here.anna.ok("register", "--year", YEAR, *days, "--to", here.folder / name)
            made[name] = (here.folder / name).read_bytes()
    for ending in assessment.ENDINGS:
        here.anna.ok("dpia", "--to", here.folder / f"dpia{ending}")
        made[f"dpia{ending}"] = (here.folder / f"dpia{ending}").read_bytes()
    made["json"] = here.anna.run("register", "--year", YEAR, "--with-days", "--json").out.encode()
    made["screen"] = here.anna.run("register", "--year", YEAR, columns=200).out.encode()
    made["secrets"] = "\n".join(secrets_of(here, case)).encode()
    return made


def test_nothing_that_leads_to_a_case_or_a_person_is_in_any_byte(made: dict[str, bytes]) -> None:
    secrets = made.pop("secrets").decode().split("\n")
    assert {MARK, FILE_NAME} <= set(secrets)
    assert len(secrets) > 12
    assert len(made) == 2 * len(ENDINGS) + len(assessment.ENDINGS) + 2
    for name, data in made.items():
        seen = b"\n".join(streams(data)).lower()
        assert YEAR.encode() in seen, name
        for secret in secrets:
            for coding in ("utf-8", "utf-16-be", "utf-16-le"):
                assert secret.lower().encode(coding) not in seen, (name, secret)


def test_the_hunt_finds_what_is_there(made: dict[str, bytes]) -> None:
    """Else the test above would pass over files that it cannot read."""
    for name, data in made.items():
        if name.startswith("register") and (not name.endswith(".pdf") or shutil.which("pdftotext")):
            assert f"{YEAR}-001".encode() in b"".join(streams(data))
