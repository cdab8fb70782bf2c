"""The four steps of a case as its reporter sees them: received, picked up, read, answered."""

from dataclasses import dataclass

from dropbox.server.reporter_site.speech import _, day_text
from dropbox.server.store import CaseState


@dataclass(frozen=True)
class Step:
    """One step; `now` marks the last one that was reached."""

    name: str
    text: str
    done: bool = False
    now: bool = False


def first_steps(*, sent: bool) -> tuple[Step, ...]:
    """Return the steps before anything can have happened: on the welcome page, or just after sending."""
    received = _("today") if sent else _("As soon as you see your seven words.")
    return (
        Step(_("Received"), received, sent, sent),
        Step(_("Picked up"), _("A reader takes it, sealed, to a computer without internet.")),
        Step(_("Read"), _("Only there is it opened and read.")),
        Step(_("Answered"), _("The reply waits here for you.")),
    )


def case_steps(case: CaseState) -> tuple[Step, ...]:
    reached = (True, case.picked_up or case.read or case.answered, case.read or case.answered, case.answered)
    names = (_("Received"), _("Picked up"), _("Read"), _("Answered"))
    texts = (day_text(case.first_day), *(_("yes") if done else _("not yet") for done in reached[1:]))
    last = max(number for number, done in enumerate(reached) if done)
    return tuple(
        Step(name, text, done, number == last)
        for number, (name, text, done) in enumerate(zip(names, texts, reached, strict=True))
    )
