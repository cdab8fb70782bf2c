"""Seven reports, accounted for from the import to the figures: what may be told is told, and nothing else.

One story is played once with the real server, real gpg and the real commands; each test looks at one promise of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dropbox.envelope.account import LogAct
from dropbox.models import CaseId
from dropbox.workstation.vault import open_vault
from tests.factories import run_gpg
from tests.factories_bundles import Investigator
from tests.journeys.seven import BUREAU, PHONE, READERS, REPORTS, SPELLINGS, Seven, diary, seven_reports
from tests.journeys.seven_account import YEAR, Account, play
from tests.journeys.world import Person
from tests.packs import everything_in, letters_of, unsealed


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Account]:
    with seven_reports(tmp_path_factory.mktemp("seven"), people) as seven:
        yield play(seven)


# --- what came in -------------------------------------------------------------------------------------------------


def test_both_members_hold_the_same_seven_cases_and_the_bureau_the_one_that_it_was_given(account: Account) -> None:
    seven = account.seven
    held = {row["case"]: row["mandate"] for row in seven.anna.ok("cases")}
    assert held == {seven.cases[name]: report.mandate for name, report in REPORTS.items()}
    assert {row["case"] for row in seven.bob.ok("cases")} == set(held)
    assert {row["case"] for row in seven.carla.ok("cases")} == {seven.cases["threatened"]}


def test_every_thread_reads_the_same_in_both_vaults(account: Account) -> None:
    for case in set(account.seven.cases.values()) - {account.seven.cases["threatened"]}:
        assert account.seven.anna.ok("read", case) == account.seven.bob.ok("read", case)
        assert account.seven.anna.ok("about", case) == account.seven.bob.ok("about", case)


# --- what belongs together ----------------------------------------------------------------------------------------


def test_no_spelling_of_his_name_hides_a_case_that_may_be_seen_beside_another(account: Account) -> None:
    assert len(set(SPELLINGS)) == 5
    cases = account.seven.cases
    seen = {name: {each["case"] for each in account.together[name]["links"]} for name in REPORTS}
    assert seen["shouted"] == {cases["threatened"], cases["promised"]}
    assert cases["shouted"] in seen["threatened"]
    assert cases["shouted"] in seen["promised"]
    assert seen["counted"] == seen["quiet"] == set()


def test_who_only_wants_to_be_heard_is_shown_nowhere_else_by_name(account: Account) -> None:
    feared = account.together["feared"]
    assert feared["another"]
    assert feared["links"] == []
    whole = str([told for name, told in account.together.items() if name != "feared"])
    assert account.seven.cases["feared"] not in whole
    assert REPORTS["feared"].person not in whole


def test_of_what_was_withdrawn_nothing_is_told(account: Account) -> None:
    assert account.together["regretted"]["shut"]
    assert account.together["regretted"]["links"] == []


def test_two_reporters_who_agreed_are_joined_and_no_third(account: Account) -> None:
    cases = account.seven.cases
    told = {name: {link["case"] for link in account.joined[name]["links"] if link["joined"]} for name in account.joined}
    assert told == {"shouted": {cases["feared"]}, "feared": {cases["shouted"]}}


def test_the_question_to_be_joined_tells_nobody_of_another_report(account: Account) -> None:
    for name in ("shouted", "feared"):
        assert not any(spelling in account.questions[name] for spelling in SPELLINGS)


def test_the_server_learned_no_name(account: Account) -> None:
    kept = [path for path in (account.seven.world.root / "data").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        data = path.read_bytes()
        for spelling in SPELLINGS:
            assert spelling.encode() not in data, path


# --- what is shown to others --------------------------------------------------------------------------------------


def folder_of(account: Account, name: str) -> dict[str, bytes]:
    return everything_in(Path(account.packs[name]["folder"]))


def open_part(account: Account, name: str) -> dict[str, bytes]:
    return {path: data for path, data in folder_of(account, name).items() if path != "annex.pgp"}


def secrets_in(data: bytes, secrets: Sequence[str]) -> list[str]:
    """Return which of these stand in a file, as it is or as a reader of PDF finds it."""
    texts = [data.decode("utf-8", "replace")]
    if data.startswith(b"%PDF"):
        done = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True)
        texts.append(done.stdout.decode())
    held = " ".join(" ".join(texts).split()).casefold()
    return [each for each in secrets if each.casefold() in held]


def test_no_name_and_no_number_is_in_any_file_of_the_open_part(account: Account) -> None:
    secrets = ("Berg", "Johannes", "Smit", "Jan van", PHONE, "12345678", "Vandenberg")
    for name in ("shouted", "promised"):
        files = open_part(account, name)
        assert {"open/open.txt", "open/open.pdf", "cover.txt"} <= set(files)
        for path, data in files.items():
            assert secrets_in(data, secrets) == [], (name, path)
            assert not any(each.casefold() in path.casefold() for each in secrets)
    assert secrets_in(diary(), secrets) == ["Berg", "Smit", "Jan van"]


def test_one_person_is_one_letter_in_the_whole_open_part(account: Account) -> None:
    files = folder_of(account, "shouted")
    annex = unsealed(reader_of(account, "dirk"), Path(account.packs["shouted"]["folder"]) / "annex.pgp")
    letter = {name: each for each, name in letters_of(annex).items()}[REPORTS["shouted"].person]
    text = files["open/open.txt"].decode()
    assert f"{letter} shouted at" in text
    assert f"On the list he is {letter}" in text


def reader_of(account: Account, name: str) -> Investigator:
    reader = account.seven.readers[name]
    return Investigator(name, reader.home, reader.fingerprint, Path())


def test_its_two_readers_open_the_annex_and_nobody_else_does(account: Account) -> None:
    for pack in ("shouted", "promised"):
        annex = Path(account.packs[pack]["folder"]) / "annex.pgp"
        for name in READERS:
            held = unsealed(reader_of(account, name), annex)
            assert REPORTS[pack].person.encode() in held["letters.txt"]
            assert REPORTS[pack].text.encode() in held["texts/1.txt"]
        for member in account.seven.world.members.values():
            assert member.unseal(annex) is None, member.name


def test_the_annex_has_the_file_as_it_came(account: Account) -> None:
    held = unsealed(reader_of(account, "cora"), Path(account.packs["shouted"]["folder"]) / "annex.pgp")
    assert diary() in held.values()


def test_no_pack_is_made_that_the_reporter_has_not_allowed(account: Account) -> None:
    assert "has not agreed" in account.refused["promised"]
    assert "has not agreed" in account.refused["quiet"]
    assert account.refused["regretted"]


def test_who_agreed_to_one_pack_agreed_to_it_once(account: Account) -> None:
    assert account.packs["promised"]["consent"]
    assert account.refused["again"]


def test_the_question_names_who_would_read_it_and_their_keys(account: Account) -> None:
    assert "The council" in account.questions["promised"]
    for name, reader in account.seven.readers.items():
        assert name in account.questions["promised"]
        assert reader.fingerprint[-4:] in account.questions["promised"]


# --- what is handed over ------------------------------------------------------------------------------------------


def test_the_bureau_reads_the_whole_thread_and_goes_on_with_it(account: Account) -> None:
    seven = account.seven
    (held,) = seven.carla.ok("cases")
    assert held["case"] == seven.cases["threatened"]
    kinds = [item["kind"] for item in seven.carla.ok("read", held["case"])["items"]]
    assert kinds[0] == "report"
    assert kinds.count("reply") == 3
    texts = [item["text"] for item in seven.carla.ok("read", held["case"])["items"]]
    assert REPORTS["threatened"].text in texts
    page = seven.comes_back("threatened")
    assert "We are the bureau. We go on from here." in page.text


def test_the_old_desk_opens_and_answers_it_no_more(account: Account) -> None:
    seven, case = account.seven, account.seven.cases["threatened"]
    for member in (seven.anna, seven.bob):
        assert member.refused("read", case)
        assert member.refused("reply", case, "--text-file", seven.text("One thing more."))
        assert member.refused("extract", case, "--to", seven.path("files"))
        assert member.refused("reseal", case, "--to", seven.carla.key, seven.path("reseal.tar"))


def test_what_comes_after_is_sealed_to_the_bureau_alone(account: Account) -> None:
    seven, case = account.seven, account.seven.cases["threatened"]
    before = {name: sealed_items(seven, name) for name in ("anna", "bob", "carla")}
    seven.says("threatened", {"message": "Thank you for going on."})
    seven.fetch("anna", "bob", "carla")
    fresh = {name: sealed_items(seven, name) - held for name, held in before.items()}
    assert fresh["anna"] == fresh["bob"] == set()
    (new,) = fresh["carla"]
    assert seven.carla.ok("read", case)["items"][-1]["text"] == "Thank you for going on."
    path = seven.world.root / "vault-carla" / "items" / new
    assert [name for name, member in seven.world.members.items() if member.unseal(path)] == ["carla"]


def sealed_items(seven: Seven, name: str) -> set[str]:
    return {path.name for path in (seven.world.root / f"vault-{name}" / "items").iterdir()}


# --- the log ------------------------------------------------------------------------------------------------------


def acts_in(member: Investigator, case: str) -> list[tuple[str, str]]:
    return [(line["by"], line["act"]) for line in member.ok("log", case)["lines"]]


def test_each_member_finds_in_the_log_what_the_other_did(account: Account) -> None:
    anna, bob = account.seven.anna, account.seven.bob
    seen = acts_in(bob, account.seven.cases["shouted"])
    assert {act for by, act in seen if by == anna.key} >= {"replied", "classified", "marked", "disclosed"}
    promised = acts_in(anna, account.seven.cases["promised"])
    assert (bob.key, "marked") in promised
    assert {act for by, act in promised if by == anna.key} >= {"asked", "disclosed"}


def test_no_line_of_a_log_says_what_a_reporter_wrote(account: Account) -> None:
    for name, case in account.seven.cases.items():
        told = str(account.seven.anna.ok("log", case))
        words = [*SPELLINGS, PHONE, "Anna Smit", *re.findall(r"\w{7,}", REPORTS[name].text)]
        assert [word for word in words if word in told] == [], name


def test_every_line_names_the_mandate_that_held(account: Account) -> None:
    for name, case in account.seven.cases.items():
        lines = account.seven.anna.ok("log", case)["lines"]
        held = {line["mandate"] for line in lines}
        assert held <= {REPORTS[name].mandate, *([None] if name == "regretted" else [])}
        assert lines


def test_every_log_holds_in_every_vault(account: Account) -> None:
    for member in account.seven.vaults.values():
        told = member.ok("log", "--verify")
        assert told["holds"], told["faults"]
        assert told["lines"] > 0


def test_the_log_for_a_court_can_be_checked_line_by_line(account: Account) -> None:
    seven, case = account.seven, account.seven.cases["shouted"]
    for ending in ("json", "txt", "pdf"):
        target = seven.path(f"log.{ending}")
        seven.anna.ok("log", case, "--to", target)
        assert target.stat().st_size > 1000
    lines = seven.anna.ok("log", case)["lines"]
    for vault in {line["vault"] for line in lines}:
        chain = sorted((line for line in lines if line["vault"] == vault), key=lambda line: int(line["n"]))
        assert [line["n"] for line in chain] == list(range(1, len(chain) + 1))
        assert [line["previous"] for line in chain[1:]] == [line["hash"] for line in chain[:-1]]


def test_a_line_that_was_changed_is_named_and_the_command_fails(account: Account) -> None:
    seven, case = account.seven, CaseId(account.seven.cases["shouted"])
    copy = replace(seven.anna, vault=seven.path("vault-copy"))
    shutil.copytree(seven.anna.vault, copy.vault)
    with mock.patch.dict(os.environ, {"GNUPGHOME": str(copy.home)}), open_vault(copy.vault) as vault:
        first, *others = vault.casebook.log[case]
        vault.casebook.log[case] = (replace(first, act=LogAct.NOTED), *others)
        vault.save()
    done = copy.run("log", case, "--verify", "--json")
    assert done.code == 1
    (fault, *_) = done.json["faults"]
    assert (fault["case"], fault["n"]) == (case, 1)


# --- the figures --------------------------------------------------------------------------------------------------


def published(account: Account, name: str = "anna") -> dict[str, Any]:
    (data,) = [data for path, data in account.figures[name].items() if path.endswith(".json")]
    document: dict[str, Any] = json.loads(data)
    return document


def test_both_members_publish_the_same_figures(account: Account) -> None:
    assert published(account, "anna") == published(account, "bob")
    assert published(account)["total"] == len(REPORTS)


def test_no_count_below_five_is_published_and_none_is_left_alone_to_be_worked_out(account: Account) -> None:
    told = published(account)
    for table in told["tables"]:
        rows = table["counts"] if len(table["axes"]) == 2 else [table["counts"]]
        assert all(count is None or count >= 5 for row in rows for count in row), table["axes"]
        if len(table["axes"]) == 1:
            assert table["counts"].count(None) != 1, table["axes"]


def test_the_figures_are_signed_and_name_nobody(account: Account) -> None:
    seven = account.seven
    for name in ("anna", "bob"):
        member, files = seven.vaults[name], account.figures[name]
        (path,) = [path for path in files if path.endswith(".json")]
        (seven.world.root / "figures.asc").write_bytes(files[f"{path}.asc"])
        (seven.world.root / "figures.json").write_bytes(files[path])
        run_gpg(member.home, "--verify", *(str(seven.world.root / f"figures.{kind}") for kind in ("asc", "json")))
        for path, data in files.items():
            assert secrets_in(data, [*SPELLINGS, "Anna Smit", *seven.cases.values()]) == [], path


def test_the_public_account_comes_in_both_languages_and_in_every_form(account: Account) -> None:
    names = {path.split(".", 1)[1] for path in account.figures["anna"] if path.startswith("account-")}
    assert names == {f"{language}.{kind}" for language in ("nl", "en") for kind in ("txt", "html", "pdf")}


# --- the register -------------------------------------------------------------------------------------------------


def test_the_register_has_seven_lines_and_is_the_same_in_both_vaults(account: Account) -> None:
    one, other = account.register["anna"], account.register["bob"]
    assert one == other
    assert [entry["number"] for entry in one["entries"]] == [f"{YEAR}-{n:03}" for n in range(1, 8)]
    assert sorted(entry["mandate"] for entry in one["entries"]) == sorted(r.mandate for r in REPORTS.values())
    assert sum(1 for entry in one["entries"] if entry["withdrawn"]) == 1
    assert [entry["handed_over"] for entry in one["entries"] if entry["handed_over"]] == [BUREAU]
    told = str(one)
    assert not any(case[:8] in told for case in account.seven.cases.values())
    assert not any(spelling in told for spelling in SPELLINGS)
