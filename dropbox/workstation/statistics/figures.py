"""The figures of one desk's year as they may be published: what is withheld is not in them any more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from dropbox.models import CaseId, DeskId
from dropbox.workstation.casebook import Casebook, CaseFacts
from dropbox.workstation.facts import by_case
from dropbox.workstation.statistics.axes import SINGLE, TABLES, Cell, Table, count
from dropbox.workstation.statistics.suppression import THRESHOLD, withheld

KIND = "onion-dropbox figures"
FORMAT = 1
FIRST_YEAR, LAST_YEAR = 2000, 2199
Facts = Mapping[CaseId, CaseFacts]
_PERSON = b"drop1-figures"


@dataclass(frozen=True)
class Figures:
    """Everything that is published of a year. counts: only what may be; made: on which day; total: None under five.

    organisation and desk_names as the drop says them; complete: the year was over.
    """

    organisation: str
    desk: DeskId
    desk_names: dict[str, str]
    year: int
    made: date
    total: int | None
    counts: dict[Cell, int]

    @property
    def complete(self) -> bool:
        return self.made.year > self.year

    @property
    def name(self) -> str:
        """What files with these figures are called."""
        return f"figures-{self.desk}-{self.year}"


def figures_of(casebook: Casebook, year: int, made: date, known: Facts | None = None) -> Figures:
    """Count the cases whose report came in that year, and withhold what must be.

    known: the facts of every case in this casebook, where somebody has them already.
    """
    every = by_case(casebook) if known is None else known
    facts = {case: each for case, each in every.items() if each.received.year == year}
    counts = count(facts.values())
    kept_back = withheld(counts, _key(facts))
    desk = casebook.bound.desk
    return Figures(
        organisation=casebook.organisation,
        desk=desk,
        desk_names=dict(casebook.desk_names.get(desk, {})),
        year=year,
        made=made,
        total=len(facts) if len(facts) >= THRESHOLD else None,
        counts={cell: counts[cell] for table in TABLES for cell in table.cells() if cell not in kept_back},
    )


def years_of(facts: Facts) -> list[int]:
    """Return the years in which reports came in, the newest first."""
    return sorted({each.received.year for each in facts.values()}, reverse=True)


def as_json(figures: Figures) -> dict[str, object]:
    """Return what is published, as docs/figures.schema.json describes it; null is what is withheld."""
    return {
        "format": FORMAT,
        "kind": KIND,
        "organisation": figures.organisation,
        "desk": figures.desk,
        "desk_names": figures.desk_names,
        "year": figures.year,
        "made": figures.made.isoformat(),
        "complete": figures.complete,
        "threshold": THRESHOLD,
        "total": figures.total,
        "axes": {axis.name: list(axis.categories) for axis in SINGLE},
        "tables": [_table_json(figures, table) for table in TABLES],
    }


def _table_json(figures: Figures, table: Table) -> dict[str, object]:
    names = [axis.name for axis in table.axes]
    first, *others = table.axes
    if not others:
        return {"axes": names, "counts": [figures.counts.get((table.name, code)) for code in first.categories]}
    rows = [
        [figures.counts.get((table.name, code, other)) for other in others[0].categories] for code in first.categories
    ]
    return {"axes": names, "counts": rows}


def _key(cases: Iterable[CaseId]) -> bytes:
    """Return the secret of this year's lots: the ids of its cases, which every member holds and no reader knows."""
    return blake2b("".join(sorted(cases)).encode(), digest_size=32, person=_PERSON).digest()
