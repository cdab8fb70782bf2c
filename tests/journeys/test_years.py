"""A drop over the years, with the real server and real vaults: its key has successors, its desk new members.

What was sealed and written before each change stays readable after it, for the reporter and for everybody who could
read it; the site is served all the while.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dropbox.server.main import main
from tests.factories import export_public, write_config
from tests.factories_bundles import Investigator
from tests.journeys.world import Person, World, come_back, send_report

DESK = "advisers"


@dataclass
class Years:
    world: World
    vaults: dict[str, Investigator]
    codename: str = ""
    case: str = ""
    told: dict[str, Any] = field(default_factory=dict)

    def server(self, *arguments: str | Path) -> Any:
        """Run a command of the server beside the one that serves, in this process: a start takes a second."""
        out = io.StringIO()
        with redirect_stdout(out):
            assert main([*map(str, arguments), "--config", str(self.world.drop.config), "--json"]) == 0
        return json.loads(out.getvalue())

    def export(self) -> Path:
        self.world.bundles += 1
        target = self.world.root / f"pickup-{self.world.bundles}.tar"
        self.server("export", "--desk", DESK, target)
        return target

    def fetch(self, *names: str) -> list[Any]:
        bundle = self.export()
        return [self.vaults[name].ok("import", bundle) for name in names]

    def bring(self, name: str) -> Any:
        self.world.bundles += 1
        target = self.world.root / f"answer-{self.world.bundles}.tar"
        self.vaults[name].ok("export", target)
        return self.server("import", target)

    def reply(self, name: str, text: str) -> None:
        path = self.world.root / "reply.txt"
        path.write_text(text)
        self.vaults[name].ok("reply", self.case, "--text-file", path)
        self.bring(name)

    def message(self, text: str) -> None:
        visitor = self.world.drop.visitor()
        form = come_back(visitor, self.codename).form("message", "mandate")
        assert visitor.submit(form, {"message": text}, []).status == 200

    def texts(self, name: str) -> list[str]:
        return [item["text"] for item in self.vaults[name].ok("read", self.case)["items"]]

    @property
    def page(self) -> str:
        return come_back(self.world.drop.visitor(), self.codename).text

    @property
    def words(self) -> str:
        return str(self.server("status")["drop_key"])


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Years]:
    root = tmp_path_factory.mktemp("years")
    world = World.make(root, people, {"anna": DESK, "bob": DESK})
    (root / "keys" / "carla.asc").write_bytes(export_public(people["carla"].home, people["carla"].fingerprint))
    vaults = {
        name: Investigator(name, person.home, person.fingerprint, root / f"vault-{name}")
        for name, person in people.items()
    }
    story = Years(world, vaults)
    story.server("init")
    for name in ("anna", "bob"):
        vaults[name].ok("init", "--drop-key", story.words)
    with world.drop:
        _before(story)
        _succession(story)
        _newcomer(story, people, root)
        _lost(story, root)
        yield story


def _before(story: Years) -> None:
    story.codename = send_report(story.world.drop.visitor(), "Sent in the first year.", [DESK], "investigate").codename
    story.fetch("anna", "bob")
    story.case = story.vaults["anna"].ok("cases")[0]["case"]
    story.reply("anna", "Answered in the first year.")
    story.told["name"] = story.vaults["anna"].ok("roster")["drop"]
    story.told["first words"] = story.words


def _succession(story: Years) -> None:
    early = story.export()
    story.told["succeed"] = story.server("succeed")
    story.message("Sent after the succession.")
    story.told["followed"] = story.fetch("anna", "bob")
    story.told["stale"] = story.vaults["anna"].refused("import", early)
    story.reply("bob", "Answered after the succession.")


def _newcomer(story: Years, people: dict[str, Person], root: Path) -> None:
    everybody = [people[name].fingerprint for name in ("anna", "bob", "carla")]
    write_config(root, {DESK: everybody})
    story.fetch("anna", "bob")
    story.message("Sent while she was proposed.")
    proposal = story.vaults["anna"].ok("roster")["proposal"]
    story.vaults["anna"].ok("roster", "--sign", proposal["words"])
    story.told["vote"] = story.bring("anna")
    story.message("Sent after she was signed for.")
    story.told["joined"] = story.fetch("anna", "bob")
    story.vaults["carla"].ok("init", "--drop-key", story.words)
    story.told["newcomer"] = story.fetch("carla")
    story.reply("bob", "Answered with three at the desk.")
    story.fetch("anna", "bob", "carla")


def _lost(story: Years, root: Path) -> None:
    (root / "data" / "signing.key").unlink()
    story.told["lost"] = story.server("succeed", "--lost")
    bundle = story.export()
    story.told["refused"] = story.vaults["anna"].refused("import", bundle)
    story.vaults["anna"].ok("confirm", story.told["lost"]["drop_key"])
    story.vaults["anna"].ok("import", bundle)
    story.reply("anna", "Answered after the key was lost.")
    story.vaults["anna"].ok("import", story.export())


def test_a_signed_successor_stops_no_vault_and_the_old_key_is_over(years: Years) -> None:
    assert all(report["drop_key"] for report in years.told["followed"])
    assert "has had a successor since" in years.told["stale"]
    assert years.told["succeed"]["drop_key"] not in {years.told["first words"], years.words}


def test_the_name_of_the_drop_never_changes(years: Years) -> None:
    named = {years.told["name"], years.told["succeed"]["drop"], years.told["lost"]["drop"]}
    assert named == {years.vaults["anna"].ok("roster")["drop"]}


def test_nobody_joins_before_a_member_signs(years: Years) -> None:
    carla = years.vaults["carla"]
    for report in years.told["joined"]:
        (step,) = report["rosters"]
        assert (step["joined"], step["signed_by"]) == ([carla.key], years.vaults["anna"].key)
    assert carla.key[-16:] in json.dumps(years.told["vote"])
    read = years.texts("carla")
    assert "Sent after she was signed for." in read
    assert "Answered with three at the desk." in read
    assert "Sent while she was proposed." not in read
    assert carla.ok("roster")["desks"][DESK]["alarm"] is None


def test_nothing_from_before_is_lost_to_those_who_could_read_it(years: Years) -> None:
    wanted = {
        "Sent in the first year.",
        "Answered in the first year.",
        "Sent after the succession.",
        "Answered after the succession.",
        "Sent while she was proposed.",
        "Sent after she was signed for.",
        "Answered with three at the desk.",
    }
    assert wanted <= set(years.texts("anna"))
    assert wanted <= set(years.texts("bob"))
    assert years.vaults["anna"].ok("log", "--verify")["holds"]


def test_the_reporter_reads_the_replies_of_every_year(years: Years) -> None:
    shown = years.page
    for text in ("first year", "after the succession", "with three at the desk", "after the key was lost"):
        assert f"Answered {'in the ' if text == 'first year' else ''}{text}." in shown


def test_a_lost_key_stops_each_vault_until_its_owner_compared_the_words(years: Years) -> None:
    assert "did not sign for" in years.told["refused"]
    assert "did not sign for" in years.vaults["bob"].refused("import", years.export())
    assert years.vaults["anna"].ok("roster")["drop_key"] == years.told["lost"]["drop_key"] == years.words
