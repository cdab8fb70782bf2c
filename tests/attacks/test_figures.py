"""Attacks on published figures: whoever has the file, or the file and our program, learns no count below five."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import pytest

from dropbox.envelope.account import Outcome, Subject
from dropbox.models import Mandate
from dropbox.workstation.casebook import CaseFacts
from dropbox.workstation.speech import N_
from dropbox.workstation.statistics.axes import Axis, Cell, Counts, count
from dropbox.workstation.statistics.network import Network, chain, row
from dropbox.workstation.statistics.suppression import THRESHOLD, crossed_reach, hidden_in
from tests.attackers import cells_of, narrowed
from tests.yearly import cases, fact, published


def told(document: dict[str, Any], facts: Sequence[CaseFacts]) -> list[tuple[Cell, int, tuple[int, int]]]:
    """Return what the attacker could narrow too far: each small count that is not as open as was promised."""
    true, ranges = count(facts), narrowed(document)
    assert {cell for cell in cells_of(document) if true[cell] < THRESHOLD} <= set(ranges), "a small count is published"
    low = [(cell, true[cell], found) for cell, found in ranges.items() if true[cell] < THRESHOLD]
    return [each for each in low if each[2][0] > 0 or each[2][1] < THRESHOLD]


@pytest.mark.parametrize("number", [5, 9, 23, 99, 100, 400, 2500])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_small_count_can_be_worked_out_from_all_tables_together(number: int, seed: int) -> None:
    facts = cases(number, seed)
    document = published(facts)
    assert told(document, facts) == []
    ranges = narrowed(document)
    assert all(low < high for low, high in ranges.values()), "a withheld count can be worked out"
    assert all(low <= count(facts)[cell] <= high for cell, (low, high) in ranges.items())


def test_the_attack_works_out_counts_where_nothing_but_the_small_ones_is_withheld() -> None:
    facts = cases(400)
    document, true = published(facts), count(facts)
    for table in document["tables"]:
        names = table["axes"]
        for place, code in enumerate(document["axes"][names[0]]):
            if len(names) == 1:
                table["counts"][place] = shown(true[names[0], code])
            else:
                others = document["axes"][names[1]]
                table["counts"][place] = [shown(true["_".join(names), code, other]) for other in others]
    assert len(told(document, facts)) > 10


def shown(number: int) -> int | None:
    return number if number >= THRESHOLD else None


LONELY = [
    pytest.param([fact(mandate=Mandate.LISTEN)] * 46 + [fact(mandate=Mandate.INVESTIGATE)], id="all but one alike"),
    pytest.param([fact()] * 46, id="all alike"),
    pytest.param([fact(subject=Subject.FRAUD)] * 4 + [fact(subject=Subject.SAFETY)] * 4, id="four and four"),
    pytest.param(
        [fact(subject=Subject.SEXUAL, outcome=Outcome.UNFOUNDED)] * 60
        + [fact(subject=Subject.FRAUD, outcome=each) for each in Outcome for _ in range(10)],
        id="all of one subject ended alike",
    ),
    pytest.param([fact(with_desks=("bureau",))] + [fact()] * 120, id="one that went to two desks"),
]


@pytest.mark.parametrize("facts", LONELY)
def test_the_one_that_is_left_over_is_not_found_by_subtraction(facts: list[CaseFacts]) -> None:
    assert told(published(facts), facts) == []


# --- whoever has our program as well ------------------------------------------------------------------------------


def axis(name: str, size: int) -> Axis:
    return Axis(name, N_(name), {f"{name}{number}": N_(name) for number in range(size)}, lambda _facts: "")


def parts(total: int, places: int) -> Iterator[tuple[int, ...]]:
    """Give each way to lay so many cases into so many places."""
    if places == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in parts(total - first, places - 1))


def still_possible(
    tables: Iterable[Counts], networks: Sequence[Network], reach: int, threshold: int
) -> Iterator[set[int]]:
    """Give, for each withheld count of each publication there can be, the values of all tables that lead to just that.

    This is everything that somebody can find out who has the program and does not know the key of its lots.
    """
    same: defaultdict[tuple[int | None, ...], list[Counts]] = defaultdict(list)
    cells = [edge.cell for edge in networks[0].edges]
    for counts in tables:
        for network in networks:
            hidden = hidden_in(network, counts, reach, threshold)
            same[tuple(None if cell in hidden else counts[cell] for cell in cells)].append(counts)
    for seen, alike in same.items():
        for cell, number in zip(cells, seen, strict=True):
            if number is None:
                yield {counts[cell] for counts in alike}


def keys(number: int) -> list[bytes]:
    return [bytes([place]) * 32 for place in range(number)]


@pytest.mark.parametrize("total", [5, 9, 13, 21])
def test_one_axis_leaves_every_small_number_possible_even_to_whoever_has_the_program(total: int) -> None:
    one = axis("a", 3)
    tables = [
        Counts(dict(zip([("a", code) for code in one.categories], laid, strict=True))) for laid in parts(total, 3)
    ]
    networks = [row(one, key) for key in keys(6)]
    small = set(range(THRESHOLD))
    for values in still_possible(tables, networks, THRESHOLD, THRESHOLD):
        assert not values & small or small <= values


def crossed_tables(total: int, first: Axis, middle: Axis, last: Axis) -> Iterator[Counts]:
    pairs = list(product(first.categories, middle.categories))
    for laid in parts(total, len(pairs)):
        counts: Counts = Counts()
        for (one, code), number in zip(pairs, laid, strict=True):
            counts.update({("a_b", one, code): number, ("a", one): number, ("b", code): number})
        for chosen in product(*(parts(counts["b", code], len(last.categories)) for code in middle.categories)):
            whole = Counts(counts)
            for code, laid_out in zip(middle.categories, chosen, strict=True):
                for other, number in zip(last.categories, laid_out, strict=True):
                    whole.update({("b_c", code, other): number, ("c", other): number})
            yield whole


def certain(total: int, reach: int) -> int:
    """Return how many small counts are certain to somebody with the program, in all tables of 2 by 2 by 2."""
    axes = axis("a", 2), axis("b", 2), axis("c", 2)
    networks = [chain(*axes, key) for key in keys(6)]
    found = still_possible(crossed_tables(total, *axes), networks, reach, 2)
    return sum(1 for values in found if len(values) == 1 and min(values) < 2)


@pytest.mark.parametrize("total", [5, 6])
def test_crossed_tables_leave_no_small_number_certain_even_to_whoever_has_the_program(total: int) -> None:
    assert certain(total, crossed_reach(2)) == 0


def test_the_attack_finds_what_a_bare_threshold_would_leave_certain() -> None:
    assert certain(5, 2) > 0
