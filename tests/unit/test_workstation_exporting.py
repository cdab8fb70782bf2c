"""Export: everything that no pickup bundle has confirmed, in a sequence without two bundles of one number."""

import pytest

from dropbox.bundle import AnswerManifest
from dropbox.errors import TargetUnusable
from dropbox.models import ItemId
from dropbox.workstation import exporting
from tests.envelopes import Case
from tests.factories_bundles import World


def begun(here: World) -> Case:
    case = Case()
    here.start()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    return case


def export(here: World, case: Case, name: str) -> AnswerManifest:
    here.anna.ok("export", here.folder / name)
    return here.drop.take(here.folder / name, case)


def test_what_is_not_confirmed_goes_again_and_what_is_does_not(here: World) -> None:
    case = begun(here)
    here.anna.ok("read", case.id)
    here.anna.ok("reply", case.id, "--text-file", here.text())
    first = export(here, case, "1.tar")
    again = export(here, case, "2.tar")
    assert (again.entries, again.receipts, again.read) == (first.entries, first.receipts, first.read)
    here.anna.ok("import", here.drop.pickup())
    third = export(here, case, "3.tar")
    assert (third.entries, third.read) == ((), ())
    assert [receipt.item for receipt in third.receipts] == [first.entries[0].item]
    here.anna.ok("import", here.drop.pickup())
    empty = export(here, case, "4.tar")
    assert (empty.entries, empty.receipts, empty.read) == ((), (), ())


def test_a_confirmation_of_another_bundle_confirms_nothing_of_this_one(here: World) -> None:
    """Only what was in the confirmed bundle is confirmed, however many came after it."""
    case = begun(here)
    here.anna.ok("reply", case.id, "--text-file", here.text("first"))
    export(here, case, "1.tar")
    here.anna.ok("reply", case.id, "--text-file", here.text("second"))
    here.anna.ok("export", here.folder / "2.tar")
    here.anna.ok("import", here.drop.pickup())
    third = export(here, case, "3.tar")
    texts = {item["item"]: item["text"] for item in here.anna.ok("read", case.id)["items"]}
    assert [texts[entry.item] for entry in third.entries] == ["second"]


def test_each_bundle_names_the_one_before_it(here: World) -> None:
    case = begun(here)
    manifests = [export(here, case, f"{n}.tar") for n in (1, 2, 3)]
    assert [manifest.sequence for manifest in manifests] == [1, 2, 3]
    assert manifests[0].previous is None
    assert len({manifest.previous for manifest in manifests}) == 3
    assert len({manifest.vault for manifest in manifests}) == 1


def test_an_existing_file_is_not_overwritten_and_costs_no_number(here: World) -> None:
    case = begun(here)
    taken = here.folder / "taken.tar"
    taken.write_bytes(b"mine")
    assert "never overwritten" in here.anna.refused("export", taken)
    assert taken.read_bytes() == b"mine"
    assert export(here, case, "1.tar").sequence == 1


def test_a_failure_while_writing_never_gives_one_number_to_two_bundles(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = begun(here)

    def fail(*_arguments: object) -> str:
        raise TargetUnusable

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "write_answer", fail)
        here.anna.refused("export", here.folder / "1.tar")
    manifest = export(here, case, "2.tar")
    assert (manifest.sequence, manifest.previous, len(manifest.receipts)) == (2, None, 1)


def test_a_folder_that_is_not_there_is_a_line_and_no_traceback(here: World) -> None:
    begun(here)
    assert "cannot be written" in here.anna.refused("export", here.folder / "nowhere" / "a.tar")


def test_an_unread_item_has_a_receipt_and_no_read_mark(here: World) -> None:
    case = begun(here)
    assert len(export(here, case, "1.tar").receipts) == 1
    before = export(here, case, "2.tar")
    assert before.read == ()
    here.anna.ok("read", case.id)
    assert len(export(here, case, "3.tar").read) == 1


def test_an_own_reply_is_acknowledged_only_when_the_drop_holds_it(here: World) -> None:
    case = begun(here)
    item = ItemId(here.anna.ok("reply", case.id, "--text-file", here.text())["item"])
    assert item not in {receipt.item for receipt in export(here, case, "1.tar").receipts}
    here.anna.ok("import", here.drop.pickup())
    assert item in {receipt.item for receipt in export(here, case, "2.tar").receipts}


def test_an_empty_vault_exports_only_after_it_knows_a_drop(here: World) -> None:
    here.start()
    assert "does not know a drop" in here.anna.refused("export", here.folder / "a.tar")
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("export", here.folder / "a.tar")["sequence"] == 1
