"""The commands as people use them: the loop on one desk, in JSON and at a terminal's width."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dropbox.models import Fingerprint
from tests.envelopes import Case
from tests.factories_bundles import World, people, world

People = dict[str, tuple[Path, Fingerprint]]


@pytest.fixture(scope="module")
def made() -> Iterator[People]:
    with people() as homes:
        yield homes


@pytest.fixture
def here(made: People) -> Iterator[World]:
    with world(made) as fresh:
        yield fresh


def test_a_report_is_imported_read_and_answered(here: World) -> None:
    case = Case()
    here.drop.send(case, "Something happened.", [("photo.jpg", "image/jpeg", b"pixels")])
    here.start(here.anna)
    report = here.anna.ok("import", here.drop.pickup())
    assert report["new"] == 1
    listed = here.anna.ok("cases")
    assert [line["case"] for line in listed] == [case.id]
    thread = here.anna.ok("read", case.id[:6])
    assert thread["items"][0]["text"] == "Something happened."
    here.anna.ok("reply", case.id, "--text-file", here.text("Thank you."))
    answer = here.folder / "answer.tar"
    here.anna.ok("export", answer)
    manifest = here.drop.take(answer, case)
    assert len(manifest.entries) == len(manifest.receipts) == len(manifest.read) == 1
