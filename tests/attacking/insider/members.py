"""One member against the others, with receipts and erasures of their own: on a bare store, where days go by at will."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from dropbox.bundle import (
    LineState,
    Receipt,
    StepKind,
)
from dropbox.errors import BundleError, BundleItemMismatch, DropboxError
from dropbox.models import DeskId, Fingerprint, ItemId
from dropbox.server.store import Store
from tests.attacking.insider.desk import Story
from tests.attacking.insider.items import on_desk
from tests.attacking.insider.rows import Row, Seen
from tests.store_room import ANN, BOARD, BOB, DAY, Member, Reporter, everybody, later, open_store, seat


@contextmanager
def bare_store(grounds: Any) -> Iterator[tuple[Store, Path]]:
    with TemporaryDirectory(dir=grounds.folder) as folder:
        store = open_store(Path(folder) / "data")
        seat(store)
        try:
            yield store, Path(folder)
        finally:
            store.close()


def false_receipts(grounds: Any, chance: Random) -> Seen:
    """One member acknowledges whatever there is, at once and again and again: the others get all of it still."""
    with bare_store(grounds) as (store, _folder):
        liar, honest = chance.sample([Member(store, ANN), Member(store, BOB)], 2)
        reporters = [Reporter(store) for _ in range(chance.randrange(1, 4))]
        items = [reporter.send() for reporter in reporters for _ in range(chance.randrange(1, 3))]
        vaults = [liar, Member(store, liar.fingerprint)]
        liar.answer(items=chance.sample(items, 1))
        for _ in range(chance.randrange(1, 4)):
            chance.choice(vaults).answer(items=items)
        refused = True
        try:
            store.apply_answer(_receipt_as(liar, honest.fingerprint, items[0]))
            refused = False
        except DropboxError:
            pass  # as it must be: nobody acknowledges from another's vault
        for days in sorted(chance.sample(range(1, 4000), 3)):
            store.retire(later(days))
        there = {each.item for each in store.pickup(BOARD, later(4000)).items}
        behind = {each.fingerprint for each in store.behind(later(4000)) if each.desk == BOARD}
        return Seen(refused and behind == {honest.fingerprint}, lost=len(set(items) - there))


def _receipt_as(vault: Member, author: Fingerprint, item: ItemId) -> Any:
    from dropbox.server.store import NewAnswer

    digest = vault.store.has_item(item) or ""
    return NewAnswer(
        author, vault.vault, BOARD, vault.sequence + 1, "ab" * 32, DAY, (), (Receipt(item, BOARD, digest),), (),
    )  # fmt: skip


def wrong_receipts(grounds: Any, chance: Random) -> Seen:
    """Receipts for other bytes, or in another desk's name: refused, or told as strange and not counted."""
    with bare_store(grounds) as (store, _folder):
        items = [Reporter(store).send() for _ in range(2)]
        ann = Member(store, ANN)
        odd = chance.choice(["hash", "desk"])
        new = _receipt_as(ann, ANN, items[0])
        desk = DeskId("bureau") if odd == "desk" else BOARD
        digest = chance.randbytes(32).hex() if odd == "hash" else new.receipts[0].sha256
        try:
            store.apply_answer(replace(new, receipts=(Receipt(items[0], desk, digest),)))
        except (BundleError, BundleItemMismatch):
            there = {each.item for each in store.pickup(BOARD, DAY).items}
            return Seen(noticed=True, lost=len(set(items) - there))
        return Seen(noticed=False)


def erasure_alone(grounds: Any, chance: Random) -> Seen:
    """One member proposes and seconds, from as many vaults as they like; years go by."""
    with bare_store(grounds) as (store, _folder):
        reporter = Reporter(store)
        items = [reporter.send() for _ in range(chance.randrange(1, 4))]
        members = [each for each in everybody(store) if each.desk == BOARD]
        for member in members[: chance.randrange(2)]:
            member.answer(items=items)
        name = chance.choice(members).fingerprint
        vaults = [Member(store, name) for _ in range(3)]
        proposal = vaults[0].step(reporter.case, StepKind.PROPOSE, later(1), number=len(items))
        for _ in range(chance.randrange(1, 4)):
            chance.choice(vaults).step(reporter.case, StepKind.SECOND, later(2), about=[proposal])
        store.retire(later(chance.choice([14, 20, 200, 4000])))
        kept = sum(store.has_item(each) is not None for each in items)
        return Seen(kept == len(items), lost=len(items) - kept)


def erased_by_the_drop(story: Story, chance: Random) -> Seen:
    """The drop says that it erased what no two members agreed to erase; a vault keeps its own and says so."""
    story.fetch()
    case = chance.choice(story.cases)
    for held in story.sent:
        if held.case.id == case.id:
            story.here.drop.let_go(held, LineState.ERASED)
    return story.judge()


ROWS = (
    Row("One member's false receipts", {"for everything": false_receipts, "for what is not so": wrong_receipts}),
    Row("One member's erasure", {"alone": erasure_alone, "by the drop": on_desk(erased_by_the_drop)}),
)  # fmt: skip
