"""Seven reports to one desk: four about one man under five spellings, two that are only to be heard, one withdrawn, one
handed to an outside bureau. What was said stands here; what comes of it, in test_seven_reports.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dropbox import config
from dropbox.models import DeskId
from dropbox.server.drop import Drop
from dropbox.server.transfer import export_desk, import_answer
from dropbox.workstation.paper import Paper
from tests import factories
from tests.factories_bundles import Investigator
from tests.journeys.world import Person, World, come_back, send_report
from tests.visitor import File, Page

COMMITTEE, BUREAU = DeskId("committee"), DeskId("bureau")
DESK_OF = {"anna": COMMITTEE, "bob": COMMITTEE, "carla": BUREAU}
READERS = ("dirk", "cora")
"""Those two for whom the confidential annex is, with keys of their own and no vault."""

ALIAS = "Johannes van den Berg"
DIARY = "It was Jan van den Berg again. Anna Smit saw it too, at 14:00 in the canteen."
PHONE = "06 12345678"
"""What must not reach the open part of a pack, beside the man's names and the witness's."""


def diary() -> bytes:
    """Return a PDF with text in it, as a reporter's telephone makes one."""
    paper = Paper("Diary")
    paper.paragraph(DIARY)
    return paper.pdf()


@dataclass(frozen=True)
class Told:
    """One report, and what the desk marks and says of it. person: how this reporter spells the man's name."""

    mandate: str
    text: str
    person: str = ""
    alias: str = ""
    subject: str = "other"
    outcome: str = ""
    files: tuple[File, ...] = ()


REPORTS: Mapping[str, Told] = {
    "shouted": Told(
        "investigate",
        "Jan van den Berg shouted at Anna Smit in the canteen. On the list he is Johannes van den Berg. "
        f"Van den Berg did it before. His number is {PHONE}.",
        "Jan van den Berg",
        ALIAS,
        "intimidation",
        "founded",
        (("diary of Anna Smit.pdf", "application/pdf", diary()),),
    ),
    "threatened": Told(
        "investigate", "J. v.d. Berg said he would have me moved if I spoke.", "J. v.d. Berg", subject="intimidation"
    ),
    "promised": Told(
        "advise",
        "Jan Vandenberg promised me a permit for a dinner.",
        "Jan Vandenberg",
        subject="abuse_of_power",
        outcome="advised",
    ),
    "feared": Told(
        "listen", "I am afraid of Jan van den Bergh and want nobody to know.", "Jan van den Bergh", subject="bullying"
    ),
    "quiet": Told("listen", "I only want to tell this to somebody.", subject="other", outcome="heard"),
    "regretted": Told("advise", "I wrote too much about Karin Bos.", subject="other"),
    "counted": Told(
        "investigate",
        "The cash box of the club was short again; Piet Bakker counts it.",
        subject="fraud",
        outcome="unfounded",
    ),
}
ABOUT_HIM = ("shouted", "threatened", "promised", "feared")
SPELLINGS = [REPORTS[name].person for name in ABOUT_HIM] + [ALIAS]


@dataclass
class Seven:
    """Everybody of the story: three vaults, two outside readers, seven reporters with their codenames."""

    world: World
    vaults: dict[str, Investigator]
    readers: dict[str, Person]
    codenames: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    bundles: int = 0

    def key_files(self) -> list[str]:
        """Return the options that name the readers' public keys, each in a file as they handed it over."""
        options = []
        for name, reader in self.readers.items():
            path = self.world.root / f"{name}.asc"
            path.write_bytes(factories.export_public(reader.home, reader.fingerprint))
            options += ["--key", str(path)]
        return options

    def reader_options(self) -> list[str]:
        """Return the options that name a council for the open part, and the two for the annex as well."""
        named = [f"{name}={reader.fingerprint}" for name, reader in self.readers.items()]
        return [each for who in ("The council", *named) for each in ("--reader", who)]

    @property
    def anna(self) -> Investigator:
        return self.vaults["anna"]

    @property
    def bob(self) -> Investigator:
        return self.vaults["bob"]

    @property
    def carla(self) -> Investigator:
        return self.vaults["carla"]

    def text(self, content: str) -> Path:
        self.bundles += 1
        path = self.world.root / f"text-{self.bundles}"
        path.write_text(content, encoding="utf-8")
        return path

    def path(self, name: str) -> Path:
        self.bundles += 1
        return self.world.root / f"{self.bundles}-{name}"

    def exchange(self, *names: str) -> dict[str, Any]:
        """Carry these members' answer bundles to the drop, and then a fresh pickup bundle to each of them."""
        told = {}
        with Drop.open(config.load(self.world.drop.config), beside_server=True) as drop:
            for name in names:
                answer = self.path(f"answer-{name}.tar")
                self.vaults[name].ok("export", answer)
                import_answer(drop, answer)
            for name in names:
                pickup = self.path(f"pickup-{name}.tar")
                export_desk(drop, DeskId(DESK_OF[name]), pickup)
                told[name] = self.vaults[name].ok("import", pickup)
                assert told[name]["quarantined"] == {}
        return told

    def fetch(self, *names: str) -> None:
        """Carry a pickup bundle to members who have nothing to bring yet."""
        for name in names:
            self.vaults[name].ok("import", self.world.export(DESK_OF[name]))

    def comes_back(self, name: str) -> Page:
        """Have a reporter come back with the codename."""
        page = come_back(self.world.drop.visitor(), self.codenames[name])
        assert page.status == 200, page.text
        return page

    def says(self, name: str, values: Mapping[str, str], button: Mapping[str, str] | None = None) -> Page:
        """Have a reporter come back and send the form of the case, filled in so."""
        visitor = self.world.drop.visitor()
        page = come_back(visitor, self.codenames[name])
        sent = visitor.submit(page.form("message", "mandate"), {**values, **(button or {})}, [])
        assert sent.status == 200, sent.text
        return sent


def in_question(page: Page) -> str:
    """Return the name of the one field in which the page asks for consent."""
    (name,) = [name for name in page.form("message", "mandate").names if name.startswith("answer-consent-")]
    return name


@contextmanager
def seven_reports(root: Path, people: Mapping[str, Person]) -> Iterator[Seven]:
    """Make the drop with its two desks, give everybody a vault, and have seven people report."""
    world = World.make(root, people, DESK_OF)
    with world.drop.config.open("a", encoding="utf-8") as settings:
        settings.write("closed = true\n")  # the bureau, which stands last, takes no reports of its own
    world.drop.server("init")
    with factories.short_dir() as folder:
        homes = {name: factories.new_home(folder, name) for name in READERS}
        readers = {name: Person(home, factories.make_key(home, name)) for name, home in homes.items()}
        vaults = {m.name: Investigator(m.name, m.home, m.fingerprint, m.vault) for m in world.members.values()}
        words = world.drop.server_json("status")["drop_key"]
        for vault in vaults.values():
            vault.ok("init", "--key", vault.key, "--drop-key", words)
        told = Seven(world, vaults, readers)
        with world.drop:
            _report(told)
            yield told


def _report(told: Seven) -> None:
    """Send the reports one by one, and have anna import each: so it is known which case is whose."""
    for name, report in REPORTS.items():
        before = set(told.cases.values())
        visitor = told.world.drop.visitor()
        page = send_report(visitor, report.text, [COMMITTEE], report.mandate, list(report.files))
        told.codenames[name] = page.codename
        told.fetch("anna")
        (told.cases[name],) = {row["case"] for row in told.anna.ok("cases")} - before
    told.fetch("bob", "carla")
