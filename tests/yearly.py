"""Cases of a year for tests of figures: facts alone, drawn so that some categories are full and others nearly empty."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

from dropbox.envelope.account import Outcome, Subject
from dropbox.models import DeskId, Mandate
from dropbox.workstation.casebook import CaseFacts
from dropbox.workstation.statistics.axes import TABLES, count
from dropbox.workstation.statistics.figures import Figures, as_json
from dropbox.workstation.statistics.suppression import THRESHOLD, withheld

YEAR = 2026
RECEIVED = date(YEAR, 3, 4)
MADE = date(YEAR + 1, 1, 9)
DESK = DeskId("integrity")
KEY = b"k" * 32


def fact(**more: Any) -> CaseFacts:
    values: dict[str, Any] = {"received": RECEIVED, "desk": DESK, "mandate": Mandate.ADVISE}
    return CaseFacts(**(values | more))


def cases(number: int, seed: int = 1) -> list[CaseFacts]:
    dice = random.Random(seed)
    subjects, outcomes = list(Subject), [*Outcome, None]
    return [
        fact(
            with_desks=("bureau",) if dice.random() < 0.1 else (),
            mandate=dice.choices(list(Mandate), [6, 3, 1])[0],
            subject=dice.choices(subjects, range(len(subjects), 0, -1))[0],
            outcome=dice.choices(outcomes, [12, 8, 3, 4, 2, 5, 2, 1, 1, 2, 1, 9])[0],
            acknowledged_after_days=dice.choice([0, 3, 7, 8, 14, 20, None]),
            answered_after_days=dice.choice([10, 30, 60, 90, 100, None]),
        )
        for _ in range(number)
    ]


def figures(facts: Sequence[CaseFacts], *, key: bytes = KEY, made: date = MADE) -> Figures:
    """Return what is published of these cases."""
    counts = count(facts)
    kept_back = withheld(counts, key)
    total = len(facts) if len(facts) >= THRESHOLD else None
    shown = {cell: counts[cell] for table in TABLES for cell in table.cells() if cell not in kept_back}
    return Figures("Hulp Overal", DESK, {"nl": "Integriteit", "en": "Integrity"}, YEAR, made, total, shown)


def published(facts: Sequence[CaseFacts], *, key: bytes = KEY) -> dict[str, Any]:
    return as_json(figures(facts, key=key))
