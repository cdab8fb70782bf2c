"""How the seven reports are accounted for, step after step, by the commands alone; what it left behind is looked at in
test_seven_reports.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dropbox.models import today
from tests.desk_page import text_of
from tests.journeys.seven import ABOUT_HIM, ALIAS, BUREAU, PHONE, REPORTS, Seven, in_question
from tests.packs import everything_in

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
    questions: dict[str, str] = field(default_factory=dict)
    joined: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, dict[str, bytes]] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=dict)


def play(seven: Seven) -> Account:
    """Take all seven from the import to the year's account."""
    told = Account(seven)
    work_on_all(seven)
    mark_and_link(told)
    show_to_others(told)
    ask_and_answer(told)
    show_with_leave(told)
    hand_over(told)
    seven.exchange("anna", "bob")
    account_for_the_year(told)
    return told


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
    told.together["all"] = seven.anna.ok("together")


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


def ask_and_answer(told: Account) -> None:
    """Have anna ask four reporters what only they can allow; each comes back, sees the question and says yes."""
    seven = told.seven
    case, plan = seven.cases["promised"], told.plans["promised"]
    seven.anna.ok("disclose", case, "--plan", plan, *seven.key_files(), "--ask")
    seven.anna.ok("handover", seven.cases["threatened"], "--to", BUREAU, "--ask")
    for name in ("shouted", "feared"):
        seven.anna.ok("join", seven.cases[name])
    seven.exchange("anna", "bob")
    for name in ("promised", "threatened", "shouted", "feared"):
        page = seven.comes_back(name)
        told.questions[name] = text_of(page.text)
        seven.says(name, {in_question(page): "yes"})
    seven.exchange("anna", "bob")
    for name in ("shouted", "feared"):
        told.joined[name] = seven.anna.ok("together", seven.cases[name])


def show_with_leave(told: Account) -> None:
    """Have anna make the pack that a reporter agreed to who else allows advice only; and try to make it twice."""
    seven = told.seven
    make: Options = (seven.cases["promised"], "--plan", told.plans["promised"], *seven.key_files(), "--to")
    told.packs["promised"] = seven.anna.ok("disclose", *make, seven.path("pack-promised"))
    told.refused["again"] = seven.anna.refused("disclose", *make, seven.path("pack-again"))


def hand_over(told: Account) -> None:
    """Carry the case that its reporter let go to the bureau, which goes on with it in the committee's place."""
    seven, case = told.seven, told.seven.cases["threatened"]
    carried = seven.path("handover.tar")
    seven.anna.ok("handover", case, carried)
    seven.fetch("carla")
    seven.carla.ok("import", carried)
    seven.carla.ok("reply", case, "--text-file", seven.text("We are the bureau. We go on from here."))
    seven.exchange("anna", "carla")
    seven.exchange("bob")


def account_for_the_year(told: Account) -> None:
    for name in ("anna", "bob"):
        member, folder = told.seven.vaults[name], told.seven.path(f"figures-{name}")
        told.register[name] = member.ok("register", "--year", YEAR)
        member.ok("account", "--year", YEAR, "--to", folder)
        told.figures[name] = everything_in(folder)
