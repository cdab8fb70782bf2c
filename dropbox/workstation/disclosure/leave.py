"""Whether a pack may be made: under the mandate "investigate", or by the reporter's leave for exactly this pack."""

from dataclasses import dataclass
from datetime import date

from dropbox.envelope import AskKind
from dropbox.errors import DropboxError
from dropbox.models import ItemId, Mandate
from dropbox.workstation import acts, addressing, consent, mandate, trust
from dropbox.workstation.casebook import Act, Casebook
from dropbox.workstation.disclosure.plan import Plan
from dropbox.workstation.thread import items_of


@dataclass(frozen=True)
class Leave:
    """What allows a pack. day: since when the mandate holds, or on which the reporter agreed.

    ask and item: of the consent, and the submission that gave it; None where the mandate allows it. asked_in: the reply
    that showed the reporter what it would be.
    """

    mandate: Mandate
    day: date
    ask: str | None = None
    item: ItemId | None = None
    asked_in: ItemId | None = None


def is_allowed(casebook: Casebook, plan: Plan) -> bool:
    """Tell whether this plan's pack may be made now."""
    try:
        require_leave(casebook, plan)
    except DropboxError:
        return False
    return True


def require_leave(casebook: Casebook, plan: Plan) -> Leave:
    """Return what allows this plan's pack now.

    Who was asked was told that nothing is shown before they say yes: then no mandate does instead.

    Raises Unconfirmed, RosterUnconfirmed, NotOnRoster, AlreadyWithdrawn, ConsentMissing, ConsentRefused, ConsentUsed.
    """
    trust.require_trust(casebook)
    addressing.require_member(casebook)
    # what a withdrawal or a hand-over has closed, no consent opens
    acts.require(casebook, plan.case, Act.NOTE)
    items = items_of(casebook, plan.case)
    now = mandate.in_force(items)
    if mandate.allows(now, Act.DISCLOSE) and not _is_the_reporters_to_say(casebook, plan):
        return Leave(now, mandate.history(items)[-1].day)
    given = consent.require(casebook, plan.case, AskKind.DISCLOSE, plan=plan.sha256, readers=plan.readers)
    return Leave(now, given.answered_on or given.day, given.ask_id, given.answered_in, given.item)


def _is_the_reporters_to_say(casebook: Casebook, plan: Plan) -> bool:
    """Tell whether the reporter was asked for this very plan, unless they said yes and it was done."""
    own = casebook.bound.desk
    asked = [each for each in consent.asks_of(casebook, plan.case) if (each.desk, each.ask.plan) == (own, plan.sha256)]
    newest = max(asked, key=lambda each: each.answer_number, default=None)
    return newest is not None and not (newest.used and newest.answer is consent.AskAnswer.AGREED)
