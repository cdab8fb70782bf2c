"""Items that somebody with the whole data folder and the drop's key plants: sealed well, signed ill. None gets in."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey

from dropbox.errors import CasebookDamaged
from dropbox.models import CaseId, Fingerprint, ItemId, Kind, Mandate, Recipient, SealedKind, new_item_id
from tests.envelopes import Case
from tests.factories_bundles import DESK, OTHER_DESK, Held, World, joined, write_as

Plant = Callable[[World, Case], Held]


def submission(**odd: Any) -> Plant:
    return lambda here, case: here.drop.send(case, "PLANTED", **odd)


def writing(by: str = "bram", kind: Kind = Kind.REPLY, **odd: Any) -> Plant:
    return lambda here, case: write_as(here.drop, getattr(here, by), case, kind, text="PLANTED", **odd)


def number_of_an_earlier_one(here: World, case: Case) -> Held:
    here.next_day()
    return here.drop.send(case, "PLANTED", number=1, previous=None)


def addressed_to_another_desk(here: World, case: Case) -> Held:
    everybody = here.drop.recipients([DESK])
    return here.drop.send(Case(), "PLANTED", desks=(OTHER_DESK,), recipients=everybody)


def without_one_recipient(here: World, case: Case) -> Held:
    return here.drop.send(case, "PLANTED", recipients=[here.anna.key], sealed_to=[here.anna.key])


def sealed_to_one_more(here: World, case: Case) -> Held:
    everybody = here.drop.recipients([DESK])
    return here.drop.send(case, "PLANTED", recipients=everybody, sealed_to=[*everybody, here.dirk.key])


def listed_one_more(here: World, case: Case) -> Held:
    everybody = [*here.drop.recipients([DESK]), here.dirk.key]
    return here.drop.send(case, "PLANTED", recipients=everybody, sealed_to=everybody)


def old_bytes_under_a_new_id(here: World, case: Case) -> Held:
    first = next(iter(here.drop.items.values()))
    return here.drop.hold(replace(first, item=new_item_id()))


def old_bytes_in_another_case(here: World, case: Case) -> Held:
    first = here.drop.send(Case(), "PLANTED")
    del here.drop.items[first.item]
    return here.drop.hold(replace(first, case=case))


def old_bytes_on_another_day(here: World, case: Case) -> Held:
    held = here.drop.send(case, "PLANTED")
    return here.drop.hold(replace(held, day=held.day.replace(year=held.day.year + 1)))


def keys_of_somebody_else(here: World, case: Case) -> Held:
    other = Case()
    return here.drop.send(case, "PLANTED", case_key=other.case_public.hex(), signer=other.case_key)


def another_reply_key(here: World, case: Case) -> Held:
    return here.drop.send(case, "PLANTED", reply_key=Case().reply_public.hex())


def not_a_message(here: World, case: Case) -> Held:
    return here.drop.hold(Held(new_item_id(), case, SealedKind.SUBMISSION, here.drop.day, b"PLANTED" * 99, (DESK,)))


def cut_off(here: World, case: Case) -> Held:
    held = here.drop.send(case, "PLANTED")
    return here.drop.hold(replace(held, data=held.data[:-100]))


def one_byte_altered(here: World, case: Case) -> Held:
    held = here.drop.send(case, "PLANTED")
    middle = len(held.data) // 2
    altered = held.data[:middle] + bytes([held.data[middle] ^ 1]) + held.data[middle + 1 :]
    return here.drop.hold(replace(held, data=altered))


def bomb(here: World, case: Case) -> Held:
    """64 MiB of zeros that gpg would inflate from a few kilobytes."""
    command = ["gpg", "--homedir", str(here.folder / "public"), "--batch", "--trust-model", "always", "-z", "9", "-e"]
    keys = [argument for key in here.drop.recipients([DESK]) for argument in ("-R", key)]
    sealed = subprocess.run([*command, *keys], input=bytes(64 << 20), capture_output=True, check=True).stdout
    assert len(sealed) < 1 << 20
    return here.drop.hold(Held(new_item_id(), case, SealedKind.SUBMISSION, here.drop.day, sealed, (DESK,)))


def reply_in_another_case(here: World, case: Case) -> Held:
    held = write_as(here.drop, here.bram, Case(), text="PLANTED")
    return here.drop.hold(replace(held, case=case))


def in_a_colleagues_name(here: World, case: Case) -> Held:
    return write_as(here.drop, here.dirk, case, text="PLANTED", author=here.bram.key)


def altered_reply(here: World, case: Case) -> Held:
    held = write_as(here.drop, here.bram, case, text="PLANTED")
    return here.drop.hold(replace(held, data=held.data[:-1] + bytes([held.data[-1] ^ 1])))


PLANTS: dict[str, Plant] = {
    "signed by another key": submission(signer=SigningKey.generate()),
    "of another drop": submission(drop="d1" * 32),
    "of another epoch": submission(epoch="e1" * 16),
    "with another item's id": submission(item=ItemId("1" * 32), stored_as=ItemId("2" * 32)),
    "of another case": submission(case=CaseId("c" * 32)),
    "with the number of an earlier one": number_of_an_earlier_one,
    "with a link to nothing that was": submission(previous="f" * 64),
    "with a number and no link": submission(number=3, previous=None),
    "addressed to another desk": addressed_to_another_desk,
    "sealed to fewer than the roster": without_one_recipient,
    "sealed to one more than it lists": sealed_to_one_more,
    "sealed to a stranger": listed_one_more,
    "an old one under a new id": old_bytes_under_a_new_id,
    "an old one in another case": old_bytes_in_another_case,
    "on another day": old_bytes_on_another_day,
    "with the keys of somebody else": keys_of_somebody_else,
    "with another reply key": another_reply_key,
    "no message at all": not_a_message,
    "cut off": cut_off,
    "altered": one_byte_altered,
    "a bomb": bomb,
    "a reply by a stranger": writing("dirk"),
    "a reply by a member of another desk": writing("cora"),
    "a reply in a colleague's name": in_a_colleagues_name,
    "a reply in another case": reply_in_another_case,
    "a reply of another drop": writing(drop="d1" * 32),
    "a reply to other desks": writing(desks=(DESK, OTHER_DESK)),
    "a reply for another desk": writing(desks=(DESK, OTHER_DESK), desk=OTHER_DESK),
    "a reply under another id": writing(stored_as=ItemId("3" * 32)),
    "a note passed off as a reply": writing(kind=Kind.NOTE, stored_kind=SealedKind.REPLY),
    "a note of another desk": writing("cora", Kind.NOTE, desks=(DESK, OTHER_DESK), desk=OTHER_DESK),
    "a reply with an altered body": altered_reply,
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS)
def test_a_planted_item_is_quarantined_without_a_receipt(here: World, plant: Plant) -> None:
    case = Case()
    here.drop.send(case, "The true report.")
    planted = _plant(here, case, plant)
    here.start()
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["new"], report["not_for_you"], list(report["quarantined"])) == (1, 0, [planted.item])
    thread = here.anna.run("read", case.id).out
    assert "The true report." in thread
    assert "PLANTED" not in thread
    assert (here.anna.vault / "items" / f"{planted.item}{planted.kind.suffix}").read_bytes() == planted.data
    here.anna.ok("export", here.folder / "a.tar")
    assert planted.item not in {receipt.item for receipt in here.drop.take(here.folder / "a.tar", case).receipts}


def _plant(here: World, case: Case, plant: Plant) -> Held:
    """Plant one item for this desk; whatever the header says, the drop hands it to the desk."""
    before = set(here.drop.items)
    held = plant(here, case)
    for item in set(here.drop.items) - before - {held.item}:
        del here.drop.items[item]
    return here.drop.hold(replace(held, desks=(DESK,)))


def test_a_forged_beginning_does_not_fit_what_followed_the_true_one(here: World) -> None:
    """Whoever has the codename can sign; the chain still tells that another first submission was answered to."""
    here.start()
    case = Case()
    lost = here.drop.send(case, "The true report.")
    here.drop.let_go(lost)
    here.drop.send(case, "And then.")
    here.anna.ok("import", here.drop.pickup())
    forged = here.drop.send(case, "PLANTED", number=1, previous=None, kind=Kind.REPORT)
    assert list(here.anna.ok("import", here.drop.pickup())["quarantined"]) == [forged.item]
    del here.drop.logs[DESK].gone[lost.item]
    assert here.anna.ok("import", here.drop.pickup())["new"] == 1
    assert [item["text"] for item in here.anna.ok("read", case.id)["items"]] == ["The true report.", "And then."]


def test_a_colleague_of_another_desk_speaks_for_their_own_only(here: World) -> None:
    here.start()
    case, both = Case(), (DESK, OTHER_DESK)
    here.drop.send(case, "To both.", desks=both)
    everybody = here.drop.recipients(both)
    true = write_as(here.drop, here.cora, case, desks=both, desk=OTHER_DESK, sealed_to=everybody, text="As bureau.")
    for kind, desk in ((Kind.REPLY, DESK), (Kind.NOTE, OTHER_DESK), (Kind.NOTE, DESK)):
        write_as(here.drop, here.cora, case, kind, desks=both, desk=desk, sealed_to=everybody, text="PLANTED")
    report = here.anna.ok("import", here.drop.pickup())
    assert (report["new"], len(report["quarantined"])) == (2, 3)
    assert true.item not in report["quarantined"]
    assert [item["text"] for item in here.anna.ok("read", case.id)["items"]] == ["To both.", "As bureau."]


def test_an_intruders_own_member_is_shown_as_a_changed_roster(here: World) -> None:
    """Who holds the drop's key can put a member on the roster; nothing is answered until people compared it."""
    here.start()
    case = Case()
    here.drop.send(case)
    here.anna.ok("import", here.drop.pickup())
    here.next_day()
    here.drop.rosters[DESK] = joined(here.drop.rosters[DESK], here.dirk.key, here.drop.day)
    write_as(here.drop, here.dirk, case)
    shown = here.anna.run("import", here.drop.pickup()).out
    assert "ROSTER CHANGED" in shown
    assert here.dirk.key in shown
    for refused in (
        ("reply", case.id, "--text-file", here.text()),
        ("note", case.id, "--text-file", here.text()),
        ("export", here.folder / "a.tar"),
    ):
        assert "roster has changed" in here.anna.refused(*refused)
    assert not (here.folder / "a.tar").exists()


def test_a_key_file_that_holds_another_key_refuses_the_bundle(here: World) -> None:
    here.start()
    here.drop.send(Case())
    with _exporting(here, here.dirk.key):
        here.anna.refused("import", here.drop.pickup())
    assert not list((here.anna.vault / "items").iterdir())


@contextmanager
def _exporting(here: World, key: Fingerprint) -> Iterator[None]:
    """Let the drop hand out one key under every member's name."""
    public = here.drop.public
    export = public.export_key
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(public, "export_key", lambda _fingerprint: export(key))
        yield


def test_a_casebook_by_somebody_else_is_not_opened(here: World) -> None:
    """Whoever finds the vault can seal to the investigator's key, but not sign with it."""
    here.start(here.anna, here.bram)
    (here.anna.vault / "casebook.pgp").write_bytes(here.drop.public.seal_bytes(b"{}\n", [Recipient(here.anna.key)]))
    assert "casebook" in here.anna.refused("cases")
    for name in ("casebook.pgp", "vault.json"):
        (here.anna.vault / name).write_bytes((here.bram.vault / name).read_bytes())
    assert "not in your GnuPG home" in here.anna.refused("cases")


def test_a_casebook_of_another_vault_of_ones_own_is_not_opened(here: World) -> None:
    here.start()
    other = replace(here.anna, vault=here.folder / "second")
    here.start(other)
    (here.anna.vault / "casebook.pgp").write_bytes((other.vault / "casebook.pgp").read_bytes())
    assert CasebookDamaged.message in here.anna.refused("cases")


def test_a_note_locked_to_strangers_without_end_does_not_hold_up_its_readers(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GnuPG would try each of those keys, for seconds, whenever the case is shown."""
    case = Case()
    here.start()
    here.drop.send(case)
    seal = here.drop.public.seal_bytes
    packet = seal(b"nothing", [Recipient(here.dirk.key)])
    packet = packet[: 2 + packet[1]]  # the first one alone, of the old form with one octet of length
    monkeypatch.setattr(here.drop.public, "seal_bytes", lambda data, to: packet * 250 + seal(data, to))
    flood = write_as(here.drop, here.bram, case, Kind.NOTE)
    monkeypatch.undo()
    honest = write_as(here.drop, here.bram, case, Kind.NOTE)
    told = here.anna.ok("import", here.drop.pickup())
    assert told["quarantined"] == {flood.item: "it could not be unsealed whole"}
    assert honest.item not in told["quarantined"]
    assert told["new"] == 2


@pytest.mark.parametrize(
    "said",
    [{"mandate": Mandate.INVESTIGATE}, {"kind": Kind.WITHDRAWAL}, {"kind": Kind.WITHDRAWAL, "undo": True}],
    ids=["a wider mandate", "a withdrawal", "an undo"],
)
@pytest.mark.parametrize("again", [False, True], ids=["planted", "said once and replayed"])
def test_no_mandate_or_withdrawal_that_was_planted_changes_what_may_be_done(
    here: World, said: dict[str, Any], again: bool
) -> None:
    here.start()
    case = Case()
    here.drop.send(case, "The true report.", mandate=Mandate.INVESTIGATE)
    if again:
        spoken = here.drop.send(case, "", **({"kind": Kind.MANDATE} | said))
    here.drop.send(case, "", kind=Kind.MANDATE, mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    before = here.anna.ok("read", case.id), here.anna.ok("cases")
    if again:
        here.drop.hold(replace(spoken, item=new_item_id(), day=here.drop.day))
    else:
        here.drop.send(case, "PLANTED", signer=SigningKey.generate(), **({"kind": Kind.MANDATE} | said))
    assert len(here.anna.ok("import", here.drop.pickup())["quarantined"]) == 1
    assert (here.anna.ok("read", case.id), here.anna.ok("cases")) == before


@pytest.mark.parametrize("own_keys", [False, True])
def test_a_first_envelope_ahead_of_the_real_one_does_not_say_whose_case_it_is(here: World, own_keys: bool) -> None:
    """The vault knows nothing of the case yet; its id is the hash of its keys."""
    here.start()
    case, own = Case(), Case()
    theirs = {"case_key": own.case_public.hex(), "reply_key": own.reply_public.hex()}
    keys: dict[str, Any] = theirs if own_keys else {}
    planted = here.drop.send(case, "PLANTED", signer=own.case_key, **keys)
    assert list(here.anna.ok("import", here.drop.pickup())["quarantined"]) == [planted.item]
    assert here.anna.ok("cases") == []
    here.drop.chains[case.id] = []
    here.drop.send(case, "The true report.")
    assert here.anna.ok("import", here.drop.pickup())["new"] == 1
    assert [item["text"] for item in here.anna.ok("read", case.id)["items"]] == ["The true report."]


def test_a_reply_is_locked_to_the_true_key_whatever_the_drop_says_since(here: World) -> None:
    here.start()
    case, other = Case(), Case()
    here.drop.send(case, "The true report.")
    here.drop.send(case, "PLANTED", reply_key=other.reply_public.hex())
    assert len(here.anna.ok("import", here.drop.pickup())["quarantined"]) == 1
    here.anna.ok("reply", case.id, "--text-file", here.text())
    here.anna.ok("export", here.folder / "a.tar")
    (lock,) = [entry.lock for entry in here.drop.take(here.folder / "a.tar", case).entries if entry.lock]
    assert SealedBox(case.reply_key).decrypt(lock)
    with pytest.raises(CryptoError):
        SealedBox(other.reply_key).decrypt(lock)
