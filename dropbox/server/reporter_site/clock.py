"""The legal days of a case as its reporter sees them: until when, and whether something came by then.

This server knows on which days replies came and nothing of what they say, so it never calls a reply the answer.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dropbox.deadlines import acknowledge_by, answer_by
from dropbox.server.reporter_site.speech import _, day_text
from dropbox.server.store import CaseState


class DayStanding(StrEnum):
    """How it is with a day; the page's style knows these names."""

    OPEN = "open"
    MET = "met"
    LATE = "late"
    PASSED = "passed"


@dataclass(frozen=True)
class LegalDay:
    name: str
    text: str
    standing: DayStanding


def legal_days(case: CaseState, today: date) -> tuple[LegalDay, ...]:
    """Return both legal days, or none when the case is withdrawn: nobody owes an answer then."""
    if case.withdrawn_day is not None:
        return ()
    return _acknowledgement(case, today), _answer(case, today)


def _acknowledgement(case: CaseState, today: date) -> LegalDay:
    until, replied = acknowledge_by(case.first_day), case.first_reply_day
    name = _("By %(day)s your readers should say that your report arrived.", day=day_text(until))
    if replied is None:
        return _unanswered(name, until, today)
    if replied <= until:
        return LegalDay(
            name, _("The first reply came on %(day)s. That was in time.", day=day_text(replied)), DayStanding.MET
        )
    text = _("The first reply came on %(day)s. That was too late.", day=day_text(replied))
    return LegalDay(name, text, DayStanding.LATE)


def _answer(case: CaseState, today: date) -> LegalDay:
    until = answer_by(case.first_day, case.first_reply_day)
    name = _("By %(day)s your readers should tell you what was done with it.", day=day_text(until))
    if case.first_reply_day is None:
        return _unanswered(name, until, today)
    newest = day_text(max((reply.day for reply in case.replies), default=case.first_reply_day))
    if today <= until:
        text = _("A reply came on %(day)s. Only you can say whether it is an answer.", day=newest)
        return LegalDay(name, text, DayStanding.OPEN)
    text = _(
        "This day has passed. A reply came on %(day)s. If it does not tell you what was done, you may ask below.",
        day=newest,
    )
    return LegalDay(name, text, DayStanding.PASSED)


def _unanswered(name: str, until: date, today: date) -> LegalDay:
    if today <= until:
        return LegalDay(name, _("There is no reply yet. There is still time."), DayStanding.OPEN)
    text = _("This day has passed without a reply. You may ask your readers why, below.")
    return LegalDay(name, text, DayStanding.PASSED)
