"""redact on the command line: what is marked in a plan, what is refused, and that the given plan stays as it is."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dropbox.models import Mandate
from dropbox.workstation.redacting_boxes import Box
from tests.envelopes import Case
from tests.factories_bundles import World
from tests.redacted import is_black, text_pdf

pytestmark = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("pdftotext") is None, reason="no bubblewrap or no poppler here"
)


class Room:
    """A case with a letter, and a plan that draws the letter anew."""

    def __init__(self, here: World, how: str = "redrawn", mandate: Mandate = Mandate.INVESTIGATE) -> None:
        self.here, self.case = here, Case()
        self.plan = here.folder / "plan.json"
        data = text_pdf("Jan Jansen came late.", "Nobody else was there.")
        here.start()
        here.drop.send(self.case, "See the letter.", [("letter.pdf", "application/pdf", data)], mandate=mandate)
        here.anna.ok("import", here.drop.pickup())
        wanted = ["--item", "1", "--name", "Jan Jansen", "--file", f"1-1={how}"]
        here.anna.ok("disclose", self.case.id, "--new", self.plan, *wanted)

    def redact(self, *arguments: str | Path) -> Any:
        return self.here.anna.ok("redact", self.case.id, "1", "--plan", self.plan, *arguments)

    def refused(self, *arguments: str | Path) -> str:
        return self.here.anna.refused("redact", self.case.id, "1", "--plan", self.plan, *arguments)


def covered(document: Any) -> set[str]:
    return {each["text"] for each in document["words"] if each["covered"]}


def test_words_that_are_covered_are_not_told_apart_by_guessing(here: World) -> None:
    document = Room(here).redact()
    assert covered(document) >= {"Jan", "Jansen"}
    assert "Nobody" not in covered(document)
    assert (document["page"], document["pages"], document["marks"], document["file"]) == (1, 1, [], None)


def test_marks_go_into_a_new_plan_and_the_given_one_stays(here: World) -> None:
    room = Room(here)
    before, target = room.plan.read_bytes(), here.folder / "second.json"
    word = next(each["number"] for each in room.redact()["words"] if each["text"] == "Nobody")
    document = room.redact("--word", f"{word}", "--box", "10,80,20,5.5", "--new", target)
    assert room.plan.read_bytes() == before
    assert "Nobody" in covered(document)
    assert len(document["marks"]) == 2
    kept = json.loads(target.read_text())["items"][0]["files"][0]["boxes"]
    assert {"page": 1, "x": 100, "y": 800, "width": 200, "height": 55} in kept
    assert "already" in room.refused("--whole", "--new", target)
    room.plan = target
    assert [each["number"] for each in room.redact("--remove", "1")["marks"]] == [1]
    assert covered(room.redact("--whole")) == {each["text"] for each in document["words"]}


def test_the_picture_shows_what_will_be_covered(here: World) -> None:
    room = Room(here)
    document = room.redact("--box", "10,80,20,5", "--to", here.folder / "look")
    (path,) = document["pictures"]
    with Image.open(path) as picture:
        assert is_black(picture.convert("RGB"), Box(1, 100, 800, 200, 50))


@pytest.mark.parametrize(
    "wrong",
    [("--box", "1,2,3"), ("--box", "50,0,51,1"), ("--word", "0"), ("--word", "99"), ("--remove", "1"), ("--page", "2")],
)
def test_what_is_not_on_the_page_marks_nothing(here: World, wrong: tuple[str, str]) -> None:
    room = Room(here)
    target = here.folder / "second.json"
    room.refused(*wrong, "--new", target)
    assert not target.exists()


def test_a_file_that_the_plan_does_not_draw_anew_is_not_marked(here: World) -> None:
    room = Room(here, how="annex")
    assert "drawn anew" in room.refused("--whole", "--new", here.folder / "second.json")


def test_a_mandate_that_closes_copies_closes_the_picture_too(here: World) -> None:
    room = Room(here, mandate=Mandate.LISTEN)
    if here.anna.run("view", room.case.id, "1", "--to", here.folder / "view").code:
        room.refused("--to", here.folder / "look")
        assert not (here.folder / "look").exists()


def test_no_word_of_the_file_is_in_an_error(here: World) -> None:
    result = here.anna.run("redact", Room(here).case.id, "1", "--plan", here.folder / "nowhere.json")
    assert result.code == 1
    assert "Jansen" not in result.err
