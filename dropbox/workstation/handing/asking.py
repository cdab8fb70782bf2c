"""Whether a case may go to another desk: which desks there are, what was asked, and how it stands."""

from dataclasses import dataclass
from secrets import token_hex

from dropbox.envelope import Ask, AskKind
from dropbox.envelope.account import LogAct
from dropbox.errors import AlreadyAsked, DeskUnknown
from dropbox.models import CaseId, DeskId, Fingerprint, Kind, Plaintext, current_members
from dropbox.workstation import acts, case_log, moves, trust
from dropbox.workstation.casebook import Act, Casebook, CaseRecord, ItemRecord, detail_of
from dropbox.workstation.consent import AskAnswer, AskState, asks_of, desk_name
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import _, day_text, ngettext
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault

_NONCE_BYTES = 16


@dataclass(frozen=True)
class HandOverState:
    """How the handing over of a case stands, for pages and commands.

    asks: what was asked of the reporter. left, came: the hand-over with which this desk lost the case, or got it.
    missing: numbers of submissions that are not here. made: how often the bundle was written. waits: the case came to
    this desk and what was sent before is not here yet.
    """

    desks: tuple[DeskId, ...]
    asks: tuple[AskState, ...]
    left: moves.Move | None
    came: moves.Move | None
    made: int
    waits: bool


def states(casebook: Casebook, case: CaseRecord) -> HandOverState:
    """Return how it stands with one case."""
    came = moves.came(casebook, case.case)
    return HandOverState(
        desks=other_desks(casebook, case),
        asks=tuple(each for each in asks_of(casebook, case.case) if each.ask.kind is AskKind.HAND_OVER),
        left=moves.left(casebook, case.case),
        came=came,
        made=_made(casebook, case.case),
        waits=came is not None and not moves.holds_until(casebook, case.case, came.number),
    )


def other_desks(casebook: Casebook, case: CaseRecord) -> tuple[DeskId, ...]:
    """Return the desks of the drop that could get the case: all that are known here and have not got it."""
    known = {*casebook.desk_names, *casebook.rosters}
    return tuple(sorted(known - {*case.desks, casebook.bound.desk}))


def standard_text(casebook: Casebook, to: DeskId) -> str:
    """Return what the reply says where nobody wrote more: the question itself is made by the reporter's page."""
    return _(
        "We would like to hand your case over to %(desk)s. Nothing happens before you say yes. You find the question "
        "below, where you write to us; you may also write to us about it first.",
        desk=desk_name(casebook, to),
    )


def state_lines(casebook: Casebook, state: HandOverState) -> list[str]:
    """Return how it stands, in sentences of the reader's language."""
    if state.left is not None:
        return [*_left_lines(casebook, state, state.left)]
    if state.came is None:
        return [_("Your desk has this case.")]
    desk, day = desk_name(casebook, state.came.origin), day_text(state.came.day)
    came = _("The reporter let your desk have this case on %(day)s, in the place of %(desk)s.", day=day, desk=desk)
    if not state.waits:
        return [came]
    return [came, _("What was sent before is not here yet: it comes in a file from %(desk)s. Import it.", desk=desk)]


def _left_lines(casebook: Casebook, state: HandOverState, left: moves.Move) -> list[str]:
    desk, day = desk_name(casebook, left.to), day_text(left.day)
    gone = _("The reporter let %(desk)s have this case on %(day)s. It can be opened here no more.", desk=desk, day=day)
    if not state.made:
        return [gone, _("What was sent before must still be passed on: write the file for %(desk)s.", desk=desk)]
    return [gone, ngettext("The file was written %(num)s time.", "The file was written %(num)s times.", state.made)]


def members_of(casebook: Casebook, desk: DeskId) -> tuple[Fingerprint, ...]:
    """Return who sits at a desk now, as far as it is known here: a desk's roster comes with the reporter's yes."""
    return current_members(trust.newest_rosters(casebook).get(desk, ()))


def ask(vault: Vault, case: CaseRecord, to: DeskId, text: Plaintext) -> ItemRecord:
    """Seal a reply that asks the reporter whether another desk may have the case.

    Raises DeskUnknown, AlreadyAsked, CaseHandedOver, and what writing a reply raises.
    """
    casebook = vault.casebook
    acts.require(casebook, case.case, Act.REPLY)
    if to not in other_desks(casebook, case):
        raise DeskUnknown
    open_asks = (each for each in asks_of(casebook, case.case) if each.answer is AskAnswer.OPEN)
    if any(each.ask.kind is AskKind.HAND_OVER and each.ask.desk == to for each in open_asks):
        raise AlreadyAsked
    question = Ask(AskKind.HAND_OVER, token_hex(_NONCE_BYTES), desk=to)
    case_log.add(casebook, case.case, LogAct.ASKED, kind=question.kind.value, desk=to)
    return write_to_case(vault, case, Draft(Kind.REPLY, text, ask=question))


def _made(casebook: Casebook, case: CaseId) -> int:
    accounts = (detail_of(record).account for record in items_of(casebook, case))
    return sum(1 for account in accounts if account is not None and account.handed_over is not None)
