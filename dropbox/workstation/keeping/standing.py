"""What the notes of a case say of holds and erasing, as steps that the drop and every vault count alike.

Answers come from the casebook alone.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from dropbox.bundle import KeepState, KeepStep, Proposal, StepKind, TakenStep, keep_state
from dropbox.envelope.account import Erasure, ErasureStep, HoldStep, Keeping
from dropbox.models import CaseId, DeskId, Fingerprint, ItemId
from dropbox.workstation.casebook import Casebook, ItemRecord, detail_of, number_of

_HOLDS = {
    HoldStep.LAY: StepKind.LAY,
    HoldStep.LIFT: StepKind.LIFT,
    HoldStep.SECOND_LIFT: StepKind.SECOND_LIFT,
}
_ERASURES = {
    ErasureStep.PROPOSE: StepKind.PROPOSE,
    ErasureStep.SECOND: StepKind.SECOND,
    ErasureStep.OPPOSE: StepKind.OPPOSE,
}


def step_of(record: ItemRecord, desk: DeskId) -> KeepStep | None:
    """Return what the drop must know of a note that decides about keeping; None for any other item."""
    account = record.detail.account if record.detail is not None else None
    if account is not None and account.erasure is not None:
        return _erasure_step(record, desk, account.erasure)
    if account is not None and account.keeping is not None:
        return _keeping_step(record, desk, account.keeping)
    return None


def state_of(casebook: Casebook, case: CaseId) -> KeepState:
    """Return the holds and proposals of a case, the same in every vault that holds the same notes."""
    records = list(casebook.verified(case))
    arrived = [(each.day, number_of(each)) for each in records if number_of(each)]
    steps = (step for step in (_taken(casebook, each, arrived) for each in records) if step is not None)
    return keep_state(steps, max((number for _day, number in arrived), default=0))


def cases_with_proposals(casebook: Casebook) -> Sequence[CaseId]:
    """Return the cases that anybody ever proposed to erase, whether their other items came here or not."""
    return sorted({record.case for record in casebook.items.values() if _proposes(record)})


def opposable(casebook: Casebook, case: CaseId) -> Iterator[Proposal]:
    """Give the proposals that go on unless somebody opposes them."""
    return (each for each in state_of(casebook, case).proposals if each.is_open)


def any_opposable(casebook: Casebook) -> bool:
    """Tell whether anything is erased unless somebody here opposes it."""
    cases = (case for case in cases_with_proposals(casebook) if case in casebook.cases)
    return any(True for case in cases for _proposal in opposable(casebook, case))


def because(casebook: Casebook, item: ItemId) -> str:
    """Return the reason that a note on keeping gives."""
    account = detail_of(casebook.items[item]).account if item in casebook.items else None
    if account is None:
        return ""
    said = account.erasure or account.keeping
    return said.because if said is not None else ""


def _proposes(record: ItemRecord) -> bool:
    account = record.detail.account if record.detail is not None else None
    return account is not None and account.erasure is not None and account.erasure.step is ErasureStep.PROPOSE


def _taken(casebook: Casebook, record: ItemRecord, arrived: Sequence[tuple[date, int]]) -> TakenStep | None:
    step = step_of(record, casebook.bound.desk)
    erasure = _erasure_of(record)
    if step is None or (erasure is not None and not _fits(casebook, erasure)):
        return None
    detail = detail_of(record)
    author = detail.author or Fingerprint("")
    # until the drop has named it, its day is only this machine's
    day = record.day if record.on_drop else None
    read_by = _read_by(step.number, day, arrived)
    # a drop that names an earlier day than the note's author signed would shorten the delay
    counted = None if day is None else max(day, detail.signed_on or day)
    return TakenStep(record.item, author, step.step, counted, step.about, read_by)


def _read_by(number: int, day: date | None, arrived: Sequence[tuple[date, int]]) -> int:
    """Return the last submission that a proposal's author can have read: none that came on a later day than it."""
    later = [each for came, each in arrived if day is not None and came > day]
    return min(number, min(later) - 1) if later else number


def _fits(casebook: Casebook, erasure: Erasure) -> bool:
    """Tell whether the proposal that this agrees to is the very one that is held; opposing needs no proof."""
    if erasure.step is not ErasureStep.SECOND or erasure.proposal is None:
        return True
    held = casebook.items.get(erasure.proposal)
    return held is not None and held.detail is not None and held.detail.index_sha256 == erasure.proposal_sha256


def _erasure_of(record: ItemRecord) -> Erasure | None:
    account = detail_of(record).account
    return account.erasure if account is not None else None


def _erasure_step(record: ItemRecord, desk: DeskId, erasure: Erasure) -> KeepStep:
    about = () if erasure.proposal is None else (erasure.proposal,)
    return KeepStep(record.case, desk, record.item, _ERASURES[erasure.step], about, erasure.number)


def _keeping_step(record: ItemRecord, desk: DeskId, keeping: Keeping) -> KeepStep:
    about = keeping.holds if keeping.proposal is None else (keeping.proposal,)
    kind = StepKind.POSTPONE if keeping.hold is None else _HOLDS[keeping.hold]
    return KeepStep(record.case, desk, record.item, kind, about)
