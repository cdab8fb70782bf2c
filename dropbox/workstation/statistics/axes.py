"""What cases are counted by: each axis with its categories, and the tables that are published of them.

An axis has the same categories every year, whether anything falls into them or not: one that came and went with its
cases would tell that there is one.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from dropbox.envelope.account import Outcome, Subject
from dropbox.models import Mandate
from dropbox.workstation.casebook import CaseFacts
from dropbox.workstation.classes import OUTCOMES, SUBJECTS
from dropbox.workstation.speech import N_, Words

Cell = tuple[str, ...]
"""One count: the table's name, then a category of each of its axes."""
Counts = Counter[Cell]

MONTH_DAYS, QUARTER_DAYS = 30, 90
WEEK_DAYS, FORTNIGHT_DAYS = 7, 14
NOT_SAID, OPEN, NOT_YET = "not_said", "open", "not_yet"


@dataclass(frozen=True)
class Axis:
    """One way to sort cases: every case falls into exactly one of its categories."""

    name: str
    title: Words
    categories: dict[str, Words]
    place: Callable[[CaseFacts], str]


@dataclass(frozen=True)
class Table:
    """What is counted together: one axis, or two against each other."""

    axes: tuple[Axis, ...]

    @property
    def name(self) -> str:
        return "_".join(axis.name for axis in self.axes)

    def cells(self) -> list[Cell]:
        return [(self.name, *codes) for codes in product(*(axis.categories for axis in self.axes))]


def _acknowledged(facts: CaseFacts) -> str:
    days = facts.acknowledged_after_days
    if days is None:
        return NOT_YET
    return "week" if days <= WEEK_DAYS else "fortnight" if days <= FORTNIGHT_DAYS else "later"


def _answered(facts: CaseFacts) -> str:
    days = facts.answered_after_days
    if days is None:
        return NOT_YET
    return "month" if days <= MONTH_DAYS else "quarter" if days <= QUARTER_DAYS else "later"


MANDATE = Axis(
    "mandate",
    N_("What the reporter allowed"),
    {
        Mandate.LISTEN.value: N_("listen"),
        Mandate.ADVISE.value: N_("advise"),
        Mandate.INVESTIGATE.value: N_("investigate"),
    },
    # where none has arrived, the narrowest holds
    lambda facts: (facts.mandate or Mandate.LISTEN).value,
)
SUBJECT = Axis(
    "subject",
    N_("What it was about"),
    {**{each.value: SUBJECTS[each] for each in Subject}, NOT_SAID: N_("not said yet")},
    lambda facts: facts.subject.value if facts.subject else NOT_SAID,
)
OUTCOME = Axis(
    "outcome",
    N_("How it ended"),
    {**{each.value: OUTCOMES[each] for each in Outcome}, OPEN: N_("not said yet")},
    lambda facts: facts.outcome.value if facts.outcome else OPEN,
)
DESKS = Axis(
    "desks",
    N_("Whom it was sent to"),
    {"alone": N_("this desk alone"), "together": N_("this desk together with others")},
    lambda facts: "together" if facts.with_desks else "alone",
)
ACKNOWLEDGED = Axis(
    "acknowledged",
    N_("When the reporter heard that it arrived"),
    {
        "week": N_("within 7 days"),
        "fortnight": N_("after 8 to 14 days"),
        "later": N_("after more than 14 days"),
        NOT_YET: N_("not yet"),
    },
    _acknowledged,
)
ANSWERED = Axis(
    "answered",
    N_("When the reporter heard what was done"),
    {
        "month": N_("within 30 days"),
        "quarter": N_("after 31 to 90 days"),
        "later": N_("after more than 90 days"),
        NOT_YET: N_("not yet"),
    },
    _answered,
)

SINGLE = (DESKS, MANDATE, SUBJECT, OUTCOME, ACKNOWLEDGED, ANSWERED)
CROSSED = (SUBJECT, OUTCOME, MANDATE)
"""The middle one is crossed with each of the two others. More crossed tables than that cannot be audited exactly."""
ONE_AXIS = tuple(Table((axis,)) for axis in SINGLE)
TWO_AXES = (Table(CROSSED[:2]), Table(CROSSED[1:]))
TABLES = (*ONE_AXIS, *TWO_AXES)


def count(facts: Iterable[CaseFacts]) -> Counts:
    """Return how many cases fall into each cell of each table."""
    counts: Counts = Counter()
    for case in facts:
        codes = {axis.name: axis.place(case) for axis in SINGLE}
        counts.update((table.name, *(codes[axis.name] for axis in table.axes)) for table in TABLES)
    return counts
