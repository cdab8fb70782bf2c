"""The register of reports that the law has an employer keep: what came in, when, what was done, when it was closed.

Wet bescherming klokkenluiders, article 2a; Directive (EU) 2019/1937, article 18. A line is made from a case's facts
alone: no id, name or text of a case can get into it, and its number is the register's own.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.envelope.account import Outcome, Subject
from dropbox.models import DeskId, Mandate
from dropbox.workstation.casebook import Casebook, CaseFacts
from dropbox.workstation.facts import all_facts, by_case

_DIGITS = 3


@dataclass(frozen=True)
class Step:
    """What the reporter was owed by a day. after_days: from the report on. late: not done by that day, or not yet."""

    after_days: int | None
    late: bool


@dataclass(frozen=True)
class Entry:
    """One report. Days are `YYYY-MM` unless the register was asked for with days; a `None` has not happened.

    also_for: the other desks that it was addressed to, in whose registers it stands as well.
    """

    number: str
    received: str
    also_for: tuple[DeskId, ...]
    mandate: Mandate | None
    subject: Subject | None
    acknowledged: Step
    answered: Step
    outcome: Outcome | None
    handed_over: DeskId | None
    withdrawn: str | None
    closed: str | None
    erased: str | None


@dataclass(frozen=True)
class Register:
    """with_days: whoever was there on a day can tell from it who wrote, so it is asked for on purpose."""

    year: int
    desk: DeskId
    made: date
    with_days: bool
    entries: tuple[Entry, ...]


def register_of(casebook: Casebook, year: int, now: date, *, with_days: bool = False) -> Register:
    """Return the register of the reports that came in that year. Raises VaultEmpty."""
    # by its id within a day, erased or not, so that an erasure moves no other number
    facts = sorted(by_case(casebook).items(), key=lambda pair: (pair[1].received, pair[0]))
    found = [each for _case, each in facts if each.received.year == year]
    entries = (_entry(number, each, now, with_days=with_days) for number, each in enumerate(found, start=1))
    return Register(year, casebook.bound.desk, now, with_days, tuple(entries))


def years(casebook: Casebook) -> list[int]:
    """Return the years in which reports came in, the last one first."""
    return sorted({facts.received.year for facts in all_facts(casebook)}, reverse=True)


def _entry(number: int, facts: CaseFacts, now: date, *, with_days: bool) -> Entry:
    def told(day: date | None) -> str | None:
        return None if day is None else day.isoformat() if with_days else f"{day:%Y-%m}"

    return Entry(
        number=f"{facts.received.year}-{number:0{_DIGITS}}",
        received=told(facts.received) or "",
        also_for=facts.with_desks,
        mandate=facts.mandate,
        subject=facts.subject,
        acknowledged=_acknowledged(facts, now),
        answered=_answered(facts, now),
        outcome=facts.outcome,
        handed_over=facts.handed_over,
        withdrawn=told(facts.withdrawn),
        closed=told(facts.closed),
        erased=told(facts.erased),
    )


def _acknowledged(facts: CaseFacts, now: date) -> Step:
    return _step(facts, facts.acknowledged_after_days, acknowledge_by(facts.received), now)


def _answered(facts: CaseFacts, now: date) -> Step:
    days = facts.acknowledged_after_days
    acknowledged = None if days is None else facts.received + timedelta(days=days)
    return _step(facts, facts.answered_after_days, answer_by(facts.received, acknowledged), now)


def _step(facts: CaseFacts, after_days: int | None, by: date, now: date) -> Step:
    """Return how it is with one duty. To whoever withdrew, nothing more is owed from that day on."""
    done = None if after_days is None else facts.received + timedelta(days=after_days)
    until = done or facts.withdrawn or facts.erased or now
    return Step(after_days, until > by)
