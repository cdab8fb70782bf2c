"""Asking a reporter whether their case may be joined with others, and what they said.

The question is the same for everybody and says nothing of whether there is another report: whoever asks one reporter
must not tell them of another one.
"""

from enum import StrEnum
from itertools import pairwise
from secrets import token_hex

from dropbox.envelope import Ask, AskKind
from dropbox.envelope.account import LogAct
from dropbox.errors import JoinAskedAlready
from dropbox.models import CaseId, Kind, Plaintext
from dropbox.workstation import acts, case_log, mandate
from dropbox.workstation.casebook import Casebook, CaseRecord, ItemRecord, detail_of
from dropbox.workstation.consent import AskAnswer, asks_of
from dropbox.workstation.replying import Draft, write_to_case
from dropbox.workstation.speech import N_, _, speaking
from dropbox.workstation.thread import items_of
from dropbox.workstation.vault import Vault

_NONCE_BYTES = 16
_TEXT = (
    N_("We would like to ask you something, and you may say no."),
    N_(
        "Sometimes several people report about the same person without knowing of each other. If we may put their "
        "reports side by side, we see more of what is going on. We ask every reporter this. We tell nobody whether "
        "there are other reports, so we do not tell you either."
    ),
    N_(
        "May we put your report beside others about the same person, if there are any? Only the members of this desk "
        "would see them together. If you say no, we keep your report apart from all others. Nothing else changes about "
        "what we may do. You can say yes or no on this page, and change your mind later."
    ),
)


class JoinState(StrEnum):
    """What a reporter said to being joined. NARROWED: they agreed, and narrowed their mandate after that."""

    NOT_ASKED = "not_asked"
    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    NARROWED = "narrowed"


def join_state(casebook: Casebook, case: CaseId) -> JoinState:
    """Return how the question stands that this desk asked. The newest answer counts, and an open question no more."""
    if not any(_asks_to_join(record) for record in casebook.thread(case)):
        return JoinState.NOT_ASKED
    desk = casebook.bound.desk
    asked = [each for each in asks_of(casebook, case) if each.ask.kind is AskKind.JOIN and each.desk == desk]
    answered = [each for each in asked if each.answer is not AskAnswer.OPEN]
    if not answered:
        return JoinState.OPEN if asked else JoinState.NOT_ASKED
    newest = max(each.answer_number for each in answered)
    if any(each.answer is AskAnswer.REFUSED for each in answered if each.answer_number == newest):
        return JoinState.REFUSED
    return JoinState.NARROWED if _narrowed_after(casebook, case, newest) else JoinState.AGREED


def question(language: str) -> str:
    """Return what goes with the question where the member writes nothing of their own, in the reporter's language."""
    with speaking(language):
        return "\n\n".join(_(part.english) for part in _TEXT)


def require_askable(casebook: Casebook, case: CaseId) -> None:
    """Raises JoinAskedAlready where an answer is open or given, AlreadyWithdrawn or what the mandate forbids.

    Who said no can say yes on their own page later; nobody presses them.
    """
    acts.require(casebook, case, acts.act_of(Kind.REPLY, None))
    if join_state(casebook, case) not in (JoinState.NOT_ASKED, JoinState.NARROWED):
        raise JoinAskedAlready


def ask_to_join(vault: Vault, case: CaseRecord, text: Plaintext) -> ItemRecord:
    """Seal the question into a reply. Raises what `require_askable` and `write_to_case` raise."""
    require_askable(vault.casebook, case.case)
    case_log.add(vault.casebook, case.case, LogAct.ASKED, kind=AskKind.JOIN.value)
    return write_to_case(vault, case, Draft(Kind.REPLY, text, ask=Ask(AskKind.JOIN, token_hex(_NONCE_BYTES))))


def _asks_to_join(record: ItemRecord) -> bool:
    ask = detail_of(record).ask
    return ask is not None and ask.kind is AskKind.JOIN


def _narrowed_after(casebook: Casebook, case: CaseId, number: int) -> bool:
    changes = mandate.history(items_of(casebook, case))
    return any(
        after.number > number and mandate.is_narrower(after.mandate, before.mandate)
        for before, after in pairwise(changes)
    )
