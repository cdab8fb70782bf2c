"""Packs: what was taken out is in the annex and nowhere else, and without leave there is none."""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.canonical import sha256_hex
from dropbox.envelope import Account, Reader
from dropbox.envelope.account import Disclosed, LogAct
from dropbox.errors import (
    AlreadyWithdrawn,
    ConsentMissing,
    DropboxError,
    NotForYou,
    PlanOutdated,
    PlanUnfinished,
    ReaderKeyMissing,
    StillReadable,
    TargetExists,
    TargetUnusable,
)
from dropbox.gpg import Gpg, count_recipients
from dropbox.models import CaseId, Kind, Mandate, new_item_id, today
from dropbox.workstation import telling
from dropbox.workstation.casebook import detail_of
from dropbox.workstation.disclosure import open_part, releasing
from dropbox.workstation.disclosure.beginning import can_be_shown
from dropbox.workstation.disclosure.kept import find_plan, kept_plans
from dropbox.workstation.disclosure.passages import OpenText
from tests.begun import Begun, begun
from tests.factories_bundles import People, World, write_as
from tests.packs import MESSAGE, REPORT, SECRETS, PackRoom, everything_in, letters_of, needs_sandbox, unsealed

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def begun_once(people: People) -> Iterator[Begun[PackRoom]]:
    with begun(people, PackRoom.make) as made:
        yield made


@pytest.fixture
def room(begun_once: Begun[PackRoom]) -> PackRoom:
    return begun_once.again()


def test_nothing_that_was_taken_out_stands_in_any_file_but_the_annex(room: PackRoom) -> None:
    released = room.release(room.plan())
    files = everything_in(released.folder)
    assert set(files) == {
        "annex.pgp",
        "cover.pdf",
        "cover.txt",
        "open.tar",
        "open/manifest.json",
        "open/open.pdf",
        "open/open.txt",
    }
    for name, data in files.items():
        if name != "annex.pgp":
            assert not [secret for secret in SECRETS if secret.encode() in data], name
    text = files["open/open.txt"].decode()
    assert text.count("A") > 2
    assert "[left out]" in text
    assert "stood in the door" in " ".join(text.split())


def test_the_annex_opens_for_its_readers_and_for_nobody_else(room: PackRoom) -> None:
    here = room.here
    annex = room.release(room.plan()).folder / "annex.pgp"
    assert count_recipients(annex.read_bytes()) == 2
    for reader in (here.cora, here.dirk):
        held = unsealed(reader, annex)
        assert held["texts/1.txt"].decode() == REPORT
        assert set(letters_of(held).values()) == {"Karin van der Berg", "Jan Jansen"}
        assert MESSAGE[MESSAGE.index("My mother") :] in held["taken-out.txt"].decode()
    for other in (here.anna, here.bram):
        with pytest.raises(NotForYou):
            Gpg(other.home, agent=True).unseal_bytes(annex.read_bytes(), 1 << 26)


def test_letters_and_passages_put_back_give_the_report_again(room: PackRoom) -> None:
    plan = room.plan()
    released = room.release(plan)
    document = json.loads(unsealed(room.here.cora, released.folder / "annex.pgp")["annex.json"])
    assert document["open_part"] == sha256_hex((released.folder / "open/manifest.json").read_bytes())
    with room.opened() as (_vault, shown):
        texts = [each.text.text for each in releasing.preview(shown, plan)]
    taken = document["items"][0]["taken_out"]
    assert [REPORT[each["start"] : each["end"]] for each in taken] == [each["text"] for each in taken]
    kept = REPORT
    for each in reversed(taken):
        kept = kept[: each["start"]] + "#" + kept[each["end"] :]
    # between what was taken out, every character stands as it was written
    assert all(piece in texts[0] for piece in kept.split("#"))


def test_the_list_of_hashes_is_of_the_files_that_are_there(room: PackRoom) -> None:
    released = room.release(room.plan())
    files = everything_in(released.folder)
    listed = json.loads(files["open/manifest.json"])["files"]
    assert {f"open/{name}": each["sha256"] for name, each in listed.items()} == {
        name: sha256_hex(data) for name, data in files.items() if name.startswith("open/") and "manifest" not in name
    }
    with tarfile.open(fileobj=io.BytesIO(files["open.tar"])) as archive:
        for entry in archive:
            inside = archive.extractfile(entry)
            assert inside is not None
            assert inside.read() == files[f"open/{entry.name}"]
            assert (entry.mtime, entry.uid, entry.uname) == (0, 0, "")


def test_the_cover_sheet_says_for_whom_and_by_whose_leave(room: PackRoom) -> None:
    cover = (room.release(room.plan()).folder / "cover.txt").read_text()
    for told in ("The council", "First reader", "Second reader", "investigate", "the key to the letters", "1. Report"):
        assert told in cover
    grouped = " ".join(room.here.cora.key[at : at + 4] for at in range(0, 40, 4))
    assert grouped in " ".join(cover.split())


def test_days_that_are_left_out_stand_in_no_heading(room: PackRoom) -> None:
    day = today().isoformat()
    assert day in (room.release(room.plan(), "with").folder / "open/open.txt").read_text()
    released = room.release(room.plan(days=False, phrases=(day,)), "without")
    assert day not in (released.folder / "open/open.txt").read_text()


def test_without_an_annex_reader_there_is_no_annex(room: PackRoom) -> None:
    released = room.release(room.plan(readers=(Reader("The council"),)), given=())
    assert released.annex is None
    assert "annex.pgp" not in everything_in(released.folder)
    assert "There is none." in (released.folder / "cover.txt").read_text()


def test_that_a_pack_was_made_is_in_a_note_and_in_the_log(room: PackRoom) -> None:
    plan = room.plan()
    released = room.release(plan)
    with room.opened() as (vault, shown):
        told = detail_of(vault.casebook.items[released.note.item]).account
        assert told is not None
        assert told.disclosed is not None
        assert (told.disclosed.plan, told.disclosed.annex, told.disclosed.consent) == (
            plan.sha256,
            sha256_hex((released.folder / "annex.pgp").read_bytes()),
            None,
        )
        assert set(told.disclosed.annex_for) == {room.here.cora.key, room.here.dirk.key}
        lines = [line for line in vault.casebook.log[CaseId(room.case.id)] if line.act is LogAct.DISCLOSED]
        assert [dict(line.details or ())["plan"] for line in lines] == [plan.sha256]
        # whoever asks later what was shown finds the plan itself
        assert find_plan(vault, shown, plan.sha256[:8]).plan == plan


def test_a_pack_is_told_in_its_thread_and_no_plan_can_be_packed(room: PackRoom) -> None:
    released = room.release(room.plan())
    with room.opened() as (vault, shown):
        lines = telling.told(vault.casebook, shown.records)[released.note.item]
        opened = next(each for each in shown.opened if each is not None and each.record.item == released.note.item)
        assert not can_be_shown(opened)
    assert lines[0] == "A pack was made for: The council; First reader; Second reader."


@pytest.mark.parametrize("mandate", [Mandate.LISTEN, Mandate.ADVISE])
def test_without_the_mandate_or_a_consent_there_is_no_pack(here: World, mandate: Mandate) -> None:
    room = PackRoom.make(here, mandate)
    with pytest.raises(ConsentMissing):
        room.release(room.plan())
    assert not (here.folder / "pack").exists()
    assert not room.look(lambda vault: [each for each in vault.casebook.items.values() if each.own])


@pytest.mark.parametrize("consent", [None, "ab" * 16])
def test_no_note_makes_the_thread_say_that_its_pack_was_allowed(here: World, consent: str | None) -> None:
    """A member who uses another program can make any pack; that it was allowed, the thread must not repeat."""
    room = PackRoom.make(here, Mandate.LISTEN)
    made = Disclosed("a1" * 32, "b2" * 32, None, (new_item_id(),), ("The press",), (), consent)
    note = write_as(here.drop, here.bram, room.case, Kind.NOTE, text="", account=Account(disclosed=made))
    here.anna.ok("import", here.drop.pickup())
    with room.opened() as (vault, shown):
        lines = telling.told(vault.casebook, shown.records)[note.item]
    assert lines[-1] == "The reporter has not agreed to this."
    assert not any("allowed" in line or "had agreed" in line for line in lines)


def test_a_withdrawn_case_gives_no_pack(room: PackRoom) -> None:
    plan = room.plan()
    room.here.drop.send(room.case, "", kind=Kind.WITHDRAWAL)
    room.here.anna.ok("import", room.here.drop.pickup())
    with pytest.raises(AlreadyWithdrawn):
        room.release(plan)


def test_a_mandate_that_was_narrowed_gives_no_pack_any_more(room: PackRoom) -> None:
    plan = room.plan()
    room.here.drop.send(room.case, "", kind=Kind.MANDATE, mandate=Mandate.ADVISE)
    room.here.anna.ok("import", room.here.drop.pickup())
    with pytest.raises(ConsentMissing):
        room.release(plan)


def test_a_key_that_is_missing_stops_the_whole_pack(room: PackRoom) -> None:
    with pytest.raises(ReaderKeyMissing):
        room.release(room.plan(readers=(Reader("A stranger", room.here.cora.key[::-1]),)), given=room.given)  # type: ignore[arg-type]
    assert not (room.here.folder / "pack").exists()


def test_another_key_under_a_readers_name_is_not_taken(room: PackRoom) -> None:
    here = room.here
    plan = room.plan(readers=(Reader("First reader", here.dirk.key),))
    with pytest.raises(ReaderKeyMissing):
        room.release(plan, given=room.given[:1])


def test_an_item_that_is_another_than_the_plan_says_stops_it(room: PackRoom) -> None:
    plan = room.plan()
    odd = replace(plan.items[0], index_sha256="0" * 64)
    with pytest.raises(PlanOutdated):
        room.release(replace(plan, items=(odd, *plan.items[1:])))


@pytest.mark.parametrize("missing", ["items", "readers"])
def test_an_unfinished_plan_gives_no_pack(room: PackRoom, missing: str) -> None:
    with pytest.raises(PlanUnfinished):
        room.release(room.plan(**{missing: ()}))


def test_a_folder_that_is_there_is_never_written_into(room: PackRoom) -> None:
    (room.here.folder / "pack").mkdir()
    with pytest.raises(TargetExists):
        room.release(room.plan())
    assert not list((room.here.folder / "pack").iterdir())


def test_what_a_slip_leaves_standing_is_found_before_anything_is_written(room: PackRoom) -> None:
    plan = room.plan()

    def forgetful(text: str, *_: object) -> OpenText:
        return OpenText(text.replace("Karin van der Berg", "A"), ())

    before = len(room.look(lambda vault: vault.casebook.items))
    with mock.patch.object(releasing, "open_text", forgetful), pytest.raises(StillReadable) as refused:
        room.release(plan)
    assert "Karin" not in str(refused.value)
    assert not (room.here.folder / "pack").exists()
    assert len(room.look(lambda vault: vault.casebook.items)) == before


def test_what_a_finished_file_hides_is_found_before_anything_is_written(room: PackRoom) -> None:
    plan = room.plan()
    made = open_part.open_files

    def leaking(*given: Any) -> dict[str, bytes]:
        files = made(*given)
        return files | {"open.pdf": files["open.pdf"] + b"% saved by Karin van der Berg"}

    with mock.patch.object(open_part, "open_files", leaking), pytest.raises(StillReadable) as refused:
        room.release(plan)
    assert str(refused.value).startswith("open.pdf")
    assert not (room.here.folder / "pack").exists()


def test_a_reader_who_is_one_of_the_persons_is_not_named_on_the_cover_sheet(room: PackRoom) -> None:
    with pytest.raises(StillReadable):
        room.release(room.plan(readers=(Reader("Mr Jansen"),)), given=())


def test_a_disk_that_fails_leaves_no_half_a_pack(room: PackRoom) -> None:
    plan = room.plan()
    with mock.patch.object(releasing, "sync_files", side_effect=OSError), pytest.raises(TargetUnusable):
        room.release(plan)
    assert not [path for path in room.here.folder.iterdir() if path.name.endswith(".part") or path.name == "pack"]


def test_a_pack_that_cannot_be_recorded_is_not_left_behind(room: PackRoom) -> None:
    plan = room.plan()
    with mock.patch.object(releasing, "write_to_case", side_effect=TargetUnusable), pytest.raises(DropboxError):
        room.release(plan)
    assert not [path for path in room.here.folder.iterdir() if path.name.endswith(".part") or path.name == "pack"]


def test_the_same_plan_makes_the_same_open_part(room: PackRoom) -> None:
    plan = room.plan()
    first, second = room.release(plan, "one"), room.release(plan, "two")
    assert first.open_part == second.open_part
    assert everything_in(first.folder / "open") == everything_in(second.folder / "open")


def test_a_damaged_note_hides_no_other_plan(room: PackRoom) -> None:
    first, second = room.plan(), room.plan()
    room.release(first, "one")
    room.release(second, "two")
    with room.opened() as (vault, shown):
        notes = [each.note for each in kept_plans(vault, shown)]
        (vault.folder / "items" / f"{notes[0]}.reply").write_bytes(os.urandom(1000))
    with room.opened() as (vault, shown):
        assert [each.plan for each in kept_plans(vault, shown)] == [second]


def test_a_pack_in_dutch_says_everything_in_one_language(room: PackRoom) -> None:
    released = room.release(room.plan(language="nl"))
    assert "Karin" not in (released.folder / "open/open.txt").read_text()


def test_nothing_unsealed_is_left_in_the_vault(room: PackRoom) -> None:
    released = room.release(room.plan())
    for path in Path(room.here.anna.vault).rglob("*"):
        if path.is_file():
            assert not [each for each in ("Karin", "The council") if each.encode() in path.read_bytes()], path
    assert released.folder.parent == room.here.folder
