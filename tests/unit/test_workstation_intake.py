"""Opening a case at the table: refused while it could not be kept, and nothing of its codename stays behind."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from dropbox.bundle import AnswerManifest, Origin, verify_answer
from dropbox.codename import CodenameKeys, Derivation, KdfParameters, draw_new, parse, stored_lookup
from dropbox.envelope import Header, intake_bytes
from dropbox.errors import SignatureInvalid
from dropbox.gpg import Gpg
from dropbox.models import Kind, Mandate, Membership, Plaintext, SealedKind, new_item_id, today
from dropbox.sealed_mandate import open_mandate
from dropbox.shown import VIEW_BYTES, Shown, open_shown
from dropbox.workstation import intake
from dropbox.workstation.casebook import IntakeRecord, State
from dropbox.workstation.slip import Slip
from dropbox.workstation.vault import open_vault
from tests import factories_bundles
from tests.envelopes import Case
from tests.factories_bundles import DESK, Investigator, World

SAID = "It began in March, she says."


def ready(here: World, *people: Investigator) -> None:
    here.start(*people)
    for person in people:
        person.ok("import", here.drop.pickup())


def take_down(here: World, person: Investigator, said: str = SAID, *arguments: str) -> Any:
    return person.ok("intake", "--text-file", here.text(said), *arguments)


def keys_of(made: Any) -> CodenameKeys:
    return Derivation(KdfParameters(bytes(16))).derive(parse(" ".join(made["slip"]["words"])))


def case_of(made: Any) -> Case:
    keys = keys_of(made)
    return Case(keys.case_key, keys.reply_key)


def bring(here: World, person: Investigator, made: Any) -> AnswerManifest:
    target = here.folder / f"answer-{made['item']}.tar"
    person.ok("export", target)
    return here.drop.take(target, case_of(made))


def test_no_case_is_opened_before_the_drop_is_known(here: World) -> None:
    here.start(here.anna)
    assert "does not know a drop" in here.anna.refused("intake", "--text-file", here.text(SAID))


def test_no_case_is_opened_in_a_vault_from_before_it_kept_what_a_codename_needs(here: World) -> None:
    ready(here, here.anna)
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(here.anna.home)}), open_vault(here.anna.vault) as vault:
        vault.casebook.kdf = None
        vault.save()
    assert "how the drop makes keys" in here.anna.refused("intake", "--text-file", here.text(SAID))
    here.anna.ok("import", here.drop.pickup())
    take_down(here, here.anna)


def test_no_case_is_opened_before_the_drops_key_was_compared(here: World) -> None:
    here.anna.ok("init")
    here.anna.ok("import", here.drop.pickup())
    assert "has not been confirmed" in here.anna.refused("intake", "--text-file", here.text(SAID))


def test_no_case_is_opened_by_somebody_who_left_the_desk(here: World) -> None:
    ready(here, here.anna)
    here.drop.rosters[DESK] = factories_bundles.left(here.drop.rosters[DESK], here.anna.key, today())
    here.drop.day += timedelta(days=1)
    with mock.patch.object(intake, "today", return_value=here.drop.day):
        here.anna.ok("import", here.drop.pickup())
        assert "roster" in here.anna.refused("intake", "--text-file", here.text(SAID))


def test_no_case_is_opened_while_the_clock_is_behind(here: World) -> None:
    ready(here, here.anna)
    with mock.patch.object(intake, "today", return_value=today() - timedelta(days=1)):
        assert "date lies before" in here.anna.refused("intake", "--text-file", here.text(SAID))


@pytest.mark.parametrize("said", ["", " \n"])
def test_an_empty_conversation_is_refused(here: World, said: str) -> None:
    ready(here, here.anna)
    assert "empty" in here.anna.refused("intake", "--text-file", here.text(said))
    assert here.anna.ok("cases") == []


def test_a_conversation_that_is_too_long_leaves_nothing(here: World) -> None:
    ready(here, here.anna)
    here.anna.refused("intake", "--text-file", here.text("x" * (48 * 1024 + 1)))
    assert list((here.anna.vault / "items").iterdir()) == []


def test_two_codenames_are_not_the_same() -> None:
    assert len({draw_new().reveal() for _ in range(50)}) == 50
    assert len(draw_new().reveal().split()) == 7


def test_the_words_yield_just_what_the_drop_is_told(here: World) -> None:
    ready(here, here.anna)
    made = take_down(here, here.anna, SAID, "--mandate", "advise")
    keys, manifest = keys_of(made), bring(here, here.anna, made)
    (told,) = manifest.cases
    assert made["case"] == told.case == keys.case
    assert told.lookup == stored_lookup(keys.lookup_id)
    assert (told.case_key, told.reply_key) == (keys.case_public.hex(), keys.reply_public.hex())
    assert open_mandate(told.sealed_mandate, keys.reply_key) is Mandate.ADVISE
    assert len(told.sealed_view) == VIEW_BYTES
    assert open_shown(told.sealed_view, keys.reply_key) == Shown()
    assert [(entry.kind, entry.item) for entry in manifest.entries] == [(SealedKind.SUBMISSION, made["item"])]
    assert [receipt.item for receipt in manifest.receipts] == [made["item"]]
    assert [mark.item for mark in manifest.read] == [made["item"]]


def test_no_case_leaves_unsigned_by_its_own_key_for_this_vault_alone(here: World) -> None:
    ready(here, here.anna)
    manifest = bring(here, here.anna, take_down(here, here.anna))
    (told,) = manifest.cases
    told.require_signed(Origin(here.drop.drop, here.anna.key, manifest.vault))
    with pytest.raises(SignatureInvalid):
        told.require_signed(Origin(here.drop.drop, here.bram.key, manifest.vault))


def test_a_case_from_before_there_were_signatures_does_not_stop_the_vault(here: World) -> None:
    ready(here, here.anna)
    made = take_down(here, here.anna)
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(here.anna.home)}), open_vault(here.anna.vault) as vault:
        older = asdict(vault.casebook.intakes[made["case"]])
        del older["signature"]
        vault.casebook.intakes[made["case"]] = IntakeRecord(**older)
        vault.save()
    here.anna.ok("export", here.folder / "older.tar")
    with verify_answer(here.folder / "older.tar", here.drop.drop, lambda *_: None) as answer:
        assert [case.signature for case in answer.manifest.cases] == [b""]


def test_a_case_is_not_told_again_once_the_drop_has_confirmed_it(here: World) -> None:
    ready(here, here.anna)
    made = take_down(here, here.anna)
    bring(here, here.anna, made)
    here.anna.ok("import", here.drop.pickup())
    again = here.anna.ok("export", here.folder / "again.tar")
    assert again["cases"] == 0
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(here.anna.home)}), open_vault(here.anna.vault) as vault:
        assert vault.casebook.intakes == {}


def test_a_colleague_gets_the_case_verified_and_the_chain_goes_on(here: World) -> None:
    ready(here, here.anna, here.bram)
    made = take_down(here, here.anna)
    bring(here, here.anna, made)
    here.drop.send(case_of(made), "From home.")
    for person in (here.anna, here.bram):
        person.ok("import", here.drop.pickup())
        shown = person.ok("read", made["case"])
        assert [(item["kind"], item["text"]) for item in shown["items"]] == [
            ("report", SAID),
            ("message", "From home."),
        ]
        row = person.ok("cases")[0]
        assert (row["received"], row["submissions"]) == (today().isoformat(), 2)
        assert "QUARANTINE" not in person.run("cases").out


def test_what_was_written_before_the_drop_heard_of_the_case_travels_with_it(here: World) -> None:
    ready(here, here.anna, here.bram)
    made = take_down(here, here.anna)
    here.anna.ok("reply", made["case"], "--text-file", here.text("Thank you for coming."))
    bring(here, here.anna, made)
    here.bram.ok("import", here.drop.pickup())
    kinds = [item["kind"] for item in here.bram.ok("read", made["case"])["items"]]
    assert kinds == ["report", "reply"]


def test_a_clock_that_is_ahead_does_not_put_the_report_into_quarantine(here: World) -> None:
    ready(here, here.anna, here.bram)
    with mock.patch.object(intake, "today", return_value=today() + timedelta(days=5)):
        made = take_down(here, here.anna)
    bring(here, here.anna, made)
    here.bram.ok("import", here.drop.pickup())
    assert here.bram.ok("cases")[0]["received"] == today().isoformat()
    here.anna.ok("import", here.drop.pickup())
    assert here.anna.ok("cases")[0]["received"] == today().isoformat()


def plant(here: World, author: Investigator, vouched_for: str, said: str, **odd: Any) -> str:
    """Let the drop hand out a report that `author` vouched for with these words, and return why Bram refuses it."""
    ready(here, here.bram)
    case, item = Case(), new_item_id()
    header = Header(
        drop=here.drop.drop,
        epoch=here.drop.epoch,
        case=case.id,
        item=item,
        kind=Kind.REPORT,
        desks=(DESK,),
        mandate=Mandate.ADVISE,
        language="en",
        day=here.drop.day,
        reply_key=case.reply_public.hex(),
        case_key=case.case_public.hex(),
        author=author.key,
        vouched="-",
    )
    own = Gpg(author.home, agent=True)
    vouched = own.sign_detached(intake_bytes(header, Plaintext(vouched_for)), author.key).decode()
    here.drop.send(case, said, **({"author": author.key, "vouched": vouched, "item": item} | odd))
    return str(here.bram.ok("import", here.drop.pickup())["quarantined"].get(item, ""))


def test_a_report_that_its_author_vouched_for_is_believed(here: World) -> None:
    assert plant(here, here.anna, SAID, SAID) == ""


@pytest.mark.parametrize(
    "odd", [{"vouched": "none"}, {"mandate": Mandate.INVESTIGATE}, {"number": 2, "previous": "0" * 64}]
)
def test_a_report_that_its_author_did_not_vouch_for_is_not_believed(here: World, odd: dict[str, Any]) -> None:
    assert plant(here, here.anna, SAID, SAID, **odd) != ""


def test_a_vouched_report_is_not_believed_with_other_words(here: World) -> None:
    assert "not signed" in plant(here, here.anna, SAID, "What was never said.")


def test_a_vouched_report_is_not_believed_with_a_file_that_nobody_vouched_for(here: World) -> None:
    ready(here, here.bram)
    held = here.drop.send(Case(), SAID, [("a.txt", "text/plain", b"a")], author=here.anna.key, vouched="-")
    assert held.item in here.bram.ok("import", here.drop.pickup())["quarantined"]


def test_a_report_vouched_for_by_a_stranger_is_not_believed(here: World) -> None:
    assert plant(here, here.dirk, SAID, SAID, recipients=[here.dirk.key, here.bram.key]) != ""


def test_a_report_vouched_for_by_who_had_left_the_desk_is_not_believed(here: World) -> None:
    long_gone = today() - timedelta(days=10)
    here.drop.rosters[DESK] = factories_bundles.left(here.drop.rosters[DESK], here.anna.key, long_gone)
    reason = plant(here, here.anna, SAID, SAID, recipients=[here.anna.key, here.bram.key])
    assert "nobody of the desk" in reason


def test_a_report_vouched_for_but_sealed_to_a_stranger_is_not_believed(here: World) -> None:
    reason = plant(here, here.anna, SAID, SAID, recipients=[here.anna.key, here.bram.key, here.dirk.key])
    assert "sealed to others" in reason


def test_a_report_with_a_voucher_opens_when_it_is_the_one_that_was_vouched_for(here: World) -> None:
    ready(here, here.anna, here.bram)
    made = take_down(here, here.anna)
    bring(here, here.anna, made)
    here.bram.ok("import", here.drop.pickup())
    with mock.patch.dict("os.environ", {"GNUPGHOME": str(here.bram.home)}), open_vault(here.bram.vault) as vault:
        record = vault.casebook.items[made["item"]]
        assert record.state is State.VERIFIED
        assert record.detail is not None
        assert record.detail.author == here.anna.key


def test_a_report_taken_down_is_not_sealed_to_somebody_who_was_never_at_the_desk(here: World) -> None:
    ready(here, here.anna, here.bram)
    here.drop.rosters[DESK] = (*here.drop.rosters[DESK], Membership(here.dirk.key, today()))
    here.anna.ok("import", here.drop.pickup())
    words = here.anna.run("cases").out
    assert "ROSTER CHANGED" in words
    assert "has changed" in here.anna.refused("intake", "--text-file", here.text(SAID))


def test_the_slip_is_not_without_numbers_a_line_to_cut_and_where_to_go(here: World) -> None:
    ready(here, here.anna)
    shown = here.anna.run("intake", "--text-file", here.text(SAID), "--slip-language", "nl").out
    assert [f"    {number}  " in shown for number in range(1, 8)] == [True] * 7
    assert "_" * 62 in shown
    assert "- - - -" in shown
    lines = shown.splitlines()
    slip = "\n".join(lines[lines.index(next(line for line in lines if line.startswith("- - -"))) :])
    for betraying in (str(DESK), here.anna.key, SAID, today().isoformat(), "onion-dropbox"):
        assert betraying not in slip.rpartition("- - -")[0]


def test_nothing_prints_the_codename_by_itself() -> None:
    codename = draw_new()
    word = codename.reveal().split()[0]
    taken = intake.TakenDown(Case().id, mock.sentinel.record, codename)
    said = intake.Conversation(Plaintext(SAID), Mandate.LISTEN, "en")
    for value in (Slip(codename, "", "en"), taken, said):
        assert word not in repr(value)
        assert SAID not in repr(value)
