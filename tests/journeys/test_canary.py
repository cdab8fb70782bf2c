"""A test report of the drop's own goes the whole way round and leaves nothing behind; two members and two desks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drop_process import command
from tests.journeys.world import Person, World, send_report


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[World]:
    made = World.make(tmp_path_factory.mktemp("canary"), people)
    made.drop.server("init")
    made.start_vaults()
    with made.drop:
        yield made


def anyhow(world: World, *arguments: str) -> str:
    """Run a command of the server that may fail, and return what it prints."""
    first, *rest = arguments
    return command("dropbox-server", first, "--config", world.drop.config, *rest, "--json", code=None)


def sealed_files(world: World) -> list[Path]:
    return sorted((world.root / "data" / "items").iterdir())


def test_a_test_report_comes_back_and_nothing_else_is_let_go(world: World) -> None:
    codename = send_report(world.drop.visitor(), "This happened.", ["advisers", "committee"]).codename
    before = sealed_files(world)
    assert world.drop.server_json("status")["last_loop"] is None
    local = f"127.0.0.1:{world.drop.port}"
    sent = world.drop.server_json("canary", "--local", local)
    assert sent == [{"desk": desk, "sent": True, "problem": None} for desk in ("advisers", "committee")]
    assert len(sealed_files(world)) == len(before) + 2
    early = world.export("advisers")
    world.members["anna"].run("import", early)
    world.members["carla"].run("import", world.export("committee"))
    for name in ("anna", "carla"):
        assert len(world.members[name].json("cases")) == 1
    world.bring("anna")
    day = world.drop.server_json("status")["last_loop"]
    assert day is not None
    assert len(sealed_files(world)) == len(before) + 1
    world.bring("carla")
    assert sealed_files(world) == before
    assert world.drop.server_json("status")["cases"] == 1
    # a colleague who gets an old bundle, and one who never saw the item, are alarmed by nothing
    for bundle in (world.export("advisers"), early, world.export("advisers")):
        out = world.members["bob"].run("import", bundle)
        assert "GAP" not in out
    assert len(world.members["bob"].json("cases")) == 1
    world.bring("bob")
    world.fetch("anna", "carla", "bob")
    assert codename
    rows = {row["subject"]: row for row in json.loads(anyhow(world, "check"))}
    assert rows["last full loop"]["verdict"] == "ok"
    assert day in rows["last full loop"]["finding"]


def test_a_test_report_to_a_drop_that_is_not_there_keeps_nothing(world: World) -> None:
    before = sealed_files(world)
    out = anyhow(world, "canary", "--local", "127.0.0.1:9")
    assert '"sent": false' in out
    assert sealed_files(world) == before
