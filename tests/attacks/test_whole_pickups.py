"""Pickup bundles by somebody who has the drop's signing key, made to harm the workstation or to take a report away."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from dropbox.bundle import FIRST_HEAD, LineState, LogLine, LogRange, PickupManifest, desk_log, head_after
from dropbox.bundle.desk_log import MAX_NUMBER, check_log
from dropbox.errors import BundleError
from dropbox.models import SealedKind, new_item_id
from dropbox.workstation import vault
from tests.envelopes import Case
from tests.factories_bundles import DESK, Held, World, joined

EPOCH = "ab" * 16


@pytest.mark.parametrize("first", [1, MAX_NUMBER, 10**14])
def test_a_log_that_claims_endless_numbers_is_refused_at_once(first: int) -> None:
    line = LogLine(10**14, "00" * 32, LineState.RECEIVED)
    lines = [line] if first == line.n else []
    after = head_after(FIRST_HEAD, EPOCH, lines)
    began = time.monotonic()
    with pytest.raises(BundleError):
        check_log(LogRange(EPOCH, first, line.n, FIRST_HEAD, after), lines, {})
    assert time.monotonic() - began < 0.5


def test_a_history_that_begins_at_a_huge_number_does_not_hang_the_vault(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.start()
    here.drop.send(Case(), "The true report.")
    here.anna.ok("import", here.drop.pickup())

    def far_away(manifest: PickupManifest) -> PickupManifest:
        return replace(manifest, epoch=EPOCH, first=10**14 + 1, last=10**14, items=())

    here.drop.logs[DESK].numbers.clear()
    here.drop.items.clear()
    with monkeypatch.context() as patch:
        patch.setattr(desk_log, "MAX_NUMBER", 10**15)
        bundle = here.drop.pickup(bend=far_away)
    began = time.monotonic()
    here.anna.refused("import", bundle)
    assert len(here.anna.ok("cases")) == 1
    assert time.monotonic() - began < 5


def test_a_casebook_never_grows_past_what_can_be_read_again(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    here.start()
    here.drop.send(Case(), "The true report.")
    here.anna.ok("import", here.drop.pickup())
    sealed = (here.anna.vault / "casebook.pgp").read_bytes()
    monkeypatch.setattr(vault, "MAX_CASEBOOK_BYTES", len(sealed) + 2000)
    for number in range(200):
        here.drop.let_go(Held(new_item_id(), Case(), SealedKind.SUBMISSION, here.drop.day, b"%d" % number, (DESK,)))
    lines = [Held(new_item_id(), Case(), SealedKind.SUBMISSION, here.drop.day, b"x%d" % n, (DESK,)) for n in range(50)]
    for held in lines:
        here.drop.let_go(here.drop.hold(held))
    here.drop.logs[DESK].numbers = [item for item in here.drop.logs[DESK].numbers if item in here.drop.items]
    assert "casebook" in here.anna.refused("import", here.drop.pickup())
    assert (here.anna.vault / "casebook.pgp").read_bytes() == sealed
    assert len(here.anna.ok("cases")) == 1


def test_an_item_sealed_past_a_member_is_neither_hidden_nor_acknowledged(here: World) -> None:
    """Who holds the store can put a file that nobody here opens in a report's place; a mere count would not tell."""
    here.start()
    case = Case()
    here.drop.send(case, "The true report.")
    swapped = here.drop.send(case, "PLANTED", recipients=[here.dirk.key])
    shown = here.anna.run("import", here.drop.pickup())
    assert "QUARANTINE" in shown.out
    assert f"{swapped.item[:8]}  {swapped.day}" in shown.out
    here.anna.ok("export", here.folder / "a.tar")
    receipts = {receipt.item for receipt in here.drop.take(here.folder / "a.tar", case).receipts}
    assert swapped.item not in receipts
    assert len(receipts) == 1


def test_what_came_before_a_members_time_is_still_just_not_for_them(here: World) -> None:
    here.drop.send(Case())
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    here.start(here.dirk)
    report = here.dirk.ok("import", here.drop.pickup())
    assert (report["not_for_you"], report["quarantined"]) == (1, {})
