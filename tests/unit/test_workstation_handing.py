"""A case goes to another desk: whole, with the reporter's yes, and the desk before can open it no more."""

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.bundle import Called, PickupManifest
from dropbox.envelope import Moved
from dropbox.models import Kind, Mandate
from dropbox.workstation.vault import Vault, open_vault
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, Held, Investigator, People, World, world, write_as

FILES = [("photo.png", "image/png", b"\x89PNG" * 100)]


@pytest.fixture(scope="module")
def told(people: People) -> "Iterator[Story]":
    """The story, played once for all tests of this file."""
    with world(people) as here:
        yield Story.play(here)


@pytest.fixture
def story(told: "Story", tmp_path: Path) -> "Story":
    """The same story with vaults and a drop of this test's own."""
    return told.apart(tmp_path)


def named(manifest: PickupManifest) -> PickupManifest:
    """Have a bundle tell of all desks, as the drop's own do."""
    desks = {DESK: {"en": "Integrity committee"}, OTHER_DESK: {"en": "Outside bureau"}}
    return replace(manifest, called=Called("Example party", desks))


@dataclass(frozen=True)
class Story:
    """Anna's desk asks whether the bureau may have a case, and the reporter says yes. Cora sits at the bureau.

    `file` is what Anna made for Cora's desk.
    """

    here: World
    case: Case
    held: tuple[Held, ...]
    ask: str
    file: Path

    @classmethod
    def play(cls, here: World) -> "Story":
        case, drop = Case(), here.drop
        here.start(here.anna, here.bram, here.cora)
        held = [drop.send(case, "It began in March.", FILES, mandate=Mandate.LISTEN), drop.send(case, "And went on.")]
        held.append(write_as(drop, here.bram, case, text="We read it."))
        held.append(write_as(drop, here.bram, case, Kind.NOTE, text="Call her on Monday."))
        for person in (here.anna, here.bram):
            person.ok("import", drop.pickup(bend=named))
        here.anna.ok("handover", case.id, "--to", OTHER_DESK, "--ask", "--text-file", here.text("May the bureau?"))
        here.anna.ok("export", here.folder / "ask.tar")
        drop.take(here.folder / "ask.tar", case)
        ask = here.anna.ok("consent", case.id)["asks"][0]["ask"]
        yes: dict[str, Any] = {"moved": Moved(ask, DESK, OTHER_DESK), "answers": {f"consent-{ask}": "yes"}}
        held.append(drop.send(case, "Yes, please.", desks=(DESK, OTHER_DESK), kind=Kind.MESSAGE, **yes))
        here.anna.ok("import", drop.pickup())
        made = here.folder / "handed-over.tar"
        here.anna.ok("handover", case.id, made)
        return cls(here, case, tuple(held), ask, made)

    def apart(self, folder: Path) -> "Story":
        here, own = self.here, copy.copy(self.here.drop)
        own.items, own.rosters = dict(own.items), dict(own.rosters)
        own.logs, own.chains = copy.deepcopy(own.logs), copy.deepcopy(own.chains)
        own.folder = folder / "drop"
        shutil.copytree(here.drop.folder, own.folder)
        people = {}
        for person in (here.anna, here.bram, here.cora):
            shutil.copytree(person.vault, folder / person.name, ignore=shutil.ignore_patterns("S.*"))
            people[person.name] = replace(person, vault=folder / person.name)
        return replace(self, here=replace(here, folder=folder, drop=own, **people))

    def at_the_bureau(self) -> Investigator:
        """Return Cora, with what the drop brought her and what Anna made for her."""
        cora = self.here.cora
        cora.ok("import", self.here.drop.pickup(OTHER_DESK))
        cora.ok("import", self.file)
        return cora


def inside(person: Investigator, look: Callable[[Vault], Any]) -> Any:
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
        return look(vault)


def logged(person: Investigator, case: Case) -> list[str]:
    return [line["act"] for line in person.ok("log", case.id)["lines"]]


# --- asking -------------------------------------------------------------------------------------------------------


def test_nothing_is_handed_over_before_the_reporter_was_asked(here: World) -> None:
    case = Case()
    here.drop.send(case, mandate=Mandate.INVESTIGATE)
    here.start(here.anna)
    here.anna.ok("import", here.drop.pickup())
    assert "has not agreed" in here.anna.refused("handover", case.id, here.folder / "out.tar")
    assert not (here.folder / "out.tar").exists()
    here.anna.refused("handover", case.id, "--to", "nowhere", "--ask")
    here.anna.refused("handover", case.id, "--to", DESK, "--ask")


def test_a_no_hands_nothing_over(here: World) -> None:
    case, anna = Case(), here.anna
    here.drop.send(case, desks=(DESK,))
    here.start(anna)
    anna.ok("import", here.drop.pickup(bend=named))
    anna.ok("handover", case.id, "--to", OTHER_DESK, "--ask")
    assert "asked this already" in anna.refused("handover", case.id, "--to", OTHER_DESK, "--ask")
    ask = anna.ok("consent", case.id)["asks"][0]
    assert (ask["kind"], ask["to"], ask["answer"]) == ("hand_over", OTHER_DESK, "open")
    here.drop.send(case, "No.", answers={f"consent-{ask['ask']}": "no"})
    anna.ok("import", here.drop.pickup())
    assert anna.ok("consent", case.id)["asks"][0]["answer"] == "refused"
    assert "has not agreed" in anna.refused("handover", case.id, here.folder / "out.tar")
    assert anna.ok("read", case.id)["items"]


def test_what_the_reply_asks_stands_in_its_header_and_not_only_in_its_text(story: Story) -> None:
    asks = story.here.anna.ok("consent", story.case.id)["asks"]
    assert [(each["ask"], each["answer"], each["desk"], each["used"]) for each in asks] == [
        (story.ask, "agreed", DESK, True)
    ]


# --- the desk that had it -----------------------------------------------------------------------------------------

ENDED = (
    ("read",),
    ("extract", "--to", "files"),
    ("note", "--text-file", "text"),
    ("reply", "--text-file", "text"),
    ("assign", "anna"),
    ("state", "closed"),
    ("tag", "+urgent"),
)


@pytest.mark.parametrize("command", ENDED, ids=lambda command: command[0])
def test_the_old_desk_opens_and_writes_nothing_any_more(story: Story, command: tuple[str, ...]) -> None:
    text = story.here.text()
    files = story.here.folder / "files"
    known = {"text": text, "files": files, "anna": story.here.anna.key}
    words = [str(known.get(word, word)) for word in command[1:]]
    assert f"handed over to desk {OTHER_DESK}" in story.here.anna.refused(command[0], story.case.id, *words)
    assert not files.exists()


def test_a_colleague_of_the_old_desk_is_held_to_it_as_well(story: Story) -> None:
    bram = story.here.bram
    bram.ok("read", story.case.id)
    bram.ok("import", story.here.drop.pickup())
    assert "handed over" in bram.refused("read", story.case.id)
    assert "HANDED OVER." in bram.run("cases").out
    bram.ok("handover", story.case.id, story.here.folder / "bram-made-it.tar")
    assert "HANDED OVER." not in bram.run("cases").out


def test_a_search_finds_nothing_in_a_case_that_was_handed_over(story: Story) -> None:
    assert len(story.here.cora.ok("search", "March")) == 0
    assert len(story.at_the_bureau().ok("search", "March")) == 1
    assert len(story.here.anna.ok("search", "March")) == 0


def test_that_it_ended_and_what_was_passed_on_stands_in_the_log(story: Story) -> None:
    acts = logged(story.here.anna, story.case)
    assert acts.count("asked") == 1
    assert acts.count("handed_over") == 2, "the access that ended, and the file that was made"
    note = inside(story.here.anna, lambda vault: [r for r in vault.casebook.items.values() if r.kind == "note"])
    handed = [r.detail.account.handed_over for r in note if r.detail.account and r.detail.account.handed_over]
    assert [(each.to, each.ask, each.consent, each.items) for each in handed] == [
        (OTHER_DESK, story.ask, story.held[-1].item, 4)
    ]


def test_the_old_desk_owes_no_answer_any_more(story: Story) -> None:
    rows = {row["case"]: row for row in story.here.anna.ok("cases")}
    assert rows[story.case.id]["unread"] == 0
    assert story.here.anna.ok("handover", story.case.id)["left"]["to"] == OTHER_DESK


# --- the desk that gets it ----------------------------------------------------------------------------------------


def test_the_new_desk_reads_the_whole_thread_and_no_note(story: Story) -> None:
    cora = story.at_the_bureau()
    items = cora.ok("read", story.case.id)["items"]
    assert [item["kind"] for item in items if item["kind"] != "reply"] == ["report", "message", "message"]
    assert sorted(item["text"] for item in items if item["kind"] == "reply") == ["May the bureau?", "We read it."]
    assert "MISSING" not in cora.run("read", story.case.id).out
    files = story.here.folder / "files"
    cora.ok("extract", story.case.id, "--to", files)
    assert [path.read_bytes() for path in files.iterdir()] == [FILES[0][2]]


def test_the_new_desk_waits_for_the_file_until_it_is_there(story: Story) -> None:
    cora = story.here.cora
    cora.ok("import", story.here.drop.pickup(OTHER_DESK))
    assert cora.ok("handover", story.case.id)["waits"] is True
    assert "HANDED OVER TO YOU." in cora.run("cases").out
    cora.ok("import", story.file)
    assert cora.ok("handover", story.case.id)["waits"] is False
    assert "HANDED OVER TO YOU." not in cora.run("cases").out


def test_the_file_before_the_drops_own_word_is_refused(story: Story) -> None:
    cora = story.here.cora
    other = Case()
    story.here.drop.send(other, desks=(DESK, OTHER_DESK))
    drop = copy.copy(story.here.drop)
    drop.items = {held.item: held for held in drop.items.values() if held.case == other}
    drop.logs = {desk: type(log)() for desk, log in drop.logs.items()}
    cora.ok("import", drop.pickup(OTHER_DESK))
    assert "no bundle of the drop has told" in cora.refused("import", story.file)
    assert [row["case"] for row in cora.ok("cases")] == [other.id]


def test_importing_the_file_twice_changes_nothing(story: Story) -> None:
    cora = story.at_the_bureau()
    before = inside(cora, lambda vault: dict(vault.casebook.items))
    report = cora.ok("import", story.file)
    assert (report["new"], report["known"]) == (0, 4)
    assert inside(cora, lambda vault: dict(vault.casebook.items)) == before


def test_the_drop_is_owed_nothing_for_what_it_never_handed_this_desk(story: Story) -> None:
    cora = story.at_the_bureau()
    cora.ok("read", story.case.id)
    assert (cora.ok("export", story.here.folder / "cora.tar"))["receipts"] == 1
    manifest = story.here.drop.take(story.here.folder / "cora.tar", story.case)
    yes = story.held[-1].item
    assert ([each.item for each in manifest.receipts], [each.item for each in manifest.read]) == ([yes], [yes])


def test_the_new_desk_answers_and_the_case_goes_on(story: Story) -> None:
    cora, drop = story.at_the_bureau(), story.here.drop
    cora.ok("reply", story.case.id, "--text-file", story.here.text("We have it now."))
    reply = inside(cora, lambda vault: next(r for r in vault.casebook.items.values() if r.own and r.kind == "reply"))
    assert reply.detail.desks == (OTHER_DESK,)
    drop.send(story.case, "Thank you.", desks=(OTHER_DESK,))
    assert cora.ok("import", drop.pickup(OTHER_DESK))["quarantined"] == {}
    assert [item["kind"] for item in cora.ok("read", story.case.id)["items"]].count("message") == 3
    assert story.here.bram.ok("import", drop.pickup())["new"] == 2, "the question and the yes"


def test_a_case_can_come_back_and_is_whole_again(story: Story) -> None:
    cora, anna, drop = story.at_the_bureau(), story.here.anna, story.here.drop
    drop.send(story.case, "While the bureau had it.", desks=(OTHER_DESK,))
    cora.ok("import", drop.pickup(OTHER_DESK))
    cora.ok("handover", story.case.id, "--to", DESK, "--ask")
    cora.ok("export", story.here.folder / "back.tar")
    text = cora.ok("consent", story.case.id)["asks"]
    ask = next(each["ask"] for each in text if each["to"] == DESK)
    drop.take(story.here.folder / "back.tar", story.case)
    asked = [held for held in drop.items.values() if held.kind == "reply"][-1]
    drop.hold(replace(asked, desks=(OTHER_DESK,)))
    yes: dict[str, Any] = {"moved": Moved(ask, OTHER_DESK, DESK), "answers": {f"consent-{ask}": "yes"}}
    drop.send(story.case, "Back, please.", desks=(DESK, OTHER_DESK), kind=Kind.MESSAGE, **yes)
    cora.ok("import", drop.pickup(OTHER_DESK))
    assert "handed over" in cora.refused("read", story.case.id)
    back = story.here.folder / "back-again.tar"
    cora.ok("handover", story.case.id, back)
    assert anna.ok("import", drop.pickup(DESK))["quarantined"] == {}
    anna.ok("import", back)
    assert "While the bureau had it." in [item["text"] for item in anna.ok("read", story.case.id)["items"]]
