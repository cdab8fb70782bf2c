"""A case whose pack is made: a vault with a report, a message, a reply, and plans of what is shown of them."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.envelope import Reader
from dropbox.gpg import Gpg
from dropbox.models import CaseId, Mandate
from dropbox.workstation.disclosure.plan import Cut, FileChoice, FileHow, ItemChoice, Plan
from dropbox.workstation.disclosure.releasing import Released, release
from dropbox.workstation.reading import ReadCase, read_case
from dropbox.workstation.vault import Vault, open_vault
from tests import factories
from tests.envelopes import Case, File
from tests.factories_bundles import Investigator, World, write_as

needs_sandbox = pytest.mark.skipif(
    shutil.which("bwrap") is None or shutil.which("pdftotext") is None,
    reason="no bubblewrap or no poppler here: no open part can be looked through",
)
REPORT = (
    "On 3 March Karin van der Berg called me into her room. K. v.d. Berg shouted; Jan Jansen stood in the door.\n\n"
    "My own number is 06-12345678. Karin did it again in April, and J. Jansen laughed."
)
MESSAGE = "Jansen came back. He said that KARIN VAN DER BERG had told him to. My mother knows."
NAMES = (("Karin van der Berg", "KB"), ("Jan Jansen",))
PHRASES = ("06 1234 5678",)
SECRETS = ("Karin", "karin", "Berg", "Jansen", "jansen", "12345678", "mother")


@dataclass(frozen=True)
class PackRoom:
    """Anna's vault with one case. `given`: the readers' keys as they come in files."""

    here: World
    case: Case
    given: tuple[bytes, ...]

    @classmethod
    def make(cls, here: World, mandate: Mandate = Mandate.INVESTIGATE, files: list[File] | None = None) -> "PackRoom":
        case = Case()
        here.drop.send(case, REPORT, files or [], mandate=mandate)
        here.drop.send(case, MESSAGE, mandate=mandate)
        write_as(here.drop, here.bram, case, text="We have read it. Was Karin alone?")
        here.start(here.anna)
        here.anna.ok("import", here.drop.pickup())
        given = tuple(factories.export_public(each.home, each.key) for each in (here.cora, here.dirk))
        return cls(here, case, given)

    @classmethod
    def make_another(cls, room: "PackRoom") -> "PackRoom":
        """Send a second case to the same drop and vault."""
        case = Case()
        room.here.drop.send(case, MESSAGE, mandate=Mandate.INVESTIGATE)
        room.here.anna.ok("import", room.here.drop.pickup())
        return cls(room.here, case, room.given)

    @property
    def readers(self) -> tuple[Reader, ...]:
        """The council reads the open part; cora and dirk get the annex."""
        here = self.here
        return (Reader("The council"), Reader("First reader", here.cora.key), Reader("Second reader", here.dirk.key))

    @contextmanager
    def opened(self, who: Investigator | None = None) -> Iterator[tuple[Vault, ReadCase]]:
        person = who or self.here.anna
        with mock.patch.dict("os.environ", {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
            yield vault, read_case(vault, vault.casebook.find_case(self.case.id))

    def plan(self, **changes: Any) -> Plan:
        """Return a plan of all items, both names, the telephone number, and the message's last sentence."""
        with self.opened() as (vault, shown):
            items = tuple(self.choice(shown, at) for at in range(len(shown.records)))
            start = MESSAGE.index("My mother")
            items = (items[0], replace(items[1], cuts=(Cut(start, len(MESSAGE)),)), *items[2:])
            plan = Plan.new(vault.casebook.bound.drop, CaseId(self.case.id), "en").with_names(NAMES)
        return replace(plan, **({"items": items, "phrases": PHRASES, "readers": self.readers} | changes))

    @staticmethod
    def choice(shown: ReadCase, at: int, how: FileHow = FileHow.OUT) -> ItemChoice:
        opened = shown.opened[at]
        assert opened is not None
        held = opened.envelope.index.attachments
        files = tuple(FileChoice(number, each.sha256, how) for number, each in enumerate(held, start=1))
        return ItemChoice(opened.record.item, opened.envelope.index_sha256, (), files)

    def release(self, plan: Plan, folder: str = "pack", **more: Any) -> Released:
        with self.opened() as (vault, shown):
            return release(vault, shown, plan, self.here.folder / folder, more.get("given", self.given))

    def look(self, look: Callable[[Vault], Any]) -> Any:
        with self.opened() as (vault, _):
            return look(vault)


def unsealed(person: Investigator, annex: Path) -> dict[str, bytes]:
    """Open an annex as its reader does, with nothing but gpg and unzip."""
    data = Gpg(person.home, agent=True).unseal_bytes(annex.read_bytes(), 1 << 26)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def letters_of(annex: dict[str, bytes]) -> dict[str, str]:
    """Return each letter's first name, as the annex has it."""
    return {letter: names[0] for letter, names in json.loads(annex["annex.json"])["letters"].items()}
