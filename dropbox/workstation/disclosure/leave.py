"""Whether a pack may be made: under the mandate "investigate", or by the reporter's leave for exactly this pack."""

from dataclasses import dataclass
from datetime import date

from dropbox.envelope import AskKind, Consent
from dropbox.errors import DropboxError
from dropbox.models import ItemId, Mandate
from dropbox.workstation import acts, addressing, consent, mandate, trust
from dropbox.workstation.casebook import Act, Casebook, ItemRecord, detail_of, number_of
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


def had_leave(casebook: Casebook, note: ItemRecord) -> bool:
    """Tell whether the thread bears out what a note says allowed its pack; its author may have used another program.

    A yes that was taken back afterwards counts, and so does a mandate that the author did not yet know was changed.
    """
    account = detail_of(note).account
    made = account.disclosed if account is not None else None
    if made is None:
        return False
    items = items_of(casebook, note.case)
    if made.consent is not None:
        asked = any(
            (each.ask_id, each.ask.plan) == (made.consent, made.plan) for each in consent.asks_of(casebook, note.case)
        )
        return asked and any(Consent(made.consent, True) in detail_of(each).consents for each in items)
    known = _known_by(casebook, note)
    changes = [each for each in mandate.history(items) if known is None or each.number <= known]
    # an author who says nothing of what they knew may have known any of it
    counted = changes if known is None else changes[-1:]
    return any(mandate.allows(each.mandate, Act.DISCLOSE) for each in counted)


def _known_by(casebook: Casebook, note: ItemRecord) -> int | None:
    """Return the newest submission that a note's author had, by what it says to follow; None where it says nothing."""
    seen: dict[ItemId, ItemRecord] = {}
    waiting = [note]
    while waiting:
        detail = waiting.pop().detail
        fresh = (casebook.items[each] for each in (detail and detail.knows) or () if each in casebook.items)
        for record in [each for each in fresh if each.item not in seen and each.case == note.case]:
            seen[record.item] = record
            waiting.append(record)
    return max((number_of(each) for each in seen.values() if each.detail is not None), default=None)
