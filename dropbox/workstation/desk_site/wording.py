"""How the templates show what records only name: a mandate, a state of work, the days that are left."""

from datetime import date

from dropbox.envelope import WorkState
from dropbox.models import Mandate
from dropbox.workstation import mandate as mandates
from dropbox.workstation import work
from dropbox.workstation.clock import LegalDay, Standing, is_soon

_LOOKS = {Standing.OVERDUE: "late", Standing.LATE: "met", Standing.MET: "met", Standing.ON_ITS_WAY: ""}


def mandate_text(mandate: str) -> str:
    """Return a mandate in the reader's language; "" for none."""
    return mandates.name(Mandate(mandate)) if mandate else ""


def state_text(state: str) -> str:
    return work.state_text(WorkState(state))


def look(day: LegalDay, today: date) -> str:
    """Return the style's name for how a day is shown: late, soon, met, or none."""
    return _LOOKS.get(day.standing(today), "soon" if is_soon(day, today) else "")
