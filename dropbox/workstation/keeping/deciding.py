"""What a member decides: to keep a case longer, to hold it, to lift a hold, to propose, second or oppose an erasure.

Each is a note to the desk, with its line in the log; nothing here erases anything.
"""

from datetime import date

from dropbox.bundle import Proposal
from dropbox.deadlines import add_months
from dropbox.envelope import Account
from dropbox.envelope.account import Erasure, ErasureStep, HoldStep, Keeping, LogAct
from dropbox.envelope.account.keeping import MAX_HOLDS, MAX_REASON_CHARACTERS
from dropbox.errors import (
    ErasureHeld,
    ErasureUnderway,
    KeepDayUnusable,
    LiftIsYours,
    NoProposal,
    NotHeld,
    ProposalIsYours,
    ProposalSeconded,
    ReasonUnusable,
)
from dropbox.models import Kind, Plaintext, today
from dropbox.workstation import case_log
from dropbox.workstation.casebook import CaseRecord, detail_of, number_of
from dropbox.workstation.keeping.standing import state_of
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.vault import Vault

MAX_POSTPONED_MONTHS = 120


def postpone(vault: Vault, case: CaseRecord, until: date, because: str) -> None:
    """Keep a case until that day at least. Raises KeepDayUnusable, ReasonUnusable, and what writing a note raises."""
    if not today() < until <= add_months(today(), MAX_POSTPONED_MONTHS):
        raise KeepDayUnusable
    keeping = Keeping(because=_reason(because), until=until)
    _note(vault, case, Account(keeping=keeping), LogAct.POSTPONED, until=until.isoformat())


def hold(vault: Vault, case: CaseRecord, because: str) -> None:
    """Lay a hold: nothing of the case is erased until two members lift it. Raises ReasonUnusable."""
    _note(vault, case, Account(keeping=Keeping(because=_reason(because), hold=HoldStep.LAY)), LogAct.HELD)


def lift(vault: Vault, case: CaseRecord, because: str) -> bool:
    """Propose to lift every hold, or agree to a colleague's proposal; tell whether they are lifted now.

    Raises NotHeld, LiftIsYours, ReasonUnusable.
    """
    reason, holds = _reason(because), state_of(vault.casebook, case.case).holds
    if not holds:
        raise NotHeld
    theirs = {step.item for each in holds for step in each.lifting if step.author != vault.casebook.key}
    if not theirs and all(each.lifting for each in holds):
        raise LiftIsYours
    for item in sorted(theirs):
        second = Keeping(because=reason, hold=HoldStep.SECOND_LIFT, proposal=item)
        _note(vault, case, Account(keeping=second), LogAct.RELEASED, proposal=item, step="second")
    if not theirs:
        laid = tuple(sorted(each.laid.item for each in holds)[:MAX_HOLDS])
        lifting = Keeping(because=reason, hold=HoldStep.LIFT, holds=laid)
        _note(vault, case, Account(keeping=lifting), LogAct.RELEASED, step="propose")
    return not state_of(vault.casebook, case.case).holds


def propose(vault: Vault, case: CaseRecord, because: str) -> None:
    """Propose to erase a case. Raises ErasureHeld, ErasureUnderway, ReasonUnusable."""
    reason, state = _reason(because), state_of(vault.casebook, case.case)
    if state.holds:
        raise ErasureHeld
    if any(each.is_open for each in state.proposals):
        raise ErasureUnderway
    number = max(map(number_of, vault.casebook.verified(case.case)), default=0)
    erasure = Erasure(ErasureStep.PROPOSE, because=reason, number=max(number, 1))
    _note(vault, case, Account(erasure=erasure), LogAct.ERASURE_PROPOSED)


def second(vault: Vault, case: CaseRecord) -> Proposal:
    """Agree to the erasure that a colleague proposed, and to just that. Returns what was agreed to.

    Raises NoProposal, ProposalIsYours, ProposalSeconded, ErasureHeld.
    """
    key, state = vault.casebook.key, state_of(vault.casebook, case.case)
    waiting = [each for each in state.proposals if each.is_open]
    if not waiting:
        raise NoProposal
    if state.holds:
        raise ErasureHeld
    theirs = [each for each in waiting if each.proposed.author != key]
    if not theirs:
        raise ProposalIsYours
    if any(step.author == key for each in theirs for step in each.seconds):
        raise ProposalSeconded
    _answer(vault, case, theirs[0], ErasureStep.SECOND)
    return theirs[0]


def oppose(vault: Vault, case: CaseRecord, because: str) -> None:
    """End every proposal to erase a case, one's own as well. Raises NoProposal, ReasonUnusable."""
    reason = _reason(because)
    waiting = [each for each in state_of(vault.casebook, case.case).proposals if each.is_open]
    if not waiting:
        raise NoProposal
    for each in waiting:
        _answer(vault, case, each, ErasureStep.OPPOSE, reason)


def _answer(vault: Vault, case: CaseRecord, proposal: Proposal, step: ErasureStep, because: str = "") -> None:
    item = proposal.proposed.item
    digest = detail_of(vault.casebook.items[item]).index_sha256
    erasure = Erasure(step, because=because, proposal=item, proposal_sha256=digest)
    act = LogAct.ERASURE_SECONDED if step is ErasureStep.SECOND else LogAct.ERASURE_OPPOSED
    _note(vault, case, Account(erasure=erasure), act, proposal=item)


def _note(vault: Vault, case: CaseRecord, account: Account, act: LogAct, **details: str) -> None:
    said = account.keeping or account.erasure
    told = {"because": said.because} if said is not None and said.because else {}
    case_log.add(vault.casebook, case.case, act, **details, **told)
    write_to_case(vault, case, Draft(Kind.NOTE, Plaintext(""), account=account))


def _reason(typed: str) -> str:
    text = " ".join(typed.split())
    if not text or len(text) > MAX_REASON_CHARACTERS or not text.isprintable():
        raise ReasonUnusable
    return text
