"""How a restore of the drop is told: sentences for the terminal, the notices and the desk page."""

from dropbox.codename import case_name
from dropbox.models import CaseId
from dropbox.workstation import epochs
from dropbox.workstation.casebook import Casebook
from dropbox.workstation.epochs import Restored
from dropbox.workstation.speech import _, day_text, ngettext

_MAX_NAMED = 12


def restored_lines(restored: Restored | None) -> list[str]:
    """Return what an import says of a restore that the drop has signed; nothing where there was none."""
    if restored is None:
        return []
    days = {"day": day_text(restored.day), "backup": day_text(restored.backup)}
    lines = [_("The drop was restored on %(day)s from its backup of %(backup)s, and has signed that.", **days)]
    if restored.lost:
        lines.append(
            ngettext(
                "%(num)s submission that you hold is not on the drop any more.",
                "%(num)s submissions that you hold are not on the drop any more.",
                restored.lost,
            )
        )
    if restored.again:
        lines.append(
            ngettext(
                "Your next export brings it %(num)s reply or note again.",
                "Your next export brings it %(num)s replies and notes again.",
                restored.again,
            )
        )
    return lines


def lost_lines(casebook: Casebook) -> list[str]:
    """Return which cases the drop lost something of, with what that means for their reporters."""
    lines = [_lost_line(case, begun) for case, begun in sorted(epochs.lost_cases(casebook).items())]
    if not lines:
        return [_("Nothing that came here after that backup is missing there.")]
    more = ["  ..."] if len(lines) > _MAX_NAMED else []
    return [_("What came after that backup is here, and no longer there:"), *lines[:_MAX_NAMED], *more]


def _lost_line(case: CaseId, begun: bool) -> str:
    name = case_name(case)
    if begun:
        return "  " + _("%(name)s: its codename may open nothing any more, and no answer may arrive", name=name)
    return "  " + _("%(name)s: its reporter may send again what you have", name=name)
