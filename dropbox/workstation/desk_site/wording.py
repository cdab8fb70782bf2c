"""The words of the desk page for what the records only name: mandates, states of work, the days that are left."""

from datetime import date

from dropbox.envelope import WorkState
from dropbox.models import Mandate
from dropbox.workstation.clock import LegalDay, Standing, is_soon
from dropbox.workstation.speech import N_

MANDATES = {
    Mandate.LISTEN: N_("listen"),
    Mandate.ADVISE: N_("advise"),
    Mandate.INVESTIGATE: N_("investigate"),
}
STATES = {
    WorkState.NEW: N_("new"),
    WorkState.TALKING: N_("talking"),
    WorkState.WAITING: N_("waiting"),
    WorkState.INVESTIGATING: N_("investigating"),
    WorkState.CLOSED: N_("closed"),
}
_LOOKS = {Standing.OVERDUE: "late", Standing.LATE: "met", Standing.MET: "met", Standing.ON_ITS_WAY: ""}


def mandate_text(mandate: str) -> str:
    """Return a mandate in the reader's language; "" for none."""
    return str(MANDATES[Mandate(mandate)]) if mandate else ""


def state_text(state: str) -> str:
    return str(STATES[WorkState(state)])


def look(day: LegalDay, today: date) -> str:
    """Return the style's name for how a day is shown: late, soon, met, or none."""
    return _LOOKS.get(day.standing(today), "soon" if is_soon(day, today) else "")
