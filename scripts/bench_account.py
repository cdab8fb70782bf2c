"""Measures what accounts for many cases (links between them, figures, register); writes docs/benchmarks-account.md.

Each work runs on all cases and on half of them, in turn: the median of the times is held against the aim, and that of
the ratios tells whether twice the cases take more than twice as long.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from dropbox.envelope import Work, WorkState
from dropbox.envelope.account import Account, Classified, Mark, MarkChange, MarkKind, Outcome, Subject
from dropbox.models import CaseId, Kind, today
from dropbox.workstation import marks
from dropbox.workstation.casebook import Casebook, detail_of
from dropbox.workstation.facts import all_facts
from dropbox.workstation.register import register_of
from dropbox.workstation.statistics import as_json, figures_of
from dropbox.workstation.together import index_of, links_of, overview
from scripts.bench_figures import Figure, machine, notes_in, pairs_of, rows
from scripts.bench_figures import Work as Measured
from tests.casebooks import DAY, casebook, many, writing

TARGET = Path(__file__).resolve().parent.parent / "docs" / "benchmarks-account.md"
CASES = 10_000
SEED = 7
PERSONS_A_CASE = 0.6
"""With two of them marked in each case, a person is named in three or four cases."""
CASES_A_SURNAME = 8
PLACES = 200
DENSE_CASES = 4
"""In a dense vault, one in this many cases is about one man, whose name is spelled in each of these ways."""
DENSE_SPELLINGS = ("Jan van den Berg", "J. v.d. Berg", "Berg, Jan van den H.")
_ONSETS = ("b", "br", "d", "dr", "g", "h", "k", "kl", "l", "m", "p", "r", "s", "st", "t", "v", "w", "z")
_VOWELS = ("a", "aa", "e", "ee", "i", "ie", "ij", "o", "oe", "oo", "u", "ui")
_ENDS = ("k", "l", "ma", "man", "mans", "n", "ng", "r", "rs", "s", "sen", "stra", "t", "ts")
_BETWEEN = ("", "", "", "de ", "van ", "van den ", "van der ", "v.d. ")


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench --account")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--no-write", action="store_true", help="print the table only")
    options = parser.parse_args()
    table = f"""# Benchmarks of the account

Made by `scripts/bench --account` on {datetime.now(UTC).date().isoformat()} ({machine()}).
A vault of {options.cases} cases over 200 days, two persons, a place and a date marked in each, every second one
classified and closed; in a dense one, a quarter of the cases name one man in three spellings. Each work ran on all of
them and on half of them, in turn, after one warm-up; {options.rounds} rounds, medians. Growth is the
time for all over the time for half: 2 is twice as long for twice the cases.

| what | median | spread | aim | met |
|---|---|---|---|---|
{rows(figures(options.cases, options.rounds))}
"""
    print(table)
    if not options.no_write:
        TARGET.write_text(table + notes_in(TARGET), encoding="utf-8")
    return 0


@dataclass(frozen=True)
class Aim:
    """What one work may take, for all cases and beside half of them; on: what makes it of a casebook."""

    seconds: float
    growth: float
    on: Callable[[Casebook], Measured]


def figures(cases: int, rounds: int) -> list[Figure]:
    found: list[Figure] = []
    for kind, dense, aims in (("cases", False, AIMS), ("dense cases", True, LINKING)):
        whole, half = (filled(count, dense=dense) for count in (cases, cases // 2))
        for what, aim in aims.items():
            found += _measured(f"{cases} {kind}: {what}", aim, whole, half, rounds)
    return found


def _measured(what: str, aim: Aim, whole: Casebook, half: Casebook, rounds: int) -> list[Figure]:
    pairs = pairs_of(rounds, aim.on(whole), aim.on(half))
    times, growths = [pair[0] for pair in pairs], [all_of / part for all_of, part in pairs]
    middle, growth = statistics.median(times), statistics.median(growths)
    spread = f"{min(times):.2f} to {max(times):.2f}"
    return [
        Figure(what, f"{middle:.2f} s", f"< {aim.seconds:g} s", middle < aim.seconds, spread),
        Figure(
            f"{what}, growth",
            f"{growth:.2f}",
            f"< {aim.growth:g}",
            growth < aim.growth,
            f"{min(growths):.2f} to {max(growths):.2f}",
        ),
    ]


# --- what is measured ---------------------------------------------------------------------------------------------


def _linking(book: Casebook) -> Measured:
    """From the marks in the casebook to every pair that may be shown: nothing is kept from one round to the next."""
    return lambda: overview(book, index_of(marks.of_all(book)))


def _one_case(book: Casebook) -> Measured:
    """The case whose names most others have, of those that show any: nothing is known of what reporters allow."""
    index = index_of(marks.of_all(book))
    by_others = sorted(book.cases, key=lambda case: -sum(len(index.names[name]) for name in index.names_of(case)))
    case = next(each for each in by_others if links_of(book, index, each).links)
    return lambda: links_of(book, index, case)


def _facts(book: Casebook) -> Measured:
    return lambda: all_facts(book)


def _figures(book: Casebook) -> Measured:
    """From the casebook to what is published: counted, withheld what must be, and laid out."""
    return lambda: as_json(figures_of(book, DAY.year, today()))


def _register(book: Casebook) -> Measured:
    return lambda: register_of(book, DAY.year, today())


LINKING: Mapping[str, Aim] = {
    "what belongs together, all of it": Aim(5, 3, _linking),
    "what belongs to one case": Aim(0.1, 3, _one_case),
}
AIMS: Mapping[str, Aim] = {
    **LINKING,
    "the facts of every case": Aim(2, 3, _facts),
    "the figures of a year": Aim(2, 3, _figures),
    "the register of a year": Aim(2, 3, _register),
}


# --- a vault of many cases ----------------------------------------------------------------------------------------


def filled(cases: int, *, dense: bool = False) -> Casebook:
    """Return a casebook of that many cases, always the same, of which many are about somebody whom others name too."""
    book = many(casebook(), cases)
    pick = random.Random(SEED)  # nosec B311 -- made-up cases, the same in each run
    surnames = [_surname(pick) for _ in range(cases // CASES_A_SURNAME + 1)]
    persons = [_person(pick, surnames) for _ in range(int(cases * PERSONS_A_CASE) + 1)]
    outcomes = [each for each in Outcome if each not in (Outcome.WITHDRAWN, Outcome.HANDED_OVER)]
    for number, case in enumerate(list(book.cases)[1:]):
        days = number % 200 + 7
        named = [_spelled(pick, pick.choice(persons)) for _ in range(2)]
        if dense and number % DENSE_CASES == 0:
            named[0] = DENSE_SPELLINGS[number // DENSE_CASES % len(DENSE_SPELLINGS)]
        _note(book, case, days, Account(marks=_marks(number, named, pick)))
        if number % 2:
            said = Classified(pick.choice(list(Subject)), pick.choice(outcomes))
            _note(book, case, days + 1, Account(classified=said), Work(state=WorkState.CLOSED))
    return book


def _note(book: Casebook, case: CaseId, days: int, account: Account, work: Work | None = None) -> None:
    note = writing(book, Kind.NOTE, case=case, days=days, read=True)
    book.update(note.item, detail=replace(detail_of(note), account=account, work=work))


def _marks(number: int, persons: list[str], pick: random.Random) -> MarkChange:
    day = date(2026, 1 + pick.randrange(12), 1 + pick.randrange(28))
    named = [(MarkKind.PERSON, each) for each in dict.fromkeys(persons)]
    told = [*named, (MarkKind.PLACE, f"room {pick.randrange(PLACES)}"), (MarkKind.DATE, day.isoformat())]
    return MarkChange(tuple(Mark(f"{number:012x}{at:04x}", kind, name) for at, (kind, name) in enumerate(told)))


def _surname(pick: random.Random) -> str:
    """Make up a name of syllables: near to some of the others in spelling and sound, as names are, and nobody's."""
    parts = [f"{pick.choice(_ONSETS)}{pick.choice(_VOWELS)}" for _ in range(pick.randint(1, 2))]
    return f"{pick.choice(_BETWEEN)}{(''.join(parts) + pick.choice(_ENDS)).capitalize()}"


def _person(pick: random.Random, surnames: list[str]) -> tuple[str, str]:
    first = f"{pick.choice(_ONSETS)}{pick.choice(_VOWELS)}{pick.choice(_ENDS)}".capitalize()
    return first, pick.choice(surnames)


def _spelled(pick: random.Random, person: tuple[str, str]) -> str:
    """Write a name in one of the ways in which people write it."""
    first, last = person
    forms = (
        f"{first} {last}",
        f"{first[0]}. {last}",
        f"{last}, {first}",
        f"{first} {last}h",
        f"{first} {last}".upper(),
    )
    return pick.choice(forms)


if __name__ == "__main__":
    sys.exit(main())
