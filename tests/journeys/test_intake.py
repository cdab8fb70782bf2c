"""A case that was opened at the table: sealed offline, taken in by the real server, gone on with over its own pages.

One story is played once; each test looks at one promise of it. The server never saw the first conversation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dropbox.models import today
from tests.journeys.world import Person, World, come_back
from tests.visitor import Page

SAID = "At the table: it began in March."
ADDRESS = "a2" * 28 + ".onion"


@dataclass
class Story:
    world: World
    words: str = ""
    case: str = ""
    item: str = ""
    slip: dict[str, Any] = field(default_factory=dict)
    before: Page | None = None
    pages: dict[str, Page] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    threads: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    banners: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("intake")
    world = World.make(root, people, retention="days_after_receipt = 0")
    world.drop.server("init")
    (root / "data" / "tor").mkdir(mode=0o700, exist_ok=True)
    (root / "data" / "tor" / "address").write_text(ADDRESS)
    world.start_vaults()
    told = Story(world)
    with world.drop:
        tell_the_intake(told)
        tell_the_return(told)
        tell_the_withdrawal(told)
        yield told


def tell_the_intake(story: Story) -> None:
    world, anna = story.world, story.world.members["anna"]
    world.fetch("anna", "bob")
    (world.root / "said.txt").write_text(SAID, encoding="utf-8")
    made = anna.json("intake", "--mandate", "listen", "--text-file", world.root / "said.txt")
    story.case, story.item, story.slip = made["case"], made["item"], made["slip"]
    story.words = " ".join(made["slip"]["words"])
    story.before = come_back(world.drop.visitor(), story.words)
    target = world.root / "intake.tar"
    anna.run("export", target)
    story.lines = world.drop.server_json("import", target)["lines"]
    story.again = world.drop.server_json("import", target)["lines"]


def tell_the_return(story: Story) -> None:
    world, bob = story.world, story.world.members["bob"]
    visitor = world.drop.visitor()
    story.pages["first"] = come_back(visitor, story.words)
    visitor.submit(story.pages["first"].form("message", "mandate"), {"message": "From home.", "mandate": "advise"})
    world.fetch("bob", "anna")
    (world.root / "reply.txt").write_text("Thank you for coming.", encoding="utf-8")
    bob.run("reply", story.case, "--text-file", world.root / "reply.txt")
    world.bring("bob")
    story.pages["answered"] = come_back(world.drop.visitor(), story.words)
    world.fetch("anna", "bob")
    for name in ("anna", "bob"):
        member = world.members[name]
        story.threads[name] = member.json("read", story.case)
        story.rows[name] = member.json("cases")[0]
        story.banners[name] = member.run("cases")


def tell_the_withdrawal(story: Story) -> None:
    world = story.world
    visitor = world.drop.visitor()
    page = come_back(visitor, story.words)
    story.pages["withdrawn"] = visitor.submit(page.form("message", "withdraw"), {"withdraw": "withdraw"})
    world.fetch("anna", "bob")


def test_the_words_open_nothing_before_the_server_knows_the_case(story: Story) -> None:
    assert story.before is not None
    assert story.before.status == 400


def test_the_server_takes_the_case_in_once(story: Story) -> None:
    assert any(story.item in line and line.endswith("stored") for line in story.lines), story.lines
    assert any(story.item in line and line.endswith("known already") for line in story.again), story.again
    assert story.world.drop.server_json("status")["cases"] == 1


def test_the_slip_is_not_without_the_drops_address(story: Story) -> None:
    assert story.slip["address"] == ADDRESS
    assert len(story.slip["words"]) == 7


def test_the_reporter_comes_back_to_a_case_that_was_received(story: Story) -> None:
    page = story.pages["first"]
    assert page.status == 200
    assert "message" in page.form("message", "mandate").names
    assert SAID not in page.text
    assert dict(page.form("message", "mandate").fields)["mandate"] == "listen"


def test_the_reply_is_not_unreadable_for_who_came_to_the_table(story: Story) -> None:
    assert "Thank you for coming." in story.pages["answered"].text
    assert dict(story.pages["answered"].form("message", "mandate").fields)["mandate"] == "advise"


@pytest.mark.parametrize("name", ["anna", "bob"])
def test_no_members_vault_has_another_chain_or_a_gap(story: Story, name: str) -> None:
    items = story.threads[name]["items"]
    assert [(item["kind"], item["text"]) for item in items] == [
        ("report", SAID),
        ("mandate", "From home."),
        ("reply", "Thank you for coming."),
    ]
    assert [item["mandate"] for item in items] == ["listen", "advise", None]
    for word in ("GAP", "MISSING", "QUARANTINE", "ALARM"):
        assert word not in story.banners[name], story.banners[name]


@pytest.mark.parametrize("name", ["anna", "bob"])
def test_the_clock_does_not_begin_on_another_day(story: Story, name: str) -> None:
    row = story.rows[name]
    assert row["received"] == today().isoformat()
    assert (row["submissions"], row["replies"], row["mandate"]) == (2, 1, "advise")


def test_a_withdrawal_ends_such_a_case_as_any_other(story: Story) -> None:
    assert story.pages["withdrawn"].status == 200
    for name in ("anna", "bob"):
        member = story.world.members[name]
        assert "withdraw" in member.run("read", story.case).lower()
        member.run("reply", story.case, "--text-file", story.world.root / "reply.txt", code=1)


def test_neither_words_nor_conversation_are_in_a_file_of_the_server_or_the_vault(story: Story) -> None:
    words = story.words.split()
    wanted = [SAID.encode(), *(separator.join(words).encode() for separator in (" ", "", "+", "-", '", "', "\n"))]
    folders: list[Path] = [story.world.root / "data", *(member.vault for member in story.world.members.values())]
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not any(word in content for word in wanted), path
