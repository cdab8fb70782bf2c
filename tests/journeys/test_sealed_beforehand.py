"""A file that the reporter seals with the very commands of /keys: the desk extracts it and opens it with gpg -d."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import factories
from tests.journeys.world import Person, World, send_report
from tests.visitor import Page, Visitor

SECRET = b"%PDF-1.7 the minutes that the board keeps back\n" * 2000
MINE = "minutes of the board.pdf"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[World]:
    world = World.make(tmp_path_factory.mktemp("sealed"), people)
    world.drop.server("init")
    world.start_vaults()
    with world.drop:
        yield world


def commands_for(page: Page, desk: str) -> list[list[str]]:
    """Return what the page says to type for a desk, with the name of the reporter's own file put in."""
    found = re.search(rf'(?s)<pre[^>]*id="seal-{desk}"[^>]*><code>(.*?)</code>', page.text)
    assert found
    lines = [line for line in html.unescape(found[1]).splitlines() if line.strip()]
    return [[MINE if word == "FILE" else word for word in shlex.split(line)] for line in lines]


def seal_as_told(visitor: Visitor, desk: str, folder: Path) -> bytes:
    """Do what /keys says, in a folder of one's own with a GnuPG home that has never seen a key."""
    page = visitor.get("/keys")
    for name in re.findall(r'href="(/keys/\w+\.asc)[^"]*"', page.text):
        (folder / Path(name).name).write_bytes(visitor.get(name).body)
    (folder / MINE).write_bytes(SECRET)
    with factories.short_dir() as home:
        home.chmod(0o700)
        for command in commands_for(page, desk):
            assert command[0] == "gpg"
            ours = ["gpg", "--homedir", str(home), "--batch", "--no-autostart", *command[1:]]
            subprocess.run(ours, cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / "sealed.gpg").read_bytes()


def opened(home: Path, sealed: Path) -> subprocess.CompletedProcess[bytes]:
    command = ["gpg", "--homedir", str(home), "--batch", "-d", str(sealed)]
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def test_every_member_of_the_desk_opens_it_and_nobody_else_does(world: World, tmp_path: Path) -> None:
    visitor = world.drop.visitor()
    sealed = seal_as_told(visitor, "advisers", tmp_path)
    assert SECRET[:40] not in sealed
    attached = [("sealed.gpg", "application/octet-stream", sealed)]
    send_report(visitor, "I sealed the minutes myself.", ["advisers"], files=attached)
    for name in ("anna", "bob"):
        member = world.members[name]
        world.fetch(name)
        (case,) = member.json("cases", "--json")
        member.run("extract", case["case"], "--to", tmp_path / name)
        (extracted,) = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        assert extracted.read_bytes() == sealed
        assert opened(member.home, extracted).stdout == SECRET
        member.run("extract", case["case"], "--to", tmp_path / name, "--unseal")
        (unsealed,) = [path for path in (tmp_path / name).rglob("*") if path.is_file() and path != extracted]
        assert (unsealed.name, unsealed.read_bytes()) == ("01-01-sealed-opened", SECRET)
    stranger = opened(world.members["carla"].home, tmp_path / "sealed.gpg")
    assert stranger.returncode != 0
    assert stranger.stdout == b""


def test_a_seal_names_no_reader(world: World, tmp_path: Path) -> None:
    seal_as_told(world.drop.visitor(), "advisers", tmp_path)
    done = subprocess.run(
        ["gpg", "--batch", "--list-packets", "--list-only", str(tmp_path / "sealed.gpg")],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.count(b":pubkey enc packet:") == 2
    assert re.findall(rb"keyid ([0-9A-F]{16})", done.stdout) == [b"0" * 16] * 2
