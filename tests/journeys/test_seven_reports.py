"""Seven reports, accounted for from the import to the figures: what may be told is told, and nothing else.

One story is played once with the real server, real gpg and the real commands; each test looks at one promise of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from dropbox.models import today
from tests.journeys.seven import ABOUT_HIM, REPORTS, SPELLINGS, Seven, seven_reports
from tests.journeys.world import Person

YEAR = str(today().year)


@dataclass
class Account:
    """What the story left behind, for the tests to look at."""

    seven: Seven
    refused: dict[str, str] = field(default_factory=dict)
    together: dict[str, Any] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory, people: dict[str, Person]) -> Iterator[Account]:
    with seven_reports(tmp_path_factory.mktemp("seven"), people) as seven:
        told = Account(seven)
        work_on_all(seven)
        mark_and_link(told)
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
