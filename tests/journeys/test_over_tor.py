"""The loop over a real Tor network on loopback, a real browser without scripts, and onion services that come back.

The workstation's commands run in a namespace without any network interface but a loopback that is down.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.private_tor import PrivateTor
from tests.drop_process import BIN, DropProcess, command
from tests.firefox import Firefox
from tests.journeys.over_tor import MARKS, control_mode, published_address, start_tor, world_over_tor
from tests.journeys.reporter import Reporter
from tests.journeys.world import Member, Person, World

LONG_STORY = "It began in March, after the meeting. " * 40

pytestmark = MARKS


@pytest.fixture(scope="module")
def world(network: PrivateTor, tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[World]:
    with world_over_tor(network, tmp_path_factory.mktemp("tor"), people) as made:
        yield made


def offline(member: Member, name: str, *arguments: str | Path) -> str:
    """Run a workstation command where no network interface exists."""
    command = ["unshare", "-n", BIN / "dropbox-workstation", name, *arguments, "--vault", member.vault]
    if os.geteuid() != 0:
        command[1:1] = ["-r"]
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env={**os.environ, **member.env},
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_drop_sees_itself_through_tor_and_sends_itself_a_test_report(world: World) -> None:
    published_address(world.drop)
    found = json.loads(command("dropbox-server", "check", "--config", world.drop.config, "--json", code=None))
    rows = {row["subject"]: row for row in found}
    assert rows["reachable"] == {
        "verdict": "ok",
        "subject": "reachable",
        "finding": "the welcome page came through tor",
        "advice": "",
    }
    assert rows["onion service"]["verdict"] == rows["clock and tor"]["verdict"] == "ok"
    sent = world.drop.server_json("canary", "--desk", "committee")
    assert sent == [{"desk": "committee", "sent": True, "problem": None}]
    world.fetch("carla")
    assert world.members["carla"].json("cases") == []
    world.bring("carla")
    assert world.drop.server_json("status")["last_loop"] is not None


@pytest.mark.browser
def test_a_report_over_tor_without_scripts_is_not_lost_and_is_answered(
    world: World, network: PrivateTor, tmp_path: Path
) -> None:
    address = published_address(world.drop)
    evidence = tmp_path / "evidence.txt"
    evidence.write_bytes(b"a minute of the meeting\n" * 4000)
    with Firefox(network.clients[0].socks_port) as browser:
        reporter = Reporter(browser, address)
        reporter.fill_report(["advisers"], "advise", LONG_STORY, [evidence])
        reporter.send()
        codename = reporter.codename()
    anna = world.members["anna"]
    offline(anna, "import", world.export("advisers"))
    case = re.search(r'"case": ?"([0-9a-f]{32})"', offline(anna, "cases", "--json"))
    assert case is not None
    assert LONG_STORY.strip() in offline(anna, "read", case[1], "--json")
    (tmp_path / "answer.txt").write_text("We read you. You are not alone.", encoding="utf-8")
    offline(anna, "reply", case[1], "--text-file", tmp_path / "answer.txt", "--attach", evidence)
    offline(anna, "export", tmp_path / "answer.tar")
    world.drop.server("import", tmp_path / "answer.tar")
    with Firefox(network.clients[1].socks_port) as browser:
        reporter = Reporter(browser, address)
        reporter.come_back(codename)
        assert "You are not alone." in browser.find("article.reply").text
        assert "evidence.txt" in browser.find("article.reply").text
        browser.click("input[name=mandate][value=investigate]")
        browser.type("textarea[name=message]", "Please find out what happened.")
        reporter.send()
        reporter.go_on("/case")
        assert "Please find out" not in browser.source
        reporter.delete_reply()
    offline(anna, "import", world.export("advisers"))
    items = json.loads(offline(anna, "read", case[1], "--json"))["items"]
    sent = [(item["kind"], item["mandate"]) for item in items if item["kind"] != "reply"]
    assert sent == [("report", "advise"), ("mandate", "investigate")]


def test_an_onion_key_that_others_may_read_is_not_made(world: World) -> None:
    published_address(world.drop)
    key = world.drop.config.parent / "data" / "tor" / "onion" / "hs_ed25519_secret_key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_tor_that_died_does_not_leave_the_drop_unreachable(world: World) -> None:
    address = published_address(world.drop)
    seen = world.drop.log.stat().st_size
    (tor,) = children(world.drop, "tor")
    os.kill(tor, 9)
    assert published_address(world.drop, seen) == address
    assert children(world.drop, "tor") != [tor]


def test_a_control_mode_service_comes_back_under_its_address_after_tor_restarted(
    network: PrivateTor, tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]
) -> None:
    root = tmp_path_factory.mktemp("control")
    folder = root / "tor"
    folder.mkdir(mode=0o700)
    (folder / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
    tor = start_tor(folder)
    made = World.make(root, people, onion=control_mode(folder / "control"))
    try:
        with made.drop:
            address = published_address(made.drop)
            assert (root / "data" / "tor" / "onion.key").stat().st_mode & 0o777 == 0o600
            seen = made.drop.log.stat().st_size
            tor.kill()
            tor.wait()
            tor = start_tor(folder)
            assert published_address(made.drop, seen) == address
    finally:
        tor.terminate()
        tor.wait(10)


def test_a_control_socket_that_is_not_there_is_named_and_does_not_stop_the_server(
    tmp_path: Path, people: dict[str, Person]
) -> None:
    made = World.make(tmp_path, people, onion=control_mode(tmp_path / "nothing"))
    with made.drop:
        assert made.drop.visitor().get("/").status == 200
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and b"onion.control_socket" not in made.drop.log.read_bytes():
            time.sleep(0.1)
        assert b"onion.control_socket" in made.drop.log.read_bytes()


def children(drop: DropProcess, name: str) -> list[int]:
    """Return the process ids of the server's own children of this name."""
    assert drop.process is not None
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, rest = status.read_text().split(" (", 1)
        except OSError:
            continue
        command, fields = rest.rsplit(") ", 1)
        if command == name and int(fields.split()[1]) == drop.process.pid and not fields.startswith("Z"):
            found.append(int(number))
    return found
