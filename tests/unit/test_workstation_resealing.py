"""Passing cases on to a newcomer: what the mandate closes stays closed, and a hostile bundle brings nothing in."""

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.bundle import ResealedItem, ResealManifest, verify_reseal, write_reseal
from dropbox.canonical import sha256_hex
from dropbox.gpg import Gpg
from dropbox.models import CaseId, ItemId, Kind, Mandate, Recipient, SealedKind, today
from dropbox.workstation import acts
from dropbox.workstation.casebook import Act, State
from dropbox.workstation.vault import Vault, open_vault
from tests.envelopes import Case
from tests.factories_bundles import (
    DESK,
    OTHER_DESK,
    Held,
    Investigator,
    People,
    World,
    joined,
    world,
    write_as,
)

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


@dataclass(frozen=True)
class Story:
    """Anna and Bram have a case with a report, a message, a reply and a note; then Dirk comes to the desk."""

    here: World
    case: Case
    held: tuple[Held, ...]
    honest: Path

    @classmethod
    def play(cls, here: World) -> "Story":
        case, drop = Case(), here.drop
        # writings are signed by gpg's own clock, which must not be more than a day ahead of the drop's
        drop.day = today() - timedelta(days=1)
        held = [
            drop.send(case, "It began in March.", FILES),
            drop.send(case, "And went on."),
            write_as(drop, here.bram, case, text="We read it."),
            write_as(drop, here.bram, case, Kind.NOTE, text="Call her on Monday."),
        ]
        here.start(here.anna, here.dirk)
        here.anna.ok("import", drop.pickup())
        drop.day = today()
        drop.rosters[DESK] = joined(drop.rosters[DESK], here.dirk.key, today())
        held.append(drop.send(case, "You are new here?"))
        bundle = drop.pickup()
        for person in (here.anna, here.dirk):
            person.ok("import", bundle)
        confirm(here.anna)
        honest = here.folder / "honest.tar"
        vault = here.folder / "vault-anna-2"
        shutil.copytree(here.anna.vault, vault)
        replace(here.anna, vault=vault).ok("reseal", case.id, "--to", here.dirk.key, honest)
        return cls(here, case, tuple(held), honest)

    def apart(self, folder: Path) -> "Story":
        here, own = self.here, copy.copy(self.here.drop)
        own.items, own.rosters = dict(own.items), dict(own.rosters)
        own.logs, own.chains = copy.deepcopy(own.logs), copy.deepcopy(own.chains)
        own.folder = folder / "drop"
        shutil.copytree(here.drop.folder, own.folder)
        people = {}
        for person in (here.anna, here.dirk):
            shutil.copytree(person.vault, folder / person.name, ignore=shutil.ignore_patterns("S.*"))
            people[person.name] = replace(person, vault=folder / person.name)
        return replace(self, here=replace(here, folder=folder, drop=own, **people))

    def passed_on(self) -> Path:
        return self.honest


def confirm(person: Investigator) -> None:
    lines = person.run("cases").out.splitlines()
    at = next(number for number, line in enumerate(lines) if "Compare these ten words" in line)
    person.ok("confirm", "--roster", " ".join((lines[at + 1] + lines[at + 2]).split()))


def kinds(person: Investigator, case: Case) -> list[str]:
    return [item["kind"] for item in person.ok("read", case.id)["items"]]


def inside(person: Investigator, look: Callable[[Vault], Any]) -> Any:
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
        return look(vault)


def test_a_newcomer_opens_all_that_was_passed_on_and_nothing_else(story: Story) -> None:
    dirk = story.here.dirk
    assert kinds(dirk, story.case) == ["message"]
    report = dirk.ok("import", story.passed_on())
    assert (report["new"], report["known"], report["refused"]) == (4, 1, {})
    shown = kinds(dirk, story.case)
    assert (shown[:2], sorted(shown[2:4]), shown[4:]) == (["report", "message"], ["note", "reply"], ["message"])
    assert "MISSING" not in dirk.run("read", story.case.id).out
    folder = story.here.folder / "files"
    dirk.ok("extract", story.case.id, "--to", folder)
    assert [path.read_bytes() for path in folder.iterdir()] == [FILES[0][2]]


def test_passed_on_items_keep_the_drops_hash_and_who_passed_them_on(story: Story) -> None:
    here = story.here
    here.dirk.ok("import", story.passed_on())
    records = inside(here.dirk, lambda vault: dict(vault.casebook.items))
    for held in story.held[:4]:
        record = records[held.item]
        assert (record.sha256, record.resealed_by) == (sha256_hex(held.data), here.anna.key)
        assert record.state is State.VERIFIED
    assert records[story.held[4].item].resealed_by is None


def test_a_newcomers_vault_has_no_gap_and_gives_receipts_for_the_drops_own_files(story: Story) -> None:
    here = story.here
    here.dirk.ok("import", story.passed_on())
    assert "GAP" not in here.dirk.run("cases").out
    here.dirk.ok("export", here.folder / "answer.tar")
    manifest = here.drop.take(here.folder / "answer.tar", story.case)
    told = {receipt.item: receipt.sha256 for receipt in manifest.receipts}
    assert {item: told[item] for item in (held.item for held in story.held)} == {
        held.item: sha256_hex(held.data) for held in story.held
    }


def test_a_later_bundle_of_the_drop_does_not_close_again_what_was_passed_on(story: Story) -> None:
    here = story.here
    here.dirk.ok("import", story.passed_on())
    report = here.dirk.ok("import", here.drop.pickup())
    assert (report["new"], report["not_for_you"], report["quarantined"]) == (0, 0, {})
    assert len(kinds(here.dirk, story.case)) == 5


def test_the_same_bundle_twice_changes_nothing(story: Story) -> None:
    bundle = story.passed_on()
    story.here.dirk.ok("import", bundle)
    report = story.here.dirk.ok("import", bundle)
    assert (report["new"], report["known"], report["refused"]) == (0, 5, {})


def pass_on(story: Story) -> Path:
    target = story.here.folder / "passed.tar"
    story.here.anna.ok("reseal", story.case.id, "--to", story.here.dirk.key, target)
    return target


def test_what_was_passed_on_to_whom_is_not_forgotten(story: Story) -> None:
    pass_on(story)
    done = inside(story.here.anna, lambda vault: acts.of_case(vault.casebook, CaseId(story.case.id)))
    passed_on = [(act.act, act.day, act.to) for act in done if act.act is Act.DISCUSS]
    assert passed_on == [(Act.DISCUSS, today(), story.here.dirk.key)]


def test_nothing_is_left_of_the_parts_that_a_bundle_was_made_of(story: Story) -> None:
    before = sorted(path.name for path in (story.here.anna.vault / "items").iterdir())
    bundle = pass_on(story)
    assert sorted(path.name for path in (story.here.anna.vault / "items").iterdir()) == before
    story.here.dirk.ok("import", bundle)
    assert not (story.here.dirk.vault / "passed-on").exists()


def reseal_refused(story: Story, *arguments: str | Path) -> str:
    target = story.here.folder / "refused.tar"
    error = story.here.anna.refused("reseal", *arguments, target)
    assert not target.exists()
    return error


def test_under_listen_nothing_is_passed_on(story: Story) -> None:
    story.here.drop.send(story.case, "", kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    story.here.anna.ok("import", story.here.drop.pickup())
    assert "listen" in reseal_refused(story, story.case.id, "--to", story.here.dirk.key)


def test_a_withdrawn_case_is_not_passed_on(story: Story) -> None:
    story.here.drop.send(story.case, "", kind=Kind.WITHDRAWAL)
    story.here.anna.ok("import", story.here.drop.pickup())
    assert "withdr" in reseal_refused(story, story.case.id, "--to", story.here.dirk.key).lower()


@pytest.mark.parametrize("who", ["cora", "anna"])
def test_nothing_is_passed_on_to_another_desk_or_to_oneself(story: Story, who: str) -> None:
    assert "another current member" in reseal_refused(story, story.case.id, "--to", getattr(story.here, who).key)


def test_an_existing_file_is_never_overwritten(story: Story) -> None:
    (story.here.folder / "there.tar").write_bytes(b"mine")
    story.here.anna.refused("reseal", story.case.id, "--to", story.here.dirk.key, story.here.folder / "there.tar")
    assert (story.here.folder / "there.tar").read_bytes() == b"mine"


def test_what_the_drop_has_not_named_yet_is_left_out(story: Story) -> None:
    here = story.here
    here.anna.ok("note", story.case.id, "--text-file", here.text("Not exported yet."))
    done = here.anna.ok("reseal", story.case.id, "--to", here.dirk.key, here.folder / "passed.tar")
    assert (done["items"], done["left_out"]) == (5, 1)
    assert here.dirk.ok("import", here.folder / "passed.tar")["refused"] == {}


# --- hostile bundles ----------------------------------------------------------------------------------------------


def bent(
    story: Story,
    bend: Callable[[ResealManifest], ResealManifest],
    *,
    author: Investigator | None = None,
    data: dict[ItemId, bytes] | None = None,
) -> Path:
    """Take an honest bundle apart and put it together again, bent and signed anew."""
    here = story.here
    signer = author or here.anna
    source, target = story.passed_on(), here.folder / "bent.tar"
    parts = here.folder / "parts"
    parts.mkdir()
    with verify_reseal(source, here.drop.drop, DESK, lambda *_: None) as bundle:
        manifest = bend(bundle.manifest)
        for item in bundle.manifest.items:
            with (parts / item.item).open("wb") as part:
                bundle.copy_item(item.item, part)
    for item_id, content in (data or {}).items():
        (parts / item_id).write_bytes(content)
    items = tuple(_as_it_is(parts, item) for item in manifest.items)
    own = Gpg(signer.home, agent=True)
    write_reseal(
        target,
        replace(manifest, items=items),
        lambda item: parts / item.item,
        lambda signed: own.sign_detached(signed, signer.key),
    )
    return target


def _as_it_is(parts: Path, item: ResealedItem) -> ResealedItem:
    content = (parts / item.item).read_bytes()
    return replace(item, sha256=sha256_hex(content), bytes=len(content))


REFUSED_WHOLE: dict[str, Any] = {
    "another drop": lambda here: lambda m: replace(m, drop="0" * 64),
    "another desk": lambda here: lambda m: replace(m, desk=OTHER_DESK),
    "for another": lambda here: lambda m: replace(m, to=here.bram.key),
    "another author": lambda here: lambda m: replace(m, author=here.bram.key),
    "a stranger": lambda here: lambda m: replace(m, author=here.cora.key),
    "oneself": lambda here: lambda m: replace(m, author=here.dirk.key),
}


@pytest.mark.parametrize("how", sorted(REFUSED_WHOLE))
def test_a_bundle_for_another_or_by_another_is_refused_whole(story: Story, how: str) -> None:
    signer = {"a stranger": story.here.cora, "oneself": story.here.dirk}.get(how)
    bundle = bent(story, REFUSED_WHOLE[how](story.here), author=signer)
    assert "refused" in story.here.dirk.refused("import", bundle)
    assert kinds(story.here.dirk, story.case) == ["message"]


def test_a_bundle_with_a_byte_changed_is_refused_whole(story: Story) -> None:
    content = bytearray(story.passed_on().read_bytes())
    content[len(content) // 2] ^= 1
    bundle = story.here.folder / "changed.tar"
    bundle.write_bytes(content)
    story.here.dirk.refused("import", bundle)
    assert kinds(story.here.dirk, story.case) == ["message"]


def test_a_pickup_bundle_that_calls_itself_another_thing_is_refused(story: Story) -> None:
    story.here.dirk.refused("import", story.here.folder / "nothing.tar")
    (story.here.folder / "text.tar").write_bytes(b"no bundle at all" * 100)
    assert "refused" in story.here.dirk.refused("import", story.here.folder / "text.tar")


def test_swapped_items_are_refused(story: Story) -> None:
    first, second = story.held[0], story.held[1]

    def swap(manifest: ResealManifest) -> ResealManifest:
        by_item = {item.item: item for item in manifest.items}
        one, two = by_item[first.item], by_item[second.item]
        swapped = {one.item: replace(one, original=two.original), two.item: replace(two, original=one.original)}
        return replace(manifest, items=tuple(swapped.get(item.item, item) for item in manifest.items))

    report = story.here.dirk.ok("import", bent(story, swap))
    # the records of both were here already, under the drop's own hashes, and closed
    assert set(report["refused"]) == {first.item, second.item}
    assert first.item not in [item["item"] for item in story.here.dirk.ok("read", story.case.id)["items"]]


def test_a_strangers_item_in_the_place_of_the_drops_is_refused(story: Story) -> None:
    here, first = story.here, story.held[0]
    other = here.drop.send(Case(), "Never went to this desk.", stored_as=first.item, recipients=[here.dirk.key])
    here.drop.items[first.item] = first
    report = here.dirk.ok("import", bent(story, lambda m: m, data={first.item: other.data}))
    assert set(report["refused"]) == {first.item}


def test_an_item_that_the_drop_never_named_is_refused(story: Story) -> None:
    here = story.here
    planted = here.drop.send(Case(), "Planted by a colleague.", recipients=[here.dirk.key])
    del here.drop.items[planted.item]

    def add(manifest: ResealManifest) -> ResealManifest:
        extra = ResealedItem(
            item=planted.item,
            case=CaseId(planted.case.id),
            kind=SealedKind.SUBMISSION,
            day=planted.day,
            epoch=here.drop.epoch,
            original=sha256_hex(planted.data),
            sha256="0" * 64,
            bytes=1,
        )
        return replace(manifest, items=(*manifest.items, extra))

    report = here.dirk.ok("import", bent(story, add, data={planted.item: planted.data}))
    assert "no bundle of the drop has named it" in report["refused"][planted.item]
    assert len(here.dirk.ok("cases")) == 1


def test_an_item_sealed_to_more_keys_than_the_newcomers_is_refused(story: Story) -> None:
    here, first = story.here, story.held[0]
    plain = Gpg(here.anna.home, agent=True).unseal_bytes(first.data, 1 << 24)
    wide = here.drop.public.seal_bytes(plain, [Recipient(here.dirk.key), Recipient(here.cora.key)])
    report = here.dirk.ok("import", bent(story, lambda m: m, data={first.item: wide}))
    assert set(report["refused"]) == {first.item}


def test_a_writing_with_another_body_is_refused(story: Story) -> None:
    here, reply = story.here, story.held[2]
    forged: dict[str, Any] = {"text": "Never said.", "sealed_to": [here.dirk.key], "author": here.bram.key}
    own = write_as(here.drop, here.anna, story.case, **forged)
    report = here.dirk.ok("import", bent(story, lambda m: m, data={reply.item: own.data}))
    assert set(report["refused"]) == {reply.item}
