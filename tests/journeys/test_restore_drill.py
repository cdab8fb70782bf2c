"""The restore drill: a backup under load, the machine wiped, the drop brought back elsewhere, and everybody goes on.

One story is played once with the real server, real gpg and the real commands; each test looks at one promise of it.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.drop_process import DropProcess, command
from tests.journeys.world import Person, World, come_back, send_report
from tests.visitor import Page

ONION = {"tor/onion/hs_ed25519_secret_key": b"secret" * 16, "tor/onion/hostname": b"a" * 56 + b".onion\n"}


@dataclass
class Drill:
    world: World
    codenames: dict[str, str] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    written: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    case: str = ""
    restored: dict[str, Any] = field(default_factory=dict)
    first_page: Page | None = None
    missing: list[str] = field(default_factory=list)
    lost: bool = False
    reports: dict[str, Any] = field(default_factory=dict)
    screens: dict[str, str] = field(default_factory=dict)
    last_page: Page | None = None
    thread: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Drill]:
    root = tmp_path_factory.mktemp("drill")
    with factories.short_dir() as folder:
        home = factories.new_home(folder, "op")
        operator = factories.make_key(home, "operator")
        world = World.make(root, people, operator=f'key = "{operator}"')
        factories.publish_keys(home, root / "keys", [operator])
        told = Drill(world)
        world.drop.server("init")
        for name, data in ONION.items():
            path = root / "data" / name
            path.parent.parent.mkdir(mode=0o700, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o600)
        with world.drop:
            live_before(told)
            live_between(told)
        new = wipe_and_restore(told, home)
        world.drop = DropProcess(new / "config.toml")
        with world.drop:
            live_after(told)
            yield told


def live_before(drill: Drill) -> None:
    """A case with a reply; then reports come in while the backup is made."""
    world = drill.world
    drill.words = world.drop.server_json("status")["drop_key"]
    anna = world.members["anna"]
    anna.run("init", "--key", anna.fingerprint, "--drop-key", drill.words)
    drill.codenames["open"] = send_report(world.drop.visitor(), "It began in spring.", ["advisers"]).codename
    world.fetch("anna")
    (drill.case,) = (row["case"] for row in world.members["anna"].json("cases"))
    answer(drill, "First answer.")
    stop = threading.Event()
    acknowledged: list[str] = []

    def report() -> None:
        while not stop.wait(0.2):
            acknowledged.append(send_report(world.drop.visitor(), "Under load.", ["committee"]).codename)

    reporters = [threading.Thread(target=report) for _ in range(2)]
    for each in reporters:
        each.start()
    try:
        while len(acknowledged) < 2:
            stop.wait(0.05)
        drill.before = list(acknowledged)
        drill.written = world.drop.server_json("backup", world.root, "--shares", "3", "--needed", "2")
    finally:
        stop.set()
        for each in reporters:
            each.join()


def live_between(drill: Drill) -> None:
    """What comes after the backup is lost with the machine, but for what vaults hold."""
    world = drill.world
    drill.codenames["lost"] = send_report(world.drop.visitor(), "After the backup.", ["advisers"]).codename
    follow_up(drill, "Also in summer.")
    world.fetch("anna")
    answer(drill, "Second answer.")
    world.fetch("anna")


def wipe_and_restore(drill: Drill, home: Path) -> Path:
    root, new = drill.world.root, drill.world.root / "new"
    shutil.rmtree(root / "data")
    shutil.rmtree(root / "keys")
    (root / "config.toml").unlink()
    new.mkdir()
    places = ["--config", new / "config.toml", "--data", new / "data"]
    told = command(
        "dropbox-server",
        *("restore", drill.written["file"], *places, "--drop-key", drill.words, "--json"),
        env={"GNUPGHOME": str(home)},
    )
    drill.restored = json.loads(told)
    return new


def live_after(drill: Drill) -> None:
    world = drill.world
    drill.first_page = come_back(world.drop.visitor(), drill.codenames["open"])
    for codename in drill.before:
        if not shows_case(come_back(world.drop.visitor(), codename)):
            drill.missing.append(codename)
    drill.lost = not shows_case(come_back(world.drop.visitor(), drill.codenames["lost"]))
    anna = world.members["anna"]
    drill.reports["anna"] = anna.json("import", world.export(anna.desk))
    drill.screens["anna"] = anna.run("cases")
    world.bring("anna")
    drill.last_page = come_back(world.drop.visitor(), drill.codenames["open"])
    follow_up(drill, "And in autumn.")
    world.fetch("anna")
    drill.thread = world.members["anna"].json("read", drill.case)["items"]


def shows_case(page: Page) -> bool:
    return any({"message", "mandate"} <= form.names for form in page.forms)


def answer(drill: Drill, text: str) -> None:
    world = drill.world
    (world.root / "answer.txt").write_text(text, encoding="utf-8")
    world.members["anna"].run("reply", drill.case, "--text-file", world.root / "answer.txt")
    world.bring("anna")


def follow_up(drill: Drill, text: str) -> None:
    visitor = drill.world.drop.visitor()
    page = come_back(visitor, drill.codenames["open"])
    assert visitor.submit(page.form("message", "mandate"), {"message": text}).status == 200


def test_nothing_acknowledged_before_the_backup_is_lost(drill: Drill) -> None:
    assert len(drill.before) >= 2
    assert drill.missing == []
    assert drill.restored["items"] >= 2 + len(drill.before)


def test_a_codename_from_before_opens_its_reply(drill: Drill) -> None:
    assert drill.first_page is not None
    assert "First answer." in drill.first_page.text
    assert "Second answer." not in drill.first_page.text


def test_the_onion_address_and_the_drop_s_key_stay(drill: Drill) -> None:
    data = Path(drill.restored["data_dir"])
    assert {name: (data / name).read_bytes() for name in ONION} == ONION
    assert drill.restored["drop_key"] == drill.words == drill.world.drop.server_json("status")["drop_key"]


def test_what_was_wiped_is_configured_again_and_nothing_is_left_half(drill: Drill) -> None:
    root = Path(drill.restored["data_dir"]).parent
    assert len(list((root / "keys").iterdir())) == 4
    assert not [path.name for path in root.rglob("*") if "part" in path.suffix or path.name == "restore.done"]


def test_no_vault_takes_the_restore_for_another_history(drill: Drill) -> None:
    for name, screen in drill.screens.items():
        assert "NEW HISTORY" not in screen, name
        assert "ALARM" not in screen, name
        assert "MISSING" not in screen, name
        assert not drill.reports[name]["quarantined"]
        assert "RESTORED" in screen


def test_what_the_drop_lost_is_named_where_it_is_held(drill: Drill) -> None:
    anna = drill.reports["anna"]["restored"]
    assert (anna["lost"], anna["cases"], anna["again"]) == (2, 2, 1)
    assert "its codename may open nothing any more" in drill.screens["anna"]
    assert drill.lost


def test_an_answer_that_the_restore_lost_reaches_its_reporter_again(drill: Drill) -> None:
    assert drill.last_page is not None
    assert "Second answer." in drill.last_page.text


def test_the_open_case_goes_on_where_its_reporter_stands(drill: Drill) -> None:
    texts = [item["text"].strip() for item in drill.thread]
    assert [text for text in texts if text.startswith(("It began", "Also", "And in"))] == [
        "It began in spring.",
        "Also in summer.",
        "And in autumn.",
    ]
