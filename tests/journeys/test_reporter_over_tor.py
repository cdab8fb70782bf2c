"""The reporter's way over a real Tor network on loopback, in Firefox and in Chromium with scripts off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from scripts.private_tor import PrivateTor
from tests.chromium import Chromium
from tests.firefox import Firefox
from tests.journeys.over_tor import MARKS, published_address, world_over_tor
from tests.journeys.reporter import Browser, Reporter
from tests.journeys.world import Person, World
from tests.slow_line import SlowLine

BIG_BYTES = 20 * 1024 * 1024
LINE_BYTES_PER_SECOND = {"firefox": 1024 * 1024, "chromium": 64 * 1024 * 1024}
"""Between the browser and its tor: loopback alone would carry the upload before a person could see it move.

Chromium's driver says nothing until the answer is there, so it need not wait.
"""
STORY = "Het begon in maart, na de vergadering. " * 30
LATER = "Er is nog iets dat ik niet durfde te schrijven."

pytestmark = [*MARKS, pytest.mark.browser]


@pytest.fixture(scope="module")
def world(network: PrivateTor, tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[World]:
    root = tmp_path_factory.mktemp("tor")
    with world_over_tor(network, root, people, organisation='languages = ["nl", "en"]') as made:
        yield made


@pytest.fixture
def evidence(tmp_path: Path) -> tuple[Path, Path]:
    """A large file, so that the sending takes a while, and a small one."""
    large, small = tmp_path / "opname.bin", tmp_path / "verslag.txt"
    with large.open("wb") as stream:
        stream.truncate(BIG_BYTES)
    small.write_text("notulen van de vergadering\n", encoding="utf-8")
    return large, small


BROWSERS: dict[str, Callable[[int], AbstractContextManager[Browser]]] = {
    "firefox": lambda port: Firefox(port, intl__accept_languages="nl"),
    "chromium": lambda port: Chromium(port, "nl"),
}


@pytest.mark.parametrize("name", ["firefox", pytest.param("chromium", marks=pytest.mark.slow)])
def test_nothing_of_a_dutch_reporters_whole_way_is_lost(
    name: str, world: World, network: PrivateTor, evidence: tuple[Path, Path], tmp_path: Path
) -> None:
    address = published_address(world.drop)
    port = network.clients[0].socks_port
    with SlowLine(port, LINE_BYTES_PER_SECOND[name]) as line, BROWSERS[name](line.port) as browser:
        codename = first_report(Reporter(browser, address, "nl"), f"{STORY} {name}", evidence)
    case = answer(world, name, codename, tmp_path)
    with BROWSERS[name](network.clients[1].socks_port) as browser:
        reporter = Reporter(browser, address, "nl")
        goes_on_with_the_case(reporter, codename)
        world.fetch("anna")  # what nobody has picked up is not handed out after a withdrawal
        withdraw(reporter)
    world.fetch("anna")
    items = world.members["anna"].json("read", case)["items"]
    sent = [(item["kind"], item["mandate"]) for item in items if item["kind"] != "reply"]
    assert sent == [("report", "advise"), ("mandate", "investigate"), ("withdrawal", "investigate")]
    files = [part["bytes"] for item in items for part in item["attachments"] if item["kind"] == "report"]
    assert sorted(files) == [evidence[1].stat().st_size, BIG_BYTES]


def first_report(reporter: Reporter, story: str, evidence: tuple[Path, Path]) -> str:
    """Send a report with two files, see the bytes rise, and take the codename from the receipt."""
    reporter.open("")
    reporter.fill_report(["advisers"], "advise", story, evidence)
    said = reporter.send()
    if isinstance(reporter.browser, Firefox):
        rising = [float(found[1].replace(",", ".")) for each in said if (found := re.search(r"([\d,]+) MB", each))]
        assert len(set(rising)) >= 2, said
        assert rising == sorted(rising)
    codename = reporter.codename()
    reporter.go_on("/sent")
    assert "zeven woorden" in reporter.browser.source
    return codename


def answer(world: World, name: str, codename: str, tmp_path: Path) -> str:
    """Let anna read the case that this browser made and reply; return its id."""
    anna = world.members["anna"]
    world.fetch("anna")
    threads = {str(row["case"]): anna.json("read", row["case"])["items"][0]["text"] for row in anna.json("cases")}
    (case,) = [case for case, text in threads.items() if text.strip().endswith(name)]
    assert codename not in anna.run("read", case)
    text = tmp_path / "answer.txt"
    text.write_text("Wij hebben je bericht gelezen. Je staat er niet alleen voor.", encoding="utf-8")
    anna.run("reply", case, "--text-file", text)
    world.bring("anna")
    return case


def goes_on_with_the_case(reporter: Reporter, codename: str) -> None:
    """Mistype, come back, read, change the mandate, delete the reply."""
    browser = reporter.browser
    words = codename.split()
    reporter.come_back(" ".join([*words[:2], words[2] + "q", *words[3:]]), "/return")
    assert words[2] in browser.find("#errors").text
    reporter.come_back(codename)
    assert "niet alleen" in browser.find("article.reply").text
    browser.click("input[name=mandate][value=investigate]")
    browser.type("textarea[name=message]", LATER)
    reporter.send()
    reporter.go_on("/case")
    assert LATER not in browser.source
    reporter.delete_reply()


def withdraw(reporter: Reporter) -> None:
    reporter.press("details:has([name=withdraw]) summary")
    reporter.browser.click("[name=withdraw]")
    reporter.send()
    reporter.go_on("/case")
    assert reporter.browser.find_all("#withdrawn")


def test_a_report_to_two_desks_does_not_miss_one_of_them(world: World, network: PrivateTor) -> None:
    with Firefox(network.clients[0].socks_port) as browser:
        reporter = Reporter(browser, published_address(world.drop))
        reporter.fill_report(["advisers", "committee"], "listen", "Both of you must know this.")
        reporter.send()
        reporter.codename()
    world.fetch("anna", "carla")
    for name in ("anna", "carla"):
        member = world.members[name]
        told = [member.run("read", row["case"]) for row in member.json("cases") if row["unread"]]
        assert any("Both of you must know this." in text for text in told), name


@pytest.mark.slow
def test_a_restart_or_an_ended_session_does_not_cost_a_typed_word(world: World, network: PrivateTor) -> None:
    """The form is open and filled in while the server restarts: a first report first, then a follow-up."""
    address = published_address(world.drop)
    with Firefox(network.clients[0].socks_port) as browser:
        reporter = Reporter(browser, address)
        reporter.fill_report(["advisers"], "listen", "Written before the restart.")
        address = restarted(world)
        reporter.send()
        codename = reporter.codename()
        reporter.come_back(codename)
        browser.type("textarea[name=message]", "Typed while the session ended.")
        restarted(world)
        reporter.send()
        assert "Typed while the session ended." in reporter.answer("textarea[name=message]")
        with reporter.frame("iframe[name=answer]"):
            browser.type("[name=codename]", codename)
            reporter.press("form:has([name=codename]) button")
        reporter.arrive("/case", "Typed while the session ended.")
        reporter.send()
    world.fetch("anna")
    anna = world.members["anna"]
    threads = [anna.json("read", row["case"])["items"] for row in anna.json("cases")]
    ours = [items for items in threads if "Written before the restart." in items[0]["text"]]
    assert [[item["text"].strip() for item in items] for items in ours] == [
        ["Written before the restart.", "Typed while the session ended."]
    ]


def restarted(world: World) -> str:
    """Stop the server, start it again and wait until its onion service is back."""
    seen = world.drop.log.stat().st_size
    world.drop.stop()
    world.drop.start()
    return published_address(world.drop, seen)
