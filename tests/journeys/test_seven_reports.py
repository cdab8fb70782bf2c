"""Seven reports, accounted for from the import to the figures: what may be told is told, and nothing else.

One story is played once with the real server, real gpg and the real commands; each test looks at one promise of it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dropbox.models import today
from tests.desk_page import text_of
from tests.factories_bundles import Investigator
from tests.journeys.seven import (
    ABOUT_HIM,
    ALIAS,
    PHONE,
    READERS,
    REPORTS,
    SPELLINGS,
    Seven,
    diary,
    in_question,
    seven_reports,
)
from tests.journeys.world import Person
from tests.packs import everything_in, letters_of, unsealed

YEAR = str(today().year)

Options = tuple[str | Path, ...]


@dataclass
class Account:
    """What the story left behind, for the tests to look at."""

    seven: Seven
    refused: dict[str, str] = field(default_factory=dict)
    plans: dict[str, Path] = field(default_factory=dict)
    together: dict[str, Any] = field(default_factory=dict)
    packs: dict[str, Any] = field(default_factory=dict)
    question: str = ""
    register: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Account]:
    with seven_reports(tmp_path_factory.mktemp("seven"), people) as seven:
        told = Account(seven)
        work_on_all(seven)
        mark_and_link(told)
        show_to_others(told)
        show_with_leave(told)
        seven.exchange("anna", "bob")
        account_for_the_year(told)
        yield told


def work_on_all(seven: Seven) -> None:
    """Have anna answer everybody and say what each case is; one reporter takes it all back meanwhile."""
    for name, report in REPORTS.items():
        case = seven.cases[name]
        seven.anna.ok("reply", case, "--text-file", seven.text("Thank you. We have read it."))
        outcome = ("--outcome", report.outcome) if report.outcome else ()
        seven.anna.ok("classify", case, "--subject", report.subject, *outcome)
        if report.outcome:
            seven.anna.ok("state", case, "closed")
    seven.exchange("anna", "bob")
    seven.says("regretted", {"withdraw": "withdraw"})
    seven.fetch("anna", "bob")


def mark_and_link(told: Account) -> None:
    """Have two members mark whom the cases are about, each some of them, and let their vaults meet."""
    seven = told.seven
    for name in ABOUT_HIM:
        report = REPORTS[name]
        member = seven.bob if name == "promised" else seven.anna
        marked = f"{report.person}; {report.alias}" if report.alias else report.person
        member.ok("about", seven.cases[name], "--person", marked)
    seven.anna.ok("about", seven.cases["counted"], "--person", "Piet Bakker", "--place", "club")
    seven.exchange("anna", "bob")
    seven.exchange("anna", "bob")
    for name in REPORTS:
        told.together[name] = seven.anna.ok("together", seven.cases[name])


def show_to_others(told: Account) -> None:
    """Have anna make a pack of the case that may be investigated, and try the same with those that may not."""
    seven = told.seven
    for name in ("shouted", "promised", "quiet", "regretted"):
        case, plan, folder = seven.cases[name], seven.path("plan.json"), seven.path(f"pack-{name}")
        more = ["--file", "1-1=redrawn", "--leave-out", PHONE] if name == "shouted" else []
        persons = ["--name", f"{REPORTS['shouted'].person};{ALIAS};Van den Berg", "--name", "Anna Smit"]
        names = persons if name == "shouted" else ["--name", REPORTS["promised"].person]
        seven.anna.ok("disclose", case, "--new", plan, "--item", "1", *names, *more, *seven.reader_options())
        make: Options = (case, "--plan", plan, *seven.key_files(), "--to", folder)
        if name == "shouted":
            told.packs[name] = seven.anna.ok("disclose", *make)
        else:
            told.refused[name] = seven.anna.refused("disclose", *make)
            assert not folder.exists()
        told.plans[name] = plan


def show_with_leave(told: Account) -> None:
    """Have anna ask the reporter of a case that may only be advised on, and make the pack when they said yes."""
    seven = told.seven
    case, plan = seven.cases["promised"], told.plans["promised"]
    seven.anna.ok("disclose", case, "--plan", plan, *seven.key_files(), "--ask")
    seven.exchange("anna", "bob")
    page = seven.comes_back("promised")
    told.question = text_of(page.text)
    seven.says("promised", {in_question(page): "yes"})
    seven.exchange("anna", "bob")
    make: Options = (case, "--plan", plan, *seven.key_files(), "--to")
    told.packs["promised"] = seven.anna.ok("disclose", *make, seven.path("pack-promised"))
    told.refused["again"] = seven.anna.refused("disclose", *make, seven.path("pack-again"))


def account_for_the_year(told: Account) -> None:
    for name in ("anna", "bob"):
        told.register[name] = told.seven.vaults[name].ok("register", "--year", YEAR)


# --- what came in -------------------------------------------------------------------------------------------------


def test_both_members_hold_the_same_seven_cases_and_the_bureau_none(account: Account) -> None:
    seven = account.seven
    held = {row["case"]: row["mandate"] for row in seven.anna.ok("cases")}
    assert held == {seven.cases[name]: report.mandate for name, report in REPORTS.items()}
    assert {row["case"] for row in seven.bob.ok("cases")} == set(held)
    assert seven.carla.ok("cases") == []


def test_every_thread_reads_the_same_in_both_vaults(account: Account) -> None:
    for case in account.seven.cases.values():
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
    seven = account.seven
    feared = account.together["feared"]
    assert feared["another"]
    assert feared["links"] == []
    whole = str([account.together[name] for name in REPORTS if name != "feared"]) + str(seven.anna.ok("together"))
    assert seven.cases["feared"] not in whole
    assert REPORTS["feared"].person not in whole


def test_of_what_was_withdrawn_nothing_is_told(account: Account) -> None:
    assert account.together["regretted"]["shut"]
    assert account.together["regretted"]["links"] == []


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
    assert text.count(f"[{letter}]") + len(re.findall(rf"\b{letter}\b", text)) >= 3


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
    assert "The council" in account.question
    for name, reader in account.seven.readers.items():
        assert name in account.question
        assert reader.fingerprint[-4:] in account.question


# --- the register -------------------------------------------------------------------------------------------------


def test_the_register_has_seven_lines_and_is_the_same_in_both_vaults(account: Account) -> None:
    one, other = account.register["anna"], account.register["bob"]
    assert one == other
    assert [entry["number"] for entry in one["entries"]] == [f"{YEAR}-{n:03}" for n in range(1, 8)]
    assert sorted(entry["mandate"] for entry in one["entries"]) == sorted(r.mandate for r in REPORTS.values())
    assert sum(1 for entry in one["entries"] if entry["withdrawn"]) == 1
    told = str(one)
    assert not any(case[:8] in told for case in account.seven.cases.values())
    assert not any(spelling in told for spelling in SPELLINGS)
