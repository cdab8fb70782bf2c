"""What the account is measured on is the same vault each time, and every work that is measured does something there."""

from dropbox.models import today
from dropbox.workstation import marks
from dropbox.workstation.register import register_of
from dropbox.workstation.together import index_of, overview
from scripts.bench_account import AIMS, DENSE_CASES, DENSE_SPELLINGS, LINKING, figures, filled
from tests.casebooks import DAY

FEW = 300


def test_the_vault_is_the_same_in_every_run() -> None:
    one, other = filled(FEW), filled(FEW)
    assert marks.of_all(one) == marks.of_all(other)
    assert register_of(one, DAY.year, today()) == register_of(other, DAY.year, today())


def test_no_work_is_measured_on_a_vault_that_has_nothing_for_it() -> None:
    book = filled(FEW)
    assert len(marks.of_all(book)) == FEW
    groups = overview(book, index_of(marks.of_all(book))).groups
    assert len(groups) > FEW // 10
    entries = register_of(book, DAY.year, today()).entries
    assert len(entries) == FEW
    assert len({entry.subject for entry in entries}) > 5
    assert any(entry.closed for entry in entries)


def test_each_work_is_held_against_its_aim_and_its_growth() -> None:
    told = [each.what for each in figures(FEW, 1)]
    rows = [f"cases: {what}" for what in AIMS] + [f"dense cases: {what}" for what in LINKING]
    assert told == [f"{FEW} {row}{more}" for row in rows for more in ("", ", growth")]


def test_a_dense_vault_names_one_man_in_a_quarter_of_its_cases_and_in_three_spellings() -> None:
    held = marks.of_all(filled(FEW, dense=True)).values()
    written = [mark.name for each in held for mark in each if mark.name in DENSE_SPELLINGS]
    assert set(written) == set(DENSE_SPELLINGS)
    assert len(written) == FEW // DENSE_CASES
