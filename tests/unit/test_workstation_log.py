"""The log of a case by command, with real bundles: nobody's acts are left out, and what was bent is told."""

import json
import os
import shutil
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.envelope.account import Account, LogLine, LogPart, line_hash
from dropbox.models import CaseId, Kind, Mandate, SealedKind, today
from dropbox.workstation import replying
from dropbox.workstation.case_log import lines
from dropbox.workstation.casebook import State
from dropbox.workstation.vault import Vault, open_vault
from tests.envelopes import Case
from tests.factories_bundles import Investigator, World, write_as

PIC = ("photo.txt", "text/plain", b"what was seen")


def begun(here: World, **more: Any) -> Case:
    case = Case()
    here.start(here.anna, here.bram)
    here.drop.send(case, "It began in May.", [PIC], **more)
    for person in (here.anna, here.bram):
        person.ok("import", here.drop.pickup())
    return case


def acts(person: Investigator, case: Case) -> list[str]:
    return [line["act"] for line in person.ok("log", case.id)["lines"] if line["by"] == person.key]


def round_trip(here: World, case: Case, *people: Investigator) -> None:
    """Have everybody export, and everybody import."""
    for person in people:
        target = here.folder / f"{person.name}-{os.urandom(3).hex()}.tar"
        person.ok("export", target)
        here.drop.take(target, case)
    for person in people:
        person.ok("import", here.drop.pickup())


def inside(person: Investigator, change: Any) -> Any:
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(person.home)}), open_vault(person.vault) as vault:
        return change(vault)


class Days:
    """A calendar that the log and the writings go by."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.day = today()
        for module in (lines, replying):
            monkeypatch.setattr(module, "today", self)

    def __call__(self) -> date:
        return self.day

    def next(self, here: World) -> None:
        self.day += timedelta(days=1)
        here.next_day()


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    return Days(monkeypatch)


def test_no_act_of_a_command_is_left_out_of_the_log(here: World) -> None:
    case, anna = begun(here, mandate=Mandate.INVESTIGATE), here.anna
    assert acts(anna, case) == ["imported"]
    anna.ok("read", case.id)
    anna.ok("read", case.id)
    anna.ok("view", case.id, "1")
    anna.ok("view", case.id, "1")
    anna.ok("extract", case.id, "--to", here.folder / "out")
    anna.ok("extract", case.id, "--to", here.folder / "out")
    anna.ok("reply", case.id, "--text-file", here.text())
    anna.ok("note", case.id, "--text-file", here.text())
    anna.ok("assign", case.id, here.bram.key[-8:])
    anna.ok("state", case.id, "waiting")
    anna.ok("tag", case.id, "+urgent")
    anna.ok("reseal", case.id, here.folder / "passed.tar", "--to", here.bram.key)
    once = ["imported", "opened", "viewed", "saved", "replied", "noted", "assigned", "state", "tagged", "passed_on"]
    assert acts(anna, case) == once
    told = {line["act"]: line["details"] for line in anna.ok("log", case.id)["lines"]}
    assert told["imported"]["items"] == "1"
    assert told["viewed"]["file"] == "1"
    assert (told["saved"]["files"], told["saved"]["where"]) == ("1", str(here.folder / "out"))
    assert told["assigned"]["to"] == told["passed_on"]["to"] == here.bram.key
    assert anna.ok("log", case.id, "--verify") == {"holds": True, "cases": 1, "lines": len(once), "faults": []}


def test_the_log_holds_nothing_that_the_reporter_wrote(here: World) -> None:
    case = begun(here)
    here.anna.ok("read", case.id)
    here.anna.ok("view", case.id, "1")
    here.anna.ok("extract", case.id, "--to", here.folder / "out")
    for form in ("json", "txt"):
        here.anna.ok("log", case.id, "--to", here.folder / f"log.{form}")
        printed = (here.folder / f"log.{form}").read_text()
        assert not any(word in printed for word in ("May", "photo", "seen")), printed


def test_an_act_that_failed_leaves_no_line(here: World) -> None:
    case = begun(here, mandate=Mandate.LISTEN)
    before = acts(here.anna, case)
    here.anna.refused("reseal", case.id, here.folder / "x.tar", "--to", here.bram.key)
    here.anna.refused("state", case.id, "investigating")
    here.anna.refused("note", case.id, "--text-file", here.folder / "nowhere")
    assert acts(here.anna, case) == before


def test_after_a_round_both_members_have_one_log_in_one_order(here: World, days: Days) -> None:
    case = begun(here)
    for name in ("anna", "bram"):
        person = getattr(here, name)
        person.ok("read", case.id)
        person.ok("note", case.id, "--text-file", here.text(f"{name} was here"))
    round_trip(here, case, here.anna, here.bram)
    days.next(here)
    here.bram.ok("read", case.id)
    days.next(here)
    round_trip(here, case, here.anna, here.bram)
    logs = [
        [line["hash"] for line in person.ok("log", case.id)["lines"] if line["note"] is not None]
        for person in (here.anna, here.bram)
    ]
    assert logs[0] == logs[1]
    assert len(logs[0]) == 8, "each: imported, opened, noted; then imported again and, of bram, opened"
    for person in (here.anna, here.bram):
        assert person.ok("log", "--verify")["holds"]


def test_what_was_only_read_does_not_stay_in_one_vault(here: World, days: Days) -> None:
    case = begun(here)
    here.bram.ok("read", case.id)
    first = here.folder / "same-day.tar"
    here.bram.ok("export", first)
    assert here.drop.take(first, case).entries == (), "an item for the log alone on the same day"
    days.next(here)
    report = here.bram.ok("export", here.folder / "next-day.tar")
    assert (report["notes"], report["logs"]) == (0, 1)
    here.drop.take(here.folder / "next-day.tar", case)
    here.anna.ok("import", here.drop.pickup())
    assert acts(here.anna, case) == ["imported"]
    lines = here.anna.ok("log", case.id)["lines"]
    assert [line["act"] for line in lines if line["by"] == here.bram.key] == ["imported", "opened"]
    assert here.bram.ok("export", here.folder / "again.tar")["logs"] == 1, "not confirmed yet: it goes again, as it is"


def test_a_note_of_the_log_alone_stands_in_no_thread_no_count_and_no_import_line(here: World, days: Days) -> None:
    case = begun(here)
    here.anna.ok("read", case.id)
    before = here.anna.ok("cases"), here.anna.ok("read", case.id)
    here.bram.ok("read", case.id)
    days.next(here)
    round_trip(here, case, here.bram)
    assert here.anna.ok("import", here.drop.pickup())["new"] == 0
    assert (here.anna.ok("cases"), here.anna.ok("read", case.id)) == before
    assert acts(here.anna, case).count("imported") == 1
    assert [act["act"] for act in here.anna.ok("work", case.id)["acts"]] == []


def test_a_colleagues_saving_and_printing_is_told_when_the_mandate_narrows(here: World) -> None:
    case = begun(here)
    here.bram.ok("extract", case.id, "--to", here.folder / "stick")
    here.bram.ok("note", case.id, "--text-file", here.text())
    round_trip(here, case, here.bram)
    here.anna.ok("import", here.drop.pickup())
    here.drop.send(case, "Please stop.", mandate=Mandate.LISTEN)
    here.anna.ok("import", here.drop.pickup())
    shown = " ".join(here.anna.run("cases").out.split())
    assert f"1 file saved by bram ({here.bram.key[-8:-4]} {here.bram.key[-4:]}), in the folder" in shown


def test_no_lines_leave_in_a_withdrawn_case(here: World, days: Days) -> None:
    """The drop would take nothing of it in: they wait for the reporter to come back."""
    case = begun(here)
    here.bram.ok("read", case.id)
    here.drop.send(case, "", kind=Kind.WITHDRAWAL)
    here.bram.ok("import", here.drop.pickup())
    days.next(here)
    assert here.bram.ok("export", here.folder / "1.tar")["logs"] == 0
    here.drop.send(case, "", kind=Kind.WITHDRAWAL, undo=True)
    here.bram.ok("import", here.drop.pickup())
    assert here.bram.ok("export", here.folder / "2.tar")["logs"] == 1


# --- bent ---------------------------------------------------------------------------------------------------------


def lines_of(person: Investigator, case: Case) -> tuple[LogLine, ...]:
    found: tuple[LogLine, ...] = inside(person, lambda vault: vault.casebook.log[CaseId(case.id)])
    return found


def test_a_hostile_colleagues_chain_is_an_alarm_with_its_first_bad_line(here: World) -> None:
    case = begun(here)
    here.bram.ok("read", case.id)
    vault = inside(here.bram, lambda vault: vault.casebook.vault)
    account = Account(log=LogPart(vault, lines_of(here.bram, case)[1:], alone=True))
    write_as(here.drop, here.bram, case, Kind.NOTE, text="", account=account)
    here.anna.ok("import", here.drop.pickup())
    seen = " ".join(here.anna.run("cases").out.split())
    who = f"bram ({here.bram.key[-8:-4]} {here.bram.key[-4:]})"
    assert f"line 1 of {who}: it is missing." in seen
    refused = here.anna.run("log", case.id, "--verify", "--json")
    assert refused.code == 1
    assert refused.err.splitlines()[-2:][0] == "error: A log does not hold."
    (fault,) = refused.json["faults"]
    assert (fault["case"], fault["by"], fault["n"], fault["why"]) == (case.id, here.bram.key, 1, "missing")
    here.anna.ok("log", case.id, "--because", "We wiped a stick that day.")
    assert "ALARM" not in here.anna.run("cases").out
    assert here.anna.ok("log", "--verify")["faults"][0]["because"] == "We wiped a stick that day."


def test_a_note_that_hides_a_text_behind_its_log_is_quarantined(here: World) -> None:
    case = begun(here)
    vault = inside(here.bram, lambda vault: vault.casebook.vault)
    account = Account(log=LogPart(vault, lines_of(here.bram, case), alone=True))
    held = write_as(here.drop, here.bram, case, Kind.NOTE, text="nobody should see this", account=account)
    assert held.item in here.anna.ok("import", here.drop.pickup())["quarantined"]


def test_an_older_copy_of_a_vault_is_told_by_what_left_from_it(here: World) -> None:
    case = begun(here)
    copy = here.folder / "copy"
    shutil.copytree(here.anna.vault, copy)
    here.anna.ok("read", case.id)
    here.anna.ok("note", case.id, "--text-file", here.text())
    round_trip(here, case, here.anna)
    whole = lines_of(here.anna, case)
    shutil.rmtree(here.anna.vault)
    shutil.copytree(copy, here.anna.vault)
    here.anna.ok("import", here.drop.pickup())
    assert "Answer bundle 1 left from this vault" in " ".join(here.anna.run("cases").out.split())
    assert lines_of(here.anna, case)[:3] == whole[:3], "lines that left were lost"
    here.anna.ok("log", "--because", "The disk died; this is the backup.")
    assert "ALARM" not in here.anna.run("cases").out


def test_two_histories_of_one_vault_are_an_alarm_at_its_colleague(here: World) -> None:
    case = begun(here)
    copy = here.folder / "copy"
    shutil.copytree(here.anna.vault, copy)
    here.anna.ok("extract", case.id, "--to", here.folder / "stick")
    here.anna.ok("note", case.id, "--text-file", here.text())
    round_trip(here, case, here.anna)
    shutil.rmtree(here.anna.vault)
    shutil.copytree(copy, here.anna.vault)
    here.anna.ok("note", case.id, "--text-file", here.text("as if nothing had been saved"))
    round_trip(here, case, here.anna)
    here.bram.ok("import", here.drop.pickup())
    assert here.bram.run("log", case.id, "--verify").code == 1
    assert "there are two of this number" in " ".join(here.bram.run("cases").out.split())
    assert here.anna.run("log", case.id, "--verify").code == 1


# --- on paper -----------------------------------------------------------------------------------------------------


def test_a_printed_log_cannot_differ_from_its_hashes(here: World) -> None:
    case = begun(here)
    here.anna.ok("read", case.id)
    here.anna.ok("log", case.id, "--to", here.folder / "log.txt")
    printed = (here.folder / "log.txt").read_text()
    flat = printed.replace("\n", "")
    assert "Who: you" not in printed, "paper does not know who reads it"
    assert here.anna.key[-4:] in printed
    lines = here.anna.ok("log", case.id)["lines"]
    vault = inside(here.anna, lambda vault: vault.casebook.vault)
    before = line_hash(CaseId(case.id), vault, None)
    for line in lines:
        hashed = {"format": "onion-dropbox log 1", "case": case.id, "vault": vault}
        hashed |= {name: line[name] for name in ("n", "previous", "day", "by", "act", "mandate", "known", "digest")}
        text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
        assert sha256(text.encode() + b"\n").hexdigest() == line["hash"]
        assert line["previous"] == before
        assert line["hash"] in flat
        details = json.dumps(line["details"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert sha256(details.encode() + b"\n").hexdigest() == line["digest"]
        before = line["hash"]
    assert lines[-1]["act"] == "saved", "that it was printed is in it"


def test_a_log_overwrites_no_file_and_takes_no_strange_name(here: World) -> None:
    case = begun(here)
    for name in ("log.pdf", "log.txt", "log.json"):
        here.anna.ok("log", case.id, "--to", here.folder / name)
        here.anna.refused("log", case.id, "--to", here.folder / name)
    assert (here.folder / "log.pdf").read_bytes().startswith(b"%PDF-")
    before = acts(here.anna, case)
    refused = here.anna.refused("log", case.id, "--to", here.folder / "x.exe")
    assert "cannot be written to a file of this name" in refused
    here.anna.refused("log", case.id, "--to", Path("/nowhere/log.txt"))
    assert acts(here.anna, case) == before


def test_without_a_case_every_log_is_listed(here: World) -> None:
    case = begun(here)
    (listed,) = here.anna.ok("log")["cases"]
    assert (listed["case"], listed["lines"], listed["members"]) == (case.id, 1, [here.anna.key])
    assert case.id[:8] in here.anna.run("log").out


def test_log_notes_are_passed_on_with_their_case(here: World, days: Days) -> None:
    case = begun(here)
    here.bram.ok("read", case.id)
    days.next(here)
    round_trip(here, case, here.bram, here.anna)

    def kinds(vault: Vault) -> list[bool]:
        notes = [r for r in vault.casebook.items.values() if r.kind is SealedKind.NOTE and r.state is State.VERIFIED]
        return [note.detail is not None and note.detail.is_log_only for note in notes]

    assert inside(here.anna, kinds) == [True]
    assert here.anna.ok("reseal", case.id, here.folder / "on.tar", "--to", here.bram.key)["items"] == 2
    assert "passed_on" in acts(here.anna, case)
