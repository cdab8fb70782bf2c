"""Every command line of the documents is run, in their order, and does what it says; every option they name exists.

A line that no longer works fails here before an operator finds it at night.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from dropbox.client_key import PUBLIC_PREFIX, ClientKey
from dropbox.models import today
from dropbox.server import main as server_main
from dropbox.server.onion import OnionKey, Service, write_key
from dropbox.workstation import main as workstation_main
from tests import factories
from tests.doc_lines import ELSEWHERE, ROOT, Hook, Line, Machine, end, end_script, lines_of, start_script
from tests.drop_process import BIN, command, command_json, free_port
from tests.journeys.world import Person, come_back, send_report
from tests.redacted import text_pdf
from tests.visitor import Visitor

README = ROOT / "README.md"
DOCS = (README, *sorted((ROOT / "docs").glob("*.md")))
OPERATOR, INVESTIGATOR = ROOT / "docs" / "operator.md", ROOT / "docs" / "investigator.md"
MACHINE, WORKSTATION = ROOT / "docs" / "machine.md", ROOT / "docs" / "workstation.md"
DESK = "adviser"
OTHERS = tuple(ROOT / "dropbox" / name for name in ("config.py", "config_table.py", "config_running.py", "keyring.py"))


@dataclass
class Site:
    """A drop with one desk, as /etc/onion-dropbox/town and /var/lib/onion-dropbox/town would be."""

    folder: Path
    port: int
    operator: Person

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def pid(self) -> Path:
        return self.folder / "server.pid"

    def server(self, *arguments: str | Path) -> str:
        return command("dropbox-server", *arguments, "--config", self.config)

    def visitor(self) -> Visitor:
        return Visitor("127.0.0.1", self.port)

    def drop_words(self) -> str:
        return str(json.loads(self.server("status", "--json"))["drop_key"])


@pytest.fixture(scope="module")
def operator() -> Iterator[Person]:
    with factories.short_dir() as folder:
        home = factories.new_home(folder, "operator")
        yield Person(home, factories.make_key(home, "operator"))


def new_site(folder: Path, people: dict[str, Person], operator: Person, **overrides: str) -> Site:
    """Write a configuration, with keys, status folder and everything that a command of the documents may want."""
    folder.mkdir(parents=True)
    (folder / "status").mkdir(mode=0o700)
    anna = people["anna"]
    settings = {
        "operator": f'key = "{operator.fingerprint}"',
        "courier": "enabled = true",
        "status": f'folder = "{folder / "status"}"',
        **overrides,
    }
    factories.write_config(folder, {DESK: [anna.fingerprint]}, **settings)
    for name, person in (("anna", anna), ("operator", operator)):
        (folder / "keys" / f"{name}.asc").write_bytes(factories.export_public(person.home, person.fingerprint))
    return Site(folder, free_port(), operator)


def run_all(machine: Machine, lines: list[Line]) -> None:
    wrong = [told for line in lines if (told := machine.run(line)) is not None]
    assert not wrong, "\n\n".join(wrong)
    assert not machine.unused(), "no line of the document needs this any more"


# --- the operator's guide ---------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path, people: dict[str, Person], operator: Person) -> Iterator[Machine]:
    """A server on which the package is installed, in which `town` is not yet started."""
    town = new_site(tmp_path / "town", people, operator, server=f'data_dir = "{tmp_path / "var" / "town"}"')
    config = town.config.read_text().replace(f'data_dir = "{town.folder / "data"}"\n', "", 1)
    town.config.write_text(config)
    (tmp_path / "var").mkdir()
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "bram.asc").write_bytes(_public(people["bob"]))
    (tmp_path / "stick" / "anna-new.asc").write_bytes(_public(people["carla"]))
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{BIN}:/usr/bin:/bin",
        "GNUPGHOME": str(operator.home),
        "LC_ALL": "C.UTF-8",
    }
    replaced = {
        "/media/stick": str(tmp_path / "stick"),
        "/var/lib/onion-dropbox": str(tmp_path / "var"),
        "CLIENT-KEY": PUBLIC_PREFIX + ClientKey.new().public,
        "FINGERPRINT-OF-ANNA": people["anna"].fingerprint,
        "FINGERPRINT-OF-BRAM": people["bob"].fingerprint,
        "LAST-DAY": (today() + timedelta(days=30)).isoformat(),
        "SOURCE": str(ROOT),
    }
    machine = Machine(tmp_path, environment, replaced, _before(town, people, operator, tmp_path))
    _stand_ins(machine, town)
    try:
        yield machine
    finally:
        end(town.pid)
        end(tmp_path / "clone.pid")


def _public(person: Person) -> bytes:
    return factories.export_public(person.home, person.fingerprint)


def _stand_ins(machine: Machine, town: Site) -> None:
    machine.stand_in("sudo", 'exec "$@"')
    for name in ("apt", "onion-dropbox-add", "onion-dropbox-remove"):
        machine.stand_in(name, 'test $# -ge 1 && echo "$@"')
    local = f"--local 127.0.0.1:{town.port}"
    machine.stand_in(
        "onion-dropbox",
        '[[ "$1" = town || "$1" = adviser ]]',
        "shift",
        f'if [ "$1" = canary ]; then set -- "$@" {local}; fi',
        f'exec {BIN / "dropbox-server"} "$@" --config {town.config}',
    )
    machine.stand_in(
        "systemctl",
        'case "$1 $2" in',
        f'"start onion-dropbox@"*) {start_script(town.config, town.port, town.pid)} ;;',
        f'"stop onion-dropbox@"*) {end_script(town.pid)} ;;',
        f'"enable --now") test -f {ROOT / "packaging/systemd"}/"${{3/@*./@.}}" ;;',
        "*) exit 1 ;;",
        "esac",
    )
    scripts = machine.folder / "scripts"
    scripts.mkdir()
    (scripts / "package").write_text('#!/bin/bash\nshift; touch "$1/onion-dropbox_0_all.deb"\n')
    (scripts / "package").chmod(0o755)


def _before(town: Site, people: dict[str, Person], operator: Person, folder: Path) -> dict[str, Hook]:
    def answer(_machine: Machine) -> None:
        """Anna takes the bundle in, and writes hers."""
        vault, env = folder / "vault", {"GNUPGHOME": str(people["anna"].home)}
        words = town.drop_words()
        key = people["anna"].fingerprint
        command("dropbox-workstation", "init", "--key", key, "--drop-key", words, "--vault", vault, env=env)
        command("dropbox-workstation", "import", folder / "stick/adviser-monday.tar", "--vault", vault, env=env)
        command("dropbox-workstation", "export", folder / "stick/answer-anna.tar", "--vault", vault, env=env)

    def clone(machine: Machine) -> None:
        """What `git clone` brought is set up by what is there: a second set-up would take minutes."""
        made = new_site(machine.folder / "made", people, operator)
        drop = machine.folder / "drop"
        text = made.config.read_text().replace(str(made.folder), str(drop)).replace('mode = "off"', 'mode = "launch"')
        (drop / "config.example.toml").write_text(text)
        shutil.copytree(made.folder / "keys", drop / "keys", dirs_exist_ok=True)
        (drop / "status").mkdir()
        (drop / ".venv" / "bin").mkdir(parents=True)
        program = drop / ".venv" / "bin" / "dropbox-server"
        program.write_text(f'#!/bin/bash\nexec {BIN / "dropbox-server"} "$@"\n')
        program.chmod(0o755)
        # the same, but for tor, which would want the internet
        (drop / "quiet.toml").write_text(text.replace('mode = "launch"', 'mode = "off"'))
        start = start_script(drop / "quiet.toml", free_port(), machine.folder / "clone.pid")
        (drop / "scripts" / "run").write_text(f"#!/bin/bash\n{start}\n")

    def stopped(machine: Machine) -> None:
        """By now tor has made its keys, and the drop is stopped."""
        end(machine.folder / "clone.pid")
        for service in Service:
            write_key(machine.folder / "drop" / "data", "launch", service, OnionKey.new())

    return {
        "sudo onion-dropbox town import": answer,
        "cp config.example.toml": clone,
        ".venv/bin/dropbox-server onion save": stopped,
    }


def test_every_line_of_the_operators_guide_does_what_it_says(server: Machine) -> None:
    run_all(server, lines_of(OPERATOR))


def test_every_line_about_the_machine_does_what_it_says(server: Machine) -> None:
    server.before = {}
    run_all(server, lines_of(MACHINE))


# --- the investigator's guide -----------------------------------------------------------------------------------------


@dataclass
class Workstation:
    """Anna's machine beside a drop with two desks, hers and one that is closed; sent: her reporter's codename."""

    machine: Machine
    site: Site
    sent: str

    def workstation(self, *arguments: str | Path) -> str:
        return command("dropbox-workstation", *arguments, env=self.machine.environment)

    def fetch(self) -> None:
        target = self.machine.folder / f"{len(list(self.machine.folder.iterdir()))}.tar"
        self.site.server("export", "--desk", DESK, target)
        self.workstation("import", target)

    def bring(self) -> None:
        target = self.machine.folder / f"{len(list(self.machine.folder.iterdir()))}.tar"
        self.workstation("export", target)
        self.site.server("import", target)

    def case(self, machine: Machine) -> None:
        """CASE is the newest one from here on."""
        cases = command_json("dropbox-workstation", "cases", env=machine.environment)
        machine.replaced["CASE"] = next(each["case"] for each in cases if each["case"] not in self._before(machine))

    def _before(self, machine: Machine) -> set[str]:
        return {machine.replaced["CASE"]} if "CASE" in machine.replaced else set()

    def started(self, _machine: Machine) -> None:
        self.workstation("init", "--drop-key", self.site.drop_words())
        self.fetch()

    def proposed(self, machine: Machine) -> None:
        """The operator proposes a member, and a bundle tells Anna."""
        self.site.server("keys", "add", "--desk", DESK, machine.folder / "bram.asc")
        self.fetch()
        told = self.site.server("keys", "check", "--json")
        words = re.search(r'"words": "([a-z ]+)"', told)
        assert words, told
        machine.replaced |= {"TEN WORDS OF THE CHANGE": words[1], '"WORDS"': f'"{words[1]}"'}

    def agreed(self, _machine: Machine) -> None:
        """What was asked reaches the reporter, who says yes; that reaches Anna."""
        self.bring()
        visitor = self.site.visitor()
        form = come_back(visitor, self.sent).form("message", "mandate")
        (name,) = [name for name, _value in form.fields if name.startswith("answer-consent-")]
        assert visitor.submit(form, {name: "yes", "message": "Yes, they may."}, ()).status == 200
        self.fetch()

    def letter(self, machine: Machine) -> None:
        """Another report comes, with a letter of which a plan is made."""
        data = text_pdf("Jan Jansen came late today.", "Nobody else was there then.")
        files = [("letter.pdf", "application/pdf", data)]
        send_report(self.site.visitor(), "See the letter.", [DESK], "investigate", files)
        self.fetch()
        self.case(machine)
        wanted = ["--item", "1", "--name", "Jan Jansen", "--file", "1-1=redrawn"]
        self.workstation("disclose", machine.replaced["CASE"], "--new", machine.folder / "plan.json", *wanted)


@pytest.fixture
def workstation(tmp_path: Path, people: dict[str, Person], operator: Person) -> Iterator[Workstation]:
    site = new_site(tmp_path / "site", people, operator)
    carla = people["carla"].fingerprint
    bureau = f'[[desk]]\nid = "bureau"\nname.en = "Bureau"\nfingerprints = ["{carla}"]\nclosed = true\n'
    site.config.write_text(site.config.read_text() + bureau)
    (site.folder / "keys" / "carla.asc").write_bytes(_public(people["carla"]))
    subprocess.run(["bash", "-c", start_script(site.config, site.port, site.pid)], check=True)
    (tmp_path / "stick").mkdir()
    (tmp_path / "bram.asc").write_bytes(_public(people["bob"]))
    for name in ("answer.txt", "for-the-desk.txt", "why.txt"):
        (tmp_path / name).write_text("Thank you. Which day was that?\n")
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{BIN}:/usr/bin:/bin",
        "GNUPGHOME": str(people["anna"].home),
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "LC_ALL": "C.UTF-8",
    }
    sent = send_report(site.visitor(), "My manager reads my messages.", [DESK]).codename
    replaced = {"/media/stick": str(tmp_path / "stick"), "DESK": "bureau", "ITEM N": "1 1"}
    machine = Machine(tmp_path, environment, replaced)
    try:
        yield Workstation(machine, site, sent)
    finally:
        end(site.pid)


def test_every_line_of_the_investigators_guide_does_what_it_says(workstation: Workstation) -> None:
    machine, site = workstation.machine, workstation.site
    site.server("export", "--desk", DESK, machine.folder / "stick" / "pickup-adviser.tar")
    machine.replaced['"TEN WORDS"'] = f'"{site.drop_words()}"'
    machine.before = {
        "dropbox-workstation read": workstation.case,
        "dropbox-workstation roster --sign": workstation.proposed,
    }
    run_all(machine, lines_of(INVESTIGATOR))


@pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("pdftotext") is None, reason="no bubblewrap or no poppler here"
)
def test_every_line_about_the_workstation_does_what_it_says(workstation: Workstation) -> None:
    workstation.machine.before = {
        "dropbox-workstation roster": workstation.started,
        "dropbox-workstation roster --sign": workstation.proposed,
        "dropbox-workstation handover CASE  ": workstation.case,
        "dropbox-workstation handover CASE handover.tar": workstation.agreed,
        "dropbox-workstation redact": workstation.letter,
    }
    run_all(workstation.machine, lines_of(WORKSTATION))


# --- the README -------------------------------------------------------------------------------------------------------


def test_every_line_of_the_readme_names_a_script_that_is_run_elsewhere(tmp_path: Path) -> None:
    """They set a machine up, take minutes or stay in the foreground: `ELSEWHERE` says where each is run."""
    machine = Machine(tmp_path, {"PATH": f"{BIN}:/usr/bin:/bin"}, {"FINGERPRINT": "A" * 40})
    (tmp_path / "scripts").mkdir()
    for name in {line.text.split()[0] for line in lines_of(README)}:
        assert name in ELSEWHERE, name
        (tmp_path / name).write_text(f'#!/bin/bash\ntest -x "{ROOT / name}"\n')
        (tmp_path / name).chmod(0o755)
    run_all(machine, lines_of(README))


# --- all documents ----------------------------------------------------------------------------------------------------


def test_no_document_has_command_lines_that_nobody_runs() -> None:
    run_here = {README, OPERATOR, INVESTIGATOR, MACHINE, WORKSTATION}
    assert [str(line) for document in DOCS if document not in run_here for line in lines_of(document)] == []


def test_what_is_stood_in_for_is_run_elsewhere() -> None:
    for name, (place, words) in ELSEWHERE.items():
        assert words in (ROOT / place).read_text(encoding="utf-8"), name


_PARSERS = {
    "dropbox-server": server_main._parser(),
    "dropbox-workstation": workstation_main._parser("en", Path("vault")),
}
_NAMED = re.compile(
    r"(dropbox-server|dropbox-workstation|onion-dropbox (?:town|adviser)) ((?:[a-z][a-z-]*)(?: [^`|\n]*)?)"
)


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_no_document_names_a_command_or_an_option_that_is_none(document: Path) -> None:
    wrong = []
    for found in _NAMED.finditer(document.read_text(encoding="utf-8")):
        program = "dropbox-workstation" if found[1] == "dropbox-workstation" else "dropbox-server"
        parser: argparse.ArgumentParser | None = _PARSERS[program]
        named = found[2].split("  ")[0].split()
        while named and parser is not None and _verbs(parser):
            parser = _verbs(parser).get(named.pop(0).rstrip(".,:;)"))
        if parser is None:
            wrong.append(found[0])
            continue
        known = {option for action in parser._actions for option in action.option_strings}
        wrong += [found[0] for option in re.findall(r"--[a-z][a-z-]*", " ".join(named)) if option not in known]
    assert not wrong, wrong


def _verbs(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def test_the_operators_guide_has_every_command_of_the_server() -> None:
    text = OPERATOR.read_text(encoding="utf-8")
    run = "\n".join(line.text for line in lines_of(OPERATOR))
    for name, parser in _verbs(server_main._parser()).items():
        assert f"dropbox-server {name}" in text, name
        for each in [f"{name} {verb}" for verb in _verbs(parser)] or [name]:
            assert name == "serve" or re.search(rf"(town|dropbox-server) {each}\b", run), f"{each}: has no example"


def _section(text: str, heading: str) -> str:
    return text.split(f"### {heading}\n")[1].split("\n#", maxsplit=1)[0]


@pytest.mark.parametrize("heading", ["Lines of `check`", "It does not start", "A command refuses"])
def test_every_failure_in_the_operators_guide_is_one_that_the_program_has(heading: str) -> None:
    said = _words_of_the_program()
    rows = re.findall(r"^\| (`[^|]*) \|", _section(OPERATOR.read_text(encoding="utf-8"), heading), re.MULTILINE)
    assert len(rows) > 8
    named = [words for row in rows for words in re.findall(r"`([^`]+)`", row)]
    wrong = [words for words in named if re.sub(r" ?(DESK|FILE|…)$", "", words) not in said]
    assert not wrong


def _words_of_the_program() -> str:
    """Return all strings of the server and of its errors, with pieces that stand side by side joined."""
    found = []
    for path in (*(ROOT / "dropbox/errors").glob("*.py"), *(ROOT / "dropbox/server").rglob("*.py"), *OTHERS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)
