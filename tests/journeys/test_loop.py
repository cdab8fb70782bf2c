"""The loop over HTTP: reports to two desks, read by everyone they are for and nobody else, answered, and gone on with.

One story is played once with the real server, real gpg and the real commands; each test looks at one promise of it.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.world import Person, World, come_back, send_report, unzip
from tests.visitor import Page, Visitor

BIG = b"\x89PNG\r\n" + bytes(range(256)) * (30 * 4096)
HOSTILE = "../../etc/\u202egnp.exe\x1b[2J.png"
ATTACHMENT = b"What you can do next.\n" * 50


@dataclass
class Story:
    world: World
    codenames: dict[str, str] = field(default_factory=dict)
    pickups: dict[str, Path] = field(default_factory=dict)
    cases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    first: dict[str, dict[str, Any]] = field(default_factory=dict)
    case_page: Page | None = None
    attachment: bytes = b""
    second: dict[str, Any] = field(default_factory=dict)
    second_page: Page | None = None
    waiting_after_one: dict[str, int] = field(default_factory=dict)
    waiting_after_all: dict[str, int] = field(default_factory=dict)
    items_before_restart: int = 0
    items_after_restart: int = 0


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Story]:
    root = tmp_path_factory.mktemp("loop")
    world = World.make(root, people, retention="days_after_receipt = 0")
    world.drop.server("init")
    world.start_vaults()
    told = Story(world)
    with world.drop:
        tell_first_round(told)
        tell_second_round(told)
        tell_letting_go(told)
        yield told


def tell_first_round(story: Story) -> None:
    world = story.world
    files = [("empty.txt", "text/plain", b""), (HOSTILE, "image/png", b"\x89PNG small"), ("big.png", "image/png", BIG)]
    story.codenames["text"] = send_report(world.drop.visitor(), "Only text.", ["advisers"]).codename
    page = send_report(world.drop.visitor(), "With files.", ["committee"], "investigate", files)
    story.codenames["files"] = page.codename
    story.codenames["both"] = send_report(world.drop.visitor(), "To both.", ["advisers", "committee"]).codename
    story.pickups = {desk: world.export(desk) for desk in ("advisers", "committee")}
    for member in world.members.values():
        member.run("import", story.pickups[member.desk])
        story.cases[member.name] = member.json("cases")
    story.first = {name: read_case(story, name, "text") for name in ("anna", "bob")}


def tell_second_round(story: Story) -> None:
    world, anna = story.world, story.world.members["anna"]
    (world.root / "answer.txt").write_text("Thank you. Would you like advice?", encoding="utf-8")
    (world.root / "next steps.txt").write_bytes(ATTACHMENT)
    case = story.first["anna"]["case"]
    anna.run("reply", case, "--text-file", world.root / "answer.txt", "--attach", world.root / "next steps.txt")
    world.bring("anna")
    visitor = world.drop.visitor()
    story.case_page = come_back(visitor, story.codenames["text"])
    story.attachment = fetch_attachment(visitor, story.case_page)
    form = story.case_page.form("message", "mandate")
    visitor.submit(form, {"message": "Yes, please advise me.", "mandate": "advise"})
    visitor.submit(visitor.get("/case").form("message", "mandate"), {"message": "One more thing."}, [])
    world.fetch("anna", "bob")
    story.second = read_case(story, "bob", "text")
    (world.root / "second.txt").write_text("Here is the advice.", encoding="utf-8")
    world.members["bob"].run("reply", case, "--text-file", world.root / "second.txt")
    world.bring("bob")
    story.second_page = come_back(world.drop.visitor(), story.codenames["text"])


def tell_letting_go(story: Story) -> None:
    world = story.world
    world.fetch("carla")
    world.bring("carla")
    world.fetch("anna")
    world.bring("anna")
    story.waiting_after_one = world.drop.server_json("status")["waiting"]
    world.fetch("bob", "anna", "carla")
    world.bring("bob", "anna", "carla")
    story.waiting_after_all = world.drop.server_json("status")["waiting"]
    story.items_before_restart = world.drop.server_json("status")["items"]
    world.drop.stop()
    world.drop.start()
    story.items_after_restart = settled_items(world)


def settled_items(world: World) -> int:
    """Count the sealed items once the first housekeeping after a start has run."""
    import time

    items = -1
    for _ in range(50):
        now = int(world.drop.server_json("status")["items"])
        if now == items:
            return now
        items = now
        time.sleep(0.2)
    return items


def read_case(story: Story, name: str, which: str) -> dict[str, Any]:
    text = {"text": "Only text.", "files": "With files.", "both": "To both."}[which]
    member = story.world.members[name]
    for row in story.world.members[name].json("cases"):
        found: dict[str, Any] = member.json("read", row["case"])
        if any(item["text"].startswith(text) for item in found["items"]):
            return found
    raise AssertionError(f"{name} has no case {which}")


def fetch_attachment(visitor: Visitor, page: Page) -> bytes:
    links = re.findall(r'href="([^"]*/case/[^"]*)"', page.replies[0])
    for link in links:
        answer = visitor.get(link.replace("&amp;", "&"))
        if answer.status == 200 and "attachment" in answer.headers.get("content-disposition", ""):
            return answer.body
    raise AssertionError("the reply offers no attachment")


def sealed_items(bundle: Path, target: Path) -> list[Path]:
    target.mkdir(parents=True)
    subprocess.run(["tar", "-xf", bundle, "-C", target], check=True)
    return sorted((target / "items").glob("*.pgp"))


def test_every_member_opens_their_desks_items_with_gpg_and_unzip_alone(story: Story, tmp_path: Path) -> None:
    for member in story.world.members.values():
        folder = tmp_path / member.name
        items = sealed_items(story.pickups[member.desk], folder)
        assert len(items) == 2
        for item in items:
            plain = member.unseal(item)
            assert plain is not None
            (folder / "item.zip").write_bytes(plain)
            subprocess.run(["unzip", "-qq", "-o", "item.zip", "-d", "out"], cwd=folder, check=True)
            assert json.loads((folder / "out" / "envelope.json").read_bytes())["desks"]


def test_no_member_of_another_desk_opens_an_item(story: Story, tmp_path: Path) -> None:
    opened = {}
    for desk, stranger in (("advisers", "carla"), ("committee", "anna"), ("committee", "bob")):
        items = sealed_items(story.pickups[desk], tmp_path / f"{desk}-{stranger}")
        plain = [story.world.members[stranger].unseal(item) for item in items]
        texts = [unzip(data)["message.txt"] for data in plain if data is not None]
        opened[desk, stranger] = texts
    assert all(texts == [b"To both."] for texts in opened.values()), "only the report to both desks may open"


def test_files_are_not_changed_on_their_way(story: Story, tmp_path: Path) -> None:
    carla = story.world.members["carla"]
    found = read_case(story, "carla", "files")
    shown = found["items"][0]["attachments"]
    assert [(each["name"], each["bytes"]) for each in shown] == [
        ("empty.txt", 0),
        (HOSTILE, 10),
        ("big.png", len(BIG)),
    ]
    assert shown[2]["sha256"] == hashlib.sha256(BIG).hexdigest()
    carla.run("extract", found["case"], "--to", tmp_path / "out")
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(path.stat().st_size for path in written) == sorted([0, 10, len(BIG)])
    assert max(written, key=lambda path: path.stat().st_size).read_bytes() == BIG


def test_a_hostile_file_name_does_not_leave_the_folder_or_reach_the_terminal(story: Story, tmp_path: Path) -> None:
    carla = story.world.members["carla"]
    found = read_case(story, "carla", "files")
    carla.run("extract", found["case"], "--to", tmp_path / "in" / "here")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["here"]
    assert all("\x1b" not in path.name and "\u202e" not in path.name for path in (tmp_path / "in/here").rglob("*"))
    shown = carla.run("read", found["case"])
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown


def test_the_cases_of_a_desk_are_not_mixed_up(story: Story) -> None:
    counts = {name: len(rows) for name, rows in story.cases.items()}
    assert counts == {"anna": 2, "bob": 2, "carla": 2}
    row = next(row for row in story.cases["carla"] if row["mandate"] == "investigate")
    assert set(row) == {"case", "name", "desk", "mandate", "received", "submissions", "replies", "unread"}
    assert row["desk"] == "committee"
    assert (row["submissions"], row["replies"], row["unread"]) == (1, 0, 1)


def test_a_reply_is_not_lost_on_the_way_back(story: Story) -> None:
    assert story.case_page is not None
    assert len(story.case_page.replies) == 1
    assert "Would you like advice?" in story.case_page.replies[0]
    assert story.attachment == ATTACHMENT


def test_the_case_page_never_shows_what_was_sent(story: Story) -> None:
    assert story.second_page is not None
    for sent in ("Only text.", "Yes, please advise me.", "One more thing."):
        assert sent not in story.second_page.text


def test_follow_up_and_mandate_reach_every_member_in_order(story: Story) -> None:
    items = story.second["items"]
    sent = [item for item in items if item["kind"] != "reply"]
    assert len(items) == 4
    assert [item["kind"] for item in sent] == ["report", "mandate", "message"]
    assert [item["text"] for item in sent] == ["Only text.", "Yes, please advise me.", "One more thing."]
    assert [item["mandate"] for item in sent] == ["listen", "advise", "advise"]


def test_both_rounds_of_replies_are_there_for_the_reporter(story: Story) -> None:
    assert story.second_page is not None
    assert len(story.second_page.replies) == 2
    assert "Here is the advice." in story.second_page.text


def test_receipts_of_one_member_do_not_let_an_item_go(story: Story) -> None:
    assert story.waiting_after_one["advisers"] > 0


def test_receipts_of_all_members_let_items_go(story: Story) -> None:
    assert story.waiting_after_all == {"advisers": 0, "committee": 0}
    assert story.items_after_restart < story.items_before_restart
    assert story.items_after_restart == 2, "the two replies stay until their reporter deletes them"


def test_a_deleted_reply_does_not_come_back(story: Story) -> None:
    world = story.world
    visitor = world.drop.visitor()
    page = come_back(visitor, story.codenames["text"])
    while page.replies:
        form = next(form for form in page.forms if "delete" in form.action and "all" not in form.action)
        page = visitor.submit(form)
        if not page.replies and page.path.split("?")[0] != "/case":
            page = visitor.submit(page.forms[0])
        page = visitor.get("/case")
    world.drop.stop()
    world.drop.start()
    assert settled_items(world) == 0, "with everybody's receipts nothing keeps the body any more"
    world.bring("anna")
    assert come_back(world.drop.visitor(), story.codenames["text"]).replies == []
