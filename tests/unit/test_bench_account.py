"""What the account is measured on is the same vault each time, and every work that is measured does something there."""

from dropbox.models import today
from dropbox.workstation import marks
from dropbox.workstation.register import register_of
from dropbox.workstation.together import index_of, overview
from scripts.bench_account import AIMS, figures, filled
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
    assert told == [f"{FEW} cases: {what}{more}" for what in AIMS for more in ("", ", growth")]
