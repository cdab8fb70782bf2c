"""Three members of one desk, each with a machine of their own, who write at the same time, three times over.

A real drop carries it all; each round everybody writes before anybody hears of the others. Then one of them leaves.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox import config
from dropbox.envelope import WorkState
from dropbox.models import DeskId, Kind, Plaintext, today
from dropbox.reply_box import read_container
from dropbox.server.drop import Drop
from dropbox.server.transfer import export_desk, import_answer
from dropbox.workstation import replying, work
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.vault import open_vault
from tests.drop_process import command
from tests.factories_bundles import Investigator
from tests.journeys.world import Person, World, come_back, send_report

DESK = DeskId("advisers")
TRIO = ("anna", "bob", "carla")
ROUNDS = 3
STATES = (WorkState.CLOSED, WorkState.WAITING, WorkState.INVESTIGATING, WorkState.NEW)


@dataclass
class Trio:
    world: World
    vaults: dict[str, Investigator]
    case: str = ""
    codename: str = ""
    rounds: list[dict[str, Any]] = field(default_factory=list)
    threads: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, Any] = field(default_factory=dict)
    screen: str = ""
    reporter: str = ""
    replies: int = 0

    def write(self, name: str, number: int) -> None:
        """Have one member reply, note and arrange work in one sitting, without having heard of the others'."""
        person = self.vaults[name]
        with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
            book = vault.casebook
            case = book.find_case(self.case)
            for kind, verb in ((Kind.REPLY, "writes"), (Kind.NOTE, "notes")):
                write_to_case(vault, case, Draft(kind, Plaintext(f"{name} {verb}, round {number}")))
            now = work.of_case(book, case.case)
            following = [self.vaults[each].key for each in TRIO[TRIO.index(name) :] + TRIO]
            change = work.change(
                book,
                case.case,
                assignee=next(key for key in following if key != now.assignee),
                state=next(each for each in STATES[TRIO.index(name) :] if each is not now.state),
                add=[f"{name} {number}"],
                remove=[f"{name} {number - 1}"],
            )
            write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), work=change))

    def exchange(self) -> None:
        """Carry everybody's answer bundle to the drop and one pickup bundle back, beside the server that runs."""
        with Drop.open(config.load(self.world.drop.config), beside_server=True) as drop:
            for name in TRIO:
                answer = self.world.root / f"answer-{len(self.rounds)}-{name}.tar"
                self.vaults[name].ok("export", answer)
                import_answer(drop, answer)
            pickup = self.world.root / f"round-{len(self.rounds)}.tar"
            export_desk(drop, DESK, pickup)
        for name in TRIO:
            assert self.vaults[name].ok("import", pickup)["quarantined"] == {}

    def look(self) -> dict[str, Any]:
        return {name: vault.ok("work", self.case) for name, vault in self.vaults.items()}


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Trio]:
    root = tmp_path_factory.mktemp("trio")
    world = World.make(root, people, dict.fromkeys(TRIO, DESK))
    world.drop.server("init")
    vaults = {m.name: Investigator(m.name, m.home, m.fingerprint, m.vault) for m in world.members.values()}
    words = world.drop.server_json("status")["drop_key"]
    for vault in vaults.values():
        vault.ok("init", "--key", vault.key, "--drop-key", words)
    told = Trio(world, vaults)
    with world.drop:
        tell_rounds(told)
        yield told


def tell_rounds(told: Trio) -> None:
    world = told.world
    told.codename = send_report(world.drop.visitor(), "Something happened.", [DESK], "investigate").codename
    pickup = world.export(DESK)
    for vault in told.vaults.values():
        vault.ok("import", pickup)
    told.case = told.vaults["anna"].ok("cases")[0]["case"]
    for number in range(1, ROUNDS + 1):
        for name in TRIO:
            # one machine's clock is wrong by a month, as that of a machine without a network soon is
            wrong = today() + timedelta(days=30 if name == "carla" else 0)
            with mock.patch.object(replying, "today", lambda day=wrong: day):
                told.write(name, number)
        visitor = world.drop.visitor()
        form = come_back(visitor, told.codename).form("message", "mandate")
        visitor.submit(form, {"message": f"The reporter goes on, round {number}"}, [])
        told.exchange()
        told.rounds.append(told.look())
    told.logs = {name: vault.ok("log", told.case) for name, vault in told.vaults.items()}
    told.threads = {name: vault.ok("read", told.case) for name, vault in told.vaults.items()}
    told.screen = told.vaults["bob"].run("read", told.case).out
    page = come_back(world.drop.visitor(), told.codename)
    told.reporter, told.replies = page.text, len(page.replies)


def test_no_vault_shows_another_case_than_the_others_after_any_round(trio: Trio) -> None:
    for seen in (*trio.rounds, trio.threads):
        assert seen["anna"] == seen["bob"] == seen["carla"]


def test_no_vault_has_another_log_than_the_others(trio: Trio) -> None:
    left = {name: [each["hash"] for each in log["lines"] if each["note"]] for name, log in trio.logs.items()}
    assert left["anna"] == left["bob"] == left["carla"]
    assert all(log["faults"] == [] for log in trio.logs.values())
    acts = [each["act"] for each in trio.logs["anna"]["lines"] if each["note"]]
    counts = {act: acts.count(act) for act in ("imported", "replied", "noted", "assigned", "state", "tagged")}
    each_round = 3 * ROUNDS
    assert counts == dict.fromkeys(counts, each_round)
    for name, log in trio.logs.items():
        here = [each["act"] for each in log["lines"] if not each["note"]]
        assert here == ["imported"], f"of {name} more than the last import has not left"
    assert all(vault.ok("log", "--verify")["holds"] for vault in trio.vaults.values())


def test_nothing_that_anybody_wrote_is_lost(trio: Trio) -> None:
    document, now = trio.threads["bob"], trio.rounds[-1]["bob"]
    texts = [item["text"] for item in document["items"]]
    for number in range(1, ROUNDS + 1):
        for name in TRIO:
            for verb in ("writes", "notes"):
                assert texts.count(f"{name} {verb}, round {number}") == 1
        assert texts.count(f"The reporter goes on, round {number}") == 1
    assert sorted(now["tags"]) == [f"{name} {ROUNDS}" for name in TRIO]
    assert now["assignee"] in {vault.key for vault in trio.vaults.values()}
    kinds = [item["kind"] for item in document["items"]]
    assert (kinds.count("reply"), kinds.count("note")) == (3 * ROUNDS, 2 * 3 * ROUNDS)


def test_of_those_who_wrote_at_once_each_is_told_of_the_others(trio: Trio) -> None:
    document, now = trio.threads["anna"], trio.rounds[-1]["anna"]
    kind = {item["item"]: item["kind"] for item in document["items"]}
    text = {item["item"]: item["text"] for item in document["items"]}
    replies = [{text[one], text[other]} for one, other in now["written_at_once"] if kind[one] == "reply"]
    wanted = [
        {f"{one} writes, round {number}", f"{other} writes, round {number}"}
        for number in range(1, ROUNDS + 1)
        for one, other in (("anna", "bob"), ("anna", "carla"), ("bob", "carla"))
    ]
    assert all(replies.count(pair) == 1 for pair in wanted)
    assert len(replies) == len(wanted)
    assert sum(1 for one, _ in now["written_at_once"] if kind[one] == "note") == 3 * ROUNDS
    # a sentence below each reply, and below each note of work
    assert " ".join(trio.screen.split()).count("neither knew of the other") == 2 * 3 * ROUNDS


def test_no_clock_that_runs_a_month_ahead_changes_the_order(trio: Trio) -> None:
    document = trio.threads["carla"]
    numbers = [item["text"].rsplit(" ", 1)[-1] for item in document["items"] if "round" in item["text"]]
    assert numbers == sorted(numbers)
    assert len({item["day"] for item in document["items"]}) == 1


def test_the_reporter_sees_every_reply_and_nothing_of_the_work(trio: Trio) -> None:
    assert trio.replies == 3 * ROUNDS
    for number in range(1, ROUNDS + 1):
        for name in TRIO:
            assert f"{name} writes, round {number}" in trio.reporter
            assert f"{name} notes, round {number}" not in trio.reporter
            assert f"{name} {number}" not in trio.reporter
    assert not any(vault.key[-16:] in trio.reporter for vault in trio.vaults.values())


def unseal_lock(home: Path, sealed: Path) -> bool:
    with sealed.open("rb") as stream:
        lock = read_container(stream).desk_lock
    command = ["gpg", "--batch", "--homedir", str(home), "--status-fd", "2", "--decrypt"]
    return b"DECRYPTION_OKAY" in subprocess.run(command, input=lock, capture_output=True, check=False).stderr


def test_nothing_new_is_sealed_to_a_colleague_who_left_and_what_came_before_still_opens(trio: Trio) -> None:
    """Last in this file: carla's key stays off the roster."""
    world, (anna, _, carla) = trio.world, (trio.vaults[name] for name in TRIO)
    command("dropbox-server", "keys", "retire", carla.key, "--desk", DESK, "--config", world.drop.config)
    anna.ok("import", world.export(DESK))
    anna.ok("roster", "--sign", anna.ok("roster")["proposal"]["words"])
    anna.ok("export", world.root / "signed.tar")
    assert f"…{carla.key[-16:]}" not in world.drop.server("import", world.root / "signed.tar").split("are now")[1]
    # the server that runs has heard of it
    late = send_report(world.drop.visitor(), "After she left.", [DESK], "listen")
    assert late.codename
    pickup = world.export(DESK)
    assert "ROSTER CHANGED" not in anna.run("import", pickup).out
    (world.root / "text").write_text("Written after she left.", encoding="utf-8")
    written = anna.ok("reply", trio.case, "--text-file", world.root / "text")["item"]

    member, items = world.members["carla"], world.root / "vault-anna" / "items"
    new = next(row["case"] for row in anna.ok("cases") if row["case"] != trio.case)
    (report,) = [item["item"] for item in anna.ok("read", new)["items"]]
    assert member.unseal(items / f"{report}.pgp") is None
    assert not unseal_lock(member.home, items / f"{written}.reply")
    assert unseal_lock(world.members["anna"].home, items / f"{written}.reply")

    carla.run("import", pickup)
    assert {row["case"] for row in carla.ok("cases")} == {trio.case}
    assert len(carla.ok("read", trio.case)["items"]) == len(trio.threads["carla"]["items"])
    assert "roster" in carla.refused("export", world.root / "answer-carla.tar")
    assert "roster" in anna.refused("assign", trio.case, carla.key)
