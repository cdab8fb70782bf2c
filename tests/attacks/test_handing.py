"""A hostile file for the new desk: whatever is bent, left out or put in, nothing of it comes into the vault."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropbox.bundle import HandOverManifest, ResealedItem, verify_handover, write_handover
from dropbox.canonical import sha256_hex
from dropbox.envelope import Moved
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, ItemId, Recipient, SealedKind
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, Investigator
from tests.unit.test_workstation_handing import Story, inside, story, told

__all__ = ["story", "told"]

Bend = Callable[[HandOverManifest, dict[ItemId, Path]], HandOverManifest]


def forged(made: Story, bend: Bend, author: Investigator | None = None) -> Path:
    """Take Anna's file apart, let `bend` change it, and have somebody sign what comes out."""
    here, by = made.here, author or made.here.anna
    folder = here.folder / "forged"
    folder.mkdir()
    parts: dict[ItemId, Path] = {}
    with verify_handover(made.file, here.drop.drop, OTHER_DESK, lambda *_signed: None) as bundle:
        for item in bundle.manifest.items:
            parts[item.item] = folder / item.item
            with parts[item.item].open("xb") as part:
                bundle.copy_item(item.item, part)
        manifest = replace(bend(bundle.manifest, parts), author=by.key)
    own = Gpg(by.home, agent=True)
    target = here.folder / "forged.tar"
    write_handover(target, manifest, lambda item: parts[item.item], lambda data: own.sign_detached(data, by.key))
    return target


def resized(item: ResealedItem, path: Path) -> ResealedItem:
    data = path.read_bytes()
    return replace(item, sha256=sha256_hex(data), bytes=len(data))


def with_items(manifest: HandOverManifest, items: list[ResealedItem]) -> HandOverManifest:
    return replace(manifest, items=tuple(items))


def without(kind: SealedKind, at: int) -> Bend:
    def bend(manifest: HandOverManifest, _parts: dict[ItemId, Path]) -> HandOverManifest:
        gone = [item for item in manifest.items if item.kind is kind][at]
        return with_items(manifest, [item for item in manifest.items if item != gone])

    return bend


def swapped(manifest: HandOverManifest, parts: dict[ItemId, Path]) -> HandOverManifest:
    """Two submissions under each other's names."""
    one, other, *rest = [item for item in manifest.items if item.kind is SealedKind.SUBMISSION]
    data = parts[one.item].read_bytes()
    shutil.copyfile(parts[other.item], parts[one.item])
    parts[other.item].write_bytes(data)
    others = [item for item in manifest.items if item.kind is not SealedKind.SUBMISSION]
    return with_items(manifest, [resized(each, parts[each.item]) for each in (one, other, *rest)] + others)


def unsealed_whole(made: Story) -> Bend:
    """A report that somebody else wrote, in the place of the first one."""

    def bend(manifest: HandOverManifest, parts: dict[ItemId, Path]) -> HandOverManifest:
        held = made.here.drop.send(Case(), "Another report.")
        first = next(item for item in manifest.items if item.kind is SealedKind.SUBMISSION)
        sealed = made.here.anna
        own = Gpg(sealed.home, agent=True)
        with own.unseal(made.here.drop.folder / held.item) as plain:
            data = plain.read()
        parts[first.item].write_bytes(made.here.drop.public.seal_bytes(data, [Recipient(made.here.cora.key)]))
        return with_items(
            manifest, [resized(each, parts[each.item]) if each == first else each for each in manifest.items]
        )

    return bend


def another_day(manifest: HandOverManifest, _parts: dict[ItemId, Path]) -> HandOverManifest:
    days = [replace(item, day=item.day.replace(year=item.day.year - 1)) for item in manifest.items]
    return with_items(manifest, days)


def another_consent(manifest: HandOverManifest, _parts: dict[ItemId, Path]) -> HandOverManifest:
    return replace(manifest, consent=ItemId("ab" * 16))


def more_readers(manifest: HandOverManifest, _parts: dict[ItemId, Path]) -> HandOverManifest:
    return replace(manifest, readers=tuple(sorted((*manifest.readers, Fingerprint("AB" * 20)))))


BENT: dict[str, Callable[[Story], Bend]] = {
    "a submission is missing": lambda _story: without(SealedKind.SUBMISSION, 0),
    "the last submission is missing": lambda _story: without(SealedKind.SUBMISSION, 1),
    "two submissions are swapped": lambda _story: swapped,
    "another report stands in the first one's place": unsealed_whole,
    "other days": lambda _story: another_day,
    "another yes": lambda _story: another_consent,
    "more readers than keys": lambda _story: more_readers,
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_file_is_refused_whole_and_leaves_nothing(story: Story, name: str) -> None:
    cora = story.here.cora
    cora.ok("import", story.here.drop.pickup(OTHER_DESK))
    before = inside(cora, lambda vault: dict(vault.casebook.items))
    files = sorted(path.name for path in (cora.vault / "items").iterdir())
    assert "The bundle was refused" in cora.refused("import", forged(story, BENT[name](story)))
    assert inside(cora, lambda vault: dict(vault.casebook.items)) == before
    assert sorted(path.name for path in (cora.vault / "items").iterdir()) == files
    assert not (cora.vault / "passed-on").exists()


def test_a_reply_that_carries_the_question_cannot_be_left_out(story: Story) -> None:
    """Else nobody at the new desk could see what the reporter had agreed to."""
    asking = story.here.anna.ok("consent", story.case.id)["asks"][0]["item"]
    cora = story.here.cora
    cora.ok("import", story.here.drop.pickup(OTHER_DESK))

    def bend(manifest: HandOverManifest, _parts: dict[ItemId, Path]) -> HandOverManifest:
        return with_items(manifest, [item for item in manifest.items if item.item != asking])

    assert "the question that it answers is not here" in cora.refused("import", forged(story, bend))


def test_who_never_sat_at_the_old_desk_hands_nothing_over(story: Story) -> None:
    cora = story.here.cora
    cora.ok("import", story.here.drop.pickup(OTHER_DESK))
    told_by_cora: Any = forged(story, lambda manifest, _parts: manifest, author=cora)
    assert "its author is not a current member" in cora.refused("import", told_by_cora)


def test_a_file_for_another_desk_is_refused(story: Story) -> None:
    assert "another drop or desk" in story.here.bram.refused("import", story.file)


def test_only_the_new_desk_can_open_what_is_in_the_file(story: Story) -> None:
    folder = story.here.folder / "taken-apart"
    folder.mkdir()
    with verify_handover(story.file, story.here.drop.drop, OTHER_DESK, lambda *_signed: None) as bundle:
        item = next(each for each in bundle.manifest.items if each.kind is SealedKind.SUBMISSION)
        with (folder / "item.pgp").open("xb") as target:
            bundle.copy_item(item.item, target)
    for person, opens in ((story.here.cora, True), (story.here.bram, False), (story.here.dirk, False)):
        own = Gpg(person.home, agent=True)
        try:
            with own.unseal(folder / "item.pgp") as plain:
                plain.read()
            assert opens, person.name
        except Exception:  # which of gpg's refusals it is does not matter here
            assert not opens, person.name


def test_the_desk_of_a_case_cannot_be_changed_by_who_has_not_the_case_key(story: Story) -> None:
    """A member of the new desk, or the drop, who makes a yes of their own cannot sign it."""
    drop, bram = story.here.drop, story.here.bram
    other, thief = Case(), Case()
    drop.send(other, "Kept here.")
    bram.ok("import", drop.pickup())
    way = Moved("ab" * 16, DESK, OTHER_DESK)
    said = {f"consent-{way.ask}": "yes"}
    drop.send(other, "Yes.", desks=(DESK, OTHER_DESK), moved=way, answers=said, signer=thief.case_key)
    assert len(bram.ok("import", drop.pickup())["quarantined"]) == 1
    assert [item["text"] for item in bram.ok("read", other.id)["items"]] == ["Kept here."]
