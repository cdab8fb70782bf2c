"""What the program knows for an assessment: of the desk, of the periods it was configured with, of itself.

Nothing here looks at a case.
"""

from importlib.metadata import PackageNotFoundError, version

from dropbox.bundle import KeepRule
from dropbox.deadlines import ACKNOWLEDGE_DAYS, ANSWER_MONTHS
from dropbox.envelope.account import Outcome
from dropbox.models import DeskId, current_members, today
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.classes import outcome_text
from dropbox.workstation.composing import desk_name
from dropbox.workstation.document import Table
from dropbox.workstation.speech import _, day_text, language, list_text, ngettext
from dropbox.workstation.terminal import line

_DISTRIBUTION = "onion-dropbox"


def values(casebook: Casebook) -> dict[str, str]:
    """Return what stands in the place of each name in braces, in the reader's language. Raises VaultEmpty."""
    own = casebook.bound.desk
    others = sorted({*casebook.desk_names, *casebook.rosters} - {own})
    return {
        "organisation": line(casebook.organisation) or _("[the name of your organisation]"),
        "desk": _name(casebook, own),
        "today": day_text(today()),
        "version": _version(),
        "members": ngettext("%(num)s member now", "%(num)s members now", _members(casebook, own)),
        "others": list_text([_name(casebook, desk) for desk in others]) or _("none that this vault knows"),
        "acknowledge": ngettext("%(num)s day", "%(num)s days", ACKNOWLEDGE_DAYS),
        "answer": _months(ANSWER_MONTHS),
    }


def keeping(rule: KeepRule) -> Table:
    """Return how long the desk keeps its cases, by what they came to."""
    rows = [(outcome_text(outcome), _months(rule.months_for(outcome))) for outcome in Outcome]
    rows += [
        (_("no outcome is said; as long as it is open, from the last contact on"), _months(rule.months_for(None))),
        (
            _("from the second member's yes until it is erased"),
            ngettext("%(num)s day", "%(num)s days", rule.erase_delay_days),
        ),
    ]
    return Table((_("How the case ended"), _("How long it is kept after that")), tuple(rows), (3, 2))


def _name(casebook: Casebook, desk: DeskId) -> str:
    return line(desk_name(casebook, desk, language()))


def _members(casebook: Casebook, desk: DeskId) -> int:
    roster = casebook.rosters.get(desk)
    return len(current_members(roster.confirmed)) if roster else 0


def _months(number: int) -> str:
    return ngettext("%(num)s month", "%(num)s months", number)


def _version() -> str:
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return "-"
