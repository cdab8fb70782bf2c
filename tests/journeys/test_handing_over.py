"""A case goes to an outside bureau: asked in a reply, agreed to on the reporter's page, read there and here no more.

The bureau is a desk of the drop that takes no reports of its own. Real server, real gpg, real commands; the story is
played once, and each test looks at one promise of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import Person, World, come_back, send_report
from tests.visitor import Page, Visitor

PHOTO = ("photo.png", "image/png", b"\x89PNG\r\n" * 400)
BUREAU, DESK = "committee", "advisers"


@dataclass
class Story:
    world: World
    reporter: Visitor
    codename: str
    case: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    read: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Story]:
    world = World.make(tmp_path_factory.mktemp("handing"), people)
    closed = re.sub(rf'(id = "{BUREAU}"\n)', r"\1closed = true\n", world.drop.config.read_text(), count=1)
    world.drop.config.write_text(closed)
    world.drop.server("init")
    world.start_vaults()
    with world.drop:
        reporter = world.drop.visitor()
        page = send_report(reporter, "It began in March.", [DESK], files=[PHOTO])
        told = Story(world, reporter, page.codename)
        ask(told)
        agree(told)
        hand_over(told)
        go_on(told)
        yield told


def text(story: Story, content: str) -> Path:
    path = story.world.root / f"{len(list(story.world.root.iterdir()))}.txt"
    path.write_text(content)
    return path


def ask(story: Story) -> None:
    """Both members read it; one of them asks whether the bureau may have it."""
    world, anna = story.world, story.world.members["anna"]
    world.fetch("anna", "bob")
    story.case = anna.json("cases")[0]["case"]
    story.read["before"] = world.members["bob"].json("read", story.case)
    anna.run("handover", story.case, "--to", BUREAU, "--ask", "--text-file", text(story, "They can do more for you."))
    world.bring("anna")


def agree(story: Story) -> None:
    story.reporter = story.world.drop.visitor()
    story.pages["asked"] = come_back(story.reporter, story.codename)
    form = story.pages["asked"].form("message", "mandate")
    (name,) = [name for name, _value in form.fields if name.startswith("answer-consent-")]
    story.pages["agreed"] = story.reporter.submit(form, {name: "yes", "message": "Yes, they may."}, ())
    story.world.fetch("anna", "bob", "carla")


def hand_over(story: Story) -> None:
    world = story.world
    anna, carla = world.members["anna"], world.members["carla"]
    story.refused["anna"] = anna.run("read", story.case, code=1)
    story.refused["bob"] = world.members["bob"].run("read", story.case, code=1)
    story.read["waits"] = carla.json("handover", story.case)
    made = world.root / "handed-over.tar"
    anna.run("handover", story.case, made)
    carla.run("import", made)
    story.read["after"] = carla.json("read", story.case)


def go_on(story: Story) -> None:
    """The bureau answers, the reporter writes again, and everybody brings what they owe."""
    world, carla = story.world, story.world.members["carla"]
    carla.run("reply", story.case, "--text-file", text(story, "We have your case now."))
    world.bring("carla", "anna", "bob")
    story.reporter = world.drop.visitor()
    story.pages["answered"] = come_back(story.reporter, story.codename)
    form = story.pages["answered"].form("message", "mandate")
    story.pages["last"] = story.reporter.submit(form, {"message": "For the bureau alone."}, ())
    world.fetch("anna", "bob", "carla")
    story.read["last"] = carla.json("read", story.case)
    story.read["old desk"] = [world.members[name].json("handover", story.case) for name in ("anna", "bob")]
    world.bring("carla", "anna", "bob")
    world.fetch("anna", "bob", "carla")
    world.bring("carla", "anna", "bob")
    story.waiting = world.drop.server_json("status")["waiting"]


def texts(read: Any) -> list[str]:
    return [item["text"] for item in read["items"]]


def test_the_reporter_is_asked_in_words_made_by_the_drop(story: Story) -> None:
    page = story.pages["asked"].text
    assert 'type="radio" name="answer-consent-' in page
    assert "They can do more for you." in page


def test_the_reporter_sees_who_has_the_case_now(story: Story) -> None:
    assert "Your case goes to its new readers." in story.pages["agreed"].text
    assert "We have your case now." in story.pages["answered"].text
    assert "They can do more for you." in story.pages["answered"].text, "what the old desk wrote is still there"


@pytest.mark.parametrize("name", ["anna", "bob"])
def test_nobody_of_the_old_desk_opens_it_any_more(story: Story, name: str) -> None:
    assert texts(story.read["before"]) == ["It began in March."]
    assert "It began in March." not in story.refused[name], "refused with nothing shown"


def test_the_bureau_reads_all_of_it_with_its_files(story: Story) -> None:
    assert story.read["waits"]["waits"] is True
    assert texts(story.read["after"]) == ["It began in March.", "They can do more for you.", "Yes, they may."]
    assert story.read["after"]["items"][0]["attachments"] == story.read["before"]["items"][0]["attachments"]


def test_what_comes_later_reaches_the_bureau_and_nobody_else(story: Story) -> None:
    assert texts(story.read["last"])[-1] == "For the bureau alone."
    for name in ("anna", "bob"):
        held = list((story.world.members[name].vault / "items").glob("*.pgp"))
        assert len(held) == 2, "the report and the yes"
    assert all(state["left"]["to"] == BUREAU for state in story.read["old desk"])


def test_the_drop_waits_for_nobody_in_vain(story: Story) -> None:
    assert story.waiting == {DESK: 0, BUREAU: 0}
