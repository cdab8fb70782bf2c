"""Bundles of format 1 that were written once and must open for ever, and the recipe in the docs that opens them."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from dropbox.bundle import (
    AnswerEntry,
    AnswerManifest,
    LineState,
    PickupItem,
    ReadMark,
    Receipt,
    VerifiedPickup,
    verify_answer,
    verify_pickup,
)
from dropbox.gpg import Gpg
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId, SealedKind, VaultId
from tests.bundles import DAY, DESK, PickupMaker, changed, hashed, item_names, read_members, write_members

VECTORS = Path(__file__).parent.parent / "vectors" / "bundles"
DOCS = Path(__file__).parent.parent.parent / "docs" / "formats.md"
DROP = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
HEAD = "c4d4f2ab5fa576975bab811fdb3c375def3dd752b17a83b70e871cf6d9b03dbf"


def pickup(folder: Path) -> PickupMaker:
    """Return the maker of the frozen pickup bundle: three items, of which the second was received."""
    maker = PickupMaker(folder, key=SigningKey(b"\7" * 32), epoch="0123456789abcdef" * 2)
    for number, kind in enumerate((SealedKind.SUBMISSION, SealedKind.REPLY, SealedKind.NOTE), 1):
        data = b"sealed item %d\n" % number * 40 * number
        entry = PickupItem(ItemId(f"{number}" * 32), CaseId("c" * 32), number, kind, DAY, len(data), hashed(data))
        maker.path(entry).write_bytes(data)
        maker.take(entry)
    maker.drop_item(maker.items[1], LineState.RECEIVED)
    maker.items.reverse()
    maker.confirmed = {VaultId("e" * 32): (1, 2)}
    return maker


def answer(author: Fingerprint, folder: Path) -> AnswerManifest:
    """Return the manifest of the frozen answer bundle, and put its items into the folder."""
    entries = []
    for number, kind in ((1, SealedKind.REPLY), (2, SealedKind.NOTE)):
        item, data = ItemId(f"a{number}" * 16), b"writing %d\n" % number * 70
        (folder / item).write_bytes(data)
        lock = bytes(range(80)) if kind is SealedKind.REPLY else None
        entries.append(AnswerEntry(kind, CaseId("c" * 32), item, DESK, hashed(data), len(data), lock))
    return AnswerManifest(
        drop=DROP,
        author=author,
        vault=VaultId("e" * 32),
        desk=DESK,
        sequence=3,
        previous="9" * 64,
        day=DAY,
        entries=tuple(entries),
        receipts=(Receipt(ItemId("1" * 32), DESK, "8" * 64), Receipt(ItemId("1" * 32), DeskId("board"), "8" * 64)),
        read=(ReadMark(ItemId("1" * 32), DESK),),
    )


def test_the_frozen_pickup_bundle_opens(tmp_path: Path) -> None:
    maker = pickup(tmp_path)
    with verify_pickup(VECTORS / "pickup.tar", DROP) as bundle:
        assert bundle.manifest == maker.manifest()
        assert bundle.log == tuple(maker.log)
        assert bundle.keys == maker.keys
        assert bundle.manifest.after.hex() == HEAD
        assert copy(bundle, ItemId("3" * 32)) == b"sealed item 3\n" * 120


def copy(bundle: VerifiedPickup, item: ItemId) -> bytes:
    stream = io.BytesIO()
    bundle.copy_item(item, stream)
    return stream.getvalue()


def test_a_pickup_bundle_is_written_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "items").mkdir()
    pickup(tmp_path / "items").write(tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == (VECTORS / "pickup.tar").read_bytes()


def test_the_frozen_answer_bundle_opens(tmp_path: Path) -> None:
    gpg = Gpg(tmp_path / "gnupg")
    (author,) = gpg.import_keys((VECTORS / "answer-author.asc").read_bytes())

    def verify(signed: bytes, signature: bytes, named: Fingerprint) -> None:
        assert gpg.verify_detached(signed, signature, [named]) == author

    with verify_answer(VECTORS / "answer.tar", DROP, verify) as bundle:
        assert bundle.manifest == answer(author, tmp_path)
        stream = io.BytesIO()
        bundle.copy_item(ItemId("a2" * 16), stream)
        assert stream.getvalue() == b"writing 2\n" * 70


def run_recipe(bundle: Path) -> int:
    """Run the check that the docs give to whoever has no copy of this program."""
    section = DOCS.read_text(encoding="utf-8").split("## Pickup bundle")[1]
    recipe = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert recipe is not None
    command = [sys.executable, "-c", recipe[1], str(bundle), DROP]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_the_recipe_in_the_docs_works() -> None:
    assert run_recipe(VECTORS / "pickup.tar") == 0


@pytest.mark.parametrize("name", ["manifest.json", "log.txt", "item"])
def test_the_recipe_in_the_docs_refuses_a_changed_bundle(tmp_path: Path, name: str) -> None:
    members = read_members(VECTORS / "pickup.tar")
    target = item_names(members)[0] if name == "item" else name
    bad = changed(members, target, dict(members)[target].replace(b"3", b"4"))
    assert bad != members
    assert run_recipe(write_members(tmp_path / "bad.tar", bad)) != 0
