"""The kit on a machine without a network, an empty home and without this project: from unpacking to the answer bundle.

Debian's own Python runs it; the project's folder, with its `.venv`, is not there for it.
"""

from __future__ import annotations

import email
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dropbox.models import Fingerprint
from scripts import kit, kit_wheels
from scripts.kit_files import checking
from scripts.kit_wheels import ALL_PAIRS, ROOT, Pair
from tests import factories, factories_bundles, kits
from tests.envelopes import Case
from tests.factories_bundles import World

pytestmark = pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="shown with Debian's own Python")


@dataclass(frozen=True)
class Offline:
    """The offline machine: a home, and the kit as it lies unpacked in it."""

    home: Path
    folder: Path
    operator: Fingerprint

    def process(self, *arguments: str | Path) -> list[str]:
        command = ("/bin/sh", self.folder / "verify-and-start", *arguments)
        return kits.without_a_network(*command, hidden=ROOT, home=self.home)

    def run(self, *arguments: str | Path) -> str:
        done = subprocess.run(
            self.process(*arguments), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self.run(*arguments, "--json"))


def debian_pair() -> Pair:
    """Return the pair of the machine's own Python, whatever runs the tests."""
    asked = "import sys, os; print('%d.%d' % sys.version_info[:2], os.uname().machine)"
    said = subprocess.run(["/usr/bin/python3", "-c", asked], capture_output=True, text=True, check=True).stdout
    pair = Pair(*said.split())
    if pair not in ALL_PAIRS:
        pytest.skip(f"no kit is made for {pair}")
    return pair


@pytest.fixture(scope="module")
def offline() -> Iterator[Offline]:
    """A kit for this machine alone, on an empty home, with a fresh key in it."""
    with factories.short_dir() as folder:
        operator_home = factories.new_home(folder, "operator")
        operator = factories.make_key(operator_home, "operator", encrypt=False)
        home = factories.new_home(folder, "home")
        letters = factories.new_home(folder, "letters")
        (letters / "welcome.nl.txt").write_text("Dank u. Wij zijn het bureau {desk}.\n", encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GNUPGHOME", str(operator_home))
            made = kit.make_kit(kit.Order(folder / "stick", operator, letters, pairs=[debian_pair()]))
        subprocess.run(["tar", "-xf", made.with_name(f"{made.name}.tar"), "-C", home], check=True)
        yield Offline(home, home / made.name, operator)


@pytest.fixture(scope="module")
def here(offline: Offline) -> Iterator[World]:
    """A drop whose member anna has her key in the offline machine's own `~/.gnupg`."""
    with factories_bundles.people() as made:
        own = offline.home / ".gnupg"
        made["anna"] = (own, factories.make_key(own, "anna"))
        with factories_bundles.world(made) as world:
            yield world


def test_a_case_is_read_and_answered_where_nothing_can_be_fetched(offline: Offline, here: World) -> None:
    case = Case()
    here.drop.send(case, "He waits for me after the meeting.", [("notes.txt", "text/plain", b"Monday\n")])
    assert "De kit is in orde" not in offline.run("--signer", offline.operator, "--check"), "not on standard output"
    offline.json("init", "--drop-key", here.drop.words)
    offline.run("import", here.drop.pickup())
    shown = offline.json("cases")
    assert [row["case"] for row in shown] == [case.id]
    items = offline.json("read", case.id)["items"]
    assert items[0]["text"] == "He waits for me after the meeting."
    offline.run("extract", case.id, "--to", offline.home / "files")
    assert [path.read_bytes() for path in (offline.home / "files").rglob("*.txt")] == [b"Monday\n"]
    letters = {letter["name"]: letter["origin"] for letter in offline.json("letters")["letters"]}
    assert letters["welcome"] == "operator"
    offline.run("reply", case.id, "--text-file", here.text("You are not alone."))
    offline.run("export", offline.home / "answer.tar")
    answer = here.drop.take(offline.home / "answer.tar", case)
    assert len(answer.entries) == 1
    assert answer.author == here.anna.key


FETCH = """
import http.cookiejar, json, subprocess, sys, urllib.request
command = json.loads(sys.argv[1])
desk = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
try:
    url = json.loads(desk.stdout.readline())["url"]
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(jar)
    opener.addheaders = [("Accept-Language", sys.argv[2])]
    with opener.open(url, timeout=30) as page:
        print(page.status, page.read().decode())
finally:
    desk.kill()
    desk.wait()
"""


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_desk_page_opens_in_both_languages_without_a_network(offline: Offline, language: str) -> None:
    start = ["sh", str(offline.folder / "verify-and-start"), "--signer", offline.operator, "open", "--json"]
    command = ["/usr/bin/python3", "-I", "-S", "-c", FETCH, json.dumps(start), language]
    walled = kits.without_a_network(*command, hidden=ROOT, home=offline.home)
    done = subprocess.run(walled, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("200 ")
    assert f'<html lang="{language}"' in done.stdout


def test_what_the_guide_tells_to_do_by_hand_does_not_fail(offline: Offline) -> None:
    by_hand = re.findall(r"^     (gpg .*|sha256sum .*)$", (offline.folder / "READ-ME-FIRST.txt").read_text(), re.M)
    assert len(by_hand) == 4
    with factories.short_dir() as home:
        for line in by_hand:
            done = subprocess.run(
                line.split(), cwd=offline.folder, capture_output=True, text=True, check=False, env={"HOME": str(home)}
            )
            assert done.returncode == 0, done.stderr
            if "--show-keys" in line:
                assert offline.operator in done.stdout.replace(" ", "")
            if line.startswith("sha256sum"):
                assert done.stdout == ""


def test_no_wheel_is_missing_or_older_than_the_lock(offline: Offline) -> None:
    table = json.loads((offline.folder / "kit.json").read_text())["wheels"][debian_pair().name]
    wheels = {tuple(re.sub("[-_.]+", "-", part).lower() for part in name.split("-")[:2]) for name in table}
    locked = re.findall(r"^([\w.-]+)==(\S+)", kit_wheels.LOCK.read_text(), re.M)
    own = {("onion-dropbox", re.sub("[-_.]+", "-", kit.version()))}
    assert wheels - own == {tuple(re.sub("[-_.]+", "-", part).lower() for part in each) for each in locked}
    assert {name.split("/")[1] for name in checking.parse_list(listed(offline)) if name.startswith("wheels/")} == set(
        table
    )


def listed(offline: Offline) -> bytes:
    return (offline.folder / checking.LIST).read_bytes()


def test_our_own_wheel_does_not_speak_english_only(offline: Offline) -> None:
    wheel = next((offline.folder / "wheels").glob("onion_dropbox-*.whl"))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "dropbox/translations/nl/LC_MESSAGES/workstation.mo" in names
    assert {f"{name[:-3]}.mo" for name in names if name.endswith(".po")} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith(("tests/", "scripts/"))]


@pytest.mark.slow
def test_the_kit_for_all_machines_does_not_differ_from_build_to_build(tmp_path: Path) -> None:
    first = kit.make_kit(kit.Order(tmp_path / "first"))
    second = kit.make_kit(kit.Order(tmp_path / "second"))
    assert first.with_name(f"{first.name}.tar").read_bytes() == second.with_name(f"{second.name}.tar").read_bytes()
    table = json.loads((first / "kit.json").read_text())["wheels"]
    assert list(table) == [pair.name for pair in ALL_PAIRS]
    for pair in ALL_PAIRS:
        complete(first, pair, table[pair.name])


def complete(folder: Path, pair: Pair, wheels: list[str]) -> None:
    """Every wheel's needs, by the markers of this Python, are met by the others."""
    from packaging.requirements import Requirement

    have = {re.sub("[-_.]+", "-", name.split("-")[0]).lower() for name in wheels}
    environment = {"python_version": pair.python, "python_full_version": f"{pair.python}.0", "extra": ""}
    environment |= {"platform_machine": pair.machine, "sys_platform": "linux", "implementation_name": "cpython"}
    for wheel in wheels:
        if wheel.startswith("onion_dropbox"):
            continue  # it also holds the server, whose needs stay behind
        archive = zipfile.ZipFile(folder / "wheels" / wheel)
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        message = email.message_from_bytes(archive.read(metadata))
        for line in message.get_all("Requires-Dist") or []:
            need = Requirement(line)
            if need.marker is None or need.marker.evaluate(environment):
                assert re.sub("[-_.]+", "-", need.name).lower() in have, f"{wheel} needs {need} on {pair.name}"
